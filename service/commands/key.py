"""`nuzuh key`: who may ask the service for what."""

from __future__ import annotations

import getpass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.stored import open_store

if TYPE_CHECKING:
    from service.access.keys import Key

app = typer.Typer(no_args_is_help=True, help="Keys to the service: make, list and revoke them.")


class Scope(StrEnum):
    """What a key may do."""

    read = "read"
    plan = "plan"
    publish = "publish"
    admin = "admin"


class Audience(StrEnum):
    """What a key is told of where people are."""

    public = "public"
    partner = "partner"
    restricted = "restricted"


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose key it is.")],
    scope: Annotated[
        list[Scope],
        typer.Option(
            "--scope", help="read, plan (ask for forecasts), publish (take rows in), admin."
        ),
    ],
    audience: Annotated[
        Audience, typer.Option("--audience", help="How fine and how exact its bearer is told.")
    ] = Audience.public,
    days: Annotated[
        int | None, typer.Option("--days", min=1, max=36_500, help="Days until it ends.")
    ] = None,
) -> None:
    """Make a key. It is printed once, to standard output, and kept as a hash alone.

    The store is the database named by NUZUH_DATABASE.

    Example:

      nuzuh key create "Planning team" --scope read --scope plan --audience partner --days 365
    """
    from datetime import UTC, datetime, timedelta

    from service.access.audit import Deed, record_deeds
    from service.access.keys import create_key
    from service.settings import load_settings
    from service.store.store import Store

    expires = None if days is None else datetime.now(UTC) + timedelta(days=days)
    with Store(load_settings().database) as store:
        made, shown = create_key(store, name, [one.value for one in scope], audience, expires)
        record_deeds(store, Deed(_user(), "make key", f"key/{made.id}"))
    typer.echo(f"key {made.id} for {name}; it is not shown again:", err=True)
    typer.echo(shown)


@app.command("list")
def list_() -> None:
    """List all keys, without their secrets."""
    from service.access.keys import list_keys

    with open_store() as store:
        for key in list_keys(store):
            typer.echo(_line(key))


@app.command("revoke")
def revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="The id that `nuzuh key list` shows.")],
) -> None:
    """End a key at once and for good."""
    from features.errors import Finding, InputError
    from service.access.audit import Deed, record_deeds
    from service.access.keys import revoke_key
    from service.errors import NotFound

    with open_store() as store:
        try:
            ended = revoke_key(store, id_)
        except NotFound as error:
            raise InputError(Finding("key", str(error), value=id_)) from None
        record_deeds(store, Deed(_user(), "revoke key", f"key/{id_}"))
    typer.echo(_line(ended))


def _user() -> str:
    return f"command line, {getpass.getuser()}"


def _line(key: Key) -> str:
    ends = "never ends" if key.expires is None else f"ends {key.expires:%Y-%m-%d}"
    if key.revoked is not None:
        ends = f"revoked {key.revoked:%Y-%m-%d}"
    return f"{key.id}  {key.audience:10}  {','.join(key.scopes):24}  {ends:18}  {key.name}"
