"""Agreements: ceasefires, zones and closures, when they were known and when they fell apart."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from features.cells import Column
from features.ids import Ids
from features.tables import Table, read_table

FILE = "agreements.csv"
COLUMNS = (
    Column("announced", "date"),
    Column("effective", "date"),
    Column("collapsed", "date", blank=True),
    Column("kind"),
    Column("place_id"),
    Column("title"),
    Column("url", blank=True),
)


def read_agreements(directory: Path, ids: Ids) -> Table:
    """The checked `agreements.csv`; it may be missing. `place_id` may be an area."""
    table = read_table(directory / FILE, COLUMNS, optional=True)
    ids.flag_unknown(table, "place_id")
    effective = table.frame["effective"]
    table.flag(
        table.frame["collapsed"] < effective,
        "collapsed",
        lambda row: (
            f"collapsed before it took effect ({effective.iloc[row]:%Y-%m-%d}); "
            "correct one of the dates or leave it blank"
        ),
    )
    table.flag_identical()
    return table


def agreements_as_of(agreements: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The agreements announced by `day`; a collapse that came later is hidden."""
    known = agreements[agreements["announced"] <= day].reset_index(drop=True)
    collapsed = known["collapsed"].where(known["collapsed"] <= day)
    return known.assign(collapsed=collapsed.astype("datetime64[us]"))
