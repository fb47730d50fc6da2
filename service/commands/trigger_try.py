"""`nuzuh trigger try`: a trigger replayed on the past and judged, before it is trusted."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.commands.checks import Checks, refuse_unknown
from service.commands.options import CrisisOption, DrawsOption, Format, SeedOption, Step
from service.emit import emit, progress, progress_bar, warn, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from features.crisis import Crisis


class Shown(StrEnum):
    """How an answer is written."""

    table = "table"
    json = "json"


LONGEST_DELAY = 365

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A trigger file.")]
ShownOption = Annotated[Shown, typer.Option("--format", help="table is for reading.")]


def try_(  # noqa: PLR0913, PLR0917  one parameter an option
    file: FileArgument,
    crisis: CrisisOption,
    from_: Annotated[str, typer.Option("--from", metavar="YYYY-MM", help="First month.")],
    to: Annotated[str, typer.Option("--to", metavar="YYYY-MM", help="Last month.")],
    every: Annotated[
        Step, typer.Option("--every", help="Look at the end of every month, or every Friday.")
    ] = Step.month,
    attack_delay: Annotated[
        int | None,
        typer.Option(
            "--attack-delay",
            metavar="DAYS",
            help="Take attacks without a day of publication as known so many days after they "
            "ended; without it, as sources.csv says.",
        ),
    ] = None,
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
    checks.out(out, Format.json)
    if not checks.findings and last < first:
        checks.found("--from", from_, f"is after --to ({to}); swap them")
    if attack_delay is not None and not 0 <= attack_delay <= LONGEST_DELAY:
        checks.found("--attack-delay", attack_delay, f"give 0 to {LONGEST_DELAY} days")
    with progress("reading the crisis"):
        from features.crisis import load_crisis
        from forecast.parallel import make_executor
        from forecast.trigger_replay import days_of, replay
        from service.triggers.run import read_for
        from service.version import nuzuh_version

        worker = checks.gathered(make_executor, executor)
        checks.done()
        situation = load_crisis(crisis)
        trigger = read_for(file, situation)
        _refuse_unknown(situation, {"--from": first, "--to": last})
    warn(situation.notes)
    days = list(days_of(first, last, every.value))
    with progress_bar(f"{every}s") as told:
        record = replay(
            situation,
            trigger,
            days,
            nuzuh_version(),
            worker,
            told,
            draws=draws,
            seed=seed,
            attack_delay=attack_delay,
        )
    from service.triggers.answers import record_document
    from service.triggers.text import record_text

    if format_ is Shown.json:
        emit(as_json(record_document(record, trigger)), None)
    else:
        emit(record_text(record, trigger, situation).encode(), None)
    if out is not None:
        write_whole(out, record.write())
        kept = f"nuzuh trigger add {file} --crisis {crisis} --record {out}"
        typer.echo(f"wrote {out}; to keep it: {kept}", err=True)


def as_json(document: Any) -> bytes:
    """A document as JSON text."""
    from forecast.export import to_json

    return to_json(document)


def _refuse_unknown(crisis: Crisis, days: dict[str, pd.Timestamp]) -> None:
    from dataclasses import replace

    from features.errors import InputError

    for option, day in days.items():
        try:
            refuse_unknown(crisis, day)
        except InputError as error:
            raise InputError([replace(one, file=option) for one in error.findings]) from None
