r"""Negative-binomial regression of a series on its attacks and on its own last block.

    log mean[t] = m + a + b * x[t] + c * x[t-1] + r * (log(1 + y[t-1]) - m)
    var[t] = mean[t] + s * mean[t]^2

with `m` the mean of `log(1 + y)`. Coefficients have normal priors around zero, so that they are
there even for a cell that was never attacked, and are known as far as the Fisher information at
their mode tells. The dispersion `s` makes Pearson's statistic equal its degrees of freedom (Breslow
1984, Applied Statistics 33(1)). Each draw has coefficients and a dispersion of its own; an `r`
above one is taken as one, so that no path feeds itself.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import statsmodels.api as sm
from scipy.optimize import brentq
from statsmodels.tools.sm_exceptions import ConvergenceWarning

from models.each_series import (
    MEAN_SD,
    MOST_PERSONS,
    SLOPE_SD,
    EachSeries,
    NotConverged,
    persons_of,
    spread_of,
)
from models.spread import FLOOR
from models.streams import Floats

ROUNDS = 25
TOLERANCE = 1e-3
DISPERSION = (FLOOR**2, 10.0)
PRECISION = np.array([MEAN_SD, SLOPE_SD, SLOPE_SD, SLOPE_SD]) ** -2.0


@dataclass(frozen=True)
class FittedCounts:
    """Coefficients a, b, c, r with their covariance, dispersion, and where the series stands."""

    log_mean: float
    coefficients: Floats
    covariance: Floats
    dispersion: float
    freedom: int
    last_persons: float
    last_driver: float

    def simulate(self, driver: Floats, rng: np.random.Generator) -> Floats:
        """Persons (draws, blocks), block by block."""
        draws = len(driver)
        spread = spread_of(self.freedom, draws, rng)
        shift = rng.multivariate_normal(np.zeros(4), self.covariance, draws, method="eigh")
        level, now, before, memory = (self.coefficients + spread[:, None] * shift).T
        memory = np.minimum(memory, 1.0)
        shape = 1.0 / np.clip(self.dispersion * spread**2, *DISPERSION)
        counts, earlier = np.full(draws, self.last_persons), np.full(draws, self.last_driver)
        found = np.empty(driver.shape)
        for block, attacks in enumerate(driver.T):
            attacked = level + now * attacks + before * earlier
            mean = persons_of(
                self.log_mean + attacked + memory * (np.log1p(counts) - self.log_mean)
            )
            expected = mean * rng.gamma(shape) / shape
            counts = rng.poisson(np.minimum(expected, MOST_PERSONS)).astype(np.float64)
            found[:, block], earlier = counts, attacks
        return found


def fit_counts(persons: Floats, driver: Floats) -> FittedCounts:
    """Raises NotConverged where coefficients or dispersion do not settle."""
    counts = np.round(persons)
    logged = np.log1p(counts)
    log_mean = float(logged.mean())
    before = logged[:-1] - log_mean
    design = np.column_stack([np.ones_like(before), driver[1:], driver[:-1], before])
    coefficients, dispersion = _settled(counts[1:], design, log_mean)
    mean = np.exp(log_mean + design @ coefficients)
    information = (design * (mean / (1.0 + dispersion * mean))[:, None]).T @ design
    return FittedCounts(
        log_mean=log_mean,
        coefficients=coefficients,
        covariance=np.asarray(np.linalg.inv(information + np.diag(PRECISION)), np.float64),
        dispersion=dispersion,
        freedom=_freedom(design),
        last_persons=float(counts[-1]),
        last_driver=float(driver[-1]),
    )


def _settled(counts: Floats, design: Floats, log_mean: float) -> tuple[Floats, float]:
    """Coefficients and a dispersion that agree with each other."""
    coefficients, dispersion = np.zeros(design.shape[1]), 1.0
    for _ in range(ROUNDS):
        coefficients = _mode(counts, design, log_mean, dispersion, coefficients)
        mean = np.exp(log_mean + design @ coefficients)
        before, dispersion = dispersion, _dispersion(counts, mean, _freedom(design))
        if abs(np.log(dispersion / before)) < TOLERANCE:
            return coefficients, dispersion
    raise NotConverged("the dispersion of a negative-binomial regression did not settle")


def _mode(
    counts: Floats, design: Floats, log_mean: float, dispersion: float, guess: Floats
) -> Floats:
    """Posterior mode of the coefficients, by a quasi-Newton search.

    Likelihoods of large counts are rounded too much for the search to tell that it has arrived; the
    gradient tells.
    """
    family = sm.families.NegativeBinomial(alpha=dispersion)
    model = sm.GLM(counts, design, family=family, offset=np.full(len(counts), log_mean))
    penalty = PRECISION / len(counts)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = model.fit_regularized(alpha=penalty, L1_wt=0.0, start_params=guess)
    mode = np.asarray(found.params)
    gradient = model.score(mode) / len(counts) - penalty * mode
    if np.linalg.norm(gradient) > TOLERANCE:
        raise NotConverged("a negative-binomial regression did not converge")
    return mode


def _dispersion(counts: Floats, mean: Floats, freedom: int) -> float:
    def excess(dispersion: float) -> float:
        square = np.square(counts - mean) / (mean + dispersion * mean**2)
        return float(square.sum() - freedom)

    low, high = DISPERSION
    if excess(low) <= 0.0:
        return low
    return high if excess(high) >= 0.0 else float(brentq(excess, low, high))


def _freedom(design: Floats) -> int:
    return len(design) - design.shape[1]


COUNT_REGRESSION = EachSeries("count_regression", fit_counts)
