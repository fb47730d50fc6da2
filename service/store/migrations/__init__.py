"""The steps that bring a database of any earlier nuzuh to the tables of this one."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from features.errors import Finding, InputError
from service.store.engine import WRITES

LOCK = 0x6E757A7568


def upgrade(engine: sa.Engine) -> None:
    """Bring the database to this nuzuh's tables, in one transaction; nothing when it is there.

    Raises InputError when a newer nuzuh made the database.
    """
    config = Config()
    config.set_main_option("script_location", "service.store:migrations")
    config.set_main_option("path_separator", "os")
    with engine.connect() as connection:
        if revision(connection) == ScriptDirectory.from_config(config).get_current_head():
            return
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            why = f"was made by another nuzuh than this one ({error}); run the newer of the two"
            raise InputError(Finding("database", why)) from None


def revision(connection: sa.Connection) -> str | None:
    """The step the database is at; None when it holds no table of nuzuh's yet."""
    return MigrationContext.configure(connection).get_current_revision()
