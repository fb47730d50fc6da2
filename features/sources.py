"""Sources: who published, how late, and when what they say is stale."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.cells import Column
from features.ids import Ids
from features.tables import Table

FILE = "sources.csv"
KEY = ("source",)
BASES = ("measured", "assumed")
LONGEST = 3660
COLUMNS = (
    Column("source"),
    Column("delay_days", "number", least=0, most=LONGEST),
    Column("basis", choices=BASES),
    Column("max_age_days", "number", above=0, most=LONGEST),
)


def check_sources(table: Table) -> None:
    """Note what is wrong with a `sources.csv`: delays and ages in days."""
    table.flag_repeated(["source"], "the source is there already in line {line}; list it once")


def source_ids(table: Table) -> Ids:
    """The names of a `sources.csv`, whatever else is wrong with it."""
    names = {source: source for source in table.frame["source"] if source}
    return Ids("source", FILE, names, complete=bool(names))


def with_published(frame: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """The rows with `published` filled and `published_assumed`, in the order of publication.

    Where a row has no `published`, it is `end` plus the delay of its source, rounded up to whole
    days, and marked assumed. `sources` has the index `source`; the rows come back sorted by
    (published, start, end, line), index 0..n-1.
    """
    delays = np.ceil(frame["source"].map(sources["delay_days"]).astype("float64"))
    late = frame["end"] + pd.to_timedelta(delays, unit="D").astype("timedelta64[us]")
    filled = frame.assign(published=frame["published"].fillna(late).astype("datetime64[us]"))
    position = list(filled).index("published") + 1
    filled.insert(position, "published_assumed", frame["published"].isna())
    return filled.sort_values(["published", "start", "end", "line"], ignore_index=True)
