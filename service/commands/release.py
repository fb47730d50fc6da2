"""`nuzuh release`: outlooks approved, taken back, and checked."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from service.store.store import Store

app = typer.Typer(
    help="Outlooks approved, taken back, and checked by their fingerprint.", no_args_is_help=True
)

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
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An outlook as you got it.")],
) -> None:
    """Whether a file is an outlook that was released from this store, to the byte.

    Ends with 2 when it is not.
    """
    from features.errors import Finding, InputError
    from service.schedules.release import verify as verify_

    try:
        content = file.read_bytes()
    except OSError as error:
        raise InputError(Finding(str(file), f"cannot be read: {error.strerror}")) from None
    with _store() as store:
        found = verify_(store, content)
    if not found:
        why = "is no outlook that was released from this store, or was changed since"
        raise InputError(Finding(str(file), why))
    for one in found:
        last = one.tick.steps[-1]
        reason = "" if last.reason is None else f": {last.reason}"
        typer.echo(
            f"{one.tick.key} as of {one.tick.as_of} ({one.language}, {one.format}): "
            f"{last.state} by {last.author}{reason}"
        )


def _store() -> Store:
    from service.settings import load_settings
    from service.store.store import Store

    return Store(load_settings().database)
