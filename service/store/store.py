"""The store: one database, asked by crisis, day and time of recording."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Self

import pandas as pd
import sqlalchemy as sa

from features import track_record
from features.crisis import Crisis, crisis_of
from features.errors import Finding, InputError, StoreError
from features.folder import FILES, parse_folder
from features.spelling import listed
from features.track_record import parse_track_record
from service.store.documents import Document, insert_document, read_document
from service.store.engine import WRITES, open_engine
from service.store.known import (
    Entries,
    known_by,
    known_order,
    known_rows,
    read_delays,
    read_files,
    read_history,
)
from service.store.migrations import upgrade
from service.store.reading import (
    Condition,
    crisis_ids,
    only,
    published_by,
    read_stored,
    recorded_of,
    view_of,
)
from service.store.rows import MODULES, key_of, subject_of
from service.store.schema import row_versions


class Store:
    """A database brought to this nuzuh's tables.

    Every read takes two times: `as_of`, the day by whose end something was published, and
    `recorded`, when the store itself had it. Without them a read sees all, as it stands now.
    Reads raise InputError for a crisis that the store does not hold.
    """

    def __init__(self, url: str) -> None:
        """Open the database at `url`. Raises InputError when it cannot be opened."""
        try:
            with ExitStack() as undone:
                self.engine = open_engine(url)
                undone.callback(self.engine.dispose)
                upgrade(self.engine)
                undone.pop_all()
        except (OSError, sa.exc.OperationalError) as error:
            shown = sa.make_url(url).render_as_string(hide_password=True)
            why = f"cannot be opened ({_first_line(error)}); check the address and the rights"
            raise InputError(Finding("database", why, value=shown)) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection for queries. Raises StoreError when the database does not answer."""
        with _answering(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, crisis_id: str) -> Iterator[sa.Connection]:
        """A transaction that alone writes to a crisis: all of it is stored at its end, or none.

        Raises StoreError when another writes for too long or the database does not answer.
        """
        connect = self.engine.execution_options(**{WRITES: True}).connect
        with _answering(), connect() as connection, connection.begin():
            if self.engine.dialect.name == "postgresql":
                lock = sa.func.hashtextextended(crisis_id, 0)
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
            yield connection

    def crises(self) -> list[str]:
        """The ids of the crises in the store."""
        with self.reading() as connection:
            return crisis_ids(connection)

    def recorded(self, crisis_id: str) -> datetime:
        """When the latest intake of a crisis was recorded: what a read sees that names no time."""
        with self.reading() as connection:
            return recorded_of(connection, view_of(connection, crisis_id))

    def files(
        self,
        crisis_id: str,
        as_of: pd.Timestamp | None = None,
        recorded: datetime | None = None,
    ) -> dict[str, bytes]:
        """The files of a crisis, by name; with `as_of`, rows that were taken back later stand."""
        with self.reading() as connection:
            return read_files(connection, view_of(connection, crisis_id, recorded), as_of)

    def crisis(
        self,
        crisis_id: str,
        as_of: pd.Timestamp | None = None,
        recorded: datetime | None = None,
    ) -> Crisis:
        """The crisis, equal to that of its exported folder, and to that one `as_of` the day."""
        files = self.files(crisis_id, as_of, recorded)
        texts = {name: content.decode() for name, content in files.items() if name in FILES}
        found = crisis_of(parse_folder(texts))
        if track_record.FILE in files:
            record = parse_track_record(files[track_record.FILE], found.id)
            found = replace(found, track_record=record)
        return found if as_of is None else found.as_of(as_of)

    def save(self, document: Document) -> str:
        """Store a document for good; its id."""
        with self.writing(document.crisis_id) as connection:
            insert_document(connection, document)
        return document.id

    def document(self, id_: str) -> Document:
        """The document of an id. Raises InputError when there is none or its bytes were damaged."""
        with self.reading() as connection:
            return read_document(connection, id_)

    def rows(
        self,
        crisis_id: str,
        file: str,
        place_id: str | None = None,
        as_of: pd.Timestamp | None = None,
        recorded: datetime | None = None,
        *where: Condition,
    ) -> pd.DataFrame:
        """The rows of a file, of all places or one, with the columns of the file and `entry`."""
        _check_file(file)
        told = [*where, *only(place_id), *([] if as_of is None else [published_by(as_of)])]
        with self.reading() as connection:
            view = view_of(connection, crisis_id, recorded)
            stored = read_stored(connection, view, file, *told)
            delays = read_delays(connection, view)
        return known_rows(stored, delays, as_of)

    def order(
        self,
        crisis_id: str,
        file: str,
        as_of: pd.Timestamp | None = None,
        recorded: datetime | None = None,
        *where: Condition,
    ) -> Entries:
        """The `entry` of what `rows` has of reports or attacks, in its order, read from no cell."""
        told = [*where, *([] if as_of is None else [published_by(as_of)])]
        with self.reading() as connection:
            view = view_of(connection, crisis_id, recorded)
            delays = read_delays(connection, view)
            return known_order(connection, view, file, delays, as_of, *told)

    def history(
        self,
        crisis_id: str,
        file: str,
        key: Mapping[str, str],
        as_of: pd.Timestamp | None = None,
        recorded: datetime | None = None,
    ) -> pd.DataFrame:
        """Every version of what was published about one key, oldest first.

        `key` gives the key columns of the file as its cells do, left out where blank. Beside the
        columns of the file stand `entry, recorded, author, status, reason, warnings`.
        """
        _check_file(file)
        subject = subject_of(file, _key_values(file, key))
        with self.reading() as connection:
            view = view_of(connection, crisis_id, recorded)
            found = read_history(connection, view, file, row_versions.c.subject == subject)
        return known_by(found, file, as_of)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except sa.exc.OperationalError as error:
        raise StoreError(f"the store does not answer ({_first_line(error)}); try again") from error


def _check_file(file: str) -> None:
    if file not in MODULES:
        raise InputError(Finding("file", f"no such file; known are {listed(MODULES)}", value=file))


def _key_values(file: str, key: Mapping[str, str]) -> list[str]:
    names = key_of(file)
    if unknown := [name for name in key if name not in names]:
        why = f"is no key column of {file}; those are {listed(names)}"
        raise InputError([Finding("key", why, value=name) for name in unknown])
    return [key.get(name, "") for name in names]


def _first_line(error: OSError | sa.exc.OperationalError) -> str:
    return str(getattr(error, "orig", error)).strip().splitlines()[0]
