"""Flee's daily conflict flags → rows of `attacks.csv`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from features.crises.builders.csvs import number_text
from features.crises.builders.flee.locations import Location
from features.crises.builders.flee.rows import Row, is_comment, read_rows
from features.errors import Finding
from features.overlap import DAY, week_of

FILE = "conflicts.csv"
COLUMNS = [
    "start", "end", "place_id", "kind", "events", "fatalities", "civilians_killed", "source",
    "published", "target",
]  # fmt: skip
SATURDAY = 5


def read_flags(
    directory: Path, locations: Sequence[Location], length: int | None, findings: list[Finding]
) -> pd.DataFrame:
    """Flags with a row a day, counted from the first, and a column a place; above 0 is flagged.

    A name that is no place may stand in the table while it is never flagged; it has no column.
    Without the file a conflict zone is flagged from its conflict_date to the end of the period.
    """
    if not (directory / FILE).is_file():
        return _from_dates(locations, length)
    rows = read_rows(directory, FILE, findings)
    if not rows:
        return pd.DataFrame()
    header, body = rows[0], [row for row in rows[1:] if not is_comment(row)]
    columns = [(at, name) for at, name in enumerate(header.cells) if at and name]
    _check_width(header, body)
    flags = pd.DataFrame(
        {name: [row.number(at, name) or 0.0 for row in body] for at, name in columns},
        index=_days(body),
        dtype=float,
    )
    return _placed(flags.sort_index(), header, [place.name for place in locations])


def attack_rows(
    flags: pd.DataFrame, start: pd.Timestamp, ids: Mapping[str, str], home: str, source: str
) -> pd.DataFrame:
    """One row a place and run of flagged days in a week (Saturday to Friday), all cells text.

    `flags` has a row a day since `start`; `events` is the number of flagged days, each counted by
    its intensity where that is not 1. A week without any flag is a row of 0 events at `home`, so
    that it reads as calm and not as unknown.
    """
    runs = [_runs(flags[name], start).assign(place_id=ids[str(name)]) for name in flags.columns]
    rows = pd.concat([_calm(flags, start).assign(place_id=home), *runs], ignore_index=True)
    rows = rows.sort_values(["start", "place_id"])
    return pd.DataFrame(
        {
            "start": rows["start"].dt.strftime("%Y-%m-%d"),
            "end": rows["end"].dt.strftime("%Y-%m-%d"),
            "place_id": rows["place_id"],
            "kind": "conflict_flag",
            "events": rows["events"].map(number_text),
            "source": source,
        }
    ).reindex(columns=COLUMNS, fill_value="")


def _from_dates(locations: Sequence[Location], length: int | None) -> pd.DataFrame:
    days = pd.RangeIndex(length or 0)
    begun = {place.name: place.conflict_day for place in locations}
    return pd.DataFrame(
        {name: days >= first for name, first in begun.items() if first is not None},
        index=days,
        dtype=float,
    )


def _check_width(header: Row, body: Sequence[Row]) -> None:
    unnamed = [at for at, name in enumerate(header.cells) if at and not name]
    for row in body:
        beyond = [*(row.cell(at) for at in unnamed), *row.cells[len(header.cells) :]]
        if any(beyond):
            row.flag("Day", row.cell(0), "a cell stands under no name; name it in the header")


def _days(body: Sequence[Row]) -> list[int]:
    days: list[int] = []
    for row in body:
        day = row.whole(0, "Day")
        if day is not None and day in days:
            row.flag("Day", row.cell(0), "the day is there already; use each day once")
        days.append(-1 if day is None else day)
    return days


def _placed(flags: pd.DataFrame, header: Row, names: Sequence[str]) -> pd.DataFrame:
    strange = [str(name) for name in flags.columns if name not in names]
    for name in strange:
        if (flags[name] > 0).any():
            header.flag_unknown(name, name, names, "place")
    return flags.drop(columns=strange)


def _runs(flags: pd.Series, start: pd.Timestamp) -> pd.DataFrame:
    """start, end, events of one place's runs."""
    flagged = flags[flags > 0]
    day = _dates(flagged.index, start)
    begins = (day.diff() != DAY) | (day.dt.day_of_week == SATURDAY)
    return _spans(day, begins.cumsum(), pd.Series(flagged.to_numpy(), dtype=float))


def _calm(flags: pd.DataFrame, start: pd.Timestamp) -> pd.DataFrame:
    """start, end and 0 events of each week, or part of one, in which no place is flagged."""
    day = _dates(flags.index, start)
    weeks = _spans(day, day.map(week_of), pd.Series(flags.clip(lower=0).sum(axis=1).to_numpy()))
    return weeks[weeks["events"] == 0]


def _dates(days: pd.Index, start: pd.Timestamp) -> pd.Series:
    return pd.Series(start + pd.to_timedelta(days.to_numpy(), unit="D"), dtype="datetime64[us]")


def _spans(day: pd.Series, group: pd.Series, events: pd.Series) -> pd.DataFrame:
    """First and last day and sum of events of each group."""
    days = day.groupby(group)
    return pd.DataFrame(
        {"start": days.min(), "end": days.max(), "events": events.groupby(group).sum()}
    )
