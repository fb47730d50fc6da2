"""How late each source publishes, measured on its dated rows → `sources.csv`."""

from __future__ import annotations

import math

import pandas as pd

from features.crises.builders.csvs import number_text
from features.errors import Finding, InputError

COLUMNS = ["source", "delay_days", "basis", "max_age_days"]
LONGEST_WINDOW = 120
FEWEST = 3


def sources(reports: pd.DataFrame, others: list[str], assumed: pd.DataFrame) -> pd.DataFrame:
    """One row for each source of `reports` and `others`, by name, all cells text.

    The delay is the median of `published - end` in days, over windows of at most 120 days, each
    window and date counted once however many rows it has; with fewer than three of them it is the
    one in `assumed`. A source is stale at 3 × delay + 30 days. Raises InputError for a source that
    has neither.
    """
    measured = _measured(reports)
    stated = dict(zip(assumed["source"], assumed["delay_days"].astype(float), strict=True))
    names = sorted({*reports["source"], *others})
    unknown = [name for name in names if name not in measured and name not in stated]
    if unknown:
        why = f"has under {FEWEST} dated reports; state an assumed delay"
        raise InputError([Finding("assumed_delays.csv", why, value=name) for name in unknown])
    delays = stated | measured
    return pd.DataFrame(
        {
            "source": names,
            "delay_days": [number_text(delays[name]) for name in names],
            "basis": ["measured" if name in measured else "assumed" for name in names],
            "max_age_days": [str(math.ceil(3 * delays[name] + 30)) for name in names],
        }
    )


def _measured(reports: pd.DataFrame) -> dict[str, float]:
    dated = reports[reports["published"] != ""]
    dated = dated.drop_duplicates(["source", "start", "end", "published"])
    start, end, published = (pd.to_datetime(dated[name]) for name in ("start", "end", "published"))
    short = (end - start).dt.days < LONGEST_WINDOW
    days = (published - end).dt.days[short].groupby(dated["source"])
    medians = days.median()[days.count() >= FEWEST]
    return {str(source): float(median) for source, median in medians.items()}
