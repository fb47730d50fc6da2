"""What is served: the pool, calibrated on its own past, or a baseline where that was better."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.calibrate import Calibration
from models.baselines import BASELINES
from models.pool import FittedPool, pooled


def served(
    fitted: FittedPool,
    found: Calibration,
    paths: np.ndarray,
    reports: pd.DataFrame,
    draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draws (draws, reports) under the forecast `paths` of attacks (draws, cells, weeks).

    A baseline that is served instead takes the ranks of the pool's draws, so that sums over places
    and months keep their spread.
    """
    figures = fitted.predict_along(paths, reports, draws, rng)
    if found.instead is None:
        return found.apply(figures)
    baseline = BASELINES[found.instead].fit(fitted.lead.flows.panel)
    return pooled([figures, baseline.predict(reports, draws, rng)], [0.0, 1.0])
