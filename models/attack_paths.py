"""Joint future paths of weekly attack intensity, one a cell.

A path is drawn from one of two forms, all on `y = log(1 + A/half)`:

- `reversion`: an autoregression that starts at the mean of the last three weeks and drifts back to
  the long mean, its shocks resampled week by week from the past, jointly for all cells;
- `offensive`: at a week drawn at random all cells step up by a large rise of the past, and stay.

The shares are fixed; conflict forecasts rarely beat such naive paths by much.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from features.intensity import REVERSION, START_WEEKS, Intensity

SHARES: Mapping[str, float] = {"reversion": 0.95, "offensive": 0.05}
SHOCK = 0.6
HIGHEST = np.log1p(400.0)


class AttackPaths:
    """Fits the weeks known and simulates the weeks to come."""

    name = "attack_paths"
    version = "1"

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
