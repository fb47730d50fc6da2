"""Flee's counts of people in camps → arrivals between two counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd

from features.crises.builders.flee.rows import Row, is_comment, read_rows
from features.errors import Finding
from features.overlap import DAY

LAYOUT = "data_layout.csv"
RECOUNTS = "registration_corrections.csv"
TOTAL = "total"


@dataclass(frozen=True)
class Counts:
    """People counted by day: of each camp, and the published total (empty without one).

    `recounts` are the days on which a camp, or the total, was counted anew. For the reader are
    `merged`, the camps whose counts are sums of several files, `doubled`, the days with two
    counts, and `unlisted`, the files that the layout does not name.
    """

    camps: Mapping[str, pd.Series]
    total: pd.Series
    recounts: Sequence[tuple[str, pd.Timestamp]]
    merged: Sequence[str]
    doubled: Sequence[str]
    unlisted: Sequence[str]

    def recounted(self, name: str) -> list[pd.Timestamp]:
        """Days on which a camp was counted anew; for the total, those of every camp."""
        return [day for camp, day in self.recounts if name in (camp, TOTAL)]


def read_counts(
    given: Path, counted: Path, names: Sequence[str], findings: list[Finding]
) -> Counts:
    """Counts of the files that data_layout.csv names; `names` are the places there are."""
    layout = [row for row in read_rows(counted, LAYOUT, findings) if not is_comment(row)]
    series: dict[str, pd.Series] = {}
    doubled: list[str] = []
    for row in layout:
        name = TOTAL if row.cell(0).lower() == TOTAL else row.cell(0)
        if name in series:
            row.flag("name", name, "is listed twice; put all its files in one line")
        row.flag_unknown("name", name, names and [*names, TOTAL], "place")
        if not _files(row):
            row.flag("file", "", "is blank; name the file that holds the counts")
        series[name] = _summed([_read_file(row, counted, file, doubled) for file in _files(row)])
    total = series.pop(TOTAL, pd.Series(dtype=float))
    if layout and not series:
        findings.append(Finding(layout[0].file, "names no camp; add a line for each: name,file"))
    listed = {LAYOUT, *(file for row in layout for file in _files(row))}
    return Counts(
        camps=series,
        total=total,
        recounts=_read_recounts(given, [*series, TOTAL], names, findings),
        merged=[row.cell(0) for row in layout if len(_files(row)) > 1],
        doubled=doubled,
        unlisted=sorted({path.name for path in counted.glob("*.csv")} - listed),
    )


def arrivals(counts: pd.Series, recounts: Sequence[pd.Timestamp]) -> pd.DataFrame:
    """Arrivals between each two counts that follow one another.

    Columns: start and end (from the day after the earlier count to the day of the later), before
    and after (the counts), persons, note, and broken: whether the window holds one of the
    `recounts`, so that its change is no movement. A fall of the count is no arrivals, for
    departures are not told apart.
    """
    days = counts.index.to_series()
    before, after = counts.to_numpy()[:-1], counts.to_numpy()[1:]
    rows = pd.DataFrame(
        {
            "start": (days + DAY).to_numpy()[:-1],
            "end": days.to_numpy()[1:],
            "before": before,
            "after": after,
            "persons": (after - before).clip(min=0),
            "note": [_note(*pair) for pair in zip(before, after, strict=True)],
        }
    )
    broken = [rows["start"].le(day) & rows["end"].ge(day) for day in recounts]
    return rows.assign(broken=pd.concat(broken, axis=1).any(axis=1) if broken else False)


def _note(before: float, after: float) -> str:
    if after >= before:
        return ""
    return f"the count fell by {before - after:.0f}; departures are not told apart"


def _files(row: Row) -> list[str]:
    return [file for file in row.cells[1:] if file]


def _read_file(row: Row, directory: Path, file: str, doubled: list[str]) -> pd.Series:
    """Counts by day, in order; of two on one day the later in the file. A blank count is none."""
    before = len(row.findings)
    rows = [each for each in read_rows(directory, file, row.findings) if not is_comment(each)]
    counts: dict[date, float] = {}
    for each in rows[1:] if rows and not _starts_with_digit(rows[0].cell(0)) else rows:
        day = each.day(0, "date")
        count = each.whole(1, "count") if each.cell(1) else None
        if day is None or count is None:
            continue
        if counts.get(day, count) != count:
            doubled.append(f"{file} on {day:%Y-%m-%d} ({counts[day]:.0f}, then {count})")
        counts[day] = float(count)
    if not counts and len(row.findings) == before:
        row.flag("file", file, "holds no count; write a day and a number a line")
    days = pd.DatetimeIndex([pd.Timestamp(day) for day in counts], dtype="datetime64[us]")
    return pd.Series(list(counts.values()), index=days, dtype=float).sort_index()


def _summed(parts: Sequence[pd.Series]) -> pd.Series:
    """Sum of several files, each count standing until the next, from the day all have begun."""
    if len(parts) < 2:
        return parts[0] if parts else pd.Series(dtype=float)
    return pd.concat(parts, axis=1, sort=True).ffill().dropna().sum(axis=1)


def _read_recounts(
    directory: Path, counted: Sequence[str], names: Sequence[str], findings: list[Finding]
) -> list[tuple[str, pd.Timestamp]]:
    """Re-counts of what is counted; those of other places are passed by."""
    if not (directory / RECOUNTS).is_file():
        return []
    rows = [row for row in read_rows(directory, RECOUNTS, findings) if not is_comment(row)]
    found = []
    for row in rows[1:] if rows and not _starts_with_digit(rows[0].cell(1)) else rows:
        row.flag_unknown("name", row.cell(0), names and [*names, TOTAL], "place")
        day = row.day(1, "date")
        if day is not None and row.cell(0) in counted:
            found.append((row.cell(0), pd.Timestamp(day)))
    return found


def _starts_with_digit(cell: str) -> bool:
    return cell[:1].isdigit()
