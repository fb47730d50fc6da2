"""UCDP GED events → weekly counts by place.

Weeks run Saturday to Friday, clipped to the days the release covers. An event falls in the week of
its first day; one dated to the month (`date_prec` 4) or longer than a week is spread evenly over
its days, so weeks hold fractions of events. Year totals (`date_prec` 5) are left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

NORTH_WEST = ("SY02", "SY05", "SY06", "SY07")
ELSEWHERE = "SY-elsewhere"
COUNTS = ["events", "fatalities", "civilians_killed"]
LONGEST_WEEK = 7
DATED_TO_MONTH = 4


def usable_events(events: pd.DataFrame, until: pd.Timestamp) -> pd.DataFrame:
    """Events dated to the month or better that end by `until`.

    Takes the release's text columns; gives start, end (dates), vague (bool: dated to the month),
    place_id and COUNTS, one row an event.
    """
    precision = events["date_prec"].astype(int)
    used = pd.DataFrame(
        {
            "start": pd.to_datetime(events["date_start"]),
            "end": pd.to_datetime(events["date_end"]),
            "vague": precision == DATED_TO_MONTH,
            "place_id": place_of(events),
            "events": 1.0,
            "fatalities": events["fatalities_best"].astype(float),
            "civilians_killed": events["civilians_killed"].astype(float),
        }
    )
    return used[(precision <= DATED_TO_MONTH) & (used["end"] <= until)].reset_index(drop=True)


def place_of(events: pd.DataFrame) -> pd.Series:
    """District in the north-west, governorate in the rest of Syria, else ELSEWHERE."""
    governorate = events["admin1_pcode"]
    place = events["admin2_pcode"].where(governorate.isin(NORTH_WEST), governorate)
    return place.where(place != "", ELSEWHERE)


def is_spread(events: pd.DataFrame) -> pd.Series:
    """Whether each event is dated to the month or longer than a week."""
    return events["vague"] | (_days(events) > LONGEST_WEEK)


def spread(events: pd.DataFrame) -> pd.DataFrame:
    """One row for each day that carries a part of an event: day, place_id and COUNTS."""
    parts = _days(events).where(is_spread(events), 1).to_numpy(dtype=np.int64)
    row = np.repeat(np.arange(len(events)), parts)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(parts) - parts, parts)
    days = events.iloc[row].reset_index(drop=True)
    days["day"] = days["start"] + pd.to_timedelta(nth, unit="D")
    days[COUNTS] = days[COUNTS].div(parts[row], axis=0)
    return days[["day", "place_id", *COUNTS]]


def weekly_counts(events: pd.DataFrame, first: pd.Timestamp, until: pd.Timestamp) -> pd.DataFrame:
    """start, end, place_id and COUNTS, a row for each week and place with anything.

    `events` as `usable_events` gives them; `first`..`until` are the days the release covers.
    """
    days = spread(events)
    into_week = pd.to_timedelta((days["day"].dt.day_of_week + 2) % 7, unit="D")
    days["saturday"] = days["day"] - into_week
    weeks = days.groupby(["saturday", "place_id"])[COUNTS].sum().reset_index()
    friday = weeks["saturday"] + pd.Timedelta(days=6)
    weeks["start"] = weeks["saturday"].where(weeks["saturday"] >= first, first)
    weeks["end"] = friday.where(friday <= until, until)
    return weeks[["start", "end", "place_id", *COUNTS]]


def _days(events: pd.DataFrame) -> pd.Series:
    return (events["end"] - events["start"]).dt.days + 1
