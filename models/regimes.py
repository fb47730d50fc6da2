"""What weekly attacks look like while a regime lasts, as stretches of the past.

The four-week stretches of the weeks known are ranked by their mean log intensity over the cells in
question, and a regime draws, four weeks at a time, from its band of ranks:

    holds        the quietest, as under a ceasefire that is kept
    low_level    around the lower middle, as while shelling goes on without ground being fought for
    offensive    the highest, as of the offensives of the past
    territorial  the very highest and, as ground that changes hands drives flight more than strikes
                 do, with the ground lost in the worst stretch known; where the source does not
                 count ground lost, half as much again

One uniform number places a draw at the same spot of every band, and no regime is below a quieter
one in any cell and week: who weighs the worse regimes more gets no fewer attacks in any draw.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from features.intensity import Intensity

Floats = NDArray[np.float64]

STRETCH = 4
BANDS: Mapping[str, tuple[float, float]] = {
    "holds": (0.0, 0.15),
    "low_level": (0.25, 0.6),
    "offensive": (0.88, 1.0),
    "territorial": (0.95, 1.0),
}
LEAST_WEEKS = 26
UNCOUNTED_GROUND = 1.5


class Regimes:
    """Stretches of the weeks known, ranked over `cells`, a mask of those in question.

    `ground` is what attacks of the kind `territory` make of the intensity, (cells, weeks). Weeks
    known must be LEAST_WEEKS or more.
    """

    def __init__(self, intensity: Intensity, cells: NDArray[np.bool_], ground: Floats) -> None:
        weekly = intensity.weekly.to_numpy(dtype=np.float64).T
        windows = np.lib.stride_tricks.sliding_window_view(weekly, STRETCH, axis=1)
        level = np.log1p(windows[cells] / intensity.half).mean(axis=(0, 2))
        self.ranked_ = windows.transpose(1, 0, 2)[np.argsort(level, kind="stable")]
        lost = np.lib.stride_tricks.sliding_window_view(ground, STRETCH, axis=1).mean(axis=2)
        self.ground_ = lost[:, int(lost[cells].sum(axis=0).argmax())] * cells

    def paths(self, uniform: Floats, weeks: int) -> dict[str, Floats]:
        """Intensity (draws, cells, weeks) under each regime, the quietest first.

        `uniform` (draws, stretches) lies in 0..1, with a stretch for every four weeks begun.
        """
        found: dict[str, Floats] = {}
        floor = np.zeros(())
        for name, (low, high) in BANDS.items():
            at = ((low + uniform * (high - low)) * len(self.ranked_)).astype(np.int64)
            drawn = self.ranked_[np.minimum(at, len(self.ranked_) - 1)]
            path = drawn.transpose(0, 2, 1, 3).reshape(len(uniform), drawn.shape[2], -1)
            path = path[:, :, :weeks]
            if name == "territorial":
                path = self._with_ground_lost(path)
            floor = np.maximum(path, floor)
            found[name] = floor
        return found

    def _with_ground_lost(self, path: Floats) -> Floats:
        if self.ground_.any():
            return path + self.ground_[:, None]
        return path * UNCOUNTED_GROUND
