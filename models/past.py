"""What is known of the flows up to the day, as series that a model can be fitted to.

A few posterior draws of the flow state, summed to blocks of four weeks that end with the last full
week before the day. Blocks are whole weeks, so that no week is torn and all are of one length. What
is not known of the past is carried by the differences between draws (multiple imputation: Rubin
1987, Multiple Imputation for Nonresponse in Surveys).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import TooLittleData
from features.intensity import log_intensity
from features.overlap import DAY, REST
from features.panel import FLOWS, Panel, ReportArrays
from models.each_series import LEAST_BLOCKS
from models.flow_prior import deviations
from models.flow_state import FittedFlows, FlowState, eta_of
from models.streams import Flags, Floats, Ints

WEEKS = 4
# With fewer, forecasts depend on the luck of the draws.
DRAWS = 8
SEED = 1


@dataclass(frozen=True, eq=False)
class Past:
    """Draws of the log flows, (draws, flows, cells, weeks): `ended` weeks, and those known beyond.

    `flow` and `cell` are the positions of the series that reports tell of, `begins` the block in
    which the first of them does; all three are (series,).
    """

    flows: FittedFlows
    eta: Floats
    ended: int
    flow: Ints
    cell: Ints
    begins: Ints

    @cached_property
    def drivers(self) -> pd.DataFrame:
        """Mean log intensity of each block, a column a series."""
        return self._frame(_blocks(self.flows.x_[self.cell, : self.ended]).mean(axis=-1))

    def persons(self, draw: int) -> pd.DataFrame:
        """One draw of the flows, persons a block; missing before a report tells of them."""
        weekly = np.exp(self.eta[draw, self.flow, self.cell, : self.ended])
        persons = _blocks(weekly).sum(axis=-1)
        late = np.arange(persons.shape[1]) >= self.begins[:, None]
        return self._frame(np.where(late, persons, np.nan))

    def drivers_ahead(self, paths: Floats) -> Floats:
        """Mean log intensity (draws or 1, series, blocks) of the blocks that `paths` reach into."""
        panel = self.flows.panel
        half = panel.intensity.half if panel.intensity else 1.0
        x = log_intensity(paths, half)[:, self.cell, self.ended :]
        parts = [x[..., at : at + WEEKS].mean(axis=-1) for at in range(0, x.shape[-1], WEEKS)]
        return np.stack(parts, axis=-1) if parts else x

    def factors(self, unseen: ReportArrays, draw: Ints, rng: np.random.Generator) -> Floats:
        """Log factor of each unseen report, (draws, unseen), beside the flows of each `draw`."""
        left = self.flows.residuals(self.eta)[draw]
        scale = deviations(self.flows.prior, len(draw), rng)
        return self.flows.factors(left, scale, unseen, rng)

    def _frame(self, values: Floats) -> pd.DataFrame:
        """A frame of (series, blocks)."""
        cells = [*self.flows.panel.cells, REST]
        names = [
            (FLOWS[flow], cells[cell]) for flow, cell in zip(self.flow, self.cell, strict=True)
        ]
        return pd.DataFrame(values.T, columns=pd.MultiIndex.from_tuples(names))


@lru_cache(maxsize=1)
def past_of(panel: Panel) -> Past:
    """The past of a panel, always the same; the last is kept, for all models start from it.

    Raises TooLittleData where no series is told of for ten blocks.
    """
    flows = FlowState().fit(panel)
    ended = int((panel.weeks + 6 * DAY <= panel.day).sum())
    told = _weeks_told(panel)
    begins = _blocks(told[:, :, :ended]).any(axis=-1).argmax(axis=-1)
    long_enough = told.any(axis=-1) & (ended // WEEKS - begins >= LEAST_BLOCKS)
    if not long_enough.any():
        raise TooLittleData(
            f"crisis {panel.crisis.id!r} has no flow that reports published by "
            f"{panel.day:%Y-%m-%d} tell of for {LEAST_BLOCKS * WEEKS} weeks"
        )
    weeks = np.arange(max(ended, int(np.flatnonzero(told.any(axis=(0, 1)))[-1]) + 1))
    parameters = flows.sample(DRAWS, np.random.default_rng(SEED)).at(weeks)
    eta = _centred(eta_of(parameters, flows.x_[None, :, weeks]), flows.eta_[:, :, weeks])
    flow, cell = np.nonzero(long_enough)
    return Past(flows, eta, ended, flow, cell, begins[flow, cell])


def _centred(draws: Floats, mode: Floats) -> Floats:
    """Few draws moved to have the mode as their mean, and spread by what that takes from them."""
    return mode + (draws - draws.mean(axis=0)) * np.sqrt(len(draws) / (len(draws) - 1.0))


def _weeks_told(panel: Panel) -> Flags:
    """Whether a report tells of a week of a series, (flows, cells, weeks)."""
    arrays = panel.arrays
    by_flow = [arrays.weights[arrays.flow == flow].any(axis=0) for flow in range(len(FLOWS))]
    return np.stack(by_flow)


def _blocks(weekly: NDArray[Any]) -> NDArray[Any]:
    """Weeks (…, weeks) as blocks (…, blocks, weeks of a block) that end with the last week."""
    torn = weekly.shape[-1] % WEEKS
    return weekly[..., torn:].reshape(*weekly.shape[:-1], -1, WEEKS)
