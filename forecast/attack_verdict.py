"""What the scores of attack forecasts say: each member against the best single baseline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from forecast.attack_backtest import COVERAGES, MEMBERS
from forecast.skill import coverage_band, relative_skill_interval
from forecast.verdict import LEAST
from models.attack_baselines import ATTACK_BASELINES
from models.attack_paths import AttackPaths

FORECAST = ["as_of", "front", "ahead"]
AHEAD: Mapping[str, tuple[int, int]] = {"all": (1, 13), "1-4": (1, 4), "5-13": (5, 13)}
NOTHING = "no week of attacks is known after these month ends"
GIVEN = "attacks were given, not forecast"


def attack_verdict(scores: pd.DataFrame) -> dict[str, Any]:
    """Summary of `attack_scores` by measure; `{"why": …}` where there are none.

    A measure has `n` forecasts a member from `months` as-of days, and by member `crps` and
    `crps_log` (means), `relative_crps` and `relative_crps_log` (ratios to the baseline that is best
    on the same weeks, named in `against`, with the ends of the 90 % block-bootstrap interval; on
    log(1 + x) by weeks ahead too) and `coverage`. `fronts` holds `relative_crps_log` of the paths
    that drive the served forecast.
    """
    if scores.empty:
        return {"why": NOTHING}
    return {str(measure): _of_measure(rows) for measure, rows in scores.groupby("measure")}


def _of_measure(rows: pd.DataFrame) -> dict[str, Any]:
    return {
        "n": len(rows) // len(MEMBERS),
        "months": int(rows["as_of"].nunique()),
        "members": {member: _of_member(rows, member) for member in MEMBERS},
        "fronts": {
            str(front): _against_best(of_front, AttackPaths.name, "crps_log")
            for front, of_front in rows.groupby("front", sort=False)
        },
    }


def _of_member(rows: pd.DataFrame, member: str) -> dict[str, Any]:
    own = rows[rows["member"] == member]
    by_lead = {
        name: _against_best(rows[rows["ahead"].between(*weeks)], member, "crps_log")
        for name, weeks in AHEAD.items()
    }
    return {
        "crps": float(own["crps"].mean()),
        "crps_log": float(own["crps_log"].mean()),
        "relative_crps": _against_best(rows, member, "crps"),
        "relative_crps_log": by_lead,
        "coverage": {str(level): _coverage(own, level) for level in COVERAGES},
    }


def _against_best(rows: pd.DataFrame, member: str, score: str) -> dict[str, Any]:
    """Ratio of mean scores to the best baseline's, or `n` alone where it cannot be told."""
    wide = rows.pivot(index=FORECAST, columns="member", values=score)
    against = str(wide[list(ATTACK_BASELINES)].mean().idxmin()) if len(wide) else ""
    if len(wide) < LEAST or not wide[against].any():
        return {"n": len(wide)}
    ours, theirs = (wide[name].to_numpy(dtype=np.float64) for name in (member, against))
    month = wide.index.get_level_values("as_of").to_numpy()
    found = relative_skill_interval(ours, theirs, month)
    return {**asdict(found), "against": against, "n": len(wide)}


def _coverage(own: pd.DataFrame, level: int) -> dict[str, float]:
    """Hit rate of an interval with the band that calibrated forecasts keep to."""
    hits = own[f"covers_{level}"].to_numpy(dtype=bool)
    return asdict(coverage_band(hits, level / 100.0, own["as_of"].to_numpy()))
