"""Agreements: ceasefires, zones and closures, when they were known and when they fell apart."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from features.cells import Column
from features.ids import Ids
from features.tables import Table

FILE = "agreements.csv"
LEAST_DAYS = 30
KEY = ("announced", "kind", "place_id", "title")
COLUMNS = (
    Column("announced", "date"),
    Column("effective", "date"),
    Column("collapsed", "date", blank=True),
    Column("kind"),
    Column("place_id"),
    Column("title"),
    Column("url", blank=True),
)


def check_agreements(table: Table, ids: Ids) -> None:
    """Note what is wrong with an `agreements.csv`. `place_id` may be an area."""
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


def agreements_as_of(agreements: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """The agreements announced by `day`; a collapse that came later is hidden."""
    known = agreements[agreements["announced"] <= day].reset_index(drop=True)
    collapsed = known["collapsed"].where(known["collapsed"] <= day)
    return known.assign(collapsed=collapsed.astype("datetime64[us]"))


@dataclass(frozen=True)
class Holding:
    """Of `decided` agreements, `held` stood `LEAST_DAYS` or longer."""

    held: int
    decided: int

    @property
    def probability(self) -> float:
        """Probability that the next one holds: the share shrunk to a half (a beta(1, 1) prior)."""
        return (self.held + 1.0) / (self.decided + 2.0)


def prior_of_holding(agreements: pd.DataFrame, day: pd.Timestamp) -> Holding:
    """How many of the agreements known by a day held; those too young to tell are left out."""
    known = agreements_as_of(agreements, day)
    stood = (known["collapsed"].fillna(day) - known["effective"]).dt.days
    decided = known["collapsed"].notna() | (stood >= LEAST_DAYS)
    return Holding(int((decided & (stood >= LEAST_DAYS)).sum()), int(decided.sum()))
