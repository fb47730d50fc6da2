"""Figures under other attacks, from the draws of one forecast.

By what part the expected flow of a draw changes is reckoned with its own level, slope and walk:

    part = sum_wct W exp(eta) (exp(beta * (x' - x) + g) - 1) / sum_wct W exp(eta)

with `x` the driver forecast, `x'` that of the scenario and `g` a log factor on flows. Where flow
falls, it falls by that part of the figure served; where it grows, what is added is that part of the
figure of the flow state itself, on whose scale people who would not have fled are reckoned:

    figure' = figure + part * (figure of the flow state if part > 0 else figure)

So what changes nothing changes no bit, a figure of zero grows with attacks, and more attacks never
give fewer arrivals or departures: a slope that a draw has below zero counts as zero there. Nothing
passes the ceiling of the simulation.
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
        self._own = simulation.reports(arrays)
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
        part = np.maximum(more / self._seen, -1.0)
        changed = self.figures + part * np.where(part > 0.0, self._own, self.figures)
        return np.minimum(changed, self._most)

    def _summed(self, flows: Floats) -> Floats:
        """Sum of flows (draws, flows, cells, weeks) that each report sees, (draws, reports)."""
        found = np.empty(self.figures.shape)
        for flow in np.unique(self._flow):
            rows = self._flow == flow
            found[:, rows] = np.tensordot(flows[:, flow], self._weights[rows], ([1, 2], [1, 2]))
        return found
