"""Attacks: what happened, where and when, counted by a source."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from features.cells import Column
from features.ids import Ids
from features.spelling import listed
from features.tables import Table, read_table
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


def read_attacks(directory: Path, places: Ids, sources: Ids) -> Table:
    """The checked `attacks.csv`: counts of events and people in windows of whole days.

    It may hold its header alone. Every row counts something: events, deaths or civilians killed.
    """
    table = read_table(directory / FILE, COLUMNS)
    places.flag_unknown(table, "place_id")
    flag_rows(table, sources)
    if table.whole:
        nothing = np.logical_and.reduce([table.blank(name) for name in COUNTS])
        table.flag(nothing, "events", f"nothing is counted; fill in one of {listed(COUNTS)}")
    return table
