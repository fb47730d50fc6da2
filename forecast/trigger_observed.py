"""Observed rules: the arrivals published of the last 30 days, over the highest of years before.

Each source is set against itself, for their scales differ. A figure is spread evenly over its
window; where windows overlap, the shortest speaks. A sum of 30 days needs figures on half of them,
and is compared with those that ended 30 days before or earlier; a source with less than half a year
of figures before, or with nothing on the last 90 days, stays silent. Sources that publish because
flight is high count too: they are the first to tell.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.crisis import Crisis
from features.overlap import DAY
from features.panel import usable
from forecast.names import BELT
from forecast.records import records
from forecast.targets import LONGEST
from forecast.trigger import Trigger

SUM_DAYS = 30
LEAST_DAYS = 15
LEAST_BEFORE = 183 * DAY
OLDEST = 90 * DAY
YEAR_DAYS = 365.25


def published_arrivals(crisis: Crisis, place: str) -> pd.DataFrame:
    """Figures of arrivals at a place, area or the belt: source, start, end, persons.

    Of the belt they are the sums of what a source told of its places in one window.
    """
    rows = usable(crisis.reports)
    places = crisis.border_belt if place == BELT else (place,)
    short = (rows["end"] - rows["start"]) < LONGEST * DAY
    told = (rows["measure"] == "arrivals") & (rows["from_id"] == "") & short
    told &= rows["place_id"].isin(places)
    return rows[told].groupby(["source", "start", "end"])["persons"].sum().reset_index()


def observed_share(crisis: Crisis, trigger: Trigger, day: pd.Timestamp) -> float | None:
    """The sum of 30 days over the maximum or the floor, whichever is higher; one or more is met.

    The highest of any source, from what was published by `day`; None where all are silent.
    """
    rows = published_arrivals(crisis.as_of(day), trigger.place)
    shares = [_share(own, trigger, day) for _, own in rows.groupby("source")]
    told = [share for share in shares if share is not None]
    return max(told, default=None)


def _share(rows: pd.DataFrame, trigger: Trigger, day: pd.Timestamp) -> float | None:
    sums = _sums(rows)
    last = sums.index[-1]
    earliest = last - pd.Timedelta(days=round(YEAR_DAYS * trigger.years))
    before = sums[(sums.index <= last - SUM_DAYS * DAY) & (sums.index >= earliest)].dropna()
    if before.empty or last - rows["start"].min() < LEAST_BEFORE or day - last > OLDEST:
        return None
    if np.isnan(sums.iloc[-1]):
        return None
    return float(sums.iloc[-1] / max(trigger.least, before.max()))


def _sums(rows: pd.DataFrame) -> pd.Series:
    """Sum of the 30 days up to each day, NaN where fewer than 15 have a figure."""
    days = pd.date_range(rows["start"].min(), rows["end"].max())
    daily = pd.Series(np.nan, index=days)
    length = (rows["end"] - rows["start"]).dt.days + 1
    ordered = rows.assign(days=length).sort_values(["days", "start"], ascending=False)
    for row in records(ordered):
        daily[row.start : row.end] = row.persons / row.days
    return daily.rolling(SUM_DAYS, min_periods=LEAST_DAYS).mean() * SUM_DAYS
