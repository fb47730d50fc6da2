"""Figures under other attacks, from the draws of one forecast.

Each draw of a figure is multiplied by how its expected flow changes with the same level, slope and
walk of that draw:

    figure' = figure * sum_wct W exp(eta) exp(beta * (x' - x) + g) / sum_wct W exp(eta)

with `x` the driver forecast, `x'` that of the scenario and `g` a log factor on flows. What changes
nothing has a factor of exactly one. More attacks never give fewer arrivals or departures: a slope
that a draw has below zero counts as zero there. Nothing passes the ceiling of the simulation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.panel import FLOWS, ReportArrays
from models.simulation import Simulation, highest_rate

Floats = NDArray[np.float64]

FLEEING = [FLOWS.index("arrivals"), FLOWS.index("departures")]


class Ratio:
    """The draws of `figures` (draws, reports), ready to be asked for under other attacks.

    `arrays` are those of the panel for the reports, `simulation` their lead's.
    """

    def __init__(self, simulation: Simulation, arrays: ReportArrays, figures: Floats) -> None:
        self.figures = figures
        self._flow = arrays.flow
        self._weights = arrays.weights[:, :, simulation.weeks]
        self._flows = np.exp(simulation.eta)
        self._seen = self._summed(self._flows)
        self._slope = simulation.parameters.beta.copy()
        self._slope[:, FLEEING] = np.maximum(self._slope[:, FLEEING], 0.0)
        self._most = np.maximum(figures, highest_rate(simulation.panel) * arrays.days)

    def under(self, change: Floats, log_factor: Floats | None = None) -> Floats:
        """The figures when the driver changes by `change` (draws or 1, cells, weeks).

        `log_factor` (draws or 1, flows, cells, weeks) comes on top. Weeks are the simulated ones.
        """
        shift = self._slope[:, :, None, None] * change[:, None]
        if log_factor is not None:
            shift = shift + log_factor
        more = self._summed(self._flows * np.expm1(shift))
        factor = np.maximum(1.0 + more / self._seen, 0.0)
        return np.minimum(self.figures * factor, self._most)

    def _summed(self, flows: Floats) -> Floats:
        """Sum of flows (draws, flows, cells, weeks) that each report sees, (draws, reports)."""
        found = np.empty(self.figures.shape)
        for flow in np.unique(self._flow):
            rows = self._flow == flow
            found[:, rows] = np.tensordot(flows[:, flow], self._weights[rows], ([1, 2], [1, 2]))
        return found
