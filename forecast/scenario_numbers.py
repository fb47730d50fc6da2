"""Random numbers that every scenario of a forecast shares, so that differences are its own."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.seeds import random_state

Floats = NDArray[np.float64]


class Numbers:
    """Uniform numbers by name, the same for the same seed and day whatever else is drawn."""

    def __init__(self, seed: int, day: pd.Timestamp, draws: int) -> None:
        self.draws = draws
        self._of = (seed, day)
        self._kept: dict[tuple[str, int], Floats] = {}

    def uniform(self, name: str, columns: int = 1) -> Floats:
        """Numbers in 0..1, (draws, columns)."""
        if (name, columns) not in self._kept:
            seed, day = self._of
            rng = random_state(seed, day, f"scenario {name}")
            self._kept[name, columns] = rng.random((columns, self.draws)).T
        return self._kept[name, columns]
