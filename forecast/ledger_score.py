"""What came of the scenarios of a ledger: did the condition occur, and was the projection right?

`forecast.ledger_conditions` tells what became of each assumption. Only what occurred as a whole, or
assumed nothing, is scored: log WIS and whether the 80 % interval holds the figure later published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.crisis import Crisis
from forecast.ledger import Entry
from forecast.ledger_conditions import CANNOT_TELL, DID_NOT, NOT_KNOWN, OCCURRED, conditions
from forecast.scores import covered, wis

TOLERANCE = 1.5
UNCONDITIONAL = "unconditional"
KEY = ["source", "measure", "place_id", "direction", "start", "end"]


@dataclass(frozen=True)
class Judged:
    """One entry: `verdict`, why in words, and a row a figure published later.

    `rows` are only of entries whose verdict is OCCURRED or UNCONDITIONAL: measure, places, start,
    end, persons, median, wis_log, inside_80 (None of a point forecast), baseline_wis_log.
    """

    entry: Entry
    verdict: str
    why: tuple[str, ...]
    rows: pd.DataFrame

    @property
    def scored(self) -> bool:
        """Whether figures were published to judge it by, and its condition lets us."""
        return len(self.rows) > 0


def judge(entries: Sequence[Entry], crisis: Crisis, tolerance: float = TOLERANCE) -> list[Judged]:
    """The entries against all that the crisis knows by now."""
    return [_judge(entry, crisis, tolerance) for entry in entries]


def _judge(entry: Entry, crisis: Crisis, tolerance: float) -> Judged:
    told = list(conditions(entry, crisis, tolerance))
    names = [verdict for verdict, _ in told]
    order = (DID_NOT, NOT_KNOWN, CANNOT_TELL, OCCURRED)
    found = next((name for name in order if name in names), UNCONDITIONAL)
    scored = found in (OCCURRED, UNCONDITIONAL)
    rows = [_row(result, entry, crisis) for result in entry["results"]] if scored else []
    table = pd.DataFrame([row for row in rows if row is not None])
    return Judged(entry, found, tuple(f"{verdict}: {why}" for verdict, why in told), table)


def _row(result: Mapping[str, Any], entry: Entry, crisis: Crisis) -> dict[str, Any] | None:
    told = [_published(report, entry, crisis) for report in result["reports"]]
    if any(figure is None for figure in told):
        return None
    persons = float(sum(figure for figure in told if figure is not None))
    reports = result["reports"]
    quantiles = result["quantiles"]
    baseline = result.get("baseline")
    return {
        "measure": reports[0]["measure"],
        "places": tuple(dict.fromkeys(report["place_id"] for report in reports)),
        "start": min(report["start"] for report in reports),
        "end": max(report["end"] for report in reports),
        "persons": persons,
        "median": quantiles["0.5"],
        "wis_log": _wis_log(persons, quantiles),
        "inside_80": _inside(persons, quantiles),
        "baseline_wis_log": _wis_log(persons, baseline) if baseline else np.nan,
    }


def _published(report: Mapping[str, str], entry: Entry, crisis: Crisis) -> float | None:
    """The newest figure of a report, if it came out after the entry's day."""
    rows = crisis.reports
    same = rows["from_id"] == ""
    for key in KEY:
        wanted = pd.Timestamp(report[key]) if key in ("start", "end") else report[key]
        same &= rows[key] == wanted
    found = rows[same & (rows["published"] > pd.Timestamp(entry["as_of"]))]
    return None if found.empty else float(found.sort_values("published")["persons"].iloc[-1])


def _wis_log(persons: float, quantiles: Mapping[str, float]) -> float:
    """WIS on log(1 + x); of a point forecast its absolute error there."""
    levels = [float(level) for level in quantiles]
    values = np.log1p(np.array([list(quantiles.values())], dtype=np.float64))
    return float(wis(np.log1p(np.array([persons])), values, levels).total[0])


def _inside(persons: float, quantiles: Mapping[str, float]) -> bool | None:
    levels = [float(level) for level in quantiles]
    if len(levels) < 3:
        return None
    values = np.array([list(quantiles.values())], dtype=np.float64)
    return bool(covered(np.array([persons]), values, 80, levels)[0])
