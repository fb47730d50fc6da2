"""A linear pool of members, with the joint behaviour of the first.

Each member lends the pool a share of the draws of every report; the pooled figures then take the
ranks of the leading member's draws, so that reports of one draw belong together and sums over
places and months keep their spread (ensemble copula coupling: Schefzik, Thorarinsdottir & Gneiting,
2013, Statistical Science 28(4)).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy

import numpy as np
import pandas as pd

from features.errors import TooLittleData
from features.panel import Panel
from models.base import FittedReports
from models.baselines import BASELINES
from models.simulation import AttackDrivenFlows, FittedAttackDrivenFlows, forecast_paths
from models.streams import stream_names
from models.subdistricts import cells_of_reports, figures_of

LEAD = AttackDrivenFlows.name
WEIGHTS: Mapping[str, float] = {LEAD: 0.4, "attacks_only": 0.4, "ewm_6": 0.2}
LEAST_REPORTS = 4


class Pool:
    """Members and their weights as one model of reports."""

    name = "pool"
    version = "1"

    def __init__(self, weights: Mapping[str, float] = WEIGHTS) -> None:
        self.weights = dict(weights)

    def fit(self, panel: Panel) -> FittedPool:
        """Fit of the lead and of every other member that can be fitted.

        Raises TooLittleData where the lead has too little.
        """
        lead = AttackDrivenFlows().fit(panel)
        others = {}
        for name in self.weights:
            if name != LEAD:
                with suppress(TooLittleData):
                    others[name] = BASELINES[name].fit(panel)
        return FittedPool(lead, others, self.weights)


class FittedPool:
    """The lead and the others; members that could not be fitted leave their weight to the rest.

    The others know a stream by its own past, so they speak only where it has at least four reports.
    Where a sub-district's has fewer, its figures are a share of what is said of its cell.
    """

    def __init__(
        self,
        lead: FittedAttackDrivenFlows,
        others: Mapping[str, FittedReports],
        weights: Mapping[str, float],
    ) -> None:
        self.lead = lead
        self.others = dict(others)
        total = sum(weights[name] for name in (LEAD, *others))
        self.weights_ = {name: weights[name] / total for name in (LEAD, *others)}

    def predict(self, reports: pd.DataFrame, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Draws (draws, reports) of what the sources would publish."""
        panel = self.lead.flows.panel
        return self.predict_along(forecast_paths(panel, draws, rng), reports, draws, rng)

    def predict_along(
        self, paths: np.ndarray, reports: pd.DataFrame, draws: int, rng: np.random.Generator
    ) -> np.ndarray:
        """The same with the forecast `paths` of attacks (draws, cells, weeks) of each draw."""
        before = deepcopy(rng)
        own, *streams = rng.spawn(1 + len(self.others))
        figures = self.lead.predict_under(paths, reports, draws, own)
        known = self._known(reports)
        cells = cells_of_reports(self.lead.flows.panel, reports)
        new = (cells != "").to_numpy() & ~known
        if new.any():
            figures[:, new] = self._shared_out(cells[new], paths, reports[new], draws, before)
        if self.others and known.any():
            rows = reports[known].reset_index(drop=True)
            told = [
                member.predict(rows, draws, stream)
                for member, stream in zip(self.others.values(), streams, strict=True)
            ]
            figures[:, known] = pooled([figures[:, known], *told], list(self.weights_.values()))
        return figures

    def _shared_out(
        self,
        cells: pd.Series,
        paths: np.ndarray,
        reports: pd.DataFrame,
        draws: int,
        rng: np.random.Generator,
    ) -> np.ndarray:
        """Figures of sub-districts (draws, reports) by what would be said of their cells."""
        whole = reports.assign(place_id=cells).reset_index(drop=True)
        totals = self.predict_along(paths, whole, draws, rng)
        return figures_of(self.lead.flows, cells, reports, totals, rng)

    def predict_under(
        self, paths: np.ndarray, reports: pd.DataFrame, draws: int, rng: np.random.Generator
    ) -> np.ndarray:
        """The same under given attacks: the lead alone, for the pace of the past is no guide."""
        return self.lead.predict_under(paths, reports, draws, rng)

    def _known(self, reports: pd.DataFrame) -> np.ndarray:
        seen = stream_names(self.lead.flows.panel.reports).value_counts()
        return (stream_names(reports).map(seen).fillna(0) >= LEAST_REPORTS).to_numpy()


def pooled(told: Sequence[np.ndarray], weights: Sequence[float]) -> np.ndarray:
    """Mixture of draws (draws, reports) by weight, in the ranks of the first."""
    draws = len(told[0])
    counts = _shares(draws, weights)
    parts = [
        np.sort(figures, axis=0)[_evenly(draws, count)]
        for figures, count in zip(told, counts, strict=True)
    ]
    mixed = np.sort(np.concatenate(parts), axis=0)
    rank = told[0].argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    return np.take_along_axis(mixed, rank, axis=0)


def _evenly(draws: int, count: int) -> np.ndarray:
    """Positions of `count` of `draws` sorted draws, evenly by rank."""
    return ((np.arange(count) + 0.5) / count * draws).astype(np.int64) if count else np.arange(0)


def _shares(draws: int, weights: Sequence[float]) -> list[int]:
    """Whole numbers of draws by weight that sum to `draws` (largest remainders)."""
    exact = np.array(weights) * draws
    counts = np.floor(exact).astype(np.int64)
    short = draws - int(counts.sum())
    counts[np.argsort(counts - exact, kind="stable")[:short]] += 1
    return [int(count) for count in counts]
