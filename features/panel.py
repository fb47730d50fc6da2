"""What a model sees: the reports of one day as arrays, on a weekly grid of cells.

A panel is built from a crisis as of a day, so nothing published later can be in it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.intensity import Intensity, weekly_intensity
from features.overlap import REST, is_part, report_weights, weeks_between

FLOWS = ("arrivals", "departures", "returns")
LONGEST_WINDOW = 120
STREAM = ["source", "measure", "place_id", "direction", "from_id"]


@dataclass(frozen=True)
class ReportArrays:
    """Reports as arrays; every field has one entry a report, in the order of the frame.

    `weights` is (reports, cells, weeks), `flow` an index into `FLOWS`, `middle` the middle of the
    window in days since 1970, `part` whether the place is only a part of a cell, `event` whether
    the source reports because flight is high, `reference` whether it is the scale of the headline.
    """

    weights: np.ndarray
    flow: np.ndarray
    stream: np.ndarray
    source: np.ndarray
    middle: np.ndarray
    days: np.ndarray
    part: np.ndarray
    event: np.ndarray
    reference: np.ndarray

    def __len__(self) -> int:
        return len(self.flow)


@dataclass(frozen=True, eq=False)
class Panel:
    """One crisis as of one day, on `weeks` (Saturdays) that reach beyond it, and `cells`."""

    crisis: Crisis
    day: pd.Timestamp
    cells: tuple[str, ...]
    weeks: pd.DatetimeIndex
    reports: pd.DataFrame
    arrays: ReportArrays
    intensity: Intensity | None

    @property
    def persons(self) -> np.ndarray:
        """Published figures (reports,)."""
        return self.reports["persons"].to_numpy(dtype=np.float64)

    def arrays_of(self, reports: pd.DataFrame) -> ReportArrays:
        """The same arrays for other reports, above all for some not yet published."""
        return _arrays(self.crisis, self.cells, self.weeks, reports)


def build_panel(
    crisis: Crisis, day: pd.Timestamp, until: pd.Timestamp, since: pd.Timestamp | None = None
) -> Panel:
    """Panel of what was published by `day`; its weeks hold `since`, all known windows, `until`."""
    known = crisis.as_of(day)
    reports = usable(known.reports)
    cells = cells_of(known, reports)
    first = min([since or day, day, *reports["start"]])
    weeks = weeks_between(first, max([until, *reports["end"]]))
    return Panel(
        crisis=known,
        day=day,
        cells=cells,
        weeks=weeks,
        reports=reports,
        arrays=_arrays(known, cells, weeks, reports),
        intensity=weekly_intensity(known.attacks, known, drivers_of(known, cells), day),
    )


def usable(reports: pd.DataFrame) -> pd.DataFrame:
    """The newest revision of each movement report whose window is short enough to say when."""
    days = (reports["end"] - reports["start"]).dt.days + 1
    kept = reports[(reports["measure"] != "stock") & (days <= LONGEST_WINDOW)]
    key = ["start", "end", *STREAM]
    newest = kept.sort_values(["published", "line"]).drop_duplicates(key, keep="last")
    return newest.sort_values(["published", "start", "end", "line"]).reset_index(drop=True)


def cells_of(crisis: Crisis, reports: pd.DataFrame) -> tuple[str, ...]:
    """The cells a crisis names, else the reported places of its most reported level."""
    named = crisis.models.get("flow_state", {}).get("cells")
    if named:
        _check_cells(crisis, named)
        return tuple(named)
    places = crisis.places
    rows = [at for at in reports["place_id"] if at in places and places.within(at, crisis.focus)]
    levels = pd.Series([crisis.places.level(place) for place in rows], index=rows, dtype=str)
    levels = levels[levels != "region"]
    if levels.empty:
        return (crisis.focus,)
    level = levels.value_counts().index[0]
    return tuple(sorted(set(levels.index[levels == level])))


def _check_cells(crisis: Crisis, named: Sequence[str]) -> None:
    why = "lies inside another cell or stands twice; each place counts in one cell"
    findings = [
        Finding("crisis.toml", why, column="cells", value=cell)
        for at, cell in enumerate(named)
        for other in [*named[:at], *named[at + 1 :]]
        if crisis.places.within(cell, other)
    ]
    if findings:
        raise InputError(findings)


def drivers_of(crisis: Crisis, cells: Sequence[str]) -> dict[str, list[str]]:
    """Places or areas whose attacks drive each cell: as named, else the cell, else everything."""
    named = crisis.models.get("flow_state", {}).get("drivers")
    own = {cell: _own_attacks(crisis, cell) for cell in cells}
    if named is None:
        return own | {REST: list(crisis.places.roots)}
    findings = [
        Finding("crisis.toml", f"is no cell; cells are {', '.join([*cells, REST])}", value=name)
        for name in named
        if name not in (*cells, REST)
    ]
    if findings:
        raise InputError(findings)
    return own | {REST: []} | {cell: list(areas) for cell, areas in named.items()}


def _own_attacks(crisis: Crisis, cell: str) -> list[str]:
    attacked = crisis.attacks.loc[crisis.attacks["source"] == crisis.attack_source, "place_id"]
    inside = any(crisis.places.within(place, cell) for place in attacked.unique())
    return [cell] if inside else list(crisis.places.roots)


def flow_of(measure: str, direction: str) -> int:
    """Index of the flow that a measure and direction observe."""
    if measure == "returns":
        return FLOWS.index("returns")
    if measure == "departures" or direction == "origin":
        return FLOWS.index("departures")
    return FLOWS.index("arrivals")


def _arrays(
    crisis: Crisis, cells: Sequence[str], weeks: pd.DatetimeIndex, reports: pd.DataFrame
) -> ReportArrays:
    part: Mapping[str, bool] = {
        place: is_part(crisis, cells, place) for place in reports["place_id"].unique()
    }
    start, end = (
        np.asarray(reports[name], "datetime64[D]").astype(np.int64) for name in ("start", "end")
    )
    flow = [flow_of(m, d) for m, d in zip(reports["measure"], reports["direction"], strict=True)]
    stream = reports[STREAM].agg("|".join, axis=1) if len(reports) else pd.Series([], dtype=str)
    source = reports["source"].str.cat(reports["measure"], sep="|")
    return ReportArrays(
        weights=report_weights(crisis, cells, reports, weeks),
        flow=np.array(flow, dtype=np.int64),
        stream=stream.to_numpy(dtype=object),
        source=source.to_numpy(dtype=object),
        middle=(start + end) / 2.0,
        days=(end - start + 1).astype(np.float64),
        part=((reports["from_id"] != "") | reports["place_id"].map(part).astype(bool)).to_numpy(),
        event=reports["source"].isin(event_sources(crisis)).to_numpy(),
        reference=(reports["source"] == crisis.reference).to_numpy(),
    )


def event_sources(crisis: Crisis) -> list[str]:
    """Sources that publish because flight is high, so that their figures are a chosen sample."""
    return list(crisis.models.get("flow_state", {}).get("event_triggered", []))
