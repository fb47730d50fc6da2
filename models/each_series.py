"""What the models of reconciled series share, above all of those that fit each on its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from features.errors import NuzuhError, TooLittleData
from models.streams import Floats

LEAST_BLOCKS = 10
# Normal priors around zero. Flight hardly ever grows faster than the attacks behind it: slopes, on
# log intensity and on the log flow of the block before. The mean: around that of the log series.
SLOPE_SD = 1.0
MEAN_SD = 5.0
MOST_PERSONS = 1e12


class NotConverged(NuzuhError):
    """A fit was not found; no forecast is made of what the search left behind."""


class FittedOne(Protocol):
    """A fit of one series."""

    def simulate(self, driver: Floats, rng: np.random.Generator) -> Floats:
        """Persons in the blocks to come under `driver`, both (draws, blocks)."""
        ...


@dataclass
class EachSeries:
    """A SeriesModel that makes nothing of what series have in common.

    `fit_one` is given the persons of one series and its driver, both (blocks,).
    """

    name: str
    fit_one: Callable[[Floats, Floats], FittedOne]
    version: str = "1"

    def fit(self, series: pd.DataFrame, drivers: pd.DataFrame) -> FittedEach:
        """Raises TooLittleData and NotConverged, see SeriesModel."""
        refuse_unfit(series)
        parts = [(series[name].dropna(), drivers[name]) for name in series]
        return FittedEach(
            tuple(
                self.fit_one(persons.to_numpy(np.float64), driver[persons.index].to_numpy())
                for persons, driver in parts
            )
        )


@dataclass(frozen=True)
class FittedEach:
    """A fit a series; their shocks have nothing in common but the drivers."""

    each: tuple[FittedOne, ...]

    def simulate(self, drivers: Floats, draws: int, rng: np.random.Generator) -> Floats:
        """Draws (draws, series, blocks) of persons, see FittedSeries."""
        wide = np.broadcast_to(drivers, (draws, *drivers.shape[1:]))
        told = [one.simulate(wide[:, number], rng) for number, one in enumerate(self.each)]
        return np.stack(told, axis=1)


def refuse_unfit(series: pd.DataFrame) -> None:
    """Raises TooLittleData where a series has fewer than ten blocks, or never changes."""
    known = series.notna().sum()
    if known.min() < LEAST_BLOCKS:
        raise TooLittleData(
            f"a reconciled series has {known.min()} blocks of four weeks; "
            f"at least {LEAST_BLOCKS} are needed"
        )
    if (series.max() == series.min()).any():
        raise TooLittleData("a reconciled series never changes")


def persons_of(log_persons: Floats) -> Floats:
    """The inverse of log(1 + persons), kept within what can be computed with."""
    return np.expm1(np.clip(log_persons, 0.0, np.log(MOST_PERSONS)))


def spread_of(freedom: int, draws: int, rng: np.random.Generator) -> Floats:
    """Factors on standard deviations, (draws,), that make normal draws Student's t."""
    return np.sqrt(freedom / rng.chisquare(freedom, size=draws))
