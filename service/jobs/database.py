"""Where jobs stand: beside the store, in PostgreSQL a schema of its own, in SQLite a second file.

A second file because SQLite has one writer: an intake of 100,000 rows would hold up the heartbeats
of the workers and whoever submits a job, and sound workers would look dead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient
from dbos._serialization import DBOSPortableJSON

from features.errors import StoreError
from service.store.engine import WRITES, open_engine
from service.store.store import Store

APPLICATION = "nuzuh"
QUEUE = "jobs"
WORKFLOW = "job"
# That of the steps: a worker takes jobs of its own version alone. Raise it when the steps change.
STEPS_VERSION = "1"
CONNECTIONS = 8

_beside_dbos = sa.MetaData()
workers = sa.Table(
    "nuzuh_workers",
    _beside_dbos,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("seen", sa.Float, nullable=False),
)
# One row: the fits up to a time, in milliseconds since 1970, whose jobs may be forgotten by now.
past_fits = sa.Table(
    "nuzuh_past_fits",
    _beside_dbos,
    *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("until", "fits", "milliseconds")),
)


class JobsDatabase:
    """The tables of DBOS, the heartbeats of the workers, and what is left of forgotten jobs."""

    def __init__(self, store: Store) -> None:
        """Make the tables where they are not. Raises StoreError."""
        self._sqlite = store.engine.dialect.name == "sqlite"
        with answering():
            self.schema = None if self._sqlite else _schema(store.engine)
            url = _beside(store.engine.url) if self._sqlite else store.engine.url
            self.url = url.set(drivername=url.get_backend_name()).render_as_string(
                hide_password=False
            )
            engine = open_engine(self.url)
            sa.event.listen(engine, "handle_error", _lost)
            # SQLite: DBOS begins transactions in its own way, on connections of its own.
            self.shared = None if self._sqlite else engine
            self.engine = engine.execution_options(schema_translate_map={None: self.schema})
            with engine.connect():
                DBOS.migrate(self.url, schema=self.schema or "dbos")
            with self.writing() as connection:
                _beside_dbos.create_all(connection)
        self.client = DBOSClient(
            system_database_url=self.url,
            system_database_engine=self.shared,
            dbos_system_schema=self.schema,
            serializer=DBOSPortableJSON,
            system_database_pool_size=CONNECTIONS,
            application_name=APPLICATION,
            retry_connection_errors=False,
            lazy=True,
        )

    def close(self) -> None:
        """Give all connections back."""
        self.client.destroy()
        self.engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that writes; in PostgreSQL one at a time."""
        connect = self.engine.execution_options(**{WRITES: True}).connect
        with connect() as connection, connection.begin():
            if not self._sqlite:
                lock = sa.func.hashtextextended(f"{self.schema} workers", 0)
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock)))
            yield connection

    @property
    def now(self) -> sa.ColumnElement[float]:
        """Seconds since 1970 by the clock of the database, which all workers share."""
        if self._sqlite:
            return sa.literal_column("(julianday('now') - 2440587.5) * 86400.0", sa.Float)
        return sa.literal_column("extract(epoch from clock_timestamp())", sa.Float)


@contextmanager
def answering() -> Iterator[None]:
    """Raise StoreError where the database does not answer."""
    try:
        yield
    except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
        why = str(getattr(error, "orig", error)).strip().splitlines()[0]
        raise StoreError(f"the jobs do not answer ({why}); try again") from error


def _lost(context: sa.engine.ExceptionContext) -> None:
    """Whatever kept PostgreSQL from being reached may pass, so that DBOS tries again.

    DBOS 3.4 knows it by a text that psycopg 3.3 no longer writes; it goes by this mark, too.
    """
    if context.connection is None and isinstance(
        context.sqlalchemy_exception, sa.exc.OperationalError
    ):
        context.is_disconnect = True


def _beside(url: sa.URL) -> sa.URL:
    path = Path(str(url.database))
    return url.set(database=str(path.with_name(f"{path.stem}-jobs{path.suffix}")))


def _schema(engine: sa.Engine) -> str:
    """That of the store's tables and a suffix, so that two stores of a database stay apart."""
    with engine.connect() as connection:
        found: Any = connection.scalar(sa.select(sa.func.current_schema()))
    return f"{found}_jobs"
