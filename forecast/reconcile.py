"""Past weeks or months as all sources together tell them, and by how much sources differ.

Flows are on the scale of the reference source, as in a forecast: what it would publish for the
window, whether it did or not. The factor of a source is the geometric mean, over its reports known
on the day, of what it publishes over the flow, relative to the same mean of the reference source:
2 means twice as many for the same flight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from scipy.linalg import cho_solve
from scipy.stats import norm

from features.crisis import Crisis
from features.overlap import DAY
from features.panel import FLOWS, STREAM, Panel, build_panel
from forecast.situation import check_day, headline_rows
from forecast.summary import INTERVALS
from models.flow_prior import bias_covariance
from models.flow_state import FittedFlows, FlowState
from models.simulation import forecast_paths, simulate

SOURCE = ["source", "measure", "flow"]


@dataclass(frozen=True, eq=False)
class Reconciled:
    """The flows of the windows that had ended by `as_of`.

    `windows` has start and end (both days included); `draws` holds, for each flow, movements a
    window, dims (draw, window, cell). `sources` and `streams` have a row a source, measure and
    flow, or a stream: reports, factor, low_50, high_50, low_80 …; `sources` leaves out reports on a
    part of a cell or from one origin, and on ground outside all cells. A stream of such a part is
    marked `part`: its factor holds the share of the cell too.
    """

    crisis: Crisis
    as_of: pd.Timestamp
    step: str
    windows: pd.DataFrame
    draws: Mapping[str, xr.DataArray]
    sources: pd.DataFrame
    streams: pd.DataFrame
    models: Mapping[str, str]
    seed: int
    warnings: tuple[str, ...]


def reconcile(
    crisis: Crisis,
    as_of: pd.Timestamp,
    *,
    step: str = "week",
    draws: int = 2000,
    seed: int = 1,
) -> Reconciled:
    """Flows by week or month, and factors, from what was published by `as_of`.

    Raises TooLittleData when nothing or too little was published by then.
    """
    check_day(crisis, as_of)
    panel = build_panel(crisis, as_of, as_of)
    fitted = FlowState().fit(panel)
    windows = _windows(panel, step)
    return Reconciled(
        crisis=crisis,
        as_of=as_of,
        step=step,
        windows=windows,
        draws=_flows(fitted, windows, draws, np.random.default_rng(seed)),
        sources=source_factors(fitted),
        streams=_streams(fitted),
        models={FlowState.name: FlowState.version},
        seed=seed,
        warnings=() if fitted.converged_ else ("the fit did not converge; mind the intervals",),
    )


def source_factors(fitted: FittedFlows) -> pd.DataFrame:
    """The factor of each source, measure and flow, as `Reconciled.sources` has it."""
    return _factors(fitted, _told(fitted.panel), _whole(fitted.panel), SOURCE)


def _told(panel: Panel) -> pd.DataFrame:
    """The reports, each with the flow that it observes."""
    return panel.reports.assign(flow=[FLOWS[flow] for flow in panel.arrays.flow])


def _whole(panel: Panel) -> np.ndarray:
    """Whether each report is on whole cells, and on no ground outside them."""
    outside: np.ndarray = panel.arrays.weights[:, -1].sum(axis=1) > 0
    return ~panel.arrays.part & ~outside


def _windows(panel: Panel, step: str) -> pd.DataFrame:
    if step == "week":
        starts = panel.weeks[panel.weeks + 6 * DAY <= panel.day]
        return pd.DataFrame({"start": starts, "end": starts + 6 * DAY})
    last = (panel.day + DAY).to_period("M") - 1
    months = pd.period_range(panel.weeks[0].to_period("M") + 1, last, freq="M")
    return pd.DataFrame({"start": months.start_time, "end": months.end_time.normalize()})


def _flows(
    fitted: FittedFlows, windows: pd.DataFrame, draws: int, rng: np.random.Generator
) -> dict[str, xr.DataArray]:
    panel = fitted.panel
    arrays = panel.arrays_of(headline_rows(panel, windows))
    simulation = simulate(fitted, forecast_paths(panel, draws, rng), draws, rng, arrays)
    shape = (draws, len(FLOWS), len(windows), len(panel.cells))
    seen = simulation.reports(arrays).reshape(shape)
    coords = {"window": windows["start"].to_numpy(), "cell": list(panel.cells)}
    return {
        flow: xr.DataArray(seen[:, at], dims=("draw", "window", "cell"), coords=coords, name=flow)
        for at, flow in enumerate(FLOWS)
    }


def _streams(fitted: FittedFlows) -> pd.DataFrame:
    told = _told(fitted.panel)
    every = np.ones(len(told), dtype=bool)
    table = _factors(fitted, told, every, [*STREAM, "flow"], reference=_whole(fitted.panel))
    parts = told.assign(part=fitted.panel.arrays.part).groupby(STREAM)["part"].first()
    return table.join(parts, on=STREAM)


def _factors(
    fitted: FittedFlows,
    told: pd.DataFrame,
    chosen: np.ndarray,
    key: list[str],
    reference: np.ndarray | None = None,
) -> pd.DataFrame:
    """A row a group of the `chosen` reports, set against the chosen ones of the reference."""
    grouped = told[chosen].groupby(key, sort=True)
    table = grouped.size().rename("reports").reset_index()
    contrast = np.zeros((len(table), len(told)))
    contrast[grouped.ngroup(), np.flatnonzero(chosen)] = 1.0
    by_flow = _reference_means(fitted.panel, told, chosen if reference is None else reference)
    contrast = _normed(contrast) - np.array([by_flow[flow] for flow in table["flow"]])
    mean, sd = _log_factors(fitted, contrast)
    table["factor"] = np.exp(mean)
    for level, (low, high) in INTERVALS.items():
        table[f"low_{level}"] = np.exp(mean + norm.ppf(low) * sd)
        table[f"high_{level}"] = np.exp(mean + norm.ppf(high) * sd)
    return table


def _reference_means(panel: Panel, told: pd.DataFrame, chosen: np.ndarray) -> dict[str, np.ndarray]:
    """For each flow, weights (reports,) that average the reference source; zeros without any."""
    own = chosen & panel.arrays.reference
    return {flow: _normed((own & (told["flow"] == flow).to_numpy()) * 1.0) for flow in FLOWS}


def _normed(weights: np.ndarray) -> np.ndarray:
    return weights / np.maximum(weights.sum(axis=-1, keepdims=True), 1.0)


def _log_factors(fitted: FittedFlows, contrast: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Posterior mean and sd of weighted sums of the reports' biases, each (rows of contrast,)."""
    arrays = fitted.panel.arrays
    prior = contrast @ bias_covariance(fitted.prior, arrays, arrays)
    explained = (prior * cho_solve(fitted._factor, prior.T).T).sum(axis=1)
    variance = (prior * contrast).sum(axis=1) - explained
    return contrast @ fitted.bias_, np.sqrt(np.maximum(variance, 0.0))
