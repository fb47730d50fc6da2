"""Proper scores of forecasts given as quantiles and as draws.

Sources: Bracher, Ray, Gneiting & Reich (2021), PLoS Comput. Biol. 17(2), for the weighted interval
score; Bosse et al. (2023), PLoS Comput. Biol. 19(8), for scores on log(1 + x); Czado, Gneiting &
Held (2009), Biometrics 65(4), for the PIT of counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scoringrules
from numpy.typing import NDArray

from forecast.result import QUANTILES

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

LEVELS = (50, 80, 90, 95)
DAYS_OF_MONTH = 30.0


@dataclass(frozen=True)
class Wis:
    """Weighted interval score and the three parts that add up to it, each (forecasts,)."""

    total: Floats
    dispersion: Floats
    over: Floats
    under: Floats


def quantile_scores(
    observed: Floats, quantiles: Floats, levels: Sequence[float] = QUANTILES
) -> Floats:
    """Pinball loss `(1[y <= q] - level) * (q - y)` of each quantile, (forecasts, levels)."""
    above = quantiles - observed[:, None]
    return np.asarray((np.where(above >= 0.0, 1.0, 0.0) - np.asarray(levels)) * above)


def wis(observed: Floats, quantiles: Floats, levels: Sequence[float] = QUANTILES) -> Wis:
    """Weighted interval score: twice the mean of the quantile scores over all levels.

    `quantiles` is (forecasts, levels) and must not fall along the levels, which must be symmetric
    around 0.5. `dispersion` is the mean width of the central intervals, each weighted by its tail;
    `over` what is lost because the figure lies below intervals or the median, `under` above them.
    """
    level = np.asarray(levels)
    half = len(level) // 2
    lower, upper = quantiles[:, :half], quantiles[:, ::-1][:, :half]
    median = quantiles[:, half : len(level) - half]
    y = observed[:, None]
    over = np.maximum(lower - y, 0.0).sum(axis=1) + 0.5 * np.maximum(median - y, 0.0).sum(axis=1)
    under = np.maximum(y - upper, 0.0).sum(axis=1) + 0.5 * np.maximum(y - median, 0.0).sum(axis=1)
    dispersion = ((upper - lower) * level[:half]).sum(axis=1)
    scale = 2.0 / len(level)
    return Wis(
        total=scale * quantile_scores(observed, quantiles, levels).sum(axis=1),
        dispersion=scale * dispersion,
        over=scale * over,
        under=scale * under,
    )


def crps(observed: Floats, draws: Floats) -> Floats:
    """Continuous ranked probability score of draws (draws, forecasts), one a forecast."""
    return np.asarray(scoringrules.crps_ensemble(observed, draws, m_axis=0, backend="numpy"))


def covered(
    observed: Floats, quantiles: Floats, level: int, levels: Sequence[float] = QUANTILES
) -> Flags:
    """Whether the central interval of `level` percent holds the figure, ends included."""
    tail = (1.0 - level / 100.0) / 2.0
    low, high = (int(np.argmin(np.abs(np.asarray(levels) - at))) for at in (tail, 1.0 - tail))
    return (observed >= quantiles[:, low]) & (observed <= quantiles[:, high])


def pit(observed: Floats, draws: Floats) -> Floats:
    """Share of draws below the figure, half of those equal to it: uniform if calibrated."""
    return np.asarray((draws < observed).mean(axis=0) + 0.5 * (draws == observed).mean(axis=0))


def brier(observed: Floats, draws: Floats, days: Floats, threshold: float) -> Floats:
    """Squared error of the probability that the rate per 30 days passes `threshold` persons."""
    scale = DAYS_OF_MONTH / days
    probability = (draws * scale > threshold).mean(axis=0)
    return np.asarray(np.square(probability - (observed * scale > threshold)))
