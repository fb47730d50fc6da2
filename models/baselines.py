"""Baselines: each predicts a report from the earlier reports of its own stream.

All but `attacks_only` are weighted means of past log daily rates; they differ in the weights and in
the noise, whose size comes from their own past errors (`models.spread`). A stream without a report
of its own is predicted from the streams of the same source and measure, else from all, and then
wider. A stream that said zero before may say zero again, exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy.special import digamma

from features.panel import Panel
from models.attacks_only import AttacksOnly
from models.base import ReportModel
from models.spread import (
    FLOOR,
    TYPICAL,
    Spread,
    Weigh,
    above_zero,
    centre,
    fit_spread,
    months_between,
    past_errors,
)
from models.streams import (
    Floats,
    Grid,
    Histories,
    figures,
    histories,
    middles,
    recent,
    window_days,
    zero_share,
)

YEAR = 365.25
SEASON_DAYS = 45.0
HIGHEST_COUNT = 1e12
LEAST_DISPERSION = 1e-4


@dataclass(frozen=True)
class Outlook:
    """What is known of each report to come, every array a row a report.

    `centre` is the log daily rate, `observed` and `drift` the variances of what the source adds and
    of what changes until then, `shape` past errors in units of their deviation.
    """

    rows: Grid
    weights: Floats
    centre: Floats
    observed: Floats
    drift: Floats
    days: Floats
    shape: Floats

    @property
    def deviation(self) -> Floats:
        """Standard deviation of the log rate."""
        return np.sqrt(self.observed + self.drift)


Noise = Callable[[Outlook, int, np.random.Generator], Floats]


@dataclass
class WeightedRates:
    """A weighted mean of past log daily rates; `noise` makes draws of log rates of it."""

    name: str
    weigh: Weigh
    noise: Noise
    version: str = "1"

    def fit(self, panel: Panel) -> FittedRates:
        """Past errors of the weights. Raises TooLittleData without a report above zero."""
        known = histories(panel)
        spread = fit_spread(past_errors(known.own, self.weigh), len(known.own.names))
        return FittedRates(self, known, spread)


@dataclass(frozen=True)
class FittedRates:
    """Weights, what they weigh, and how far off they were."""

    model: WeightedRates
    known: Histories
    spread: Spread

    def predict(self, reports: pd.DataFrame, draws: int, rng: np.random.Generator) -> Floats:
        """Draws (draws, reports) of what the sources would publish, in persons."""
        outlook = self.outlook(reports)
        zeros = self.known.zeros_of(reports)
        weights = self.model.weigh(zeros, middles(reports))
        zero = zero_share(zeros, weights, self.known.zero_pool())
        return figures(self.model.noise(outlook, draws, rng), outlook.days, zero, rng)

    def outlook(self, reports: pd.DataFrame) -> Outlook:
        """Centre and variances of the log rate of each report."""
        number, rows, at = (
            self.known.number(reports),
            self.known.rates_of(reports),
            middles(reports),
        )
        weights = self.model.weigh(rows, at)
        observed, drift = self.spread.variance(number, months_between(rows, at))
        return Outlook(
            rows=rows,
            weights=weights,
            centre=centre(rows, weights),
            observed=observed + np.where(number < 0, between_streams(rows), 0.0),
            drift=drift,
            days=window_days(reports),
            shape=self.spread.shape,
        )


def between_streams(rows: Grid) -> Floats:
    """Variance of the log rates of each row, a typical one for a row of one report."""
    rate = np.where(rows.positive, rows.rate, np.nan)
    several = rows.positive.sum(axis=1) > 1
    return np.where(several, np.nanvar(rate, axis=1), TYPICAL**2)


def last_value(grid: Grid, at: Floats) -> Floats:
    """All weight on the newest report."""
    weights = np.zeros(grid.rate.shape)
    weights[:, -1] = 1.0
    return weights


def expanding_mean(grid: Grid, at: Floats) -> Floats:
    """The same weight on every report."""
    return grid.known.astype(np.float64)


def exponential(grid: Grid, at: Floats, *, span: float) -> Floats:
    """Weights that fall by a fixed part from one report to the one before."""
    return recent(grid, span)


def year_before(grid: Grid, at: Floats) -> Floats:
    """All weight on the report nearest to a year before, the same on all if none is that near."""
    off = np.abs(grid.middle - (at[:, None] - YEAR))
    off = np.where(grid.known, off, np.inf)
    nearest = (np.arange(off.shape[1]) == off.argmin(axis=1)[:, None]).astype(np.float64)
    return np.where(off.min(axis=1, keepdims=True) <= SEASON_DAYS, nearest, grid.known)


def twelve_months(grid: Grid, at: Floats) -> Floats:
    """The same weight on every report of the twelve months up to the newest."""
    with np.errstate(invalid="ignore"):
        return (grid.middle >= grid.middle[:, -1:] - YEAR).astype(np.float64)


def normal(outlook: Outlook, draws: int, rng: np.random.Generator) -> Floats:
    """Normal noise."""
    shocks = rng.standard_normal((draws, len(outlook.centre)))
    return np.asarray(outlook.centre + outlook.deviation * shocks)


def changes(outlook: Outlook, draws: int, rng: np.random.Generator) -> Floats:
    """Past errors of either sign, scaled to the stream (the baseline of CDC's FluSight)."""
    shocks = rng.choice(outlook.shape, size=(draws, len(outlook.centre)))
    return np.asarray(outlook.centre + outlook.deviation * shocks)


def resampled(outlook: Outlook, draws: int, rng: np.random.Generator) -> Floats:
    """Past rates drawn by their weights (conflictology), with what their spread lacks as noise."""
    weights = above_zero(outlook.rows, outlook.weights)
    weights = weights / weights.sum(axis=1, keepdims=True)
    rate = np.nan_to_num(outlook.rows.rate)
    rows = zip(rate, weights, strict=True)
    drawn = np.stack([rng.choice(past, size=draws, p=weight) for past, weight in rows], axis=1)
    own = (weights * np.square(rate - outlook.centre[:, None])).sum(axis=1)
    lacking = np.maximum(np.square(outlook.deviation) - own, FLOOR**2)
    return np.asarray(drawn + np.sqrt(lacking) * rng.standard_normal(drawn.shape))


def counted(outlook: Outlook, draws: int, rng: np.random.Generator) -> Floats:
    """A random walk of the log intensity, seen through negative-binomial counts at both ends.

    The variance of past changes at no distance is that of two observations; half of it is the
    dispersion of the one to come, the other half the doubt about where the walk stands. A gamma
    variable of size `k` has log variance `1/k + 1/(2 k^2)`, nearly.
    """
    half = np.maximum(outlook.observed / 2.0, LEAST_DISPERSION)
    walked = np.sqrt(half + outlook.drift) * rng.standard_normal((draws, len(half)))
    size = (1.0 + np.sqrt(1.0 + 2.0 * half)) / (2.0 * half)
    gamma = rng.gamma(size, size=walked.shape) / np.exp(digamma(size))
    expected = np.exp(outlook.centre + walked) * outlook.days * gamma
    count = rng.poisson(np.minimum(expected, HIGHEST_COUNT))
    return np.asarray(np.log((count + 1.0) / outlook.days))


BASELINES: dict[str, ReportModel] = {
    model.name: model
    for model in (
        WeightedRates("last_value", last_value, changes),
        WeightedRates("expanding_mean", expanding_mean, normal),
        WeightedRates("ewm_6", partial(exponential, span=6.0), normal),
        WeightedRates("ewm_18", partial(exponential, span=18.0), normal),
        WeightedRates("seasonal_naive", year_before, normal),
        WeightedRates("last_twelve", twelve_months, resampled),
        WeightedRates("random_walk", last_value, counted),
        AttacksOnly(),
    )
}
