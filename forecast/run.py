"""The one way to a forecast, for the command line and every service alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from features.crisis import Crisis
from features.errors import Finding, InputError, TooLittleData
from features.overlap import DAY
from features.panel import FLOWS, Panel, ReportArrays, build_panel
from forecast.freshness import freshness
from forecast.periods import past_days, periods
from forecast.result import BELT, Forecast
from models.allocation import LEVEL, fit_destinations
from models.attack_paths import AttackPaths
from models.flow_state import FittedFlows, FlowState
from models.simulation import AttackDrivenFlows, Simulation, forecast_paths, simulate

DIRECTIONS = {"arrivals": "destination", "departures": "origin", "returns": "destination"}


def run(
    crisis: Crisis,
    as_of: pd.Timestamp,
    horizon: int,
    *,
    step: str = "month",
    places: Sequence[str] = (),
    draws: int = 2000,
    seed: int = 1,
) -> Forecast:
    """Forecast of arrivals, departures and returns from what was published by `as_of`.

    Raises:
        InputError: a place that is no place, or one that the flows cannot tell apart.
        TooLittleData: nothing or too little was published by `as_of`.
    """
    check_day(crisis, as_of)
    steps = periods(as_of, horizon, step)
    panel = build_panel(crisis, as_of, steps["end"].iloc[-1])
    fitted = FlowState().fit(panel)
    rng = np.random.default_rng(seed)
    headline = _headline_arrays(panel, steps)
    simulation = simulate(fitted, forecast_paths(panel, draws, rng), draws, rng, headline)
    cells = _by_cell(simulation, headline, steps)
    wanted = list(places) or default_places(panel)
    return Forecast(
        kind="forecast",
        crisis=panel.crisis,
        as_of=as_of,
        step=step,
        periods=steps,
        past_days=past_days(as_of, steps),
        draws=_by_place(fitted, cells, wanted, rng),
        intensity=_intensity(simulation, steps),
        attacks=panel.intensity,
        freshness=freshness(panel.crisis, as_of),
        models={FlowState.name: FlowState.version, AttackPaths.name: AttackPaths.version},
        seed=seed,
        warnings=_warnings(panel, fitted),
    )


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
    panel = build_panel(crisis, as_of, max(reports["end"].max(), as_of))
    fitted = AttackDrivenFlows().fit(panel)
    return fitted.predict(reports, draws, np.random.default_rng(seed))


def check_day(crisis: Crisis, as_of: pd.Timestamp) -> None:
    """Refuse a day before anything was published."""
    first = crisis.reports["published"].min()
    if as_of < first:
        raise TooLittleData(
            f"nothing was published in {crisis.id!r} by {as_of:%Y-%m-%d}; "
            f"the first report came out on {first:%Y-%m-%d}"
        )


def default_places(panel: Panel) -> list[str]:
    """The focus, the border belt, and the cells inside the focus."""
    inside = [cell for cell in panel.cells if panel.crisis.places.within(cell, panel.crisis.focus)]
    belt = [BELT] if panel.crisis.border_belt else []
    return [panel.crisis.focus, *belt, *(cell for cell in inside if cell != panel.crisis.focus)]


def _headline_arrays(panel: Panel, steps: pd.DataFrame) -> ReportArrays:
    """What the reference source would publish of each flow, step and cell, in that order."""
    rows = [
        {
            "start": start,
            "end": end,
            "measure": flow,
            "place_id": cell,
            "direction": DIRECTIONS[flow],
            "from_id": "",
            "source": panel.crisis.reference,
        }
        for flow in FLOWS
        for start, end in zip(steps["start"], steps["end"], strict=True)
        for cell in panel.cells
    ]
    return panel.arrays_of(pd.DataFrame(rows))


def _by_cell(
    simulation: Simulation, arrays: ReportArrays, steps: pd.DataFrame
) -> dict[str, np.ndarray]:
    """Draws of each flow (draws, steps, cells); `rest` stays on the scale of the level."""
    panel = simulation.panel
    seen = simulation.reports(arrays)
    shaped = seen.reshape(len(seen), len(FLOWS), len(steps), len(panel.cells))
    return {flow: shaped[:, index] for index, flow in enumerate(FLOWS)}


def _by_place(
    fitted: FittedFlows,
    by_cell: dict[str, np.ndarray],
    wanted: Sequence[str],
    rng: np.random.Generator,
) -> dict[str, xr.DataArray]:
    weights = _place_weights(fitted, wanted, len(by_cell["arrivals"]), rng)
    steps = by_cell["arrivals"].shape[1]
    return {
        flow: xr.DataArray(
            np.einsum("dsc,dpc->dsp", draws, weights),
            dims=("draw", "period", "place"),
            coords={"period": np.arange(1, steps + 1), "place": list(wanted)},
            name=flow,
        )
        for flow, draws in by_cell.items()
    }


def _place_weights(
    fitted: FittedFlows, wanted: Sequence[str], draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Part of each cell that lies in each place, (draws, places, cells)."""
    panel = fitted.panel
    weights = np.zeros((draws, len(wanted), len(panel.cells)))
    shares = {}
    for index, cell in enumerate(panel.cells):
        destinations = fit_destinations(fitted, cell)
        shares[cell] = (destinations.places, destinations.sample(draws, rng))
        for at, place in enumerate(wanted):
            weights[:, at, index] = _part_of_cell(panel, place, cell, *shares[cell])
    return weights


def _part_of_cell(
    panel: Panel, place: str, cell: str, inside: Sequence[str], shares: np.ndarray
) -> np.ndarray | float:
    crisis = panel.crisis
    members = list(crisis.border_belt) if place == BELT else list(crisis.members(place))
    if any(crisis.places.within(cell, member) for member in members):
        return 1.0
    covered = [
        any(crisis.places.within(district, member) for member in members) for district in inside
    ]
    if not any(covered) and any(crisis.places.within(member, cell) for member in members):
        why = f"is finer than the {LEVEL} places among which the arrivals of {cell} are shared out"
        raise InputError(Finding("--place", why, value=place))
    return shares[:, covered].sum(axis=1)


def _intensity(simulation: Simulation, steps: pd.DataFrame) -> xr.DataArray:
    """Mean weekly intensity of each step, (draw, period, place)."""
    panel = simulation.panel
    means = []
    for start, end in zip(steps["start"], steps["end"], strict=True):
        inside = (panel.weeks + 6 * DAY >= start) & (panel.weeks <= end)
        means.append(simulation.intensity[:, : len(panel.cells), inside].mean(axis=2))
    return xr.DataArray(
        np.stack(means, axis=1),
        dims=("draw", "period", "place"),
        coords={"period": steps["horizon"].to_numpy(), "place": list(panel.cells)},
        name="intensity",
    )


def _warnings(panel: Panel, fitted: FittedFlows) -> tuple[str, ...]:
    found = list(panel.crisis.notes)
    if panel.intensity is None:
        found.append("no attack data: arrivals are forecast from past reports alone")
    if not fitted.converged_:
        found.append("the fit did not converge; read the intervals with caution")
    if panel.reports["published_assumed"].any():
        share = panel.reports["published_assumed"].mean()
        found.append(
            f"{share:.0%} of the reports carry no publication date; "
            "it is assumed from their source's usual delay"
        )
    return tuple(found)
