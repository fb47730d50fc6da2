"""SOURCES.md of a crisis that was converted from Flee."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from features.crises.builders.csvs import markdown_table
from features.crises.builders.flee.folder import Conflict

TEMPLATE = Path(__file__).with_name("SOURCES.md")
AREA = (
    " The published total is the area `all-camps`; it may hold people in camps that have no file"
    " of their own, and its windows are left out where any camp is re-counted."
)


def sources_text(conflict: Conflict, home: str, broken: pd.DataFrame) -> str:
    """The text, with a table of the windows left out (`broken`, all cells text)."""
    first, last = conflict.start, conflict.start + pd.Timedelta(days=_last_day(conflict))
    span = f"The table covers {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    return TEMPLATE.read_text(encoding="utf-8").format(
        area="" if conflict.counts.total.empty else AREA,
        broken=_table("Left out for a re-count", broken),
        asides="".join(f"- {aside}\n" for aside in _asides(conflict)),
        span=span if len(conflict.flags) else "There are no flags at all",
        home=home,
        closures=_closures(conflict),
    )


def _last_day(conflict: Conflict) -> int:
    return int(conflict.flags.index.max()) if len(conflict.flags) else 0


def _table(title: str, rows: pd.DataFrame) -> str:
    return f"{title}:\n\n{markdown_table(rows)}\n\n" if len(rows) else f"{title}: nothing.\n\n"


def _asides(conflict: Conflict) -> list[str]:
    counts = conflict.counts
    said = {
        "Files that `data_layout.csv` does not name are left alone": counts.unlisted,
        "Counts of several files are added up, each standing until the next": counts.merged,
        "Of two counts on one day the later in the file stands": counts.doubled,
    }
    return [f"{what}: {', '.join(names)}." for what, names in said.items() if names]


def _closures(conflict: Conflict) -> str:
    named = [
        f"{closure.kind} {' – '.join(filter(None, [closure.first, closure.second]))}, day "
        f"{closure.start} to {'the end' if closure.end is None else closure.end}"
        for closure in conflict.closures
    ]
    return f" Closures: {'; '.join(named)}." if named else ""
