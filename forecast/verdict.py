"""What a backtest says in the end: every member against the best single baseline.

Cells are the pooled forecasts (streams inside the focus, horizons from one), and apart each
horizon, episode, kind of source, and the reports whose day of publication is known. A cell of fewer
than five forecasts says only how many there are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from forecast.episodes import LABELS
from forecast.result import THRESHOLDS
from forecast.scores import LEVELS
from forecast.skill import Estimate, coverage_band, relative_skill_interval
from forecast.targets import NOWCAST
from models.baselines import BASELINES

LEAST = 5
MEANS = ("wis_log", "crps_log", "wis", "crps")
Cells = dict[str, dict[str, pd.Series]]


def verdict(scores: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Summary of each member that has scores: relative scores, coverage, Brier scores, means.

    `relative_wis_log` and `relative_wis` hold, by cell, the ratio to the baseline that is best
    there over the same forecasts (`against`), with the ends of its 90 % block-bootstrap interval.
    """
    judged = ["wis_log", "wis", *(f"brier_{at}" for at in THRESHOLDS)]
    boards = {score: _Board(scores, score) for score in judged}
    members = scores["member"].unique()
    return {
        str(member): _of_member(scores[scores["member"] == member], boards) for member in members
    }


def cells(scores: pd.DataFrame) -> Cells:
    """Which rows each cell holds, by group and name."""
    ahead = scores["pooled"] & (scores["horizon"] >= 1)
    event = scores["event"]
    horizons = sorted(scores.loc[ahead, "horizon"].unique())
    return {
        "pooled": {"all": ahead},
        "horizon": {str(at): ahead & (scores["horizon"] == at) for at in horizons},
        "episode": {label: ahead & (scores["episode"] == label) for label in LABELS},
        "sources": {"routine": ahead & ~event, "event_triggered": ahead & event},
        "publication": {"dated": ahead & ~scores["published_assumed"]},
        "apart": {
            "nowcast": scores["pooled"] & (scores["horizon"] == NOWCAST),
            "outside_focus": ~scores["pooled"] & (scores["horizon"] >= 1),
        },
    }


class _Board:
    """One score of every member, `wide` (reports, members), NaN where a member failed."""

    def __init__(self, scores: pd.DataFrame, score: str) -> None:
        self.score = score
        self.wide = scores.pivot(index="report_id", columns="member", values=score)
        self.baselines = [name for name in BASELINES if name in self.wide]

    def against_best(self, rows: pd.DataFrame) -> dict[str, Any]:
        """Ratio of these rows to the best single baseline on the same reports."""
        theirs = self.of_baselines(rows)
        if len(theirs) < LEAST:
            return {"n": len(rows)}
        return self.against(rows, str(theirs.mean().idxmin()))

    def of_baselines(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Scores of the baselines that have all of these reports, (reports, baselines).

        Reports that every baseline failed on are left out.
        """
        theirs = self.wide.loc[rows["report_id"], self.baselines].dropna(axis=0, how="all")
        complete = theirs.dropna(axis=1)
        return complete if len(complete.columns) else theirs.iloc[:0]

    def against(self, rows: pd.DataFrame, other: str) -> dict[str, Any]:
        """Ratio of these rows to another member on the reports that both have."""
        theirs = self.wide.loc[rows["report_id"], other].to_numpy(dtype=np.float64)
        both = ~np.isnan(theirs)
        month = rows["as_of"].to_numpy()[both]
        if len(month) < LEAST or not theirs[both].any():
            return {"n": len(month)}
        ours = rows[self.score].to_numpy(dtype=np.float64)[both]
        found = relative_skill_interval(ours, theirs[both], month)
        return {**_estimate(found), "against": other, **_size(month)}


def _of_member(rows: pd.DataFrame, boards: dict[str, _Board]) -> dict[str, Any]:
    found = cells(rows)
    pooled = rows[found["pooled"]["all"]]
    log = boards["wis_log"]
    relative = {
        f"relative_{score}": _by_cell(rows, found, boards[score].against_best)
        for score in ("wis_log", "wis")
    }
    return {
        "n": len(pooled),
        **relative,
        "relative_wis_log_to": {name: log.against(pooled, name) for name in log.baselines},
        "coverage": _by_cell(rows, found, _coverage),
        "brier": {str(at): _brier(pooled, at, boards[f"brier_{at}"]) for at in THRESHOLDS},
        "mean": _by_cell(rows, found, _means),
    }


def _by_cell(
    rows: pd.DataFrame, found: Cells, of: Callable[[pd.DataFrame], dict[str, Any]]
) -> dict[str, Any]:
    answers = {
        group: {name: of(rows[mask]) for name, mask in named.items()}
        for group, named in found.items()
    }
    return {**answers, "pooled": answers["pooled"]["all"]}


def _means(rows: pd.DataFrame) -> dict[str, Any]:
    """Mean scores, on log(1 + x) and in persons."""
    if len(rows) < LEAST:
        return {"n": len(rows)}
    return {**{score: float(rows[score].mean()) for score in MEANS}, "n": len(rows)}


def _coverage(rows: pd.DataFrame) -> dict[str, Any]:
    """Hit rate of each central interval with the band that calibrated forecasts keep to."""
    if len(rows) < LEAST:
        return {"n": len(rows)}
    month = rows["as_of"].to_numpy()
    bands = {
        level: coverage_band(rows[f"covers_{level}"].to_numpy(bool), level / 100.0, month)
        for level in LEVELS
    }
    held = {
        str(level): {**_estimate(band), "inside": band.low <= band.value <= band.high}
        for level, band in bands.items()
    }
    return {**held, **_size(month)}


def _brier(rows: pd.DataFrame, threshold: int, board: _Board) -> dict[str, Any]:
    """Mean Brier score, how often the threshold was passed, and the best baseline's score."""
    size = {"n": len(rows), "passed": int(rows[f"passes_{threshold}"].sum())}
    if len(rows) < LEAST:
        return size
    mean = {"value": float(rows[board.score].mean()), **size}
    theirs = board.of_baselines(rows)
    if theirs.empty:
        return mean
    best = str(theirs.mean().idxmin())
    return {**mean, "against": best, "of_against": float(theirs[best].mean())}


def _estimate(found: Estimate) -> dict[str, float]:
    return {"value": found.value, "low": found.low, "high": found.high}


def _size(month: np.ndarray) -> dict[str, int]:
    return {"n": len(month), "months": len(np.unique(month))}
