"""Attacks: what happened, where and when, counted by a source."""

from __future__ import annotations

import numpy as np

from features.cells import Column
from features.ids import Ids
from features.spelling import listed
from features.tables import Table
from features.windows import flag_rows

FILE = "attacks.csv"
KINDS = (
    "air_strike",
    "shelling",
    "battle",
    "explosive",
    "against_civilians",
    "territory",
    "lethal",
    "conflict_flag",
    "other",
)
TARGETS = ("health", "school", "idp_site", "market")
KEY = ("start", "end", "place_id", "kind", "source", "target")
COUNTS = ("events", "fatalities", "civilians_killed")
COLUMNS = (
    Column("start", "date"),
    Column("end", "date"),
    Column("place_id"),
    Column("kind", choices=KINDS),
    *(Column(name, "number", blank=True, least=0) for name in COUNTS),
    Column("source"),
    Column("published", "date", blank=True),
    Column("target", blank=True, optional=True, choices=TARGETS),
)


def check_attacks(table: Table, places: Ids, sources: Ids) -> None:
    """Note what is wrong with an `attacks.csv`: counts of events and people in whole-day windows.

    Every row counts something: events, deaths or civilians killed.
    """
    places.flag_unknown(table, "place_id")
    flag_rows(table, sources)
    if table.whole:
        nothing = np.logical_and.reduce([table.blank(name) for name in COUNTS])
        table.flag(nothing, "events", f"nothing is counted; fill in one of {listed(COUNTS)}")
