"""What came of the scenarios of a ledger: did the condition occur, and was the projection right?

An attack scenario occurred where the intensity observed over its window lies within a factor of the
one assumed, cell by cell, both beside the background (`half` of the intensity); an agreement where
one was announced within days of the assumed one and held. What no data tell of, such as a gate, is
left to the reader. Only what occurred is scored: log WIS and whether the 80 % interval holds the
figure later published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.agreements import LEAST_DAYS
from features.crisis import Crisis
from features.intensity import Intensity, weekly_intensity
from features.overlap import DAY
from features.panel import cells_of, drivers_of, usable
from forecast.ledger import Entry
from forecast.scores import covered, wis

TOLERANCE = 1.5
NEAR_DAYS = 14
OCCURRED = "condition occurred"
DID_NOT = "condition did not occur"
NOT_KNOWN = "not known yet"
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
    verdicts = list(_verdicts(entry, crisis, tolerance))
    names = [verdict for verdict, _ in verdicts]
    found = next((name for name in (DID_NOT, NOT_KNOWN, OCCURRED) if name in names), UNCONDITIONAL)
    scored = found in (OCCURRED, UNCONDITIONAL)
    rows = [_row(result, entry, crisis) for result in entry["results"]] if scored else []
    table = pd.DataFrame([row for row in rows if row is not None])
    return Judged(entry, found, tuple(why for _, why in verdicts), table)


def _verdicts(entry: Entry, crisis: Crisis, tolerance: float) -> list[tuple[str, str]]:
    condition, found = entry["condition"], []
    for assumed in condition.get("attacks", []):
        found.append(_attacks(assumed, crisis, tolerance))
    for assumed in condition.get("agreements", []):
        found.append(_agreement(assumed, crisis))
    for name in condition.get("unchecked", []):
        found.append((NOT_KNOWN, f"{name}: no data of the crisis tell whether it came"))
    return found


def _attacks(assumed: Mapping[str, Any], crisis: Crisis, tolerance: float) -> tuple[str, str]:
    cell, start, end = assumed["cell"], *(pd.Timestamp(assumed[key]) for key in ("start", "end"))
    observed = _observed(crisis, cell)
    if observed is None or observed.through < end - 6 * DAY:
        return NOT_KNOWN, f"{cell}: attacks up to {end:%Y-%m-%d} are not known yet"
    came = _mean(observed, cell, start, end)
    if "like" in assumed:
        past = assumed["like"]
        wanted = _mean(observed, cell, pd.Timestamp(past["start"]), pd.Timestamp(past["end"]))
    else:
        wanted = float(assumed["intensity"])
    factor = (came + observed.half) / (wanted + observed.half)
    occurred = 1.0 / tolerance <= factor <= tolerance
    why = (
        f"{cell}: intensity {came:.1f} a week from {start:%Y-%m-%d} to {end:%Y-%m-%d}, assumed "
        f"{wanted:.1f} (×{factor:.2f}; within ×{tolerance:g} counts)"
    )
    return OCCURRED if occurred else DID_NOT, why


def _observed(crisis: Crisis, cell: str) -> Intensity | None:
    drivers = drivers_of(crisis, cells_of(crisis, usable(crisis.reports)))
    return weekly_intensity(crisis.attacks, crisis, {cell: drivers[cell]})


def _mean(intensity: Intensity, cell: str, start: pd.Timestamp, end: pd.Timestamp) -> float:
    weekly = intensity.weekly[cell]
    inside = (weekly.index >= start - 6 * DAY) & (weekly.index <= end)
    return float(weekly[inside].mean()) if inside.any() else 0.0


def _agreement(assumed: Mapping[str, Any], crisis: Crisis) -> tuple[str, str]:
    day = pd.Timestamp(assumed["date"])
    last = max(frame["published"].max() for frame in (crisis.reports, crisis.attacks) if len(frame))
    rows = crisis.agreements
    near = rows[(rows["effective"] - day).abs() <= NEAR_DAYS * DAY]
    if last < day + LEAST_DAYS * DAY:
        return NOT_KNOWN, f"agreement of {day:%Y-%m-%d}: too early to tell"
    if near.empty:
        return DID_NOT, f"no agreement within {NEAR_DAYS} days of {day:%Y-%m-%d}"
    stood = (near["collapsed"].fillna(last) - near["effective"]).dt.days.max()
    held = bool(stood >= LEAST_DAYS)
    why = f"agreement near {day:%Y-%m-%d}: {'held' if held else 'fell apart'} ({stood} days)"
    return OCCURRED if held else DID_NOT, why


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
