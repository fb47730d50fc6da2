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
            help="Steps ahead, 1 to 24; the first holds the day after --as-of.",
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
    --gate or --given-outflow it is a projection: it holds if what you assume does.

    Examples:

      nuzuh forecast --crisis nw-syria --as-of 2019-05-04 --horizon 3

      nuzuh forecast --crisis nw-syria --as-of 2019-05-04 --horizon 6 --place Idleb --format csv

      nuzuh forecast --crisis nw-syria --as-of 2019-05-04 --by admin3 --capacity Dana=400000

      nuzuh forecast --crisis my-crisis/ --as-of 2019-05-04 --reports wanted.csv --format csv
    """
    checks = Checks()
    day = checks.day(as_of)
    checks.horizon(DEFAULT_HORIZON if horizon is None else horizon)
    checks.sampling(draws, seed)
    checks.out(out, format_)
    checks.out(daily, Format.csv)
    if by is not None and place:
        checks.found("--by", by.value, "stands beside --place; give one of them")
    checks.done()
    situation = _load(crisis)
    refuse_unknown(situation, day)
    if reports is not None:
        given = {
            "--horizon": horizon is not None,
            "--step": step != Step.month,
            "--place": bool(place),
            "--by": by is not None,
            "--capacity": bool(capacity),
            "--close": bool(close),
            "--gate": gate is not None,
            "--onward": onward is not None,
            "--given-outflow": given_outflow is not None,
            "--daily": daily is not None,
        }
        warn(f"{option} has no effect beside --reports" for option in given if given[option])
        content = _predicted(situation, day, reports, draws, seed, format_)
    else:
        from forecast.periods import periods

        places = resolve_places(situation, place or [], day)
        if by is not None:
            places = places_by(situation, by.value, day)
        steps = DEFAULT_HORIZON if horizon is None else horizon
        assumed = assumed_of(
            situation,
            day,
            periods(day, steps, step.value),
            close=close or [],
            capacity=capacity or [],
            gate=gate,
            onward=onward,
            given=given_outflow,
        )
        made = _forecast(situation, day, steps, step, places, assumed, draws, seed)
        if daily is not None:
            from forecast.present import present

            emit(present(made), daily)
        content = _written(made, format_)
    emit(content, out)


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

    if format_ is Format.table:
        return forecast_table(made).encode()
    if format_ is Format.json:
        return export.to_json(export.forecast_document(made, nuzuh_version()))
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
