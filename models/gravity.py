"""How strongly each destination draws those who flee from each origin.

The weight of destination `j` for origin `i` is

    (size_j / median size)^size * (1 + km_ij / DAY_KM)^-distance * exp(-danger * danger_j)

Nothing was fitted to a crisis here; each exponent is a prior with a source. Zipf (1946, American
Sociological Review 11(6), "the P1 P2 / D hypothesis") has movement proportional to the size of both
ends and inverse to the distance between them. Distance counts in days of a journey, for a camp half
a day away is no more than one next door to someone on foot with children. An origin's shares are
its weights over their sum (a production-constrained gravity model: Wilson, 1971, Environment and
Planning 3(1)), so a closed destination sends its share to the others. `learned` moves such a prior
by what was told of shares.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.linear_model import PoissonRegressor

Floats = NDArray[np.float64]

# What the prior exponents are worth beside what was told: one told composition.
PRIOR_WORTH = 1.0
# A day's journey: the speed of Flee's agents (Suleimenova, Bell & Groen, 2017, Sci. Rep. 7:13377).
DAY_KM = 200.0


@dataclass(frozen=True)
class Gravity:
    """The exponents; `danger` is how much a place under full attack is shunned, in log units.

    Flee's default makes a conflict zone 1 / sqrt(10) as attractive as a town.
    """

    distance: float = 1.0
    size: float = 1.0
    danger: float = 1.15
    day_km: float = DAY_KM

    def weights(
        self, km: csr_array, size: Floats | None = None, danger: Floats | None = None
    ) -> csr_array:
        """Weights (origins, destinations), sparse where `km` is: no way, no weight.

        `size` is a capacity or population (destinations,), the median standing in where it is not
        known; `danger` lies in 0..1 (destinations,).
        """
        far = csr_array(km, copy=True)
        far.data = (1.0 + far.data / self.day_km) ** -self.distance
        draw = np.ones(km.shape[1])
        if size is not None:
            draw *= relative(size) ** self.size
        if danger is not None:
            draw *= np.exp(-self.danger * danger)
        return csr_array(far.multiply(draw[None, :]))


def relative(size: Floats) -> Floats:
    """Sizes over their median, one where a size is not known."""
    known = np.isfinite(size)
    if not known.any():
        return np.ones_like(size)
    return np.where(known, size, np.nanmedian(size)) / np.nanmedian(size)


def learned(terms: Floats, told: Floats, expected: Floats) -> Floats:
    """Change of the log weights by each unit of each term, (terms,).

    A Poisson regression of told shares (compositions, places) on `terms` (places, terms), with the
    `expected` shares (places,) as exposure: what they got right stays, and a ridge holds the rest
    back. Each composition counts as one choice, for all its people chose together.
    """
    chosen = expected > 0.0
    exposure = np.tile(expected[chosen], len(told))
    if not len(exposure):
        return np.zeros(terms.shape[1])
    centred = terms[chosen] - expected[chosen] @ terms[chosen] / expected[chosen].sum()
    fit = PoissonRegressor(alpha=PRIOR_WORTH / exposure.sum(), fit_intercept=False)
    fit.fit(np.tile(centred, (len(told), 1)), told[:, chosen].ravel() / exposure, exposure)
    return np.asarray(fit.coef_, dtype=np.float64)
