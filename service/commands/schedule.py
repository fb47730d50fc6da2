"""`nuzuh schedule`: outlooks that come by themselves."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.commands.stored import open_store
from service.emit import progress, warn

if TYPE_CHECKING:
    from service.schedules.book import Kept
    from service.schedules.diary import Tick
    from service.store.store import Store

app = typer.Typer(help="Outlooks that come by themselves, to whom and when.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ID", help="From `nuzuh schedule list`.")]


def _several(option: str, metavar: str, help_: str) -> Any:
    return typer.Option(option, metavar=metavar, help=help_)


@app.command("add")
def add(  # noqa: PLR0913, PLR0917  one parameter an option
    id_: Annotated[str, typer.Argument(metavar="ID", help="Its name: a to z, digits and -.")],
    crisis: Annotated[str, typer.Option("--crisis", metavar="ID", help="One of the store.")],
    cron: Annotated[
        str,
        typer.Option("--cron", metavar="CRON", help="Minute, hour, day, month, weekday: 0 7 * * 1"),
    ],
    to: Annotated[
        list[str],
        _several(
            "--to",
            "WAY:ADDRESS",
            "email:NAME@…, webhook:https://… or folder:NAME; #ar at its end for Arabic.",
        ),
    ],
    zone: Annotated[
        str, typer.Option("--zone", metavar="ZONE", help="Whose clock the times are of.")
    ] = "Europe/Istanbul",
    language: Annotated[
        list[str] | None, _several("--lang", "LANG", "en, tr, ar; readers get the first one.")
    ] = None,
    horizon: Annotated[int, typer.Option("--horizon", metavar="N", help="Months, 1 to 24.")] = 6,
    audience: Annotated[
        str, typer.Option("--audience", help="Who reads it: public, partner or restricted.")
    ] = "public",
    place: Annotated[
        list[str] | None, _several("--place", "ID", "Places told of in place of the border belt's.")
    ] = None,
    scenario: Annotated[
        list[str] | None,
        _several("--scenario", "NAME", "One that comes with the crisis; without any, all."),
    ] = None,
    format_: Annotated[
        list[str] | None, _several("--format", "FORMAT", "html, pdf, txt, sms; all but sms.")
    ] = None,
    catch_up: Annotated[
        str,
        typer.Option("--catch-up", help="What is sent after an outage: skip, latest or all."),
    ] = "latest",
    release: Annotated[
        str, typer.Option("--release", help="manual: a person approves each; or automatic.")
    ] = "manual",
    replace: Annotated[
        bool, typer.Option("--replace", help="Change the schedule of this ID for times to come.")
    ] = False,
) -> None:
    """Keep a schedule; `nuzuh serve` or `nuzuh worker` makes and sends its outlooks.

    Examples:

      nuzuh schedule add monday --crisis nw-syria --cron "0 7 * * 1" --audience restricted
      --lang en --lang ar --to email:me@ngo.org --to email:you@ngo.org#ar --to folder:cluster
    """
    given = {
        "id": id_,
        "crisis_id": crisis,
        "cron": cron,
        "zone": zone,
        "horizon": horizon,
        "audience": audience,
        "places": place,
        "scenarios": scenario,
        "languages": language,
        "formats": format_,
        "catch_up": catch_up,
        "release": release,
    }
    with progress("checking"):
        from service.schedules.schedule import parse_recipient, read_schedule

        named = {name: value for name, value in given.items() if value is not None}
        found = read_schedule({**named, "recipients": [parse_recipient(one) for one in to]})
    with open_store() as store:
        from service.schedules.book import add_schedule, change_schedule
        from service.schedules.checks import check_fit

        check_fit(store, found)
        keep = change_schedule if replace else add_schedule
        _tell(keep(store, found, getpass.getuser()))


@app.command("list")
def list_() -> None:
    """Every schedule, and when it comes next."""
    from service.plain import table
    from service.schedules.book import all_schedules

    with open_store() as store:
        found = all_schedules(store)
    header = ("schedule", "crisis", "when", "zone", "next", "release", "recipients")
    rows = [
        (
            kept.schedule.id,
            kept.schedule.crisis_id,
            kept.schedule.cron,
            kept.schedule.zone,
            _next(kept),
            kept.schedule.release,
            f"{len(kept.schedule.recipients):,}",
        )
        for kept in found
    ]
    typer.echo(table(header, rows, left=6) if rows else "no schedule; see: nuzuh schedule add")


@app.command("show")
def show(id_: IdArgument) -> None:
    """A schedule, and the secrets that its webhooks are signed with."""
    from service.schedules.book import read_kept

    with open_store() as store:
        _tell(read_kept(store, id_))


@app.command("pause")
def pause(id_: IdArgument) -> None:
    """No outlooks from now on; those that would have come are not caught up."""
    from service.schedules.book import pause_schedule

    with open_store() as store:
        pause_schedule(store, id_, getpass.getuser())
    typer.echo(f"{id_} is paused; go on with: nuzuh schedule resume {id_}")


@app.command("resume")
def resume(id_: IdArgument) -> None:
    """Outlooks again from now on."""
    from service.schedules.book import resume_schedule

    with open_store() as store:
        kept = resume_schedule(store, id_, getpass.getuser())
    typer.echo(f"{id_} comes next at {_next(kept)}")


@app.command("run")
def run(
    id_: IdArgument,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of", metavar="DATE", formats=["%Y-%m-%d"], help="The day to stand on; yesterday."
        ),
    ] = None,
) -> None:
    """Have an outlook out of turn, now; a worker makes it, and it is released as all others."""
    from service.schedules.book import read_kept
    from service.schedules.opening import ask_tick

    with open_store() as store:
        kept = read_kept(store, id_)
        day = None if as_of is None else as_of.date()
        key = ask_tick(store, kept, day, getpass.getuser(), datetime.now(UTC))
    typer.echo(f"{key} is due; nuzuh serve or nuzuh worker takes it up")
    typer.echo(f"once it is made, read it by: nuzuh release show {key}")


@app.command("history")
def history(
    id_: IdArgument,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="So many ticks.")] = 10,
) -> None:
    """What became of each tick: its outlook, or why there was none, and who got it."""
    from service.schedules.book import read_kept
    from service.schedules.diary import read_ticks

    with open_store() as store:
        read_kept(store, id_)
        found = read_ticks(store, id_, limit=limit)
        told = [_history(store, tick) for tick in found]
    typer.echo("\n\n".join(told) or f"{id_} has not ticked yet")


def _history(store: Store, tick: Tick) -> str:
    from service.schedules.book import read_kept
    from service.schedules.diary import SERVICE
    from service.schedules.editions import fingerprints
    from service.schedules.history import letters_of
    from service.schedules.ticks import on_clock

    schedule = read_kept(store, tick.key.schedule_id, tick.version).schedule
    asked = "" if tick.author == SERVICE else f", asked for by {tick.author}"
    lines = [f"{tick.key}  as of {tick.as_of}  {tick.state}{asked}"]
    for step in tick.steps:
        reason = "" if step.reason is None else f": {step.reason}"
        lines.append(
            f"  {on_clock(step.created, schedule.zone)} {step.state} by {step.author}{reason}"
        )
    prints = fingerprints(store, tick.edition, schedule)
    lines += [f"  {sha256}  {page}" for page, sha256 in prints.items()]
    for one in letters_of(store, tick):
        lines.append(f"  {_letter(one, schedule.zone)}")
    return "\n".join(lines)


def _letter(one: dict[str, Any], zone: str) -> str:
    from service.schedules.ticks import on_clock

    when = "" if one["created"] is None else f"{on_clock(one['created'], zone)} "
    why = "" if one["reason"] is None else f": {one['reason']}"
    again = "" if one["again"] is None else f"; again at {on_clock(one['again'], zone)}"
    said = f"{one['event']} {one['outcome']} ({one['attempt']})"
    return f"{when}{said} {one['recipient']}{why}{again}"


def _tell(kept: Kept) -> None:
    schedule = kept.schedule
    told = schedule.model_dump(mode="json", exclude={"recipients"})
    for name, value in told.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        typer.echo(f"{name:<12}{shown or '-'}")
    typer.echo(f"{'version':<12}{kept.version}, by {kept.author}")
    typer.echo(f"{'next':<12}{_next(kept)}")
    for one in schedule.recipients:
        typer.echo(f"{'to':<12}{one}")
    _tell_ways(kept)


def _tell_ways(kept: Kept) -> None:
    """The secrets of webhooks, and what is not set up here."""
    from service.delivery.post import NEEDED, post_of
    from service.delivery.webhook import secret_of
    from service.settings import load_settings

    settings = load_settings()
    post = post_of(settings)
    ways = {"email": post.mail, "webhook": post.hooks, "folder": post.folder}
    used = {one.way for one in kept.schedule.recipients}
    missing = [way for way in sorted(used) if ways[way] is None]
    warn(f"nothing goes out by {way} without {NEEDED[way]}" for way in missing)
    secrets = [] if post.hooks is None else post.hooks.secrets
    for one in kept.schedule.recipients:
        for number, secret in enumerate(secrets if one.way == "webhook" else ()):
            name = "former" if number else "secret"
            typer.echo(f"{name:<12}{secret_of(secret, one.address)} {one.address}")


def _next(kept: Kept) -> str:
    from service.schedules.ticks import next_tick, on_clock

    if kept.paused:
        return "paused"
    cron, zone = kept.schedule.cron, kept.schedule.zone
    return on_clock(next_tick(cron, zone, datetime.now(UTC)), zone)
