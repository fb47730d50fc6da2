"""`nuzuh release`: outlooks approved, taken back, and checked."""

from __future__ import annotations

import getpass
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from service.store.store import Store

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

    with _store() as store:
        found = releases(store, limit)
    rows = [(str(tick.key), f"{tick.as_of}", tick.state, tick.steps[-1].author) for tick in found]
    typer.echo(table(("tick", "as of", "state", "by"), rows, left=4) if rows else "nothing yet")


@app.command("approve")
def approve(tick: TickArgument) -> None:
    """Let a draft out: workers send it. Your name stands in the audit log."""
    from service.schedules.release import approve as approve_
    from service.schedules.release import tick_key

    with _store() as store:
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

    with _store() as store:
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
    the forecast behind it. Ends with 2 when it is not.
    """
    from features.errors import Finding, InputError
    from service.schedules.release import verify as verify_

    with _store() as store:
        found = verify_(store, _sha256(file))
    if not found:
        why = "is no outlook that was released from this store, or was changed since"
        raise InputError(Finding(file, why))
    for one in found:
        last = one.tick.steps[-1]
        reason = "" if last.reason is None else f": {last.reason}"
        kind = f"{one.language}, {one.format}" if one.language else one.format
        typer.echo(
            f"{one.tick.key} as of {one.tick.as_of} ({kind}): {last.state} by {last.author}{reason}"
        )


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


def _store() -> Store:
    from service.settings import load_settings
    from service.store.store import Store

    return Store(load_settings().database)
