"""Draws in a few figures: mean, median, and the intervals a reader is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

INTERVALS: Mapping[int, tuple[float, float]] = {
    50: (0.25, 0.75),
    80: (0.1, 0.9),
    95: (0.025, 0.975),
}
LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


@dataclass(frozen=True)
class Summary:
    """Draws of one quantity; `intervals` maps per cent to the lower and upper bound."""

    mean: float
    median: float
    intervals: Mapping[int, tuple[float, float]]

    def over(self, divisor: float) -> Summary:
        """The same draws over a constant."""
        divided = {
            level: (low / divisor, high / divisor) for level, (low, high) in self.intervals.items()
        }
        return Summary(self.mean / divisor, self.median / divisor, divided)


def summarise(draws: np.ndarray) -> Summary:
    """Summary of draws (draws,)."""
    bounds = [bound for pair in INTERVALS.values() for bound in pair]
    median, *found = np.quantile(draws, [0.5, *bounds]).tolist()
    intervals = dict(zip(INTERVALS, zip(found[::2], found[1::2], strict=True), strict=True))
    return Summary(float(draws.mean()), median, intervals)
