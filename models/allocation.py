"""Which part of a cell's arrivals each of its sub-districts receives.

The weight of a sub-district is log-normal around a prior (places of the border belt before others)
and moves with every arrival report of the place itself, read against what its source would tell of
the whole cell in the same window. Shares are the weights over their sum, so places add up to their
cell in every draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.panel import FLOWS, Panel
from models.flow_state import FittedFlows, counted

BELT_WEIGHT = 8.0
WEIGHT_SD = 1.0
REPORT_SD = 0.7
LEVEL = "admin3"


@dataclass(frozen=True)
class Destinations:
    """Sub-districts of one cell, with the mean and sd of their log weights."""

    places: tuple[str, ...]
    mean: np.ndarray
    sd: np.ndarray
    reports: np.ndarray

    def sample(self, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Shares of the cell's arrivals, (draws, places), each draw summing to one."""
        if not self.places:
            return np.zeros((draws, 0))
        weight = self.mean + self.sd * rng.standard_normal((draws, len(self.places)))
        weight = np.exp(weight - weight.max(axis=1, keepdims=True))
        return weight / weight.sum(axis=1, keepdims=True)


def fit_destinations(fitted: FittedFlows, cell: str) -> Destinations:
    """Log weights of the sub-districts of a cell from the reports known to the fit."""
    panel = fitted.panel
    places = tuple(panel.crisis.places.at_level(LEVEL, under=cell))
    belt = np.isin(places, panel.crisis.border_belt)
    prior = np.where(belt, BELT_WEIGHT, 1.0)
    prior = np.log(prior / max(prior.sum(), 1.0)) - WEIGHT_SD**2 / 2.0
    seen, count = _reported_log_shares(panel, fitted, cell, places)
    precision = 1.0 / WEIGHT_SD**2 + count / REPORT_SD**2
    mean = (prior / WEIGHT_SD**2 + seen / REPORT_SD**2) / precision
    return Destinations(places, mean, np.sqrt(1.0 / precision), count)


def _reported_log_shares(
    panel: Panel, fitted: FittedFlows, cell: str, places: tuple[str, ...]
) -> tuple[np.ndarray, np.ndarray]:
    """Sum over reports of the log share of each place, and how many there are."""
    total, count = np.zeros(len(places)), np.zeros(len(places))
    flow = np.exp(fitted.eta_[FLOWS.index("arrivals"), panel.cells.index(cell)])
    position = {place: index for index, place in enumerate(places)}
    rows = panel.reports
    chosen = (rows["from_id"] == "") & (panel.arrays.flow == 0)
    own = np.flatnonzero(chosen & rows["place_id"].isin(places))
    covered = panel.arrays.weights[own, panel.cells.index(cell)] @ flow
    covered *= np.exp(_source_bias(fitted)[own])
    told = np.exp(counted(panel)[0][own])
    for place, persons, of_cell in zip(rows["place_id"].iloc[own], told, covered, strict=True):
        total[position[place]] += np.log(min(persons / of_cell, 1.0))
        count[position[place]] += 1
    return total, count


def _source_bias(fitted: FittedFlows) -> np.ndarray:
    """Mean log bias of each report's source over its reports on whole cells, (reports,)."""
    arrays = fitted.panel.arrays
    whole = pd.Series(fitted.bias_[~arrays.part]).groupby(arrays.source[~arrays.part]).mean()
    return pd.Series(arrays.source).map(whole).fillna(0.0).to_numpy()
