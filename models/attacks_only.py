"""A regression of reports on attacks alone, to show what attacks add.

    log daily rate[k] = mean + slope[flow] * x[k] + intercept[stream] + error

`x` is the driver of the flow state averaged over the weeks and cells of the report's window;
returns have a slope of their own. Intercepts are normal around zero; a stream without a report
takes the mean intercept of its source and measure. Variances come from the EM algorithm (Laird &
Ware 1982, Biometrics 38(4)).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.intensity import log_intensity
from features.panel import FLOWS, Panel, ReportArrays
from models.simulation import forecast_paths, known_paths
from models.spread import FLOOR, SHRINK, TYPICAL
from models.streams import (
    Floats,
    Histories,
    Ints,
    alike_names,
    daily_rates,
    figures,
    histories,
    window_days,
    zero_chance,
)

ITERATIONS = 30
SLOPE_SD = 2.0
RETURNS = FLOWS.index("returns")


class AttacksOnly:
    """Log daily rates on the driver, with shrunk intercepts of streams."""

    name = "attacks_only"
    version = "1"

    def fit(self, panel: Panel) -> FittedAttacksOnly:
        """Raises TooLittleData without a report above zero."""
        return FittedAttacksOnly(panel, histories(panel))


class FittedAttacksOnly:
    """One regression, under any paths of attacks."""

    def __init__(self, panel: Panel, known: Histories) -> None:
        self.panel = panel
        self.known = known
        rows = daily_rates(panel.reports)
        rows = rows[rows["persons"] > 0]
        x = _known_driver(panel)[rows.index]
        number = known.own.names.get_indexer(pd.Index(rows["stream"]))
        self.regression_ = regression(
            _design(x, panel.arrays.flow[rows.index]),
            rows["rate"].to_numpy(dtype=np.float64),
            number,
            len(known.own.names),
        )
        intercept = pd.Series(self.regression_.intercept[number], index=rows["stream"])
        first = ~rows["stream"].duplicated().to_numpy()
        self.alike_ = intercept[first].groupby(rows["alike"].to_numpy()[first]).mean()

    def predict(self, reports: pd.DataFrame, draws: int, rng: np.random.Generator) -> Floats:
        """Draws (draws, reports) of persons under simulated attacks."""
        return self.predict_under(forecast_paths(self.panel, draws, rng), reports, draws, rng)

    def predict_under(
        self, paths: Floats, reports: pd.DataFrame, draws: int, rng: np.random.Generator
    ) -> Floats:
        """Draws of persons under `paths` of intensity, (draws or 1, cells, weeks)."""
        arrays = self.panel.arrays_of(reports)
        half = self.panel.intensity.half if self.panel.intensity else 1.0
        x = _averaged(arrays, log_intensity(paths, half))
        slope = self.regression_.coefficients[np.where(arrays.flow == RETURNS, 2, 1)]
        intercept, variance = self._intercepts(reports)
        shocks = np.sqrt(variance) * rng.standard_normal((draws, len(reports)))
        log_rate = self.regression_.coefficients[0] + slope * x + intercept + shocks
        zero = zero_chance(self.panel, reports)
        return figures(log_rate, window_days(reports), zero, rng)

    def _intercepts(self, reports: pd.DataFrame) -> tuple[Floats, Floats]:
        """Intercept of each report's stream, and variance of its figure around the regression."""
        fit, number = self.regression_, self.known.number(reports)
        alike = alike_names(reports).map(self.alike_).fillna(0.0).to_numpy(dtype=np.float64)
        known = fit.within * fit.ratio[number] + fit.within / fit.pull[number]
        intercept = np.where(number >= 0, fit.intercept[number], alike)
        variance = np.where(number >= 0, known, fit.within + fit.between)
        return intercept, np.maximum(variance, FLOOR**2)


@dataclass(frozen=True)
class Regression:
    """Mean and slopes, an intercept a stream, and variances.

    `pull` is the reports of each stream plus as many as the prior of its intercept is worth,
    `ratio` its error variance over that of all, shrunk to one as if by five errors.
    """

    coefficients: Floats
    intercept: Floats
    pull: Floats
    between: float
    within: float
    ratio: Floats


def regression(design: Floats, rate: Floats, stream: Ints, streams: int) -> Regression:
    """Fit of log rates (reports,) on `design` (reports, columns), whose first column is one."""
    count = np.bincount(stream, minlength=streams).astype(np.float64)
    between, within = TYPICAL**2, TYPICAL**2
    for _ in range(ITERATIONS):
        pull = count + within / between
        coefficients = _coefficients(design, rate, stream, pull, within)
        miss = rate - design @ coefficients
        intercept = np.bincount(stream, miss, minlength=streams) / pull
        error = miss - intercept[stream]
        seen = count > 0
        between = float((np.square(intercept) + within / pull)[seen].mean())
        within = float((np.square(error) + (within / pull)[stream]).mean())
        between, within = max(between, FLOOR**2), max(within, FLOOR**2)
    left_out = np.square(error / (1.0 - 1.0 / pull[stream])) / within
    ratio = (np.bincount(stream, left_out, minlength=streams) + SHRINK) / (count + SHRINK)
    return Regression(coefficients, intercept, pull, between, within, ratio)


def _coefficients(
    design: Floats, rate: Floats, stream: Ints, pull: Floats, within: float
) -> Floats:
    """Generalised least squares with intercepts integrated out; slopes have a wide normal prior."""
    sums = np.stack(
        [np.bincount(stream, column, minlength=len(pull)) for column in (*design.T, rate)], axis=1
    )
    both = np.column_stack([design, rate])
    moments = both.T @ both - (sums / pull[:, None]).T @ sums
    prior = np.diag([0.0, *[within / SLOPE_SD**2] * (design.shape[1] - 1)])
    return np.asarray(np.linalg.solve(moments[:-1, :-1] + prior, moments[:-1, -1]), np.float64)


def _design(x: Floats, flow: Ints) -> Floats:
    """Columns: one, driver of arrivals and departures, driver of returns."""
    returns = flow == RETURNS
    return np.stack([np.ones_like(x), np.where(returns, 0.0, x), np.where(returns, x, 0.0)], axis=1)


def _known_driver(panel: Panel) -> Floats:
    """Driver of each report of the panel, (reports,); zero without attack data."""
    if panel.intensity is None:
        return np.zeros(len(panel.reports))
    paths = known_paths(panel, panel.intensity)
    x = _averaged(panel.arrays, log_intensity(paths, panel.intensity.half))
    return np.asarray(x[0])


def _averaged(arrays: ReportArrays, x: Floats) -> Floats:
    """Mean driver over what each report covers, (draws, reports), of `x` (draws, cells, weeks)."""
    weights = arrays.weights.reshape(len(arrays), -1)
    weights = weights / weights.sum(axis=1, keepdims=True)
    return np.asarray(x.reshape(len(x), -1) @ weights.T)
