"""`nuzuh ingest`: rows into the store."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.emit import progress, progress_bar, warn

if TYPE_CHECKING:
    from service.store.writing import Outcome

ReasonOption = Annotated[
    str,
    typer.Option(
        "--reason",
        metavar="TEXT",
        help="Why rows are corrected or deleted; needed when any are, and kept with them.",
    ),
]


def ingest(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|DIR", help="A CSV in the form of a crisis folder, or several."
        ),
    ],
    crisis: Annotated[
        str, typer.Option("--crisis", metavar="ID", help="A crisis that is in the store.")
    ],
    partial: Annotated[
        bool,
        typer.Option("--partial", help="Store the sound rows and list the others as rejected."),
    ] = False,
    reason: ReasonOption = "",
) -> None:
    """Take rows of displacement.csv, attacks.csv, places.csv, agreements.csv … into the store.

    All or nothing: one wrong row rejects all, and every error is told. Rows that are stored already
    change nothing. Nothing is overwritten: another figure for the same key and day of publication
    is a correction and needs a reason. A file of another name is known by its header.

    Two columns may be added: status (missing, withheld or deleted, where there is no figure or
    should be none) and reason. What looks wrong but may be right is a warning, stored with the row.

    The store is the database named by NUZUH_DATABASE.

    Examples:

      nuzuh ingest displacement.csv --crisis nw-syria

      nuzuh ingest corrected.csv --crisis nw-syria --reason "ISMI erratum of 3 July 2019"
    """
    with progress("reading"):
        from service.commands.stored import open_store
        from service.store.given import read_given
        from service.store.ingest import ingest as take_in

        given = read_given(path)
    with open_store() as store, progress_bar("rows") as told:
        done = take_in(
            store,
            crisis,
            given,
            author=getpass.getuser(),
            reason=reason.strip(),
            partial=partial,
            told=told,
        )
    tell(crisis, done)


def tell(crisis_id: str, done: Outcome) -> None:
    """What became of rows: a line of counts, the rejected rows, the warnings."""
    warn(str(warning) for warning in done.warnings)
    for finding in done.rejected:
        typer.echo(f"rejected: {finding}", err=True)
    counts = f"{done.added:,} added, {done.changed:,} changed, {done.unchanged:,} stored before"
    rejected = f", {len({(at.file, at.line) for at in done.rejected}):,} rejected"
    stored = "nothing new" if done.intake is None else f"intake {done.intake}"
    typer.echo(f"{crisis_id}: {counts}{rejected if done.rejected else ''} ({stored})")
