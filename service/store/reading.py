"""Queries: what the store holds of a crisis up to an intake."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import compress
from operator import itemgetter
from typing import Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed
from features.tables import Records
from service.store.rows import MODULES, Cells, Given, cells_of, joined
from service.store.schema import Code, intakes, row_versions

MOST_LISTED = 500
Condition = sa.ColumnElement[bool]
Headers = Mapping[int, Mapping[str, list[str]]]


@dataclass(frozen=True)
class View:
    """A crisis as the store held it after one of its intakes."""

    crisis_id: str
    intake: int


@dataclass(frozen=True)
class Marks:
    """What the newest versions of entries say beside their cells, in the order of the entries."""

    entries: Sequence[int]
    codes: Sequence[int]
    subjects: Sequence[bytes]

    @property
    def coded(self) -> bool:
        """Whether a code stands for any of the figures."""
        return any(code != Code.PRESENT for code in self.codes)


@dataclass(frozen=True)
class Stored(Marks):
    """The newest versions of entries of a file, in their order."""

    records: Records

    def where(self, wanted: Sequence[bool]) -> Stored:
        """Some of the rows."""
        return Stored(
            records=self.records.where(wanted),
            entries=list(compress(self.entries, wanted)),
            codes=list(compress(self.codes, wanted)),
            subjects=list(compress(self.subjects, wanted)),
        )

    def present(self) -> Stored:
        """The rows that hold a figure."""
        return self.where([code == Code.PRESENT for code in self.codes])

    def cells(self) -> list[Cells]:
        """The rows by column."""
        header = self.records.header
        return [dict(zip(header, row, strict=True)) for row in self.records.rows]


class Held(NamedTuple):
    """An entry, and its newest version as a row that was given."""

    entry: int
    row: Given


def crisis_ids(connection: sa.Connection) -> list[str]:
    """The crises of the store, by id."""
    return list(connection.scalars(sa.select(intakes.c.crisis_id).distinct().order_by("crisis_id")))


def view_of(connection: sa.Connection, crisis_id: str, recorded: datetime | None = None) -> View:
    """The crisis after its latest intake, or the latest of those recorded by a time.

    Raises InputError for a crisis that the store does not hold, or did not hold yet.
    """
    latest = sa.select(sa.func.max(intakes.c.intake)).where(intakes.c.crisis_id == crisis_id)
    if recorded is not None:
        latest = latest.where(intakes.c.recorded <= recorded)
    if (found := connection.scalar(latest)) is None:
        raise InputError(_unknown(connection, crisis_id, recorded))
    return View(crisis_id, found)


def recorded_of(connection: sa.Connection, view: View) -> datetime:
    """When the intake of a view was recorded."""
    of_view = (intakes.c.crisis_id == view.crisis_id) & (intakes.c.intake == view.intake)
    return connection.execute(sa.select(intakes.c.recorded).where(of_view)).scalar_one()


def in_view(view: View, file: str) -> list[Condition]:
    """What every query of a file asks for."""
    return [
        row_versions.c.crisis_id == view.crisis_id,
        row_versions.c.file == file,
        row_versions.c.intake <= view.intake,
    ]


def published_by(day: pd.Timestamp, delay: float = 0.0) -> Condition:
    """Holds for all that was published by a day, and for what may have been: its day is assumed
    from the delay of its source, which is at least `delay` days.
    """
    column, ends = row_versions.c.published, row_versions.c.ends
    last = day.date() - timedelta(days=math.ceil(delay))
    perhaps = column.is_(None) & (ends.is_(None) | (ends <= last))
    return (column <= day.date()) | perhaps


def only(
    place_id: str | None = None,
    source: str | None = None,
    first: date | None = None,
    last: date | None = None,
) -> list[Condition]:
    """Hold for rows of a place and a source whose windows end on `first` or later and start by
    `last`.
    """
    columns = row_versions.c
    told = (
        None if place_id is None else columns.place_id == place_id,
        None if source is None else columns.source == source,
        None if first is None else columns.ends >= first,
        None if last is None else columns.starts <= last,
    )
    return [one for one in told if one is not None]


def of_entries(entries: Iterable[int]) -> Condition:
    """Holds for some entries."""
    return row_versions.c.entry.in_(entries)


def read_stored(connection: sa.Connection, view: View, file: str, *where: Condition) -> Stored:
    """The newest versions of the entries of a file.

    The conditions are on what no version of an entry changes: its subject, place, window and day of
    publication.
    """
    rows = newest(connection, view, file, ("code", "subject", "written"), where)
    entries, used, codes, subjects, written = zip(*rows, strict=True) if rows else [()] * 5
    records = joined(file, written, _headers(connection, view, file, used))
    return Stored(entries, codes, subjects, records)


def read_held(connection: sa.Connection, view: View, file: str, *where: Condition) -> list[Held]:
    """As `read_stored`, with what the versions are matched by."""
    rows = newest(connection, view, file, (*Given._fields[1:-1], "written"), where)
    headers = _headers(connection, view, file, [row.intake for row in rows])
    cells = cells_of(file, [row.written for row in rows], headers)
    return [
        Held(row.entry, Given._make((0, *row[2:-1], one)))
        for row, one in zip(rows, cells, strict=True)
    ]


def read_text(connection: sa.Connection, view: View, file: str) -> str:
    """A file that is kept as one text."""
    [row] = newest(connection, view, file, ("written",), ())
    text: str = row.written
    return text


def tells_of(connection: sa.Connection, view: View, file: str, source: str) -> bool:
    """Whether a source has a figure in a file."""
    rows = newest(connection, view, file, ("code",), [row_versions.c.source == source])
    return any(row.code == Code.PRESENT for row in rows)


def read_whole(connection: sa.Connection, view: View) -> dict[str, str]:
    """The files that are kept as one text, by name: `crisis.toml` and what describes the rest."""
    of_crisis = row_versions.c.crisis_id == view.crisis_id
    files = sa.select(row_versions.c.file).where(of_crisis, row_versions.c.file.not_in(MODULES))
    return {
        file: row.written
        for file in sorted(set(connection.scalars(files)))
        for row in newest(connection, view, file, ("code", "written"), ())
        if row.code == Code.PRESENT
    }


def newest(
    connection: sa.Connection,
    view: View,
    file: str,
    names: Iterable[str],
    where: Iterable[Condition],
) -> list[sa.Row[Any]]:
    """Entry, intake and columns of the newest version of each entry, in the order of entries.

    Sorting and choosing is left to Python: nearly all entries have one version, and no plan of a
    database whose statistics are old can make it slow.
    """
    columns = (row_versions.c[name] for name in ("entry", "intake", *names))
    query = sa.select(*columns).where(*in_view(view, file), *where)
    versions = sorted(connection.execute(query).all(), key=itemgetter(0, 1))
    return list({row[0]: row for row in versions}.values())


def _headers(
    connection: sa.Connection, view: View, file: str, used: Sequence[int]
) -> list[tuple[str, ...]]:
    """For each row the header of the file in the intake it came by."""
    numbers = set(used)
    query = sa.select(intakes.c.intake, intakes.c.headers)
    query = query.where(intakes.c.crisis_id == view.crisis_id)
    if len(numbers) <= MOST_LISTED:
        query = query.where(intakes.c.intake.in_(numbers))
    headers = {row.intake: tuple(row.headers.get(file, ())) for row in connection.execute(query)}
    return [headers[number] for number in used]


def _unknown(connection: sa.Connection, crisis_id: str, recorded: datetime | None) -> Finding:
    known = crisis_ids(connection)
    if crisis_id in known:
        why = f"the store did not hold this crisis yet at {recorded:%Y-%m-%d %H:%M:%S %Z}"
        return Finding("crisis", why, value=crisis_id)
    hint = did_you_mean(crisis_id, known)
    held = f"; it holds {listed(known)}" if known else ""
    why = f"the store holds no such crisis{hint}{held}; bring one in with: nuzuh crisis import DIR"
    return Finding("crisis", why, value=crisis_id)
