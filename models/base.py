"""The three protocols every model obeys; `tests/models/test_conformance.py` runs over all of them.

A constructor only stores, `fit` validates and returns what was fitted, fitted names end in `_`. All
randomness comes from the generator given: the same seed gives the same draws. Nothing that was
published after the panel's day may change a result.
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
    """A fit of one reconciled series."""

    def simulate(
        self, steps: int, drivers: np.ndarray, draws: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Draws (draws, steps) of the series after its end; `drivers` is (draws or 1, steps)."""
        ...


@runtime_checkable
class SeriesModel(Protocol):
    """Fits a regular series of persons and its driver."""

    name: str
    version: str

    def fit(self, series: pd.Series, driver: pd.Series) -> FittedSeries:
        """Fit to a monthly series (persons) and its driver on the same index."""
        ...


class FittedAllocation(Protocol):
    """Shares of a cell's arrivals by place."""

    places: tuple[str, ...]

    def sample(self, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Shares (draws, places), each draw summing to one."""
        ...
