"""Gradient-boosted trees, one fit for all series.

Of each block, trees are asked for the multiple of what was usual in the series until then, and told
the flow, how far the drivers of this block and the one before are off what was usual, and the same
of the last two blocks. How far they are off is learnt from runs of blocks left out of the fit; a
draw resamples those errors, scaled to the series, block by block, each on top of its own past.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import PredefinedSplit, cross_val_predict

from features.panel import FLOWS
from models.each_series import persons_of, refuse_unfit
from models.spread import SHRINK
from models.streams import Floats, Ints

LAGS = 2
FOLDS = 5


class Boosting:
    """Histogram gradient boosting with the Poisson loss."""

    name = "boosting"
    version = "1"

    def fit(self, series: pd.DataFrame, drivers: pd.DataFrame) -> FittedBoosting:
        """Raises TooLittleData, see SeriesModel."""
        refuse_unfit(series)
        told = _Told(series, drivers)
        block, number = told.rows()
        design, wanted = told.design(block, number), told.off(block, number)
        left_out = PredefinedSplit(block * FOLDS // len(series))
        mean = cross_val_predict(_trees(), design, np.exp(wanted), cv=left_out)
        errors = wanted - np.log(mean)
        deviation = _deviation(errors, number)
        return FittedBoosting(
            trees=_trees().fit(design, np.exp(wanted)),
            told=told,
            errors=errors / deviation[number],
            deviation=deviation,
        )


class _Told:
    """Logs of the series and their drivers, and what was usual before each block.

    All are (blocks, series); what is usual has a row more, for the blocks to come.
    """

    def __init__(self, series: pd.DataFrame, drivers: pd.DataFrame) -> None:
        level: pd.DataFrame = np.log1p(series)  # type: ignore[assignment]  # a frame it stays
        self.flow = np.array([FLOWS.index(flow) for flow in series.columns.get_level_values(0)])
        self.level, self.driver = level.to_numpy(np.float64), drivers.to_numpy(np.float64)
        self.usual = _means_before(level)
        self.usual_driver = _means_before(drivers.where(series.notna()))

    def rows(self) -> tuple[Ints, Ints]:
        """Block and series of every figure whose last two blocks are known."""
        known = np.isfinite(self.level)
        block, number = np.nonzero(known[LAGS:] & known[:-LAGS])
        return block + LAGS, number

    def off(self, block: Ints, number: Ints) -> Floats:
        """How far figures are off what was usual before their block."""
        return self.level[block, number] - self.usual[block, number]

    def design(self, block: Ints, number: Ints) -> Floats:
        """What trees are told, a row a figure."""
        usual, usual_driver = self.usual[block, number], self.usual_driver[block, number]
        return _design(
            self.flow[number],
            *(self.driver[block - lag, number] - usual_driver for lag in (0, 1)),
            *(self.level[block - lag, number] - usual for lag in range(1, LAGS + 1)),
        )


@dataclass(frozen=True)
class FittedBoosting:
    """Trees, their errors in units of the `deviation` of each series, and where series stand."""

    trees: HistGradientBoostingRegressor
    told: _Told
    errors: Floats
    deviation: Floats

    def simulate(self, drivers: Floats, draws: int, rng: np.random.Generator) -> Floats:
        """Draws (draws, series, blocks) of persons, see FittedSeries."""
        told, shape = self.told, (draws, drivers.shape[1])
        paths = np.moveaxis(drivers - told.usual_driver[-1][:, None], 2, 0)
        before = np.broadcast_to(told.driver[-1] - told.usual_driver[-1], shape)
        offs = [np.broadcast_to(last - told.usual[-1], shape) for last in told.level[-LAGS:]]
        flow = np.broadcast_to(told.flow, shape)
        for path in paths:
            attacks = np.broadcast_to(path, shape)
            design = _design(flow, attacks, before, *offs[: -LAGS - 1 : -1])
            mean = self.trees.predict(design).reshape(shape)
            offs.append(np.log(mean) + self.deviation * rng.choice(self.errors, size=shape))
            before = attacks
        return persons_of(np.stack(offs[LAGS:], axis=2) + told.usual[-1][:, None])


def _means_before(values: pd.DataFrame) -> Floats:
    """Mean of all rows before each, and of all; (rows + 1, columns)."""
    means = values.expanding().mean().to_numpy(np.float64)
    return np.concatenate([np.full((1, means.shape[1]), np.nan), means])


def _trees() -> HistGradientBoostingRegressor:
    """Few, small trees: there are some hundreds of rows."""
    return HistGradientBoostingRegressor(
        loss="poisson",
        max_iter=50,
        max_leaf_nodes=8,
        early_stopping=False,
        random_state=0,
    )


def _design(*columns: Floats | Ints) -> Floats:
    return np.stack([column.ravel() for column in columns], axis=1).astype(np.float64)


def _deviation(errors: Floats, number: Ints) -> Floats:
    """Root mean square error of each series, shrunk to that of all as if by five errors."""
    square = np.square(errors)
    own, count = np.bincount(number, square), np.bincount(number)
    return np.sqrt((own + SHRINK * square.mean()) / (count + SHRINK))
