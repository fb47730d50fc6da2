"""`nuzuh backtest`: forecasts of the past, scored against what was published later."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.checks import Checks
from service.commands.options import CrisisOption, SeedOption
from service.emit import emit, progress, progress_bar, warn, write_whole

if TYPE_CHECKING:
    import pandas as pd

    from forecast.backtest import Task
    from service.backtest_report import Report

MOST_DRAWS = 10_000


class Attacks(StrEnum):
    """What members that look at attacks are given of the months ahead."""

    forecast = "forecast"
    observed = "observed"


def backtest(  # noqa: PLR0913, PLR0917  one parameter an option
    crisis: CrisisOption,
    from_: Annotated[
        str,
        typer.Option("--from", metavar="YYYY-MM", help="First month; forecasts stand on its end."),
    ],
    to: Annotated[str, typer.Option("--to", metavar="YYYY-MM", help="Last month.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for the report and its tables.")
    ],
    horizons: Annotated[
        str,
        typer.Option("--horizons", metavar="N,N", help="Months ahead, each 1 to 12."),
    ] = "1,2,3",
    members: Annotated[
        str | None,
        typer.Option(
            "--members",
            metavar="NAME,NAME",
            help="Only these members, beside the baselines, which are always scored. "
            "Without it: all.",
        ),
    ] = None,
    attacks: Annotated[
        Attacks,
        typer.Option(
            "--attacks", help="With observed, what came to happen is given: a projection."
        ),
    ] = Attacks.forecast,
    executor: Annotated[
        str,
        typer.Option(
            "--executor",
            metavar="NAME",
            help="serial, processes, or dask=ADDRESS of a running scheduler; the same result.",
        ),
    ] = "serial",
    draws: Annotated[
        int, typer.Option("--draws", metavar="N", help="Sample paths, 100 to 10000.")
    ] = 1000,
    seed: SeedOption = 1,
) -> None:
    """Forecast from the end of every month, and score it against what was published later.

    Prints the scores and writes report.html, summary.json, forecasts.parquet, targets.csv,
    scores.csv, attacks.csv and track_record.parquet. Each forecast uses only what was published by
    its day.

    Examples:

      nuzuh backtest --crisis nw-syria --from 2018-03 --to 2019-10 --out backtest

      nuzuh backtest --crisis nw-syria --from 2019-01 --to 2019-06 --members served --out backtest

      nuzuh backtest --crisis nw-syria --from 2018-03 --to 2019-10 --attacks observed --out given
    """
    checks = Checks()
    first, last = checks.month("--from", from_), checks.month("--to", to)
    ahead = checks.horizons(horizons)
    checks.sampling(draws, seed, MOST_DRAWS)
    with progress("reading the crisis"):
        from features.crisis import load_crisis
        from forecast.backtest import carry_out, check_folder, plan
        from forecast.parallel import make_executor

        chosen = checks.gathered(_members, members)
        worker = checks.gathered(make_executor, executor)
        checks.done()
        situation = load_crisis(crisis)
        task = plan(
            situation, first, last, ahead, chosen or (), attacks.value, draws=draws, seed=seed
        )
        check_folder(out)
    warn([*situation.notes, *_nothing_to_judge(task, first, last)])
    from service.backtest_report import Report

    with progress_bar("months") as told:
        report = Report(situation, carry_out(task, worker, told), first, last)
    _write(report, out)


def _members(names: str | None) -> list[str]:
    """Those asked for, then the baselines; all of them without a name."""
    from forecast.members import MEMBERS, members_named
    from models.baselines import BASELINES

    if names is None:
        return list(MEMBERS)
    asked = [name.strip() for name in names.split(",")]
    return list(members_named([*asked, *BASELINES]))


def _nothing_to_judge(task: Task, first: pd.Timestamp, last: pd.Timestamp) -> list[str]:
    from forecast.targets import month_ends

    missing = month_ends(first, last).difference(task.days)
    if missing.empty:
        return []
    months = ", ".join(f"{day:%Y-%m}" for day in missing)
    return [f"no report was published later to judge a forecast from the end of {months} by"]


def _write(report: Report, out: Path) -> None:
    from service.backtest_html import backtest_html
    from service.backtest_report import never_scored
    from service.backtest_text import backtest_text

    warn(never_scored(report))
    with progress("drawing and writing"):
        report.found.write(out)
        write_whole(out / "report.html", backtest_html(report).encode())
    emit(backtest_text(report).encode(), None)
    typer.echo(f"wrote {out / 'report.html'} and the tables beside it", err=True)
