"""The one way to a forecast, for the command line and every service alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.overlap import DAY, REST, cell_weights
from features.panel import FLOWS, STREAM, Panel, build_panel
from forecast.assumed import Assumed
from forecast.calibrate import Calibration, calibration
from forecast.freshness import freshness
from forecast.names import BELT
from forecast.periods import past_days, periods
from forecast.result import Forecast
from forecast.served import served
from forecast.sites import members
from forecast.where import with_places
from models.allocation import LEVEL, fit_destinations
from models.attack_paths import AttackPaths
from models.flow_state import FittedFlows, FlowState
from models.pool import FittedPool, Pool
from models.simulation import forecast_paths

MODELS = {model.name: model.version for model in (Pool, FlowState, AttackPaths)}
NOTHING = Assumed()
DIRECTIONS = {"arrivals": "destination", "departures": "origin", "returns": "destination"}


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


@dataclass(frozen=True, eq=False)
class Situation:
    """One fit and all that its forecast drew; a what-if draws nothing anew.

    `paths` (draws or 1, cells and rest, weeks) are the attacks forecast, `by_cell` the draws of
    each flow (draws, steps, cells), `shares` of each cell its sub-districts and their shares
    (draws, sub-districts), `before` the random state that the figures of the flows were drawn from.
    """

    panel: Panel
    fitted: FittedPool
    calibration: Calibration
    step: str
    steps: pd.DataFrame
    paths: np.ndarray
    by_cell: Mapping[str, np.ndarray]
    shares: Mapping[str, tuple[tuple[str, ...], np.ndarray]]
    before: np.random.Generator
    seed: int

    @property
    def draws(self) -> int:
        """Number of draws."""
        return len(self.by_cell["arrivals"])

    @property
    def as_of(self) -> pd.Timestamp:
        """The day it stands on."""
        return self.panel.day


def situate(
    crisis: Crisis,
    as_of: pd.Timestamp,
    horizon: int,
    *,
    step: str = "month",
    draws: int = 2000,
    seed: int = 1,
) -> Situation:
    """The fit and draws that a forecast is told from. Raises as `run`, but for places."""
    check_day(crisis, as_of)
    steps = periods(as_of, horizon, step)
    panel = build_panel(crisis, as_of, steps["end"].iloc[-1])
    fitted = Pool().fit(panel)
    rng = np.random.default_rng(seed)
    paths = forecast_paths(panel, draws, rng)
    found = calibration(panel.crisis.track_record, as_of)
    before = deepcopy(rng)
    by_cell = _by_cell(fitted, found, paths, steps, draws, rng)
    shares = {}
    for cell in panel.cells:
        destinations = fit_destinations(fitted.lead.flows, cell)
        shares[cell] = (destinations.places, destinations.sample(draws, rng))
    return Situation(panel, fitted, found, step, steps, paths, by_cell, shares, before, seed)


def forecast_of(
    situation: Situation, places: Sequence[str] = (), assumed: Assumed = NOTHING
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
    )
    return with_places(situation, made, assumed)


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
    found: Calibration,
    paths: np.ndarray,
    steps: pd.DataFrame,
    draws: int,
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """Draws of each flow, (draws, steps, cells)."""
    panel = fitted.lead.flows.panel
    seen = served(fitted, found, paths, headline_rows(panel, steps), draws, rng)
    shaped = seen.reshape(draws, len(FLOWS), len(steps), len(panel.cells))
    return {flow: shaped[:, index] for index, flow in enumerate(FLOWS)}


def by_place(
    by_cell: Mapping[str, np.ndarray], wanted: Sequence[str], weights: np.ndarray, split: np.ndarray
) -> dict[str, xr.DataArray]:
    """Draws of each flow, (draw, period, place); NaN for who leaves a part of a cell.

    Where arrivals go inside a cell is known from reports; where departures come from is not.
    """
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


def place_weights(situation: Situation, wanted: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Part of each cell in each place (draws, places, cells), and which places split one.

    Raises InputError for a place that the flows cannot tell apart.
    """
    panel = situation.panel
    weights = np.zeros((situation.draws, len(wanted), len(panel.cells)))
    split = np.zeros(len(wanted), dtype=bool)
    for place in wanted:
        _refuse_outside(panel, place)
    for index, cell in enumerate(panel.cells):
        inside, shares = situation.shares[cell]
        for at, place in enumerate(wanted):
            parts = parts_of_cell(panel, place, cell, inside)
            split[at] |= parts.ndim > 0 and bool(parts.any())
            weights[:, at, index] = parts if parts.ndim == 0 else _held(shares, parts)
    return weights, split


def _held(shares: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Sum of shares (draws, inside) by parts (inside,), of which most places hold one or none."""
    some = np.flatnonzero(parts)
    return shares @ parts if len(some) > 1 else (shares[:, some] * parts[some]).sum(axis=1)


def _refuse_outside(panel: Panel, place: str) -> None:
    """Refuse a place on ground that no cell holds; the focus is what its cells hold."""
    if place in (BELT, panel.crisis.focus):
        return
    if REST in cell_weights(panel.crisis, panel.cells, place):
        held = ", ".join(panel.cells)
        why = f"has ground whose arrivals are not forecast; forecast are {held} and places in them"
        raise InputError(Finding("--place", why, value=place))


def parts_of_cell(panel: Panel, place: str, cell: str, inside: Sequence[str]) -> np.ndarray:
    """Share of a cell (,) that a place holds as a whole, or of each place `inside`, (inside,)."""
    places, held = panel.crisis.places, members(panel.crisis, place)
    whole = [share for member, share in held.items() if places.within(cell, member)]
    if whole:
        return np.array(whole[0])
    parts = np.zeros(len(inside))
    inner = {member: share for member, share in held.items() if places.within(member, cell)}
    position = {district: at for at, district in enumerate(inside)} if inner else {}
    for member, share in inner.items():
        rows = [position[one] for one in (member, *places.descendants(member)) if one in position]
        parts[rows] = np.maximum(parts[rows], share)
    if inner and not parts.any():
        why = f"is finer than the {LEVEL} places among which the arrivals of {cell} are shared out"
        raise InputError(Finding("--place", why, value=place))
    return parts


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
