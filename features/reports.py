"""Reports: displacement figures as a source published them."""

from __future__ import annotations

from collections.abc import Collection

from features.cells import Column
from features.ids import Ids
from features.tables import Table
from features.windows import flag_rows

FILE = "displacement.csv"
MEASURES = ("arrivals", "departures", "newly_displaced", "returns", "stock")
DIRECTIONS = ("origin", "destination", "within")
WINDOWS = ("stated", "inferred")
KEY = ("start", "end", "measure", "place_id", "direction", "from_id", "source")
COLUMNS = (
    Column("start", "date"),
    Column("end", "date"),
    Column("measure", choices=MEASURES),
    Column("place_id"),
    Column("direction", choices=DIRECTIONS),
    Column("from_id", blank=True),
    Column("persons", "number", least=0),
    Column("low", "number", blank=True, least=0),
    Column("high", "number", blank=True, least=0),
    Column("source"),
    Column("published", "date", blank=True),
    Column("url", blank=True),
    Column("note", blank=True),
    Column("window", optional=True, choices=WINDOWS, default="stated"),
    Column("coverage", "number", blank=True, optional=True, above=0),
)


def check_reports(table: Table, ids: Ids, sources: Ids, undivided: Collection[str] = ()) -> None:
    """Note what is wrong with a `displacement.csv`: persons in whole-day windows, by place or area.

    Rows that share KEY and differ in the figure are revisions; all of them stay. A pair may lead
    from a place to itself (most who leave their homes in Idleb stay in Idleb) unless the place is
    one of the `undivided`.
    """
    ids.flag_unknown(table, "place_id")
    ids.flag_unknown(table, "from_id")
    flag_rows(table, sources)
    _flag_directions(table)
    _flag_origins(table, undivided)
    _flag_ranges(table)


def _flag_directions(table: Table) -> None:
    direction = table.frame["direction"]
    table.flag(
        (table.frame["measure"] == "stock") & ~direction.isin(["within", ""]),
        "direction",
        "a stock counts the people who are in a place; write within",
    )


def _flag_origins(table: Table, undivided: Collection[str]) -> None:
    origin, direction = table.frame["from_id"], table.frame["direction"]
    table.flag(
        (origin != "") & ~direction.isin(["destination", ""]),
        "from_id",
        "stands only beside the direction destination; leave it blank or correct the direction",
    )
    table.flag(
        (origin == table.frame["place_id"]) & origin.isin(list(undivided)),
        "from_id",
        "is the place_id itself, too small to move inside; name where people came from",
    )


def _flag_ranges(table: Table) -> None:
    persons, low, high = (table.frame[name] for name in ("persons", "low", "high"))
    table.flag(low > high, "low", lambda row: f"is above high ({high.iloc[row]:g}); swap them")
    table.flag(
        (persons < low) & ~(low > high),
        "persons",
        lambda row: f"is below low ({low.iloc[row]:g}); correct one of them",
    )
    table.flag(
        (persons > high) & ~(low > high),
        "persons",
        lambda row: f"is above high ({high.iloc[row]:g}); correct one of them",
    )
