"""The steps of a forecast: horizon 1 holds the day after `as_of`."""

from __future__ import annotations

import pandas as pd

from features.errors import Finding, InputError
from features.overlap import DAY, week_of

STEPS = ("month", "week")


def periods(as_of: pd.Timestamp, horizon: int, step: str) -> pd.DataFrame:
    """Steps 1..`horizon` as rows: horizon, start, end (both days included), label.

    `step` is month (calendar) or week (Saturday to Friday). The first step may have begun before
    `as_of`: as of 2019-05-04 step 1 is May 2019, of which 1-4 May is already past.

    Raises InputError for another step, or a horizon below 1.
    """
    if step not in STEPS:
        raise InputError(Finding("--step", f"is none of {', '.join(STEPS)}", value=step))
    if horizon < 1:
        why = "counts steps ahead; give 1 or more"
        raise InputError(Finding("--horizon", why, value=str(horizon)))
    first = as_of + DAY
    if step == "month":
        starts = pd.date_range(first.replace(day=1), periods=horizon + 1, freq="MS")
    else:
        starts = pd.date_range(week_of(first), periods=horizon + 1, freq="7D")
    label = starts[:-1].strftime("%B %Y" if step == "month" else "week of %Y-%m-%d")
    return pd.DataFrame(
        {
            "horizon": range(1, horizon + 1),
            "start": starts[:-1],
            "end": starts[1:] - DAY,
            "label": label,
        }
    )


def past_days(as_of: pd.Timestamp, table: pd.DataFrame) -> int:
    """Days of the first step that are already over on the day of the forecast."""
    return max(0, int((as_of - table["start"].iloc[0]) / DAY) + 1)
