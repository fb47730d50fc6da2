"""`nuzuh trigger`: alarms on the forecast, with their record before they are trusted."""

from __future__ import annotations

import getpass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.checks import Checks, refuse_unknown
from service.commands.options import AsOfOption, CrisisOption, DrawsOption, SeedOption
from service.commands.trigger_try import FileArgument, Shown, ShownOption, as_json, try_
from service.emit import emit, progress, warn

if TYPE_CHECKING:
    from service.triggers.folder import Triggers

app = typer.Typer(
    help="Alarms on the forecast: try them on the past, keep, check and score them.",
    no_args_is_help=True,
)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="From `nuzuh trigger list`.")]
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--triggers",
        metavar="DIR",
        help="Where triggers are kept; without it, nuzuh/triggers in your data folder.",
    ),
]

UNTOLD = (
    "its recipients are told nothing: nobody looks at the triggers of a folder by themselves, and "
    "trigger check sends no message; the service looks every day and tells them: POST /v1/triggers"
)

app.command("try")(try_)


@app.command("add")
def add(
    file: FileArgument,
    crisis: CrisisOption,
    record: Annotated[
        Path | None,
        typer.Option(
            "--record",
            metavar="FILE",
            help="Its record, from `trigger try --out`; without it, NAME.record.json beside FILE.",
        ),
    ] = None,
    untested: Annotated[
        str | None,
        typer.Option("--untested", metavar="WHY", help="Keep it without a record, and say why."),
    ] = None,
    triggers: FolderOption = None,
) -> None:
    """Keep a trigger, with its record, so that `trigger check` looks at it.

    A trigger without a record is refused: nobody knows how often it would cry wolf. With
    --untested WHY it is kept all the same, and says so wherever it is shown. Nobody looks at it
    but `trigger check`, and none of its recipients is told; the service does both.

    Examples:

      nuzuh trigger add mine.toml --crisis nw-syria --record mine.record.json

      nuzuh trigger add new.toml --crisis nw-syria --untested "no report before this year"
    """
    from features.crisis import load_crisis
    from features.errors import Finding, InputError
    from forecast.trigger_record import read_record
    from service.triggers.folder import record_beside
    from service.triggers.run import read_for, refuse_other

    situation = load_crisis(crisis)
    trigger = read_for(file, situation)
    if untested is not None and (record is not None or not untested.strip()):
        why = "says why there is no record, and stands alone; give a reason, or --record"
        raise InputError(Finding("--untested", why, value=untested))
    given = None
    if untested is None:
        source = record or record_beside(file)
        if record is None and not source.exists():
            why = (
                f"has no record, so nobody knows how often it would be wrong; make one: nuzuh "
                f"trigger try {file} --crisis {crisis} --from … --to … --out {source}, "
                "or say why not: --untested WHY"
            )
            raise InputError(Finding(str(file), why))
        given = read_record(source)
        refuse_other(given, trigger, situation, source)
    kept = _kept(triggers, situation.id)
    name = kept.add(file, given, untested or "", date.today())
    if trigger.recipients:
        warn([UNTOLD])
    typer.echo(f"kept as {name} in {kept.folder}", err=True)


@app.command("list")
def list_(
    crisis: CrisisOption, triggers: FolderOption = None, format_: ShownOption = Shown.table
) -> None:
    """Name the triggers kept, with where each stands.

    Example:

      nuzuh trigger list --crisis nw-syria
    """
    from features.crisis import load_crisis
    from service.triggers.answers import list_document, list_text

    every = _kept(triggers, load_crisis(crisis).id).every()
    content = as_json(list_document(every)) if format_ is Shown.json else list_text(every).encode()
    emit(content, None)


@app.command("show")
def show(
    name: NameArgument,
    crisis: CrisisOption,
    triggers: FolderOption = None,
    format_: ShownOption = Shown.table,
) -> None:
    """Print a trigger kept: its rule, its record from before, and all it has said since.

    The record is the one that was kept with it; nothing is computed from the data of today.

    Example:

      nuzuh trigger show belt-50000 --crisis nw-syria
    """
    from features.crisis import load_crisis
    from service.triggers.answers import show_document, show_text
    from service.triggers.run import settled

    situation = load_crisis(crisis)
    kept = _kept(triggers, situation.id).get(name)
    trigger = settled(kept.file, situation)
    if format_ is Shown.json:
        emit(as_json(show_document(kept, trigger)), None)
    else:
        emit(show_text(kept, trigger, situation).encode(), None)


@app.command("check")
def check(
    crisis: CrisisOption,
    as_of: AsOfOption,
    triggers: FolderOption = None,
    draws: DrawsOption = 2000,
    seed: SeedOption = 1,
    format_: ShownOption = Shown.table,
) -> None:
    """Look at every trigger kept, as of a day, and note what each says.

    A day that was looked at before is told again as it was said then, so it may be run twice. Past
    the limit of a source no trigger can be watched: they are blind, which is noted and told. One
    spoilt trigger keeps none of the others back; it is named, and the exit code is 2.

    Example:

      nuzuh trigger check --crisis nw-syria --as-of 2019-05-31
    """
    checks = Checks()
    day = checks.day(as_of)
    checks.sampling(draws, seed)
    checks.done()
    from features.crisis import load_crisis
    from features.errors import InputError
    from service.triggers.answers import check_document, check_text
    from service.triggers.look import check_all

    situation = load_crisis(crisis)
    refuse_unknown(situation, day)
    folder = _kept(triggers, situation.id)
    with progress("fitting and simulating"):
        found = check_all(folder, situation, day, draws=draws, seed=seed)
    if format_ is Shown.json:
        emit(as_json(check_document(found)), None)
    elif found.looked or found.blind or not found.findings:
        emit(check_text(found).encode(), None)
    if found.findings:
        raise InputError(found.findings)


@app.command("retire")
def retire(
    name: NameArgument,
    crisis: CrisisOption,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept.")],
    triggers: FolderOption = None,
) -> None:
    """End the watch of a trigger for good; its record and history can still be read.

    Example:

      nuzuh trigger retire belt-50000 --crisis nw-syria --reason "another threshold was agreed"
    """
    from features.crisis import load_crisis
    from features.errors import Finding, InputError
    from service.triggers.kept import Step

    if not reason.strip():
        raise InputError(Finding("--reason", "is blank; say why", value=reason))
    folder = _kept(triggers, load_crisis(crisis).id)
    step = Step(
        state="retired", day=date.today(), author=getpass.getuser(), why={"reason": reason.strip()}
    )
    new = folder.enter(folder.get(name), step)
    typer.echo(f"{name} is retired" if new else f"{name} was retired before", err=True)


@app.command("score")
def score(
    crisis: CrisisOption,
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="One trigger; without it, all.")
    ] = None,
    triggers: FolderOption = None,
    format_: ShownOption = Shown.table,
) -> None:
    """Look at what came after every activation, and at all that was said since it was added.

    Example:

      nuzuh trigger score --crisis nw-syria
    """
    from features.crisis import load_crisis
    from service.triggers.answers import score_document, score_text
    from service.triggers.run import scored, settled

    situation = load_crisis(crisis)
    folder = _kept(triggers, situation.id)
    every = folder.every() if name is None else [folder.get(name)]
    found = []
    for kept in every:
        trigger = settled(kept.file, situation)
        found.append((kept, trigger, scored(kept.history.checks, trigger, situation)))
    content = (
        as_json(score_document(found)) if format_ is Shown.json else score_text(found).encode()
    )
    emit(content, None)


def _kept(folder: Path | None, crisis: str) -> Triggers:
    from service.triggers.folder import Triggers, default_folder

    return Triggers(folder or default_folder(), crisis)
