"""Models of regular series as models of reports.

Each of a few draws of the past (`models.past`) is a set of series that the model is fitted to, and
gives an equal share of the draws to come; a block of them is spread evenly over its weeks. What a
source makes of the flows is the flow state's: its streams' biases and errors, given each past.
Flows that no report tells of for long enough stay those of the flow state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from features.panel import Panel
from models.base import FittedSeries, ReportModel, SeriesModel
from models.boosting import Boosting
from models.count_regression import COUNT_REGRESSION
from models.past import DRAWS, WEEKS, Past, past_of
from models.simulation import Simulation, forecast_paths, highest_rate, published, simulate
from models.smoothing import SMOOTHING
from models.state_space import AUTOREGRESSION, LOCAL_LEVEL
from models.streams import Floats, Ints

LEAST_PERSONS = 1e-6


class Reconciled:
    """A SeriesModel as a ReportModel."""

    def __init__(self, model: SeriesModel) -> None:
        self.name = model.name
        self.version = model.version
        self.model = model

    def fit(self, panel: Panel) -> FittedReconciled:
        """Raises TooLittleData or NotConverged, see SeriesModel."""
        past = past_of(panel)
        each = [self.model.fit(past.persons(draw), past.drivers) for draw in range(DRAWS)]
        return FittedReconciled(past, each)


@dataclass(frozen=True, eq=False)
class FittedReconciled:
    """The past, and a fit of each of its draws."""

    past: Past
    each: Sequence[FittedSeries]

    def predict(self, reports: pd.DataFrame, draws: int, rng: np.random.Generator) -> Floats:
        """Draws (draws, reports) of persons under simulated attacks."""
        paths = forecast_paths(self.past.flows.panel, draws, rng)
        return self.predict_under(paths, reports, draws, rng)

    def predict_under(
        self, paths: Floats, reports: pd.DataFrame, draws: int, rng: np.random.Generator
    ) -> Floats:
        """Draws of persons under `paths` of intensity, (draws or 1, cells, weeks)."""
        past, turn = self.past, np.arange(draws) % len(self.each)
        arrays = past.flows.panel.arrays_of(reports)
        own = simulate(past.flows, paths, draws, rng, arrays)
        eta = self._told(own, self._ahead(paths, turn, rng), turn)
        factors = past.factors(arrays, turn, rng)
        return published(replace(own, eta=eta, factors=factors), reports, arrays, rng)

    def _ahead(self, paths: Floats, turn: Ints, rng: np.random.Generator) -> Floats:
        """Persons (draws, series, blocks) after the past; the fit whose turn it is makes a draw."""
        drivers = self.past.drivers_ahead(paths)
        drivers = np.broadcast_to(drivers, (len(turn), *drivers.shape[1:]))
        found = np.empty(drivers.shape)
        for number in np.unique(turn) if found.size else ():
            own = turn == number
            found[own] = self.each[number].simulate(drivers[own], int(own.sum()), rng)
        return found

    def _told(self, own: Simulation, ahead: Floats, turn: Ints) -> Floats:
        """Log flows (draws, flows, cells, weeks): of the series modelled theirs, else its own."""
        past, cap = self.past, WEEKS * 7.0 * highest_rate(own.panel)
        weekly = np.log(np.clip(ahead, LEAST_PERSONS, cap) / WEEKS).repeat(WEEKS, axis=-1)
        known = past.eta[:, past.flow, past.cell, : past.ended][turn]
        eta = own.eta.copy()
        eta[:, past.flow, past.cell] = np.concatenate([known, weekly], axis=-1)[..., own.weeks]
        return eta


RECONCILED: dict[str, ReportModel] = {
    model.name: Reconciled(model)
    for model in (COUNT_REGRESSION, AUTOREGRESSION, LOCAL_LEVEL, SMOOTHING, Boosting())
}
