"""The reports that a forecast is judged by: published later, as their sources published them.

A target of an as-of day was not published by that day, starts after it and lasts 5 to 35 days; its
horizon is that of the month it ends in. Windows that were over by the day but unpublished are the
nowcast, horizon 0. Windows that straddle the day are neither. Its stream must have had four reports
by then. `stock` rows are people on a day, no flow: they are no targets.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from features.crisis import Crisis
from features.panel import STREAM, event_sources
from forecast.episodes import episodes
from models.streams import window_days

SHORTEST, LONGEST = 5, 35
EARLIER_REPORTS = 4
NOWCAST = 0
STRADDLES = -1
KEY = ["start", "end", *STREAM]
COLUMNS = [
    "report_id",
    "as_of",
    "horizon",
    *KEY,
    "persons",
    "days",
    "published",
    "published_assumed",
    "pooled",
    "event",
    "episode",
    "line",
]


def month_ends(first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    """Last days of the months from that of `first` to that of `last`."""
    return pd.DatetimeIndex(pd.period_range(first, last, freq="M").end_time.normalize())


def targets(crisis: Crisis, days: pd.DatetimeIndex, horizons: Sequence[int]) -> pd.DataFrame:
    """A row a target and as-of day, in the order of `COLUMNS`, `report_id` counting from 1.

    `persons` is the newest revision, and `published` the day of that revision. `pooled` is false
    where the place reaches outside the focus of the crisis (whole-country streams), `event` true
    where the source publishes because flight is high. `line` is the line in displacement.csv.
    """
    known = flow_reports(crisis.reports)
    parts = [_of_day(known, day, horizons) for day in days]
    found = pd.concat(parts, ignore_index=True)
    found["report_id"] = np.arange(1, len(found) + 1)
    found["pooled"] = (
        found["place_id"]
        .map({place: in_focus(crisis, place) for place in found["place_id"].unique()})
        .astype(bool)
    )
    found["event"] = found["source"].isin(event_sources(crisis))
    found["episode"] = episodes(crisis, known, found)
    return found[COLUMNS]


def flow_reports(reports: pd.DataFrame) -> pd.DataFrame:
    """The newest revision of each movement report, ordered by `KEY`.

    Columns besides those of the reports: `first` the day its first version came out, `days` the
    length of its window, `stream` the number of its stream.
    """
    flows = reports[(reports["measure"] != "stock") & reports["persons"].notna()]
    ordered = flows.sort_values(["published", "line"])
    newest = ordered.drop_duplicates(KEY, keep="last").set_index(KEY)
    newest["first"] = ordered.groupby(KEY)["published"].first()
    newest = newest.reset_index()
    newest["days"] = window_days(newest)
    newest["stream"] = newest.groupby(STREAM).ngroup()
    return newest.sort_values(KEY, ignore_index=True)


def in_focus(crisis: Crisis, place: str) -> bool:
    """Whether a place, or each place of an area, lies in the focus."""
    return all(crisis.places.within(member, crisis.focus) for member in crisis.members(place))


def _of_day(known: pd.DataFrame, day: pd.Timestamp, horizons: Sequence[int]) -> pd.DataFrame:
    late = known["first"] > day
    earlier = known["stream"].map(known.loc[~late, "stream"].value_counts()).fillna(0)
    chosen = late & known["days"].between(SHORTEST, LONGEST) & (earlier >= EARLIER_REPORTS)
    rows = known[chosen]
    rows = rows.assign(as_of=day, horizon=_horizon(rows, day))
    return rows[rows["horizon"].isin(list(horizons))]


def _horizon(rows: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    """Months from the day to the end of each window; -1 for a window that straddles the day."""
    months = (rows["end"].dt.year - day.year) * 12 + rows["end"].dt.month - day.month
    ahead = np.where(rows["start"] > day, months, STRADDLES)
    return pd.Series(np.where(rows["end"] > day, ahead, NOWCAST), index=rows.index)
