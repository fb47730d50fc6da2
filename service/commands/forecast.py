"""`nuzuh forecast`: arrivals, departures and returns ahead, or what sources would publish."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from service.commands.checks import Checks, refuse_unknown
from service.commands.options import (
    AsOfOption,
    CrisisOption,
    DrawsOption,
    Format,
    FormatOption,
    OutOption,
    SeedOption,
    Step,
)
from service.commands.places import resolve_places
from service.emit import emit, progress, warn

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from features.crisis import Crisis
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
    csv and parquet hold 23 quantiles and the mean in hubverse form, json everything.

    Examples:

      nuzuh forecast --crisis nw-syria --as-of 2019-05-04 --horizon 3

      nuzuh forecast --crisis nw-syria --as-of 2019-05-04 --horizon 6 --place Idleb --format csv

      nuzuh forecast --crisis my-crisis/ --as-of 2019-05-04 --reports wanted.csv --format csv
    """
    checks = Checks()
    day = checks.day(as_of)
    checks.horizon(DEFAULT_HORIZON if horizon is None else horizon)
    checks.sampling(draws, seed)
    checks.out(out, format_)
    checks.done()
    situation = _load(crisis)
    refuse_unknown(situation, day)
    if reports is not None:
        warn(_without_effect(horizon, step, place))
        content = _predicted(situation, day, reports, draws, seed, format_)
    else:
        places = resolve_places(situation, place or [], day)
        steps = DEFAULT_HORIZON if horizon is None else horizon
        content = _forecast(situation, day, steps, step, places, draws, seed, format_)
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
    draws: int,
    seed: int,
    format_: Format,
) -> bytes:
    from forecast.run import run

    with progress("fitting and simulating"):
        made = run(crisis, day, horizon, step=step.value, places=places, draws=draws, seed=seed)
    warn([*made.warnings, *stale(crisis, made.freshness)])
    return _written(made, format_)


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


def _without_effect(horizon: int | None, step: Step, place: list[str] | None) -> list[str]:
    given = {"--horizon": horizon is not None, "--step": step != Step.month, "--place": bool(place)}
    return [
        f"{option} has no effect beside --reports" for option, is_given in given.items() if is_given
    ]
