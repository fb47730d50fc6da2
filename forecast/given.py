"""A known or assumed number of people who leave places, allocated in place of the forecast one.

`FILE` has a row a window and place: start, end, place_id, persons. People leave evenly over the
days of a window and go where the forecast has people go, the near before the far, over open ways.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.cells import Column
from features.crisis import Crisis
from features.errors import Finding, InputError
from features.ids import Ids
from features.overlap import DAY
from features.places import FILE as PLACES_FILE
from features.tables import Table, read_table
from forecast.closing import Shut, Ways
from forecast.records import records
from models.arrivals import share_out
from models.closures import Closure

Floats = NDArray[np.float64]

# Why nobody can leave a place that holds all others.
NOWHERE = "holds every place that people could go to, and nobody goes to the place he leaves"
COLUMNS = (
    Column("start", "date"),
    Column("end", "date"),
    Column("place_id", blank=True),
    Column("persons", "number", least=0),
)


def read_given(path: Path, crisis: Crisis, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    """Rows start, end, place_id, persons, all within `first`..`last`.

    Raises InputError with everything wrong in the file, row by row.
    """
    if not path.is_file():
        raise InputError(Finding(str(path), "there is no such file; check the path"))
    table = read_table(path, COLUMNS, rows=True)
    frame = table.frame
    names = {str(id_): crisis.places.name(str(id_)) for id_ in crisis.places.frame.index}
    Ids("place", PLACES_FILE, names).flag_unknown(table, "place_id")
    table.flag(
        frame["place_id"] == "",
        "place_id",
        "a total needs an origin; name the place that people leave",
    )
    _flag_windows(table, first, last)
    _flag_unlocated(table, crisis)
    _flag_overlaps(table)
    if table.findings:
        raise InputError(sorted(table.findings, key=lambda one: one.line or 0))
    return frame.drop(columns="line")


def _flag_windows(table: Table, first: pd.Timestamp, last: pd.Timestamp) -> None:
    start, end = table.frame["start"], table.frame["end"]
    table.flag(end < start, "end", "the window ends before it starts; swap or correct the days")
    span = f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    table.flag(
        (start < first) | (end > last),
        "start",
        f"the window does not lie within the horizon, {span}; choose another or more steps",
    )


def _flag_unlocated(table: Table, crisis: Crisis) -> None:
    frame = crisis.places.frame
    there = {*frame.index[frame["lat"].notna()], *crisis.routes["from_id"], *crisis.routes["to_id"]}
    place = table.frame["place_id"]
    table.flag(
        place.isin(list(frame.index)) & ~place.isin(list(there)),
        "place_id",
        f"has neither coordinates in {PLACES_FILE} nor a route, so nobody's way from there is "
        "known; give it one of them or name places in it",
    )


def _flag_overlaps(table: Table) -> None:
    frame = table.frame[~table.faulty]
    twice: dict[int, int] = {}
    for _, rows in frame.sort_values("start", kind="stable").groupby("place_id"):
        before = rows.shift()
        over = rows["start"] <= before["end"]
        twice |= dict(zip(rows.index[over], before.loc[over, "line"].astype(int), strict=True))
    table.flag(
        table.frame.index.isin(list(twice)),
        "start",
        lambda row: (
            f"the window overlaps that of line {twice[row]} from the same place and would "
            "count people twice; give windows that follow each other"
        ),
    )


def leaving_by(given: pd.DataFrame, windows: pd.DataFrame) -> pd.DataFrame:
    """People who leave in each window of `windows` (start, end), a column a place."""
    places = list(dict.fromkeys(given["place_id"]))
    found = pd.DataFrame(0.0, index=windows.index, columns=places)
    for row in records(given):
        first, last = windows["start"].clip(lower=row.start), windows["end"].clip(upper=row.end)
        days = ((last - first).dt.days + 1.0).clip(lower=0.0)
        found[row.place_id] += row.persons * days / ((row.end - row.start) / DAY + 1.0)
    return found


def allocated(
    crisis: Crisis,
    leaving: pd.DataFrame,
    liking: Floats,
    sites: Sequence[str],
    days: pd.DatetimeIndex,
    step_of: NDArray[np.int64],
    closures: Sequence[Closure] = (),
) -> tuple[Floats, Floats]:
    """Who arrives (draws, steps, sites) and is trapped (draws, steps) of those who leave.

    `leaving` has a row for each of `days`, which lie in the steps `step_of` (days,); `liking`
    (draws, sites) is how strongly people go to each site. In every draw both add up to those who
    leave. Raises InputError for a place that has neither coordinates nor a route.
    """
    draws, steps = len(liking), int(step_of.max()) + 1
    arrived, trapped = np.zeros((draws, steps, len(sites))), np.zeros((draws, steps))
    ways = Ways(crisis, list(leaving.columns), sites, days[-1], closures)
    for (step, shut), people in _alike(ways, leaving, days, step_of).items():
        going = np.broadcast_to(people, (draws, len(people)))
        went = share_out(going, ways.weights(shut), liking=liking)
        arrived[:, step] += went.arrived
        trapped[:, step] += went.trapped.sum(axis=1)
    return arrived, trapped


def _alike(
    ways: Ways, leaving: pd.DataFrame, days: pd.DatetimeIndex, step_of: NDArray[np.int64]
) -> dict[tuple[int, Shut], Floats]:
    """Who leaves each origin, by step and what is shut; those nobody leaves in are left out."""
    found: dict[tuple[int, Shut], Floats] = {}
    for day, step, people in zip(days, step_of, leaving.to_numpy(np.float64), strict=True):
        if people.any():
            key = (int(step), ways.shut(day))
            found[key] = found.get(key, np.zeros(len(people))) + people
    return found
