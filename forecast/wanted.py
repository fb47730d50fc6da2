"""Reading the reports a user wants predicted: windows, places and sources, without figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd

from features.areas import FILE as AREAS_FILE
from features.cells import Column
from features.crisis import Crisis
from features.errors import Finding, InputError
from features.ids import Ids
from features.places import FILE as PLACES_FILE
from features.reports import DIRECTIONS, MEASURES
from features.sources import FILE as SOURCES_FILE
from features.tables import Table, read_table

MOST_MONTHS = 24
COLUMNS = (
    Column("start", "date"),
    Column("end", "date"),
    Column("measure", choices=MEASURES),
    Column("place_id"),
    Column("direction", choices=DIRECTIONS),
    Column("from_id", blank=True, optional=True),
    Column("source"),
)
NO_PERSONS = "that is what is forecast; take the column out of the file"
NO_STOCK = (
    "a stock counts the people in a place on a day, and only movements are forecast; "
    "ask for arrivals, departures, newly_displaced or returns"
)


def read_wanted(path: Path, crisis: Crisis, as_of: pd.Timestamp) -> pd.DataFrame:
    """Rows with start, end, measure, place_id, direction, from_id, source, in the file's order.

    Raises InputError with everything wrong in the file: unknown columns, measures, places, areas
    and sources, stocks, windows that end before they start, that begin before anything is known or
    that end more than 24 months ahead.
    """
    if not path.is_file():
        raise InputError(Finding(str(path), "there is no such file; check the path"))
    table = read_table(path, COLUMNS, rows=True)
    ids = _place_ids(crisis)
    ids.flag_unknown(table, "place_id")
    ids.flag_unknown(table, "from_id")
    names = {str(source): str(source) for source in crisis.sources.index}
    Ids("source", SOURCES_FILE, names).flag_unknown(table, "source")
    _flag_measures(table)
    _flag_windows(table, crisis, as_of)
    table.flag_identical()
    if table.findings:
        by_line = sorted(table.findings, key=lambda finding: finding.line or 0)
        raise InputError([_told(finding) for finding in by_line])
    return table.frame.drop(columns="line")


def horizon_of(as_of: pd.Timestamp, end: pd.Timestamp) -> int:
    """Horizon of the month a window ends in: 1 is the month of the day after `as_of`."""
    first = as_of + pd.Timedelta(days=1)
    return (end.year - first.year) * 12 + end.month - first.month + 1


def _place_ids(crisis: Crisis) -> Ids:
    places = {str(id_): crisis.places.name(str(id_)) for id_ in crisis.places.frame.index}
    areas = dict(zip(crisis.areas["area_id"], crisis.areas["name"], strict=True))
    return Ids("place or area", f"{PLACES_FILE} or {AREAS_FILE}", places | areas)


def _flag_measures(table: Table) -> None:
    frame = table.frame
    table.flag(frame["measure"] == "stock", "measure", NO_STOCK)
    table.flag(
        (frame["from_id"] != "") & ~frame["direction"].isin(["destination", ""]),
        "from_id",
        "stands only beside the direction destination; leave it blank or correct the direction",
    )


def _flag_windows(table: Table, crisis: Crisis, as_of: pd.Timestamp) -> None:
    start, end = table.frame["start"], table.frame["end"]
    first = crisis.as_of(as_of).reports["start"].min()
    table.flag(
        end < start,
        "end",
        lambda row: f"the window ends before it starts ({start.iloc[row]:%Y-%m-%d}); correct it",
    )
    table.flag(
        start < first,
        "start",
        f"lies before the first window known on the day ({first:%Y-%m-%d}); ask for a later one",
    )
    late = [horizon_of(as_of, day) > MOST_MONTHS for day in end.fillna(as_of)]
    table.flag(
        late,
        "end",
        f"lies more than {MOST_MONTHS} months after {as_of:%Y-%m-%d}, further than a history of a "
        "few years can tell; ask for an earlier window",
    )


def _told(finding: Finding) -> Finding:
    unwanted = finding.column in ("persons", "low", "high") and "no such column" in finding.why
    return replace(finding, why=NO_PERSONS) if unwanted else finding
