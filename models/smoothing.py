"""Simple exponential smoothing of the log of a series, attacks left aside: ETS(A,N,N).

The innovations form of Hyndman, Koehler, Ord & Snyder (2008), Forecasting with Exponential
Smoothing. Neither trend nor season: forty noisy blocks do not bear them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from models.each_series import EachSeries, NotConverged, persons_of, spread_of
from models.streams import Floats


@dataclass(frozen=True)
class FittedSmoothing:
    """The library's fit and the deviation of its errors, degrees of freedom allowed for."""

    result: Any
    error_sd: float
    freedom: int

    def simulate(self, driver: Floats, rng: np.random.Generator) -> Floats:
        """Persons (draws, blocks); of the driver, the shape alone counts."""
        draws, blocks = driver.shape
        spread = self.error_sd * spread_of(self.freedom, draws, rng)
        errors = spread * rng.standard_normal((blocks, draws))
        found = self.result.simulate(blocks, "end", repetitions=draws, random_errors=errors)
        return persons_of(np.reshape(found, (blocks, draws)).T)


def fit_smoothing(persons: Floats, driver: Floats) -> FittedSmoothing:
    """Level and smoothing weight by maximum likelihood. Raises NotConverged."""
    result = ETSModel(np.log1p(persons), error="add").fit(disp=0, warn_convergence=False)
    if not result.mle_retvals["converged"]:
        raise NotConverged("exponential smoothing of a series did not converge")
    freedom = len(persons) - len(result.params)
    return FittedSmoothing(result, float(np.sqrt(result.sse / freedom)), freedom)


SMOOTHING = EachSeries("smoothing", fit_smoothing)
