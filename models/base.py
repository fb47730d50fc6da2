"""The two protocols of models that forecast; `tests/models/test_conformance.py` runs over all.

A constructor only stores, `fit` validates and returns what was fitted, fitted names end in `_`. Two
fits of one panel are the same. The randomness of draws comes from the generator given: the same
seed gives the same draws. Nothing that was published after the panel's day may change a result.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

from features.panel import Panel


class FittedReports(Protocol):
    """A fit that can say what a source would publish."""

    def predict(self, reports: pd.DataFrame, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Draws (draws, reports) of persons for rows with start, end and the stream columns."""
        ...


@runtime_checkable
class ReportModel(Protocol):
    """Fits published reports as they are."""

    name: str
    version: str

    def fit(self, panel: Panel) -> FittedReports:
        """Fit to what the panel holds. Raises TooLittleData where that is too little."""
        ...


class FittedSeries(Protocol):
    """A fit of reconciled series."""

    def simulate(self, drivers: np.ndarray, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Draws (draws, series, blocks) of persons in the blocks after the last.

        `drivers` is (draws or 1, series, blocks), and says how many blocks there are.
        """
        ...


@runtime_checkable
class SeriesModel(Protocol):
    """Fits regular series of persons and their drivers."""

    name: str
    version: str

    def fit(self, series: pd.DataFrame, drivers: pd.DataFrame) -> FittedSeries:
        """Fit to persons a block: a column (flow, cell) a series, missing before it begins.

        `drivers` has the same rows and columns, and nothing missing. Raises TooLittleData where a
        series is too short, NotConverged where no fit is found.
        """
        ...
