"""The one way to a forecast, for the command line and every service alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.overlap import DAY, REST, cell_weights
from features.panel import FLOWS, STREAM, Panel, build_panel
from forecast.freshness import freshness
from forecast.periods import past_days, periods
from forecast.result import BELT, Forecast
from models.allocation import LEVEL, fit_destinations
from models.attack_paths import AttackPaths
from models.flow_state import FittedFlows, FlowState
from models.pool import FittedPool, Pool
from models.simulation import forecast_paths

MODELS = {model.name: model.version for model in (Pool, FlowState, AttackPaths)}
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
        InputError: nothing published by `as_of`, or a place that the flows cannot tell apart.
        TooLittleData: too little was published by `as_of`.
    """
    check_day(crisis, as_of)
    steps = periods(as_of, horizon, step)
    panel = build_panel(crisis, as_of, steps["end"].iloc[-1])
    fitted = Pool().fit(panel)
    rng = np.random.default_rng(seed)
    paths = forecast_paths(panel, draws, rng)
    cells = _by_cell(fitted, paths, steps, draws, rng)
    wanted = list(places) or default_places(panel)
    return Forecast(
        kind="forecast",
        crisis=panel.crisis,
        as_of=as_of,
        step=step,
        periods=steps,
        past_days=past_days(as_of, steps),
        draws=_by_place(fitted.lead.flows, cells, wanted, rng),
        intensity=_intensity(panel, paths, steps),
        attacks=panel.intensity,
        freshness=freshness(panel.crisis, as_of),
        models=MODELS,
        seed=seed,
        warnings=_warnings(panel, fitted.lead.flows),
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
    _refuse_stocks(reports)
    last, first = max(reports["end"].max(), as_of), reports["start"].min()
    panel = build_panel(crisis, as_of, last, first)
    fitted = Pool().fit(panel)
    return fitted.predict(reports, draws, np.random.default_rng(seed))


def _refuse_stocks(reports: pd.DataFrame) -> None:
    why = "is a count of people on a day; flows alone are forecast"
    findings = [
        Finding("reports", why, number, "measure", measure)
        for number, measure in enumerate(reports["measure"], start=1)
        if measure == "stock"
    ]
    if findings:
        raise InputError(findings)


def check_day(crisis: Crisis, as_of: pd.Timestamp) -> None:
    """Refuse a day before anything was published. Raises InputError."""
    first = crisis.reports["published"].min()
    if as_of < first:
        why = (
            f"nothing was published in {crisis.id!r} by then, the first report on {first:%Y-%m-%d}"
        )
        raise InputError(Finding("--as-of", why, value=f"{as_of:%Y-%m-%d}"))


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


def reference_stream(panel: Panel, flow: str) -> tuple[str, str]:
    """Measure and direction in which the reference source most often tells of a flow by cell."""
    rows, arrays = panel.reports, panel.arrays
    own = arrays.reference & (arrays.flow == FLOWS.index(flow)) & rows["place_id"].isin(panel.cells)
    told = rows.loc[own & (rows["from_id"] == ""), ["measure", "direction"]].value_counts()
    return (flow, DIRECTIONS[flow]) if told.empty else tuple(told.index[0])


def headline_rows(panel: Panel, windows: pd.DataFrame) -> pd.DataFrame:
    """What the reference source would publish of each flow, window and cell, in that order."""
    rows = [
        (start, end, panel.crisis.reference, measure, cell, direction, "")
        for measure, direction in (reference_stream(panel, flow) for flow in FLOWS)
        for start, end in zip(windows["start"], windows["end"], strict=True)
        for cell in panel.cells
    ]
    return pd.DataFrame(rows, columns=["start", "end", *STREAM])


def _by_cell(
    fitted: FittedPool,
    paths: np.ndarray,
    steps: pd.DataFrame,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Draws of each flow, (draws, steps, cells)."""
    panel = fitted.lead.flows.panel
    seen = fitted.predict_along(paths, headline_rows(panel, steps), draws, rng)
    shaped = seen.reshape(draws, len(FLOWS), len(steps), len(panel.cells))
    return {flow: shaped[:, index] for index, flow in enumerate(FLOWS)}


def _by_place(
    fitted: FittedFlows,
    by_cell: dict[str, np.ndarray],
    wanted: Sequence[str],
    rng: np.random.Generator,
) -> dict[str, xr.DataArray]:
    """Draws of each flow, (draw, period, place); NaN for who leaves a part of a cell.

    Where arrivals go inside a cell is known from reports; where departures come from is not.
    """
    weights, split = _place_weights(fitted, wanted, len(by_cell["arrivals"]), rng)
    steps = by_cell["arrivals"].shape[1]
    coords = {"period": np.arange(1, steps + 1), "place": list(wanted)}
    found = {}
    for flow, draws in by_cell.items():
        values = np.einsum("dsc,dpc->dsp", draws, weights)
        if flow != "arrivals":
            values[:, :, split] = np.nan
        found[flow] = xr.DataArray(
            values, dims=("draw", "period", "place"), coords=coords, name=flow
        )
    return found


def _place_weights(
    fitted: FittedFlows, wanted: Sequence[str], draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Part of each cell in each place (draws, places, cells), and which places split one."""
    panel = fitted.panel
    weights = np.zeros((draws, len(wanted), len(panel.cells)))
    split = np.zeros(len(wanted), dtype=bool)
    for place in wanted:
        _refuse_outside(panel, place)
    for index, cell in enumerate(panel.cells):
        destinations = fit_destinations(fitted, cell)
        shares = destinations.sample(draws, rng)
        for at, place in enumerate(wanted):
            parts = _parts_of_cell(panel, place, cell, destinations.places)
            split[at] |= parts.ndim > 0 and bool(parts.any())
            weights[:, at, index] = parts if parts.ndim == 0 else shares @ parts
    return weights, split


def _members(panel: Panel, place: str) -> dict[str, float]:
    if place == BELT:
        return dict.fromkeys(panel.crisis.border_belt, 1.0)
    return panel.crisis.members(place)


def _refuse_outside(panel: Panel, place: str) -> None:
    """Refuse a place on ground that no cell holds; the focus is what its cells hold."""
    if place in (BELT, panel.crisis.focus):
        return
    if REST in cell_weights(panel.crisis, panel.cells, place):
        held = ", ".join(panel.cells)
        why = f"has ground whose arrivals are not forecast; forecast are {held} and places in them"
        raise InputError(Finding("--place", why, value=place))


def _parts_of_cell(panel: Panel, place: str, cell: str, inside: Sequence[str]) -> np.ndarray:
    """Share of a cell (,) that a place holds as a whole, or of each place `inside`, (inside,)."""
    places, members = panel.crisis.places, _members(panel, place)
    whole = [share for member, share in members.items() if places.within(cell, member)]
    if whole:
        return np.array(whole[0])
    covered = [
        [share for member, share in members.items() if places.within(district, member)]
        for district in inside
    ]
    parts = np.array([max(found, default=0.0) for found in covered])
    if not parts.any() and any(places.within(member, cell) for member in members):
        why = f"is finer than the {LEVEL} places among which the arrivals of {cell} are shared out"
        raise InputError(Finding("--place", why, value=place))
    return parts


def _intensity(panel: Panel, paths: np.ndarray, steps: pd.DataFrame) -> xr.DataArray:
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


def _warnings(panel: Panel, fitted: FittedFlows) -> tuple[str, ...]:
    found = list(panel.crisis.notes)
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
