"""`nuzuh scenario`: what if; scenarios side by side with the forecast, kept and judged later."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from service.commands.checks import Checks, refuse_unknown
from service.commands.options import AsOfOption, CrisisOption, DrawsOption, SeedOption
from service.commands.places import resolve_places
from service.emit import emit, warn, write_whole
from service.scenario_run import (
    Shown,
    keep_all,
    read_all,
    settle_all,
    side_by_side,
    written,
)

app = typer.Typer(
    help="What if: run, check, list and judge scenarios.",
    no_args_is_help=True,
)
HORIZON = 6


Files = Annotated[
    list[str],
    typer.Argument(metavar="FILE…", help="Scenario files, or names from `nuzuh scenario list`."),
]
HorizonOption = Annotated[
    int, typer.Option("--horizon", metavar="N", help="Months ahead, 1 to 24.")
]


@app.command("run")
def run(  # noqa: PLR0913, PLR0917  one parameter an option
    files: Files,
    crisis: CrisisOption,
    as_of: AsOfOption,
    horizon: HorizonOption = HORIZON,
    place: Annotated[
        list[str] | None,
        typer.Option("--place", metavar="ID", help="Places to tell of; again for more."),
    ] = None,
    draws: DrawsOption = 2000,
    seed: SeedOption = 1,
    format_: Annotated[Shown, typer.Option("--format", help="What goes to standard output.")] = (
        Shown.table
    ),
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for scenario.html, .json, .csv, .txt."),
    ] = None,
    ledger: Annotated[
        Path | None,
        typer.Option("--ledger", metavar="DIR", help="Keep every scenario there, to judge later."),
    ] = None,
) -> None:
    """Simulate scenarios beside the forecast, on one fit and the same random numbers.

    Every figure is a projection: what would follow if the assumptions held.

    Examples:

      nuzuh scenario run ceasefire-holds m5-offensive --crisis nw-syria --as-of 2019-05-04

      nuzuh scenario run mine.toml --crisis nw-syria --as-of 2019-05-04 --out what-if --ledger kept
    """
    checks = Checks()
    day = checks.day(as_of)
    checks.horizon(horizon)
    checks.sampling(draws, seed)
    checks.done()
    from features.crisis import load_crisis
    from service.version import nuzuh_version

    situation = load_crisis(crisis)
    refuse_unknown(situation, day)
    scenarios = settle_all(read_all(files, crisis), situation, day, horizon)
    what_if, found = side_by_side(
        situation, day, horizon, scenarios, resolve_places(situation, place or [], day), draws, seed
    )
    warn(what_if.baseline.warnings)
    if ledger is not None:
        keep_all(ledger, what_if, found, nuzuh_version())
    emit(written(found, format_), None)
    if out is not None:
        _make_folder(out)
        for shown, suffix in zip(Shown, ("txt", "json", "csv", "html"), strict=True):
            write_whole(out / f"scenario.{suffix}", written(found, shown))
        typer.echo(f"wrote {out / 'scenario.html'} and .json, .csv, .txt beside it", err=True)


@app.command("check")
def check(
    files: Files,
    crisis: CrisisOption,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="DATE", help="The day to stand on; else the last known."),
    ] = None,
    horizon: HorizonOption = HORIZON,
) -> None:
    """Read scenarios against a crisis, and tell all that is wrong, each with its line.

    Example:

      nuzuh scenario check mine.toml --crisis nw-syria --as-of 2019-05-04
    """
    import pandas as pd

    from features.crisis import load_crisis
    from features.panel import build_panel
    from forecast.scenario_ground import Ground
    from forecast.scenario_words import assumptions

    checks = Checks()
    day = None if as_of is None else checks.day(as_of)
    checks.horizon(horizon)
    checks.done()
    situation = load_crisis(crisis)
    day = pd.Timestamp(situation.reports["published"].max()) if day is None else day
    refuse_unknown(situation, day)
    scenarios = settle_all(read_all(files, crisis), situation, day, horizon)
    ground = Ground(build_panel(situation, day, day))
    typer.echo(f"as of {day:%Y-%m-%d}, {horizon} months:")
    for scenario in scenarios:
        typer.echo(f"\n{scenario.title}")
        for text in assumptions(scenario, ground):
            typer.echo(f"- {text}")


@app.command("new")
def new(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
) -> None:
    """Write a scenario to start from, every clause explained.

    Example:

      nuzuh scenario new mine.toml
    """
    from features.errors import Finding, InputError
    from forecast.scenario_folder import TEMPLATE

    if file.exists():
        why = "is there already, and is not overwritten; choose another name"
        raise InputError(Finding(str(file), why))
    write_whole(file, TEMPLATE.encode())
    typer.echo(f"wrote {file}; then: nuzuh scenario check {file} --crisis …", err=True)


@app.command("list")
def list_(
    crisis: CrisisOption,
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="A folder of your own besides.")
    ] = None,
) -> None:
    """Name the scenarios that come with a crisis, and those of a folder.

    Example:

      nuzuh scenario list --crisis nw-syria
    """
    from features.crisis import load_crisis
    from features.errors import Finding, InputError
    from forecast.scenario_file import read_scenario
    from forecast.scenario_folder import files_in, shipped

    load_crisis(crisis)
    if folder is not None and not folder.is_dir():
        raise InputError(Finding("--dir", "there is no such folder", value=str(folder)))
    own = {} if folder is None else {str(path): path for path in files_in(folder).values()}
    for name, path in {**shipped(crisis), **own}.items():
        typer.echo(f"{name}: {read_scenario(path).scenario.title}")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="From `nuzuh scenario list`.")],
    crisis: CrisisOption,
) -> None:
    """Print a scenario file, to read or to start from.

    Example:

      nuzuh scenario show m5-offensive --crisis nw-syria
    """
    from features.crisis import load_crisis
    from forecast.scenario_folder import find

    load_crisis(crisis)
    typer.echo(find(name, crisis).read_text(encoding="utf-8"), nl=False)


@app.command("score")
def score(
    crisis: CrisisOption,
    ledger: Annotated[
        Path | None,
        typer.Option(
            "--ledger", metavar="DIR", help="The ledger; without it, that of the crisis alone."
        ),
    ] = None,
    tolerance: Annotated[
        float,
        typer.Option(
            "--tolerance", metavar="X", help="Attacks within this factor of those assumed count."
        ),
    ] = 1.5,
) -> None:
    """Look at what later happened: score the scenarios whose condition came true.

    Examples:

      nuzuh scenario score --crisis nw-syria

      nuzuh scenario score --crisis nw-syria --ledger kept
    """
    from features.crisis import load_crisis
    from features.errors import Finding, InputError
    from forecast.ledger import read_ledger, shipped_ledger
    from forecast.ledger_score import judge
    from service.scenario_ledger import ledger_text

    if not 1.0 < tolerance <= 100.0:
        why = "is a factor above 1 and at most 100"
        raise InputError(Finding("--tolerance", why, value=str(tolerance)))
    situation = load_crisis(crisis)
    own = shipped_ledger(crisis)
    folders = [*([own] if own.is_dir() else []), *([] if ledger is None else [ledger])]
    entries = [entry for folder in folders for entry in read_ledger(folder, situation)]
    emit(ledger_text(judge(entries, situation, tolerance), situation).encode(), None)


def _make_folder(out: Path) -> None:
    from features.errors import Finding, InputError

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = f"cannot be made a folder: {error.strerror}; choose another place"
        raise InputError(Finding("--out", why, value=str(out))) from None
