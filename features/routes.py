"""Routes: which places are joined, how far apart, and while which spells."""

from __future__ import annotations

import pandas as pd

from features.cells import Column
from features.ids import Ids
from features.tables import Table

FILE = "routes.csv"
KEY = ("from_id", "to_id", "open_from")
COLUMNS = (
    Column("from_id"),
    Column("to_id"),
    Column("distance_km", "number", above=0),
    Column("open_from", "date", blank=True),
    Column("open_to", "date", blank=True),
)


def check_routes(table: Table, places: Ids) -> None:
    """Note what is wrong with a `routes.csv`, one row per open spell of a route.

    Distances in km; both days of a spell are open days, a blank one leaves it unbounded.
    """
    frame = table.frame
    for end in ("from_id", "to_id"):
        places.flag_unknown(table, end)
    table.flag(
        (frame["from_id"] == frame["to_id"]) & (frame["to_id"] != ""),
        "to_id",
        "the route leads to where it starts; name another place or take the row out",
    )
    table.flag(
        frame["open_to"] < frame["open_from"],
        "open_to",
        "the spell ends before it starts; swap or correct the dates",
    )
    table.flag_identical()
    _flag_overlaps(table)


def routes_as_of(routes: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The spells that had begun by `day`; a closure that came later is hidden."""
    begun = routes[~(routes["open_from"] > day)].reset_index(drop=True)
    open_to = begun["open_to"].where(begun["open_to"] <= day)
    return begun.assign(open_to=open_to.astype("datetime64[us]"))


def _flag_overlaps(table: Table) -> None:
    spells = table.frame[~table.faulty]
    spells = spells.assign(
        first=spells["open_from"].fillna(pd.Timestamp.min.as_unit("us")),
        last=spells["open_to"].fillna(pd.Timestamp.max.as_unit("us")),
    ).sort_values("first", kind="stable")
    ends = ["from_id", "to_id"]
    overlaps: dict[int, int] = {}
    for _, route in spells[spells.duplicated(ends, keep=False)].groupby(ends, sort=False):
        overlaps |= _overlaps(route)
    table.flag(
        table.frame.index.isin(list(overlaps)),
        "open_from",
        lambda row: (
            f"this spell overlaps the one of line {overlaps[row]}; "
            "give a route spells that follow each other"
        ),
    )


def _overlaps(route: pd.DataFrame) -> dict[int, int]:
    """Row → line of the spell it runs into, for the spells of one route by first day."""
    found = {}
    reach, holder = None, 0
    for row, first, last, line in zip(
        route.index, route["first"], route["last"], route["line"], strict=True
    ):
        if reach is not None and first <= reach:
            found[int(row)] = holder
        if reach is None or last > reach:
            reach, holder = last, int(line)
    return found
