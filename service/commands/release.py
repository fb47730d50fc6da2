"""`nuzuh release`: outlooks approved, taken back, and checked."""

from __future__ import annotations

import getpass
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.stored import open_store
from service.emit import write_whole

if TYPE_CHECKING:
    from service.schedules.release import Verified

app = typer.Typer(
    help="Outlooks approved, taken back, and checked by their fingerprint.", no_args_is_help=True
)

SHA256 = re.compile("[0-9a-f]{64}")
TickArgument = Annotated[
    str, typer.Argument(metavar="TICK", help="From `nuzuh release list`: ID@2019-05-06T04:00:00Z.")
]


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="So many.")] = 20,
) -> None:
    """Drafts that wait for approval, and what was released and withdrawn; the newest first."""
    from service.plain import table
    from service.schedules.release import releases

    with open_store() as store:
        found = releases(store, limit)
    rows = [(str(tick.key), f"{tick.as_of}", tick.state, tick.steps[-1].author) for tick in found]
    typer.echo(table(("tick", "as of", "state", "by"), rows, left=4) if rows else "nothing yet")


@app.command("show")
def show(
    tick: TickArgument,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write every file into this folder."),
    ] = None,
) -> None:
    """Read a draft before it is approved, or what was released: its text, or all its files."""
    from service.schedules.diary import read_tick
    from service.schedules.release import read_pages, tick_key

    with open_store() as store:
        found = read_tick(store, tick_key(tick))
        pages = read_pages(store, found)
    typer.echo(f"{found.key} as of {found.as_of}: {found.state}", err=True)
    if out is None:
        texts = (formats["txt"].content.decode().rstrip() for formats in pages.values())
        typer.echo("\n\n".join(texts))
        return
    _make(out)
    for file in (file for formats in pages.values() for file in formats.values()):
        write_whole(out / file.name, file.content)
        typer.echo(f"{file.sha256}  {out / file.name}")


@app.command("approve")
def approve(tick: TickArgument) -> None:
    """Let a draft out: workers send it. Your name stands in the audit log."""
    from service.schedules.release import approve as approve_
    from service.schedules.release import tick_key

    with open_store() as store:
        approve_(store, tick_key(tick), getpass.getuser())
    typer.echo(f"{tick} is released; see: nuzuh schedule history {tick.partition('@')[0]}")


@app.command("withdraw")
def withdraw(
    tick: TickArgument,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; the readers are told.")
    ],
) -> None:
    """Take an outlook back; all who got it are told why, the others get nothing."""
    from service.schedules.release import tick_key
    from service.schedules.release import withdraw as withdraw_

    with open_store() as store:
        withdraw_(store, tick_key(tick), reason, getpass.getuser())
    typer.echo(f"{tick} is withdrawn; who got it is told")


@app.command("verify")
def verify(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|SHA256", help="An outlook as you got it, or the fingerprint it prints."
        ),
    ],
) -> None:
    """Whether a file is an outlook that was released from this store, to the byte.

    Instead of the file its SHA-256 will do, and the fingerprint that every page prints: that of
    the forecast behind it. Ends with 2 when it is not, and when it was withdrawn since.
    """
    from features.errors import Finding, InputError
    from service.schedules.release import verify as verify_

    with open_store() as store:
        found = verify_(store, _sha256(file))
    if not found:
        why = "is no outlook that was released from this store, or was changed since"
        raise InputError(Finding(file, why))
    for one in found:
        typer.echo(_verified(one))
    if all(one.tick.state == "withdrawn" for one in found):
        raise typer.Exit(InputError.exit_code)


def _verified(one: Verified) -> str:
    last = one.tick.steps[-1]
    mark = "WITHDRAWN " if last.state == "withdrawn" else ""
    reason = "" if last.reason is None else f": {last.reason}"
    kind = f"{one.language}, {one.format}" if one.language else one.format
    said = f"{last.state} by {last.author}{reason}"
    return f"{mark}{one.tick.key} as of {one.tick.as_of} ({kind}): {said}"


def _make(folder: Path) -> None:
    from features.errors import Finding, InputError

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"no folder can be made there: {error.strerror}"
        raise InputError(Finding("--out", why, value=str(folder))) from None


def _sha256(file: str) -> str:
    """That of a file, or the one that is given in place of it."""
    from hashlib import sha256

    from features.errors import Finding, InputError

    if SHA256.fullmatch(file.lower()):
        return file.lower()
    try:
        return sha256(Path(file).read_bytes()).hexdigest()
    except OSError as error:
        raise InputError(Finding(file, f"cannot be read: {error.strerror}")) from None
