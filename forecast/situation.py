"""One fit and all that its forecast drew, for every place and every what-if to be told from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.overlap import REST, cell_weights
from features.panel import FLOWS, STREAM, Panel, build_panel
from forecast.calibrate import Calibration, calibration
from forecast.names import BELT
from forecast.periods import periods
from forecast.served import served
from forecast.sites import Sites, members
from models.allocation import fit_destinations
from models.campsites import bases_of, camp_shares
from models.homes import leaving_weights, returning_weights, sampled
from models.pool import FittedPool, Pool
from models.simulation import forecast_paths

DIRECTIONS = {"arrivals": "destination", "departures": "origin", "returns": "destination"}
MODELLED = ("departures", "returns")


@dataclass(frozen=True, eq=False)
class Situation:
    """One fit and all that its forecast drew; a what-if draws nothing anew.

    `paths` (draws or 1, cells and rest, weeks) are the attacks forecast, `by_cell` the draws of
    each flow (draws, steps, cells), `shares` the share of its cell that falls to each of the
    `sites`, by flow (draws, sites), `before` the random state that the figures of the flows were
    drawn from.
    """

    panel: Panel
    fitted: FittedPool
    calibration: Calibration
    step: str
    steps: pd.DataFrame
    paths: np.ndarray
    by_cell: Mapping[str, np.ndarray]
    sites: Sites
    shares: Mapping[str, np.ndarray]
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
    sites = Sites(panel)
    shares = _shares(fitted, sites, draws, rng)
    return Situation(panel, fitted, found, step, steps, paths, by_cell, sites, shares, before, seed)


def _shares(
    fitted: FittedPool, sites: Sites, draws: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Share of its cell that falls to each site, by flow (draws, sites)."""
    flows = fitted.lead.flows
    panel, crisis = flows.panel, flows.panel.crisis
    bases = [_of_bases(fitted, cell, draws, rng) for cell in panel.cells]
    found = {
        "arrivals": np.concatenate(
            [camp_shares(flows, *pair, rng) for pair in zip(panel.cells, bases, strict=True)],
            axis=1,
        )
    }
    for flow, weigh in zip(MODELLED, (leaving_weights, returning_weights), strict=True):
        found[flow] = sampled(weigh(crisis, panel.day, sites.names), sites.cell, draws, rng)
    return found


def _of_bases(fitted: FittedPool, cell: str, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Shares of a cell's arrivals of its sub-districts, else the cell itself, (draws, bases)."""
    crisis = fitted.lead.flows.panel.crisis
    if bases_of(crisis, cell) == (cell,):
        return np.ones((draws, 1))
    return fit_destinations(fitted.lead.flows, cell).sample(draws, rng)


def check_day(crisis: Crisis, as_of: pd.Timestamp) -> None:
    """Refuse a day before anything was published. Raises InputError."""
    first = crisis.reports["published"].min()
    if as_of < first:
        why = (
            f"nothing was published in {crisis.id!r} by then, the first report on {first:%Y-%m-%d}"
        )
        raise InputError(Finding("--as-of", why, value=f"{as_of:%Y-%m-%d}"))


def returns_told(panel: Panel) -> bool:
    """Whether any report known tells of returns; without one, what is drawn of them is a guess."""
    return bool((panel.arrays.flow == FLOWS.index("returns")).any())


def going_home(panel: Panel, by_cell: Mapping[str, np.ndarray]) -> np.ndarray:
    """Who leaves to go home, (draws, steps): nobody where no report ever told of returns."""
    home = by_cell["returns"].sum(axis=2)
    return np.asarray(home if returns_told(panel) else np.zeros_like(home))


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


def _refuse_outside(panel: Panel, place: str) -> None:
    """Refuse a place on ground that no cell holds; the focus is what its cells hold."""
    if place in (BELT, panel.crisis.focus):
        return
    if REST in cell_weights(panel.crisis, panel.cells, place):
        held = ", ".join(panel.cells)
        why = f"has ground whose arrivals are not forecast; forecast are {held} and places in them"
        raise InputError(Finding("--place", why, value=place))


def by_place(
    by_cell: Mapping[str, np.ndarray],
    wanted: Sequence[str],
    arrivals: np.ndarray,
    others: Mapping[str, np.ndarray],
) -> dict[str, xr.DataArray]:
    """Draws of each flow, (draw, period, place), from those of cells (draws, steps, cells).

    `arrivals` and, by flow, `others` are the part of each cell in each place, as `place_weights`
    has them.
    """
    steps = by_cell["arrivals"].shape[1]
    coords = {"period": np.arange(1, steps + 1), "place": list(wanted)}
    return {
        flow: xr.DataArray(
            np.einsum("dsc,dpc->dsp", draws, others.get(flow, arrivals)),
            dims=("draw", "period", "place"),
            coords=coords,
            name=flow,
        )
        for flow, draws in by_cell.items()
    }


def place_weights(
    situation: Situation, wanted: Sequence[str]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Part of each cell's arrivals in each place (draws, places, cells), and of the other flows.

    Raises InputError for a place that the flows cannot tell apart.
    """
    panel, sites = situation.panel, situation.sites
    for place in wanted:
        _refuse_outside(panel, place)
    found = {flow: np.zeros((situation.draws, len(wanted), len(panel.cells))) for flow in FLOWS}
    for at, place in enumerate(wanted):
        sites.refuse_finer(place, "--place")
        (rows, parts), whole = sites.held(place), whole_cells(panel, place)
        for cell in np.unique(sites.cell[rows]):
            own = sites.cell[rows] == cell
            for flow in FLOWS:
                share = whole.get(panel.cells[cell])
                if share is None:
                    share = situation.shares[flow][:, rows[own]] @ parts[own]
                found[flow][:, at, cell] = share
    return found["arrivals"], {flow: found[flow] for flow in MODELLED}


def whole_cells(panel: Panel, place: str) -> dict[str, float]:
    """Share of each cell that lies in a place, area or the belt as a whole."""
    tree, held = panel.crisis.places, members(panel.crisis, place)
    found = {}
    for cell in panel.cells:
        shares = [share for member, share in held.items() if tree.within(cell, member)]
        if shares:
            found[cell] = shares[0]
    return found


def splits(situation: Situation, place: str) -> bool:
    """Whether a place holds a part of a cell only, so that its own departures are modelled."""
    held, _ = situation.sites.held(place)
    cells = {situation.panel.cells[at] for at in np.unique(situation.sites.cell[held])}
    return bool(cells - set(whole_cells(situation.panel, place)))
