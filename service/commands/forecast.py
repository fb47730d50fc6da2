"""`nuzuh forecast`: arrivals, departures and returns ahead, or what sources would publish."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.assume import assumed_of
from service.commands.checks import Checks, refuse_unknown
from service.commands.options import (
    AsOfOption,
    CrisisOption,
    DrawsOption,
    Format,
    FormatOption,
    Level,
    OutOption,
    SeedOption,
    Step,
)
from service.commands.places import places_by, resolve_places
from service.emit import emit, progress, warn

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from features.crisis import Crisis
    from forecast.assumed import Assumed
    from forecast.result import Forecast

DEFAULT_HORIZON = 3


def forecast(  # noqa: PLR0913, PLR0917  one parameter an option
    crisis: CrisisOption,
    as_of: AsOfOption,
    horizon: Annotated[
        int | None,
        typer.Option(
            "--horizon",
            metavar="N",
            show_default=str(DEFAULT_HORIZON),
            help="Steps ahead, 1 to 24 months or 53 weeks; the first holds the day after --as-of.",
        ),
    ] = None,
    step: Annotated[
        Step, typer.Option("--step", help="Calendar months, or weeks from Saturday to Friday.")
    ] = Step.month,
    place: Annotated[
        list[str] | None,
        typer.Option(
            "--place",
            metavar="ID",
            help="A place or area by id, or a name only one has; again for more. "
            "Without it: the whole, the border belt and the governorates.",
        ),
    ] = None,
    by: Annotated[
        Level | None,
        typer.Option("--by", help="All places of a level inside the focus that are told apart."),
    ] = None,
    capacity: Annotated[
        list[str] | None,
        typer.Option(
            "--capacity",
            metavar="PLACE=PEOPLE",
            help="How many people a place holds: adds the day it is full. Again for more.",
        ),
    ] = None,
    close: Annotated[
        list[str] | None,
        typer.Option(
            "--close",
            metavar="PLACE:FROM:TO",
            help="A place shut between two days, or PLACE/PLACE:FROM:TO for the way between two. "
            "Again for more.",
        ),
    ] = None,
    gate: Annotated[
        float | None,
        typer.Option(
            "--gate", metavar="PEOPLE", help="People a day whom the border gate lets through."
        ),
    ] = None,
    onward: Annotated[
        float | None,
        typer.Option(
            "--onward", metavar="SHARE", help="Share of those who cross who move on abroad."
        ),
    ] = None,
    given_outflow: Annotated[
        Path | None,
        typer.Option(
            "--given-outflow",
            metavar="FILE",
            help="Allocate these people instead of the forecast ones: a CSV of start, end, "
            "place_id (where they leave), persons.",
        ),
    ] = None,
    daily: Annotated[
        Path | None,
        typer.Option(
            "--daily", metavar="FILE", help="Write people present by place and day here, as CSV."
        ),
    ] = None,
    reports: Annotated[
        Path | None,
        typer.Option(
            "--reports",
            metavar="FILE",
            help="Predict the figures of these reports instead: a CSV of start, end, measure, "
            "place_id, direction, from_id, source.",
        ),
    ] = None,
    draws: DrawsOption = 2000,
    seed: SeedOption = 1,
    format_: FormatOption = Format.table,
    out: OutOption = None,
) -> None:
    """Forecast how many people will arrive, where, and with what uncertainty.

    Figures are movements, as the crisis's reference source would publish them; repeats counted.
    csv and parquet hold 23 quantiles and the mean in hubverse form, json everything. With --close,
    --capacity, --gate or --given-outflow it is a projection: it holds if what you assume does.

    Examples:

      nuzuh forecast --crisis nw-syria --as-of 2019-05-04 --horizon 3

      nuzuh forecast --crisis nw-syria --as-of 2019-05-04 --horizon 6 --place Idleb --format csv

      nuzuh forecast --crisis nw-syria --as-of 2019-05-04 --by admin3 --capacity Dana=400000

      nuzuh forecast --crisis my-crisis/ --as-of 2019-05-04 --reports wanted.csv --format csv
    """
    steps = DEFAULT_HORIZON if horizon is None else horizon
    checks = Checks()
    day = checks.day(as_of)
    checks.horizon(steps, step.value)
    checks.sampling(draws, seed)
    checks.out(out, format_)
    checks.out(daily, Format.csv, "--daily")
    if by is not None and place:
        checks.found("--by", by.value, "stands beside --place; give one of them")
    checks.done()
    situation = _load(crisis)
    refuse_unknown(situation, day)
    if reports is not None:
        given = (
            ("--horizon", horizon), ("--step", step != Step.month), ("--place", place),
            ("--by", by), ("--capacity", capacity), ("--close", close), ("--gate", gate),
            ("--onward", onward), ("--given-outflow", given_outflow), ("--daily", daily),
        )  # fmt: skip
        warn(f"{name} has no effect beside --reports" for name, value in given if was_given(value))
        emit(_predicted(situation, day, reports, draws, seed, format_), out)
        return
    places = _places(situation, place or [], by, day)
    assumed = assumed_of(
        situation,
        day,
        _windows(day, steps, step),
        close=close or [],
        capacity=capacity or [],
        gate=gate,
        onward=onward,
        given=given_outflow,
    )
    made = _forecast(situation, day, steps, step, places, assumed, draws, seed)
    if daily is not None:
        emit(_daily(made), daily)
    emit(_written(made, format_), out)


def was_given(value: object) -> bool:
    """Whether an option was given; a number is, whatever it is."""
    return value is not None and value is not False and value != []


def _places(crisis: Crisis, texts: list[str], by: Level | None, day: pd.Timestamp) -> list[str]:
    return places_by(crisis, by.value, day) if by else resolve_places(crisis, texts, day)


def _windows(day: pd.Timestamp, steps: int, step: Step) -> pd.DataFrame:
    from forecast.periods import periods

    return periods(day, steps, step.value)


def _daily(made: Forecast) -> bytes:
    from forecast.present import present

    return present(made)


def _load(name: str) -> Crisis:
    from features.crisis import load_crisis

    with progress("reading the crisis"):
        return load_crisis(name)


def _forecast(
    crisis: Crisis,
    day: pd.Timestamp,
    horizon: int,
    step: Step,
    places: list[str],
    assumed: Assumed,
    draws: int,
    seed: int,
) -> Forecast:
    from forecast.run import run

    with progress("fitting and simulating"):
        made = run(
            crisis,
            day,
            horizon,
            step=step.value,
            places=places,
            assumed=assumed,
            draws=draws,
            seed=seed,
        )
    warn([*made.warnings, *stale(crisis, made.freshness)])
    return made


def _written(made: Forecast, format_: Format) -> bytes:
    from forecast import export
    from service.tables import forecast_table
    from service.version import nuzuh_version
    from service.where_sections import border_note

    if format_ is Format.table:
        return forecast_table(made).encode()
    if format_ is Format.json:
        return export.to_json(export.forecast_document(made, nuzuh_version()))
    typer.echo(border_note(made), err=True)
    rows = export.forecast_rows(made)
    return export.to_csv(rows) if format_ is Format.csv else export.to_parquet(rows)


def _predicted(
    crisis: Crisis, day: pd.Timestamp, file: Path, draws: int, seed: int, format_: Format
) -> bytes:
    from forecast.freshness import freshness
    from forecast.run import predict_reports
    from forecast.wanted import read_wanted

    wanted = read_wanted(file, crisis, day)
    with progress("fitting and simulating"):
        figures = predict_reports(crisis, day, wanted, draws=draws, seed=seed)
    warn([*crisis.notes, *stale(crisis, freshness(crisis, day))])
    return _written_reports(crisis, day, wanted, figures, seed, format_)


def _written_reports(
    crisis: Crisis,
    day: pd.Timestamp,
    wanted: pd.DataFrame,
    figures: np.ndarray,
    seed: int,
    format_: Format,
) -> bytes:
    from forecast import export
    from service.tables import reports_table
    from service.version import nuzuh_version

    if format_ is Format.table:
        return reports_table(crisis, day, wanted, figures).encode()
    if format_ is Format.json:
        document = export.reports_document(crisis, day, wanted, figures, seed, nuzuh_version())
        return export.to_json(document)
    rows = export.report_rows(wanted, figures, day, "forecast")
    return export.to_csv(rows) if format_ is Format.csv else export.to_parquet(rows)


def stale(crisis: Crisis, freshness: pd.DataFrame) -> list[str]:
    """A warning where what the forecast leans on, reference or attacks, is older than usual."""
    from forecast.records import records

    leaned = freshness[freshness["source"].isin([crisis.reference, crisis.attack_source])]
    return [
        f"{row.source} ({row.what}) is stale: it reaches {row.through:%Y-%m-%d}, "
        f"{row.age_days} days before --as-of; at most {row.max_age_days:g} are usual"
        for row in records(leaned[leaned["stale"]])
    ]
