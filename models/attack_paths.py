"""Joint future paths of weekly attack intensity, one a cell.

A path is drawn from one of four forms, all on `y = log(1 + A/half)`:

- `reversion`: an autoregression that starts at the mean of the last three weeks and drifts back to
  the long mean, its shocks resampled week by week from the past, jointly for all cells;
- `last_month`: it goes on as it is, each week one of the last four weeks;
- `last_year`: a stretch of the last twelve months comes again, from any of its weeks on;
- `offensive`: at a week drawn at random all cells step up by a large rise of the past, and stay.

The shares are fixed; conflict forecasts rarely beat naive paths by much, and a walk alone lost to
them (`forecast.attack_backtest` scores it; `docs/models.md` tells what the shares rest on).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from features.intensity import REVERSION, START_WEEKS, Intensity
from models.attack_baselines import MONTH_WEEKS, YEAR_WEEKS

SHARES: Mapping[str, float] = {
    "reversion": 0.70,
    "last_month": 0.20,
    "last_year": 0.05,
    "offensive": 0.05,
}
SHOCK = 0.6
HIGHEST = np.log1p(400.0)


class AttackPaths:
    """Fits the weeks known and simulates the weeks to come."""

    name = "attack_paths"
    version = "2"

    def __init__(self, shares: Mapping[str, float] = SHARES) -> None:
        self.shares = dict(shares)

    def fit(self, intensity: Intensity) -> FittedPaths:
        """Nothing is estimated but the long mean and the shocks of the weeks known."""
        return FittedPaths(intensity, self.shares)


class FittedPaths:
    """`level_` the present level (cells,), `log_` the past on the log scale (cells, weeks)."""

    def __init__(self, intensity: Intensity, shares: Mapping[str, float]) -> None:
        self.half = intensity.half
        self.shares = dict(shares)
        self.log_ = np.log1p(intensity.weekly.to_numpy(dtype=np.float64).T / self.half)
        self.level_ = self.log_[:, -START_WEEKS:].mean(axis=1)

    def simulate(self, weeks: int, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Intensity of the weeks after the last known, (draws, cells, weeks), never negative."""
        if weeks == 0:
            return np.zeros((draws, len(self.log_), 0))
        form = rng.choice(len(self.shares), size=draws, p=list(self.shares.values()))
        makers = {
            "reversion": self._reversion,
            "last_month": self._last_month,
            "last_year": self._last_year,
            "offensive": self._offensive,
        }
        paths = np.empty((draws, len(self.log_), weeks))
        for index, name in enumerate(self.shares):
            chosen = form == index
            paths[chosen] = makers[name](weeks, int(chosen.sum()), rng)
        return self.half * np.expm1(np.clip(paths, 0.0, HIGHEST))

    def _reversion(self, weeks: int, draws: int, rng: np.random.Generator) -> np.ndarray:
        mean = self.log_.mean(axis=1)
        shocks = SHOCK * self._shocks()
        path = np.empty((draws, len(self.log_), weeks))
        level = np.tile(self.level_, (draws, 1))
        for week in range(weeks):
            drawn = shocks[:, rng.integers(shocks.shape[1], size=draws)].T
            level = level + REVERSION * (mean - level) + drawn
            path[:, :, week] = level
        return path

    def _last_month(self, weeks: int, draws: int, rng: np.random.Generator) -> np.ndarray:
        recent = self.log_[:, -MONTH_WEEKS:]
        return recent[:, rng.integers(recent.shape[1], size=(draws, weeks))].transpose(1, 0, 2)

    def _last_year(self, weeks: int, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Stretches (draws, cells, weeks); after the newest week the oldest of the year follows."""
        year = self.log_[:, -YEAR_WEEKS:]
        begins = rng.integers(year.shape[1], size=(draws, 1))
        return year[:, (begins + np.arange(weeks)) % year.shape[1]].transpose(1, 0, 2)

    def _offensive(self, weeks: int, draws: int, rng: np.random.Generator) -> np.ndarray:
        path = self._reversion(weeks, draws, rng)
        rise = np.sort(np.maximum(self._rises(), 0.0), axis=1)
        largest = rise[:, -max(4, rise.shape[1] // 10) :]
        drawn = largest[:, rng.integers(largest.shape[1], size=draws)].T
        begins = rng.integers(weeks, size=draws)
        after = np.arange(weeks)[None, :] >= begins[:, None]
        return path + drawn[:, :, None] * after[:, None, :]

    def _shocks(self) -> np.ndarray:
        return (
            np.diff(self.log_, axis=1) if self.log_.shape[1] > 1 else np.zeros((len(self.log_), 1))
        )

    def _rises(self) -> np.ndarray:
        """Rise of the four-week mean over the four weeks before, (cells, weeks)."""
        if self.log_.shape[1] < 8:
            return np.ones((len(self.log_), 1))
        summed = np.cumsum(np.pad(self.log_, ((0, 0), (1, 0))), axis=1)
        mean = (summed[:, 4:] - summed[:, :-4]) / 4.0
        return mean[:, 4:] - mean[:, :-4]
