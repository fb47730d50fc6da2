"""Opening a database: SQLite as a file that many may read while one writes, or PostgreSQL."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from features.errors import Finding, InputError

DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}
PATIENCE_SECONDS = 60
WRITES = "writes"


def open_engine(url: str) -> sa.Engine:
    """An engine on the database; a missing folder of a SQLite file is made.

    Raises InputError for an address that is none or of another kind of database.
    """
    found = _checked(url)
    if found.get_backend_name() == "sqlite":
        if found.database:
            Path(found.database).parent.mkdir(parents=True, exist_ok=True)
        engine = _engine(found)
        sa.event.listen(engine, "connect", _set_up_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
        return engine
    return _engine(found, pool_pre_ping=True)


def is_missing(url: str) -> bool:
    """Whether it is a SQLite file that is not there. Raises InputError as `open_engine` does."""
    found = _checked(url)
    return found.get_backend_name() == "sqlite" and not Path(str(found.database)).exists()


def shown_address(url: str) -> str:
    """The address of a database without its password. Raises InputError as `open_engine` does."""
    _checked(url)
    return sa.make_url(url).render_as_string(hide_password=True)


def _checked(url: str) -> sa.URL:
    try:
        found = sa.make_url(url)
    except sa.exc.ArgumentError:
        why = "is no address of a database; write sqlite:///FILE or postgresql://USER@HOST/NAME"
        raise InputError(Finding("database", why)) from None
    backend = found.get_backend_name()
    if backend not in DRIVERS or (backend == "sqlite" and found.database in (None, "", ":memory:")):
        shown = found.render_as_string(hide_password=True)
        why = "is no database nuzuh can keep its store in; take a SQLite file or PostgreSQL"
        raise InputError(Finding("database", why, value=shown))
    return found.set(drivername=DRIVERS[backend])


def _engine(url: sa.URL, **options: Any) -> sa.Engine:
    as_text = partial(json.dumps, ensure_ascii=False, allow_nan=False)
    return sa.create_engine(url, json_serializer=as_text, **options)


def _set_up_sqlite(connection: Any, _: object) -> None:
    """SQLAlchemy begins transactions, not the driver, so that DDL and reads are inside them too."""
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {PATIENCE_SECONDS * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: sa.Connection) -> None:
    """A transaction that will write takes its lock at once: upgrading a read lock may fail."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
