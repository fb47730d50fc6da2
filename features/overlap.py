"""Which weeks and cells a report covers, and by how much.

A cell is a place whose flow is one latent series; what no cell holds is the cell `rest`. Weeks run
Saturday to Friday. The overlap weight of a report is days of its window in the week (of seven)
times the share of the cell it covers, so that the report sees `sum(weight * weekly flow)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from features import facts
from features.crisis import Crisis
from features.places import Places

REST = facts.REST
DAY = pd.Timedelta(days=1)


def week_of(day: pd.Timestamp) -> pd.Timestamp:
    """The Saturday that starts the week of `day`."""
    return day.normalize() - DAY * ((day.day_of_week + 2) % 7)


def weeks_between(start: pd.Timestamp, end: pd.Timestamp) -> pd.DatetimeIndex:
    """Saturdays of all weeks that touch `start`..`end`, both days included."""
    return pd.date_range(week_of(start), week_of(end), freq="7D")


def week_weights(start: pd.Series, end: pd.Series, weeks: pd.DatetimeIndex) -> np.ndarray:
    """Share of each week that lies in each window: (windows, weeks), in 0..1."""
    first = _days(start)[:, None]
    last = _days(end)[:, None]
    saturday = _days(weeks)[None, :]
    days = np.minimum(last, saturday + 6) - np.maximum(first, saturday) + 1
    return np.clip(days, 0, 7) / 7.0


def cell_weights(crisis: Crisis, cells: Sequence[str], place: str) -> dict[str, float]:
    """Weight of each cell in a place or area; cells without weight are left out.

    A cell counts by its share where the place holds it, and by one where the place lies inside it:
    how small a part of the cell the place is goes into the bias of its stream. Ground outside all
    cells counts as `rest`.
    """
    found: dict[str, float] = {}
    for member, share in crisis.members(place).items():
        for cell in _cells_of(crisis.places, cells, member):
            found[cell] = max(found.get(cell, 0.0), share)
    return found


def is_part(crisis: Crisis, cells: Sequence[str], place: str) -> bool:
    """Whether a place or area holds no whole cell, only parts of some or of `rest`."""
    members = crisis.members(place)
    return not any(crisis.places.within(cell, member) for cell in cells for member in members)


def report_weights(
    crisis: Crisis, cells: Sequence[str], reports: pd.DataFrame, weeks: pd.DatetimeIndex
) -> np.ndarray:
    """Overlap weights (reports, cells, weeks); the last cell is `rest`."""
    names = [*cells, REST]
    by_place: Mapping[str, np.ndarray] = {
        place: _vector(cell_weights(crisis, cells, place), names)
        for place in reports["place_id"].unique()
    }
    if reports.empty:
        return np.zeros((0, len(names), len(weeks)))
    of_cells = np.stack([by_place[place] for place in reports["place_id"]])
    of_weeks = week_weights(reports["start"], reports["end"], weeks)
    return of_cells[:, :, None] * of_weeks[:, None, :]


def _cells_of(places: Places, cells: Sequence[str], member: str) -> list[str]:
    inside = [cell for cell in cells if places.within(member, cell)]
    if inside:
        return inside[:1]
    held = [cell for cell in cells if places.within(cell, member)]
    return held if held and not _has_more(places, cells, member) else [*held, REST]


def _has_more(places: Places, cells: Sequence[str], member: str) -> bool:
    """Whether `member` has ground that no cell covers."""
    if member in cells:
        return False
    children = places.children(member)
    return not children or any(_has_more(places, cells, child) for child in children)


def _vector(weights: Mapping[str, float], names: Sequence[str]) -> np.ndarray:
    return np.array([weights.get(name, 0.0) for name in names])


def _days(dates: pd.Series | pd.DatetimeIndex) -> np.ndarray:
    return np.asarray(dates, dtype="datetime64[D]").astype(np.int64)
