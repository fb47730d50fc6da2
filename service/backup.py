"""A store as one file: every table as JSON lines in a zip, with the hash of each and of it all.

The file is the same for SQLite and PostgreSQL, and goes back into either. Tables are those of
`service.store.schema`, so that a new one is backed up without a word here. Jobs that wait or run
are not in it; what they became is.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa

from features.errors import Finding, InputError, StoreError
from service.store.engine import WRITES
from service.store.migrations import revision
from service.store.schema import metadata
from service.store.store import Store
from service.version import nuzuh_version

MANIFEST = "manifest.json"
FORM = "nuzuh backup 1"
SEAL = 64
ROWS_AT_ONCE, FILES_AT_ONCE = 5_000, 10
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, ValueError, sa.exc.IntegrityError)
Told = Callable[[int, int], None]


def backup(store: Store, file: Path, told: Told | None = None) -> int:
    """Write all of the store as it is at one moment; the number of rows.

    The file is either whole or not there. Raises InputError when it cannot be written, StoreError
    when the store does not answer.
    """
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        raise _unwritable(file, error) from None
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w+b") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                rows = _write(store, archive, told)
                archive.comment = bytes(SEAL)
            _, seal = _sealed(stream)
            stream.seek(-SEAL, os.SEEK_END)
            stream.write(seal)
            stream.flush()
            os.fsync(handle)
        temporary.replace(file)
    except OSError as error:
        raise _unwritable(file, error) from None
    finally:
        temporary.unlink(missing_ok=True)
    return rows


def restore(store: Store, file: Path, told: Told | None = None) -> int:
    """Bring a backup into an empty store, all of it or nothing; the number of rows.

    Raises InputError when the store is not empty, and when the file is no backup, is damaged or was
    made by a newer nuzuh.
    """
    try:
        with file.open("rb") as stream, zipfile.ZipFile(stream) as archive:
            manifest = _checked(archive, str(file))
            seal, found = _sealed(stream)
            if seal != found:
                raise InputError(_damaged(str(file), "its seal is not that of its bytes"))
            return _bring_in(store, archive, manifest, told)
    except OSError as error:
        why = f"cannot be read: {error.strerror}"
        raise InputError(Finding(str(file), why)) from None
    except BROKEN as error:
        raise InputError(_damaged(str(file), str(error).splitlines()[0])) from None
    except sa.exc.OperationalError as error:
        raise StoreError(f"the store does not answer ({error.orig}); try again") from error


def _sealed(stream: BinaryIO) -> tuple[bytes, bytes]:
    """The last bytes of a backup, and what they should be: the hash of all before them."""
    digest, left = hashlib.sha256(), stream.seek(-SEAL, os.SEEK_END)
    stream.seek(0)
    while left:
        part = stream.read(min(left, 1 << 20))
        digest.update(part)
        left -= len(part)
    return stream.read(SEAL), digest.hexdigest().encode()


def _write(store: Store, archive: zipfile.ZipFile, told: Told | None) -> int:
    tables: dict[str, Any] = {}
    with store.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("set transaction isolation level repeatable read"))
        counts = {table.name: _count(connection, table) for table in metadata.sorted_tables}
        done = 0
        for table in metadata.sorted_tables:
            digest = hashlib.sha256()
            with archive.open(_entry(table.name), "w", force_zip64=True) as stream:
                for line in _lines(connection, table):
                    stream.write(line)
                    digest.update(line)
                    done += 1
                    if told is not None and done % ROWS_AT_ONCE == 0:
                        told(done, sum(counts.values()))
            tables[table.name] = {
                "rows": counts[table.name],
                "columns": table.c.keys(),
                "sha256": digest.hexdigest(),
            }
        step = revision(connection)
    made = datetime.now(UTC).isoformat()
    about = {"form": FORM, "nuzuh": nuzuh_version(), "revision": step, "made": made}
    archive.writestr(MANIFEST, json.dumps({**about, "tables": tables}, indent=1))
    return done


def _lines(connection: sa.Connection, table: sa.Table) -> Iterator[bytes]:
    query = sa.select(table).order_by(*table.primary_key)
    rows = connection.execution_options(yield_per=_at_once(table)).execute(query)
    with closing(rows):
        for row in rows:
            cells = {name: _as_json(value) for name, value in row._mapping.items()}
            yield json.dumps(cells, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def _as_json(value: Any) -> Any:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    return value.isoformat() if isinstance(value, date) else value


def _from_json(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    kind = column.type.impl if isinstance(column.type, sa.TypeDecorator) else column.type
    if isinstance(kind, sa.LargeBinary):
        return b64decode(value)
    if isinstance(kind, sa.DateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, sa.Date) else value


def _checked(archive: zipfile.ZipFile, name: str) -> Mapping[str, Any]:
    """The manifest. Raises InputError unless every table is there as it was written."""
    manifest = json.loads(archive.read(MANIFEST)) if MANIFEST in archive.namelist() else {}
    if manifest.get("form") != FORM:
        raise InputError(Finding(name, "is no backup of nuzuh; name a file of `nuzuh backup`"))
    if unknown := _unknown(manifest["tables"]):
        why = f"holds what this nuzuh does not know ({', '.join(unknown)})"
        raise InputError(Finding(name, f"{why}; restore it with nuzuh {manifest['nuzuh']}"))
    for table, about in manifest["tables"].items():
        with archive.open(_entry(table)) as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
        if digest != about["sha256"]:
            raise InputError(_damaged(name, f"{table} is not what was written"))
    return manifest


def _unknown(tables: Mapping[str, Any]) -> list[str]:
    """Tables and columns that are not of this nuzuh."""
    known = {name: {*table.c.keys()} for name, table in metadata.tables.items()}
    columns = [
        f"{name}.{column}"
        for name, about in tables.items()
        if name in known
        for column in about["columns"]
        if column not in known[name]
    ]
    return sorted([*({*tables} - {*known}), *columns])


def _bring_in(
    store: Store, archive: zipfile.ZipFile, manifest: Mapping[str, Any], told: Told | None
) -> int:
    total, done = sum(about["rows"] for about in manifest["tables"].values()), 0
    connect = store.engine.execution_options(**{WRITES: True}).connect
    with connect() as connection, connection.begin():
        _refuse_held(connection)
        for table in metadata.sorted_tables:
            if table.name not in manifest["tables"]:
                continue
            with archive.open(_entry(table.name)) as stream:
                rows = (_row(table, json.loads(line)) for line in stream)
                while chunk := list(islice(rows, _at_once(table))):
                    connection.execute(sa.insert(table), chunk)
                    done += len(chunk)
                    if told is not None:
                        told(done, total)
            _count_on(connection, table)
    return done


def _row(table: sa.Table, cells: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _from_json(table.c[name], value) for name, value in cells.items()}


def _refuse_held(connection: sa.Connection) -> None:
    held = [table.name for table in metadata.sorted_tables if _count(connection, table)]
    if held:
        why = f"is not empty (it has {', '.join(held)}); name one that is new"
        raise InputError(Finding("NUZUH_DATABASE", why))


def _count_on(connection: sa.Connection, table: sa.Table) -> None:
    """Let PostgreSQL number further rows after those that were brought in."""
    column = table.autoincrement_column
    if connection.dialect.name == "postgresql" and column is not None:
        sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
        last = sa.func.max(column)
        connection.execute(sa.select(sa.func.setval(sequence, last)).having(last.isnot(None)))


def _at_once(table: sa.Table) -> int:
    """Rows to hold in memory; few where each may be a whole file."""
    kinds = (column.type for column in table.c)
    files = any(isinstance(kind, sa.LargeBinary) and kind.length is None for kind in kinds)
    return FILES_AT_ONCE if files else ROWS_AT_ONCE


def _count(connection: sa.Connection, table: sa.Table) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def _entry(table: str) -> str:
    return f"{table}.jsonl"


def _damaged(name: str, how: str) -> Finding:
    return Finding(name, f"is damaged ({how}); nothing was restored, take another backup")


def _unwritable(file: Path, error: OSError) -> InputError:
    return InputError(Finding(str(file), f"cannot be written: {error.strerror}; choose another"))
