"""`nuzuh trigger`: alarms on the forecast, with their record before they are trusted."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.commands.checks import Checks, refuse_unknown
from service.commands.options import AsOfOption, CrisisOption, DrawsOption, SeedOption
from service.emit import emit, progress, progress_bar, warn, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from features.crisis import Crisis
    from forecast.trigger import Trigger
    from forecast.trigger_record import Record
    from service.trigger_store import Triggers

app = typer.Typer(
    help="Alarms on the forecast: try them on the past, keep, check and score them.",
    no_args_is_help=True,
)


class Shown(StrEnum):
    """How an answer is written."""

    table = "table"
    json = "json"


FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A trigger file.")]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="From `nuzuh trigger list`.")]
FolderOption = Annotated[
    Path | None,
    typer.Option(
        "--triggers",
        metavar="DIR",
        help="Where triggers are kept; without it, nuzuh/triggers in your data folder.",
    ),
]
ShownOption = Annotated[Shown, typer.Option("--format", help="table is for reading.")]


@app.command("try")
def try_(  # noqa: PLR0913, PLR0917  one parameter an option
    file: FileArgument,
    crisis: CrisisOption,
    from_: Annotated[
        str, typer.Option("--from", metavar="YYYY-MM", help="First month; days are month ends.")
    ],
    to: Annotated[str, typer.Option("--to", metavar="YYYY-MM", help="Last month.")],
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write the record there, for `trigger add`."),
    ] = None,
    executor: Annotated[
        str,
        typer.Option(
            "--executor",
            metavar="NAME",
            help="serial, processes, or dask=ADDRESS of a running scheduler; the same result.",
        ),
    ] = "serial",
    draws: DrawsOption = 2000,
    seed: SeedOption = 1,
    format_: ShownOption = Shown.table,
) -> None:
    """Replay a trigger at the end of every month, from what was published by then, and judge it.

    Prints what it would have said and what came, hits, misses and false alarms, lead time, return
    period, reliability, and what it would have cost beside always acting, never acting, a rule on
    published figures and a mean of past reports.

    A trigger file:

    \b
      title = "50,000 arrivals in the border belt next month"
      kind = "forecast"        # or "observed"
      place = "border_belt"    # or a place or area, by id or name
      over = 50000             # arrivals in all within the window
      within = "1 month"       # or such as "6 weeks"
      probability = 0.4        # met from here on
      stand_down = 0.3         # stands down below
      suppress_days = 90       # no other activation until then
      cost_miss = 10.0         # in a unit of your own
      cost_false_alarm = 3.0
      author = "Your name"
      note = "What is done when it is met."

    An observed rule has maximum = "1 year" or "3 years" and floor = 5000 in place of probability,
    and a share of that maximum as stand_down.

    Example:

      nuzuh trigger try mine.toml --crisis nw-syria --from 2018-03 --to 2019-11 --out record.json
    """
    checks = Checks()
    first, last = checks.month("--from", from_), checks.month("--to", to)
    checks.sampling(draws, seed)
    if not checks.findings and last < first:
        checks.found("--from", from_, f"is after --to ({to}); swap them")
    with progress("reading the crisis"):
        from features.crisis import load_crisis
        from forecast.parallel import make_executor
        from forecast.targets import month_ends
        from forecast.trigger_replay import replay
        from service.trigger_run import read_for
        from service.version import nuzuh_version

        worker = checks.gathered(make_executor, executor)
        _check_out(checks, out)
        checks.done()
        situation = load_crisis(crisis)
        trigger = read_for(file, situation)
        for option, day in (("--from", first), ("--to", last)):
            _refuse_unknown(situation, option, day)
    warn(situation.notes)
    days = list(month_ends(first, last))
    with progress_bar("months") as told:
        record = replay(
            situation, trigger, days, nuzuh_version(), worker, told, draws=draws, seed=seed
        )
    from service.trigger_text import record_text

    if format_ is Shown.json:
        emit(_json(_judged(record, trigger)), None)
    else:
        emit(record_text(record, trigger, situation).encode(), None)
    if out is not None:
        write_whole(out, record.write())
        kept = f"nuzuh trigger add {file} --crisis {crisis} --record {out}"
        typer.echo(f"wrote {out}; to keep it: {kept}", err=True)


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
    --untested WHY it is kept all the same, and says so wherever it is shown.

    Examples:

      nuzuh trigger add mine.toml --crisis nw-syria --record mine.record.json

      nuzuh trigger add new.toml --crisis nw-syria --untested "no report before this year"
    """
    from features.crisis import load_crisis
    from features.errors import Finding, InputError
    from forecast.trigger_record import read_record
    from service.trigger_run import read_for, refuse_other
    from service.trigger_store import record_beside

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
    from service.trigger_answers import list_document, list_text

    every = _kept(triggers, load_crisis(crisis).id).every()
    content = _json(list_document(every)) if format_ is Shown.json else list_text(every).encode()
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
    from service.trigger_answers import show_document, show_text
    from service.trigger_run import settled

    situation = load_crisis(crisis)
    kept = _kept(triggers, situation.id).get(name)
    trigger = settled(kept.file, situation)
    if format_ is Shown.json:
        emit(_json(show_document(kept, trigger)), None)
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

    A day that was looked at before is told again as it was said then, so it may be run twice. One
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
    from service.trigger_answers import check_document, check_text
    from service.trigger_run import check_all

    situation = load_crisis(crisis)
    refuse_unknown(situation, day)
    folder = _kept(triggers, situation.id)
    with progress("fitting and simulating"):
        found, findings = check_all(folder, situation, day, draws=draws, seed=seed)
    if format_ is Shown.json:
        emit(_json(check_document(found, findings)), None)
    elif found or not findings:
        emit(check_text(found).encode(), None)
    if findings:
        raise InputError(findings)


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
    from service.trigger_answers import score_document, score_text
    from service.trigger_run import scored, settled

    situation = load_crisis(crisis)
    folder = _kept(triggers, situation.id)
    every = folder.every() if name is None else [folder.get(name)]
    found = []
    for kept in every:
        trigger = settled(kept.file, situation)
        found.append((kept, trigger, scored(kept.history.checks, trigger, situation)))
    content = _json(score_document(found)) if format_ is Shown.json else score_text(found).encode()
    emit(content, None)


def _refuse_unknown(crisis: Crisis, option: str, day: pd.Timestamp) -> None:
    from dataclasses import replace

    from features.errors import InputError

    try:
        refuse_unknown(crisis, day)
    except InputError as error:
        raise InputError([replace(one, file=option) for one in error.findings]) from None


def _kept(folder: Path | None, crisis: str) -> Triggers:
    from service.trigger_store import Triggers, default_folder

    return Triggers(folder or default_folder(), crisis)


def _check_out(checks: Checks, out: Path | None) -> None:
    from service.commands.options import Format

    checks.out(out, Format.json)


def _judged(record: Record, trigger: Trigger) -> dict[str, Any]:
    from service.trigger_answers import record_document

    return record_document(record, trigger)


def _json(document: Any) -> bytes:
    from forecast.export import to_json

    return to_json(document)
