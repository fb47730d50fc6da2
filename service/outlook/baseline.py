"""The best simple baseline beside the forecast, on the same months."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from features.errors import TooLittleData
from features.panel import FLOWS
from forecast.situation import Situation, by_place, headline_rows, place_weights
from models.baselines import BASELINES
from models.pool import pooled


@dataclass(frozen=True, eq=False)
class Beside:
    """A baseline by its name; `arrivals` in dims (draw, period, place), None where it cannot say.

    The place is the focus alone.
    """

    name: str
    arrivals: xr.DataArray | None


def baseline_beside(situation: Situation, name: str) -> Beside:
    """Draws of the baseline in the ranks of the forecast's, so that sums keep their spread."""
    panel = situation.panel
    rows = headline_rows(panel, situation.steps)
    stacked = np.stack([situation.by_cell[flow] for flow in FLOWS], axis=1)
    figures = stacked.reshape(situation.draws, -1)
    try:
        told = (
            BASELINES[name]
            .fit(panel)
            .predict(rows, situation.draws, np.random.default_rng(situation.seed))
        )
    except TooLittleData:
        return Beside(name, None)
    ranked = pooled([figures, told], [0.0, 1.0]).reshape(stacked.shape)
    by_cell = {flow: ranked[:, at] for at, flow in enumerate(FLOWS)}
    places = [panel.crisis.focus]
    found = by_place(by_cell, places, *place_weights(situation, places))
    return Beside(name, found["arrivals"])
