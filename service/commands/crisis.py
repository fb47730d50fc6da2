"""`nuzuh crisis`: check a folder of your own, list what is bundled."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from features.crisis import Crisis

app = typer.Typer(help="Check a crisis folder, or list the bundled crises.", no_args_is_help=True)


@app.command("check")
def check(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The crisis folder, or a bundled crisis.")
    ],
) -> None:
    """Read every file of a crisis folder and tell all that is wrong, each with file and line.

    Ends with 0 when nuzuh can use the folder, with 2 when not.

    Example:

      nuzuh crisis check my-crisis/
    """
    from features.crisis import CRISES, bundled, check_crisis, load_crisis
    from features.errors import InputError

    if str(directory) in bundled() and not directory.exists():
        directory = CRISES / directory
    if findings := check_crisis(directory):
        raise InputError(findings)
    found = load_crisis(directory)
    typer.echo(_summary(found))
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)


@app.command("list")
def list_bundled() -> None:
    """Name the crises that come with nuzuh.

    Example:

      nuzuh crisis list
    """
    from features.crisis import bundled, load_crisis

    for name in bundled():
        typer.echo(f"{name}: {_summary(load_crisis(name))}")


def _summary(crisis: Crisis) -> str:
    reports, attacks = crisis.reports, crisis.attacks
    told = f"{reports['start'].min():%Y-%m-%d} to {reports['end'].max():%Y-%m-%d}"
    counted = f"{len(reports)} reports of {reports['source'].nunique()} sources ({told})"
    return f"{crisis.title}; {len(crisis.places)} places, {counted}, {len(attacks)} rows of attacks"
