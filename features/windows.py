"""What the dated rows of reports and attacks are checked for alike."""

from __future__ import annotations

from features.ids import Ids
from features.tables import Table


def flag_rows(table: Table, sources: Ids) -> None:
    """Note unknown sources, identical rows, and windows that cannot be.

    A report may be published while its window goes on, but not before it starts.
    """
    sources.flag_unknown(table, "source")
    starts = table.frame["start"]
    table.flag(
        table.frame["end"] < starts,
        "end",
        lambda row: f"the window ends before it starts ({starts.iloc[row]:%Y-%m-%d}); correct it",
    )
    table.flag(
        table.frame["published"] < starts,
        "published",
        lambda row: (
            f"published before the window starts ({starts.iloc[row]:%Y-%m-%d}); "
            "correct it or leave it blank"
        ),
    )
    table.flag_identical()
