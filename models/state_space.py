"""State-space models of the log of a series with its driver as a regressor.

    log(1 + y[t]) = m + b * x[t] + u[t]             u a first-order autoregression  (SARIMAX)
    log(1 + y[t]) = l[t] + b * x[t] + e[t]          l a random walk         (UnobservedComponents)

Slope and mean are part of the state, so that what is not known of them widens the draws; the slope
has a normal prior, since a cell that was hardly ever attacked tells nothing of it. Draws are
Student's t, for the variances are estimates too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from statsmodels.tsa.statespace.initialization import Initialization
from statsmodels.tsa.statespace.sarimax import SARIMAX
from statsmodels.tsa.statespace.structural import UnobservedComponents

from models.each_series import MEAN_SD, SLOPE_SD, EachSeries, NotConverged, persons_of, spread_of
from models.streams import Floats

SEARCHES = ("lbfgs", "nm")
STEPS = 500


@dataclass(frozen=True)
class FittedStates:
    """State after the last block: first what moves, last the slope; the rest is added up.

    `memory` is what a block keeps of the first, `step_sd` what it adds to it, `error_sd` what a
    figure adds to the sum.
    """

    mean: Floats
    covariance: Floats
    memory: float
    step_sd: float
    error_sd: float
    freedom: int

    def simulate(self, driver: Floats, rng: np.random.Generator) -> Floats:
        """Persons (draws, blocks), block by block."""
        draws, blocks = driver.shape
        spread = spread_of(self.freedom, draws, rng)
        zero = np.zeros_like(self.mean)
        shift = rng.multivariate_normal(zero, self.covariance, draws, method="eigh")
        state = self.mean + spread[:, None] * shift
        steps, errors = spread[:, None] * rng.standard_normal((2, draws, blocks))
        found = np.empty(driver.shape)
        for block, attacks in enumerate(driver.T):
            seen = state[:, :-1].sum(axis=1) + state[:, -1] * attacks
            found[:, block] = seen + self.error_sd * errors[:, block]
            state[:, 0] = self.memory * state[:, 0] + self.step_sd * steps[:, block]
        return persons_of(found)


def fit_sarimax(persons: Floats, driver: Floats) -> FittedStates:
    """Autoregression around a mean and the driver. Raises NotConverged."""
    log_persons = np.log1p(persons)
    regressors = np.column_stack([np.ones_like(driver), driver])
    model = SARIMAX(log_persons, regressors, order=(1, 0, 0), mle_regression=False)
    start = Initialization(3)
    start.set((0, 1), "stationary")
    prior = np.array([log_persons.mean(), 0.0]), np.diag([MEAN_SD**2, SLOPE_SD**2])
    start.set((1, 3), "known", *prior)
    return _fitted(model, start, burn=0, guess=[0.5, log_persons.var() / 2.0])


def fit_local_level(persons: Floats, driver: Floats) -> FittedStates:
    """Random walk seen with an error, beside the driver. Raises NotConverged."""
    log_persons = np.log1p(persons)
    model = UnobservedComponents(
        log_persons, "local level", exog=driver[:, None], mle_regression=False
    )
    start = Initialization(2)
    start.set((0, 1), "approximate_diffuse")
    start.set((1, 2), "known", np.zeros(1), np.array([[SLOPE_SD**2]]))
    variance = log_persons.var()
    return _fitted(model, start, burn=1, guess=[variance / 2.0, variance / 10.0])


def _fitted(model: Any, start: Initialization, burn: int, guess: list[float]) -> FittedStates:
    """Maximum likelihood, by a second search where the first is lost."""
    model.ssm.initialization = start
    model.loglikelihood_burn = burn
    for search in SEARCHES:
        found = model.fit(
            guess, method=search, maxiter=STEPS, cov_type="none", disp=0, warn_convergence=False
        )
        if found.mle_retvals["converged"]:
            return _as_states(found)
    raise NotConverged(f"{type(model).__name__} of a series did not converge")


def _as_states(found: Any) -> FittedStates:
    system, states = found.model.ssm, found.predicted_state
    return FittedStates(
        mean=states[:, -1],
        covariance=found.predicted_state_cov[:, :, -1],
        memory=float(system["transition", 0, 0]),
        step_sd=float(np.sqrt(system["state_cov", 0, 0])),
        error_sd=float(np.sqrt(system["obs_cov", 0, 0])),
        freedom=found.nobs - len(found.params) - len(states),
    )


AUTOREGRESSION = EachSeries("sarimax", fit_sarimax)
LOCAL_LEVEL = EachSeries("local_level", fit_local_level)
