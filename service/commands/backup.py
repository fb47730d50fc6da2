"""`nuzuh backup` and `nuzuh restore`: the store as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.emit import progress, progress_bar

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A backup, such as nuzuh.zip.")]


def backup(file: FileArgument) -> None:
    """Write all that the store holds into one file, as it is at this moment.

    The service may go on meanwhile. In the file are all rows with their history, all documents, the
    hashes of the keys and the audit log; guard it as you guard the database. Jobs that wait or run
    are not in it. A file of this name is replaced once the new one is whole.

    The store is the database named by NUZUH_DATABASE.

    Example:

      nuzuh backup nuzuh.zip
    """
    with progress("reading"):
        from service.backup import backup as write
        from service.commands.stored import open_store

    with open_store() as store, progress_bar("rows") as told:
        rows = write(store, file, told)
    typer.echo(f"wrote {file}: {rows:,} rows, {file.stat().st_size:,} bytes", err=True)


def restore(file: FileArgument) -> None:
    """Bring a backup into a new database, SQLite or PostgreSQL, whichever it came from.

    Every hash is checked first, and all is restored or nothing. A database that holds anything is
    refused.

    The store is the database named by NUZUH_DATABASE.

    Example:

      NUZUH_DATABASE=sqlite:///new.db nuzuh restore nuzuh.zip
    """
    with progress("reading"):
        from service.backup import restore as bring_in
        from service.settings import load_settings
        from service.store.store import Store

    with Store(load_settings().database) as store, progress_bar("rows") as told:
        rows = bring_in(store, file, told)
    typer.echo(f"restored {rows:,} rows", err=True)
