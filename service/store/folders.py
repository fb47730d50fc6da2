"""A crisis folder into the store and out again.

A file comes out as it went in, byte for byte, when it has Unix line ends, quotes only where needed
and neither blank lines, nor space around cells, nor a byte order mark. Otherwise it comes out in
that form, with the same cells. Columns keep their order. An optional file without a row comes out
as none. Kept whole are `crisis.toml`, what describes the rest, scenarios and their ledger, and the
track record.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import pandas as pd
import sqlalchemy as sa

from features import facts, track_record
from features.crisis import Crisis, crisis_of
from features.errors import Finding, InputError
from features.fingerprint import fingerprint
from features.folder import Folder, read_folder
from features.lint import lint
from features.tables import Table, read_text
from features.track_record import read_track_record
from service.emit import write_whole
from service.store.documents import Document, insert_document
from service.store.matching import Changes
from service.store.reading import View, crisis_ids, read_held, read_whole, recorded_of, view_of
from service.store.rows import TEXT, Given, given_rows, whole_row
from service.store.schema import Code
from service.store.store import Store
from service.store.writing import Outcome, Told, record
from service.version import nuzuh_version

WHOLE = ("SOURCES.md", "README.md", "scenarios/*.toml", "scenarios/*.json", "ledger/*.json")


def import_folder(
    store: Store,
    directory: Path,
    *,
    author: str,
    reason: str = "",
    today: pd.Timestamp | None = None,
    told: Told | None = None,
) -> tuple[str, Outcome]:
    """Bring the crisis of the folder, by its id, to what the folder holds; the id and the outcome.

    Where the store holds the crisis already, rows that differ are corrected and rows that the
    folder lacks are deleted, for a `reason`. Raises InputError with everything wrong.
    """
    folder = read_folder(directory)
    crisis = crisis_of(folder)
    crisis = replace(crisis, track_record=read_track_record(directory, crisis.id))
    given = _given(folder, directory, reason)
    warnings: dict[tuple[str, int], list[Finding]] = defaultdict(list)
    for warning in lint(folder, today or pd.Timestamp.now().normalize()):
        warnings[warning.file, warning.line or 0].append(warning)
    with store.writing(crisis.id) as connection:
        held = crisis.id in crisis_ids(connection)
        view = view_of(connection, crisis.id) if held else View(crisis.id, 0)
        changes = _changes(connection, view, given, reason)
        done = record(
            connection, view, changes, warnings, author=author, origin=directory.name, told=told
        )
        if (id_ := _new_track_record(changes)) is not None:
            recorded = recorded_of(connection, view_of(connection, crisis.id))
            content = (directory / track_record.FILE).read_bytes()
            insert_document(connection, _track_record(id_, crisis, recorded, author, content))
    return crisis.id, done


def export_folder(store: Store, crisis_id: str, directory: Path) -> list[Path]:
    """Write every file of the crisis into a new or empty folder; the files.

    Raises InputError when the store lacks the crisis or the folder holds something.
    """
    files = store.files(crisis_id)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        taken = any(directory.iterdir())
    except OSError as error:
        why = f"cannot be made a folder: {error.strerror}; choose another place"
        raise InputError(Finding(str(directory), why)) from None
    if taken:
        raise InputError(Finding(str(directory), "is not empty; name a new folder"))
    for name, content in files.items():
        (directory / name).parent.mkdir(exist_ok=True)
        write_whole(directory / name, content)
    return sorted(directory / name for name in files)


def _given(folder: Folder, directory: Path, reason: str) -> dict[str, list[Given]]:
    """The rows of every file; of the track record the id under which it will be kept."""
    paths = sorted(path for pattern in WHOLE for path in directory.glob(pattern))
    texts = {path.relative_to(directory).as_posix(): read_text(path) for path in paths}
    texts |= {facts.FILE: folder.facts_file.text}
    whole = {name: [whole_row(name, text, text.encode(), reason)] for name, text in texts.items()}
    if (path := directory / track_record.FILE).exists():
        whole[path.name] = [whole_row(path.name, uuid4().hex, path.read_bytes(), reason)]
    tables = [table for table in vars(folder).values() if isinstance(table, Table)]
    return whole | {
        table.file: given_rows(
            table.file, table, [Code.PRESENT] * len(table.frame), [reason] * len(table.frame)
        )
        for table in tables
    }


def _changes(
    connection: sa.Connection, view: View, given: Mapping[str, list[Given]], reason: str
) -> Changes:
    """What brings the view to the given rows. Raises InputError when that needs a reason."""
    changes = Changes()
    for file in sorted({*given, *read_whole(connection, view)}):
        stored = read_held(connection, view, file)
        changes.match(file, file, given.get(file, []), stored)
        changes.take_back_unmatched(file, stored, reason)
    if changes.findings:
        raise InputError(changes.findings)
    return changes


def _new_track_record(changes: Changes) -> str | None:
    """The id of the track record that the changes bring, if any."""
    ids = [
        row.cells[TEXT]
        for file, row in changes.rows
        if file == track_record.FILE and row.code == Code.PRESENT
    ]
    return ids[0] if ids else None


def _track_record(
    id_: str, crisis: Crisis, recorded: datetime, author: str, content: bytes
) -> Document:
    return Document(
        id=id_,
        kind="track_record",
        crisis_id=crisis.id,
        recorded=recorded,
        as_of=None,
        fingerprint=fingerprint(crisis),
        request={},
        models={},
        nuzuh=nuzuh_version(),
        seed=None,
        author=author,
        contents={"parquet": content},
    )
