"""`nuzuh outlook`: the written product of a day, in one language and format."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.checks import Checks, refuse_unknown
from service.commands.options import (
    AsOfOption,
    CrisisOption,
    DrawsOption,
    Format,
    OutOption,
    SeedOption,
)
from service.commands.places import resolve_places
from service.emit import emit, progress, warn

if TYPE_CHECKING:
    import pandas as pd

    from features.crisis import Crisis
    from forecast.scenario import Scenario


class Written(StrEnum):
    """How an outlook is written."""

    txt = "txt"
    html = "html"
    pdf = "pdf"
    sms = "sms"


class Spoken(StrEnum):
    """The language of an outlook."""

    en = "en"
    tr = "tr"
    ar = "ar"


def outlook(  # noqa: PLR0913, PLR0917  one parameter an option
    crisis: CrisisOption,
    as_of: AsOfOption,
    format_: Annotated[
        Written,
        typer.Option("--format", help="pdf needs --out; sms tells its segments on stderr."),
    ] = Written.txt,
    lang: Annotated[Spoken, typer.Option("--lang", help="English, Turkish or Arabic.")] = Spoken.en,
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="DATE", help="Day of the last outlook: says what changed since."
        ),
    ] = None,
    place: Annotated[
        list[str] | None,
        typer.Option(
            "--place", metavar="ID", help="Destinations to tell of; without it the border belt."
        ),
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            metavar="FILE",
            help="Scenario files or names to set beside it; without it those of the crisis.",
        ),
    ] = None,
    draws: DrawsOption = 2000,
    seed: SeedOption = 1,
    out: OutOption = None,
) -> None:
    """Write the outlook of a day: two pages for people who must plan.

    What will arrive and where, with what certainty, what drives it, what if, how good past outlooks
    were, what changed since the last one, and until when it holds.

    Examples:

      nuzuh outlook --crisis nw-syria --as-of 2019-05-04

      nuzuh outlook --crisis nw-syria --as-of 2019-05-04 --format pdf --lang ar --out outlook.pdf

      nuzuh outlook --crisis nw-syria --as-of 2019-05-04 --since 2019-04-04 --lang tr
    """
    checks = Checks()
    day = checks.day(as_of)
    checks.sampling(draws, seed)
    if out is None and format_ is Written.pdf:
        checks.found("--format", "pdf", "is binary and needs a file; add --out outlook.pdf")
    checks.out(out, Format.json)
    before = None if since is None else _read_since(checks, since)
    checks.done()
    from features.crisis import load_crisis
    from service.outlook.build import build_outlook, warmed
    from service.outlook.changes import refuse_since
    from service.outlook.render import render

    situation = load_crisis(crisis)
    refuse_unknown(situation, day)
    if before is not None:
        refuse_since(situation, before, day, "--since")
    places = resolve_places(situation, place or [], day)
    scenarios, left_out = chosen(situation, crisis, day, scenario)
    with progress("fitting, simulating, comparing"):
        warm = warmed(situation, day, places, draws=draws, seed=seed)
        made = build_outlook(
            situation,
            day,
            what_if=warm,
            places=places,
            scenarios=scenarios,
            since=before,
        )
    made = replace(made, left_out=left_out)
    warn(made.forecast.warnings)
    with progress("writing"):
        content = render(made, format_, lang)
    emit(content, out)
    if format_ is Written.sms:
        _tell_segments(content)


def scenarios_of(
    crisis: Crisis, name: str, day: pd.Timestamp, given: list[str] | None
) -> list[Scenario]:
    """The scenarios named, else those of the crisis that fit the day. Raises InputError."""
    return chosen(crisis, name, day, given)[0]


def chosen(
    crisis: Crisis, name: str, day: pd.Timestamp, given: list[str] | None
) -> tuple[list[Scenario], tuple[str, ...]]:
    """The scenarios named, else those of the crisis that fit the day, and titles of the others.

    Raises InputError.
    """
    from forecast.scenario_folder import shipped
    from service.outlook.build import MONTHS, fitting
    from service.scenario_run import read_all, settle_all

    if given is not None:
        return settle_all(read_all(given, name), crisis, day, MONTHS), ()
    return fitting(read_all(list(shipped(name)), name), crisis, day, MONTHS)


def _read_since(checks: Checks, text: str) -> pd.Timestamp | None:
    import pandas as pd

    from features.cells import read_date

    try:
        return pd.Timestamp(read_date(text))
    except ValueError as error:
        checks.found("--since", text, str(error))
        return None


def _tell_segments(content: bytes) -> None:
    from service.outlook.plaintext import message

    told = message(content.decode().rstrip("\n"))
    cut = "1 segment" if told.segments == 1 else f"{told.segments} segments"
    typer.echo(f"{len(told.text)} characters of {told.encoding}: {cut}", err=True)
