"""The one way to a forecast, for the command line and every service alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.overlap import DAY
from features.panel import Panel, build_panel
from forecast.assumed import Assumed
from forecast.calibrate import Calibration, calibration
from forecast.freshness import freshness
from forecast.names import BELT
from forecast.periods import past_days
from forecast.placing import Placing
from forecast.reconcile import source_factors
from forecast.result import Forecast
from forecast.served import served
from forecast.situation import (
    Situation,
    by_place,
    check_day,
    place_weights,
    returns_told,
    situate,
)
from forecast.where import with_places
from models.allocation import LEVEL
from models.attack_paths import AttackPaths
from models.flow_state import FittedFlows, FlowState
from models.pool import Pool
from models.simulation import forecast_paths

MODELS = {model.name: model.version for model in (Pool, FlowState, AttackPaths)}
NOTHING = Assumed()


def run(
    crisis: Crisis,
    as_of: pd.Timestamp,
    horizon: int,
    *,
    step: str = "month",
    places: Sequence[str] = (),
    assumed: Assumed = NOTHING,
    draws: int = 2000,
    seed: int = 1,
) -> Forecast:
    """Forecast of arrivals, departures and returns from what was published by `as_of`.

    Raises:
        InputError: nothing published by `as_of`, a place that the flows cannot tell apart, or an
            assumption that does not fit the crisis.
        TooLittleData: too little was published by `as_of`.
    """
    situation = situate(crisis, as_of, horizon, step=step, draws=draws, seed=seed)
    return forecast_of(situation, places, assumed)


def forecast_of(
    situation: Situation,
    places: Sequence[str] = (),
    assumed: Assumed = NOTHING,
    placing: Placing | None = None,
) -> Forecast:
    """The forecast of a situation. Raises InputError for a place that it cannot tell apart."""
    panel, found = situation.panel, situation.calibration
    wanted = list(places) or default_places(panel)
    made = Forecast(
        kind="forecast",
        crisis=panel.crisis,
        as_of=situation.as_of,
        step=situation.step,
        periods=situation.steps,
        past_days=past_days(situation.as_of, situation.steps),
        draws=by_place(situation.by_cell, wanted, *place_weights(situation, wanted)),
        intensity=mean_intensity(panel, situation.paths, situation.steps),
        attacks=panel.intensity,
        freshness=freshness(panel.crisis, situation.as_of),
        models=MODELS,
        seed=situation.seed,
        calibration=found,
        warnings=_warnings(panel, situation.fitted.lead.flows, found),
        factors=source_factors(situation.fitted.lead.flows),
    )
    return with_places(situation, made, assumed, placing)


def predict_reports(
    crisis: Crisis,
    as_of: pd.Timestamp,
    reports: pd.DataFrame,
    *,
    draws: int = 2000,
    seed: int = 1,
) -> np.ndarray:
    """Figures that the sources of `reports` would publish, (draws, reports), in persons."""
    check_day(crisis, as_of)
    _refuse_stocks(reports)
    last, first = max(reports["end"].max(), as_of), reports["start"].min()
    panel = build_panel(crisis, as_of, last, first)
    rng = np.random.default_rng(seed)
    paths = forecast_paths(panel, draws, rng)
    found = calibration(panel.crisis.track_record, as_of)
    return served(Pool().fit(panel), found, paths, reports, draws, rng)


def _refuse_stocks(reports: pd.DataFrame) -> None:
    why = "is a count of people on a day; flows alone are forecast"
    findings = [
        Finding("reports", why, number, "measure", measure)
        for number, measure in enumerate(reports["measure"], start=1)
        if measure == "stock"
    ]
    if findings:
        raise InputError(findings)


def default_places(panel: Panel) -> list[str]:
    """The focus, the border belt where it can be told apart, and the cells inside the focus."""
    inside = [cell for cell in panel.cells if panel.crisis.places.within(cell, panel.crisis.focus)]
    belt = [BELT] if _belt_is_told_apart(panel) else []
    return [panel.crisis.focus, *belt, *(cell for cell in inside if cell != panel.crisis.focus)]


def _belt_is_told_apart(panel: Panel) -> bool:
    places = panel.crisis.places
    fine = {place for cell in panel.cells for place in (cell, *places.at_level(LEVEL, under=cell))}
    return all(
        any(places.within(found, place) for found in fine) for place in panel.crisis.border_belt
    )


def mean_intensity(panel: Panel, paths: np.ndarray, steps: pd.DataFrame) -> xr.DataArray:
    """Mean weekly intensity of each step, (draw, period, place)."""
    means = []
    for start, end in zip(steps["start"], steps["end"], strict=True):
        inside = (panel.weeks + 6 * DAY >= start) & (panel.weeks <= end)
        means.append(paths[:, : len(panel.cells), inside].mean(axis=2))
    return xr.DataArray(
        np.stack(means, axis=1),
        dims=("draw", "period", "place"),
        coords={"period": steps["horizon"].to_numpy(), "place": list(panel.cells)},
        name="intensity",
    )


def _warnings(panel: Panel, fitted: FittedFlows, calibrated: Calibration) -> tuple[str, ...]:
    found = [*panel.crisis.notes, *calibrated.warnings]
    if not panel.arrays.reference.any():
        found.append(
            f"{panel.crisis.reference} had published nothing by then: "
            "the level is that of the other sources"
        )
    if panel.intensity is None:
        found.append("no full week of attack data: arrivals are forecast from past reports alone")
    missing = _left_out(panel)
    if missing:
        found.append(f"no report tells of {', '.join(missing)}: the total leaves it out")
    if not returns_told(panel):
        found.append(
            "no report tells of returns: those shown are a guess, and of people who stay nobody is "
            "taken to go home"
        )
    if not fitted.converged_:
        found.append("the fit did not converge; read the intervals with caution")
    if panel.reports["published_assumed"].any():
        share = panel.reports["published_assumed"].mean()
        found.append(
            f"{share:.0%} of the reports carry no publication date; "
            "it is assumed from their source's usual delay"
        )
    return tuple(found)


def _left_out(panel: Panel) -> list[str]:
    """Names of the parts of the focus that no cell touches."""
    places, focus = panel.crisis.places, panel.crisis.focus
    touched = {child for cell in panel.cells for child in (cell, *places.ancestors(cell))}
    touched |= {child for cell in panel.cells for child in places.descendants(cell)}
    return [places.name(child) for child in places.children(focus) if child not in touched]
