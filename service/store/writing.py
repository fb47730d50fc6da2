"""Storing the changes of an intake, in the transaction of its crisis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from typing import Any

import sqlalchemy as sa

from features.errors import Finding
from service.store.matching import Changes, Entry
from service.store.reading import View
from service.store.rows import MODULES, Given, written
from service.store.schema import intakes, row_versions

CHUNK = 5_000
Told = Callable[[int, int], None]
Warnings = Mapping[tuple[str, int], Sequence[Finding]]


@dataclass(frozen=True)
class Outcome:
    """What became of given rows; `intake` is None when they changed nothing.

    `warnings` are on rows that were stored, and stay beside them. Rows `rejected` were not stored.
    """

    intake: int | None
    added: int
    changed: int
    unchanged: int
    rejected: Sequence[Finding]
    warnings: Sequence[Finding]


def record(
    connection: sa.Connection,
    view: View,
    changes: Changes,
    warnings: Warnings,
    *,
    author: str,
    origin: str,
    told: Told | None,
) -> Outcome:
    """Store the changes as the next intake after `view`, with the warnings on their rows.

    Nothing is stored when nothing changes.
    """
    rows = [*changes.changed.items(), *_numbered(connection, view, changes.added)]
    after = View(view.crisis_id, view.intake + 1)
    headers = _headers(rows)
    if rows:
        _open_intake(connection, after, author=author, origin=origin, headers=headers)
        _insert(connection, _versions(after, rows, headers, warnings), len(rows), told)
    return Outcome(
        intake=after.intake if rows else None,
        added=len(changes.added),
        changed=len(changes.changed),
        unchanged=changes.unchanged,
        rejected=[],
        warnings=[at for (file, _), row in rows for at in warnings.get((file, row.line), ())],
    )


def _numbered(
    connection: sa.Connection, view: View, added: Sequence[tuple[str, Given]]
) -> Iterator[tuple[Entry, Given]]:
    """New rows with the next entries of their files."""
    numbers = {file: count(_last_entry(connection, view, file) + 1) for file in dict(added)}
    return (((file, next(numbers[file])), row) for file, row in added)


def _last_entry(connection: sa.Connection, view: View, file: str) -> int:
    of_file = (row_versions.c.crisis_id == view.crisis_id) & (row_versions.c.file == file)
    return connection.scalar(sa.select(sa.func.max(row_versions.c.entry)).where(of_file)) or 0


def _headers(rows: Sequence[tuple[Entry, Given]]) -> dict[str, list[str]]:
    """The columns of the rows by file, in the order they came; none for files kept whole."""
    kinds = {(file, tuple(row.cells)): None for (file, _), row in rows if file in MODULES}
    found: dict[str, dict[str, None]] = {}
    for file, names in kinds:
        found.setdefault(file, {}).update(dict.fromkeys(names))
    return {file: list(names) for file, names in found.items()}


def _open_intake(connection: sa.Connection, after: View, **told: Any) -> None:
    """Times of recording go up with the intakes, even where the clock was set back."""
    of_crisis = intakes.c.crisis_id == after.crisis_id
    last = connection.scalar(sa.select(sa.func.max(intakes.c.recorded)).where(of_crisis))
    now = datetime.now(UTC)
    recorded = now if last is None else max(now, last + timedelta(microseconds=1))
    connection.execute(sa.insert(intakes), {**asdict(after), "recorded": recorded, **told})


def _versions(
    after: View,
    rows: Sequence[tuple[Entry, Given]],
    headers: Mapping[str, Sequence[str]],
    warnings: Warnings,
) -> Iterator[dict[str, Any]]:
    for (file, entry), row in rows:
        version = row._asdict()
        del version["line"], version["cells"]
        found = [f"{at.column}: {at.why}" for at in warnings.get((file, row.line), ())]
        yield version | {
            "crisis_id": after.crisis_id,
            "intake": after.intake,
            "file": file,
            "entry": entry,
            "written": written(row.cells, headers.get(file)),
            "warnings": found or None,
        }


def _insert(
    connection: sa.Connection, versions: Iterator[dict[str, Any]], total: int, told: Told | None
) -> None:
    done = 0
    while chunk := list(islice(versions, CHUNK)):
        connection.execute(sa.insert(row_versions), chunk)
        done += len(chunk)
        if told is not None:
            told(done, total)
