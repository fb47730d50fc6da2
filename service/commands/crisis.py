"""`nuzuh crisis`: check a folder of your own, list what is bundled, bring it into the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.ingest import ReasonOption, tell
from service.commands.stored import open_store, stored_crises
from service.emit import progress, progress_bar, warn

if TYPE_CHECKING:
    from features.crisis import Crisis

app = typer.Typer(
    help="Check a crisis folder, list the crises there are, move a crisis into the store and out.",
    no_args_is_help=True,
)
DirArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="The crisis folder, or a bundled crisis.")
]


@app.command("check")
def check(directory: DirArgument) -> None:
    """Read every file of a crisis folder and tell all that is wrong, each with file and line.

    Ends with 0 when nuzuh can use the folder, with 2 when not. Arithmetic that looks wrong but may
    be right is a warning.

    Example:

      nuzuh crisis check my-crisis/
    """
    import pandas as pd

    from features.crisis import crisis_folder, crisis_of
    from features.folder import left_alone, read_folder
    from features.lint import lint
    from features.track_record import read_track_record

    directory = crisis_folder(directory if directory.exists() else str(directory))
    folder = read_folder(directory)
    found = crisis_of(folder, left_alone(directory))
    read_track_record(directory, found.id)
    warn(str(warning) for warning in lint(folder, pd.Timestamp.now().normalize()))
    typer.echo(_summary(found))
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)


@app.command("import")
def import_(directory: DirArgument, reason: ReasonOption = "") -> None:
    """Bring a crisis into the store, by the id in its crisis.toml, or up to its folder.

    Rows that the store holds otherwise are corrected and rows that the folder lacks are deleted,
    for a reason; what was stored before stays readable. The store is named by NUZUH_DATABASE.

    Example:

      nuzuh crisis import my-crisis/
    """
    import getpass

    from features.crisis import crisis_folder
    from service.settings import load_settings
    from service.store.folders import import_folder
    from service.store.store import Store

    directory = crisis_folder(directory if directory.exists() else str(directory))
    with Store(load_settings().database) as store, progress_bar("rows") as told:
        author = getpass.getuser()
        id_, done = import_folder(store, directory, author=author, reason=reason, told=told)
    tell(id_, done)


@app.command("export")
def export(
    crisis: Annotated[str, typer.Argument(metavar="ID", help="A crisis that is in the store.")],
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="A new or an empty folder.")],
) -> None:
    """Write a crisis of the store as a folder, as it stands now.

    Example:

      nuzuh crisis export nw-syria exported/
    """
    from service.store.folders import export_folder

    with progress("reading the store"), open_store() as store:
        files = export_folder(store, crisis, directory)
    typer.echo(f"wrote {len(files)} files into {directory}", err=True)


@app.command("list")
def list_() -> None:
    """Name the crises that come with nuzuh, and those in the store.

    Example:

      nuzuh crisis list
    """
    from features.crisis import bundled, load_crisis

    for name in bundled():
        typer.echo(f"{name}: {_summary(load_crisis(name))}")
    for name in stored_crises():
        typer.echo(f"{name}: in the store; as a folder by: nuzuh crisis export {name} DIR")


def _summary(crisis: Crisis) -> str:
    reports, attacks = crisis.reports, crisis.attacks
    told = f"{reports['start'].min():%Y-%m-%d} to {reports['end'].max():%Y-%m-%d}"
    counted = f"{len(reports)} reports of {reports['source'].nunique()} sources ({told})"
    return f"{crisis.title}; {len(crisis.places)} places, {counted}, {len(attacks)} rows of attacks"
