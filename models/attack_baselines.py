"""Naive paths of weekly attack counts, which any forecast of attacks must beat.

Each is a function of the weeks known, giving draws (draws, cells, weeks) of the weeks after them.
Sources: no change, the Poisson of the last counts and the draws of the last twelve months are the
benchmarks of the VIEWS prediction challenge 2023/24 (Hegre et al., arXiv 2407.11045).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from features.intensity import Intensity

MONTH_WEEKS = 4
YEAR_WEEKS = 52

CountPaths = Callable[[Intensity, int, int, np.random.Generator], np.ndarray]


def last_value(known: Intensity, weeks: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """The last week, changed on log(1 + x) as over as many weeks before, or the other way round."""
    log = np.log1p(_counts(known))
    paths = np.empty((draws, len(log), weeks))
    for week in range(weeks):
        lag = min(week + 1, log.shape[1] - 1)
        change = (log[:, lag:] - log[:, : log.shape[1] - lag]).T
        drawn = change[rng.integers(len(change), size=draws)]
        paths[:, :, week] = log[:, -1] + rng.choice([-1.0, 1.0], size=(draws, 1)) * drawn
    return np.rint(np.expm1(np.maximum(paths, 0.0)))


def last_year(known: Intensity, weeks: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Each week any one of the last twelve months, the same one in all cells."""
    past = _counts(known)[:, -YEAR_WEEKS:]
    return past[:, rng.integers(past.shape[1], size=(draws, weeks))].transpose(1, 0, 2)


def poisson_month(known: Intensity, weeks: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Poisson counts of the mean of the last four weeks; their spread is too narrow on purpose."""
    rate = _counts(known)[:, -MONTH_WEEKS:].mean(axis=1)
    return rng.poisson(rate[None, :, None], size=(draws, len(rate), weeks)).astype(np.float64)


def _counts(known: Intensity) -> np.ndarray:
    return known.weekly.to_numpy(dtype=np.float64).T


ATTACK_BASELINES: Mapping[str, CountPaths] = {
    "last_value": last_value,
    "last_year": last_year,
    "poisson_month": poisson_month,
}
