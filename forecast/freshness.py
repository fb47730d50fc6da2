"""How far each source reaches and how old its last figure is."""

from __future__ import annotations

import pandas as pd

from features.crisis import Crisis


def freshness(crisis: Crisis, as_of: pd.Timestamp) -> pd.DataFrame:
    """A row a source that had published by `as_of`, the freshest first.

    Columns: source, what (reports or attacks), rows, through (last day described), published (last
    day something came out), age_days (as_of minus through), max_age_days, stale.
    """
    known = crisis.as_of(as_of)
    table = pd.concat(
        [_latest(known.reports, "reports"), _latest(known.attacks, "attacks")], ignore_index=True
    ).astype({"source": str})
    table["age_days"] = (as_of - table["through"]).dt.days
    table["max_age_days"] = table["source"].map(crisis.sources["max_age_days"]).astype(float)
    table["stale"] = table["age_days"] > table["max_age_days"]
    return table.sort_values(["age_days", "source"], ignore_index=True)


def _latest(frame: pd.DataFrame, what: str) -> pd.DataFrame:
    grouped = frame.groupby("source")
    table = grouped.agg(
        rows=("line", "size"), through=("end", "max"), published=("published", "max")
    ).reset_index()
    return table.assign(what=what)
