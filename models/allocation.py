"""Which part of a cell's arrivals each of its sub-districts receives.

What is expected comes from gravity: people leave where attacks fell of late, as many as the fit has
leave each cell, and go to the sub-districts within reach, those of the border belt before others.
Reports that name places turn into compositions (`models.listings`), and a share is their mean with
the expected one, each told composition losing half its weight in a year: where earlier waves went,
the next goes too. A share moves from window to window by `MONTH_SD` in log units, and by
`WEIGHT_SD` more where no report told of the place. Shares are weights over their sum, so places add
up to their cell in every draw.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.overlap import DAY
from models.flow_state import FittedFlows
from models.gravity import learned
from models.listings import Listings, listings_of
from models.origins import pull_of
from models.simulation import size_biased

Floats = NDArray[np.float64]

LEVEL = "admin3"
# Dana alone held 31 % of all displaced in Idleb and around in May 2018 (`../shared/FIELD.md` §5.2);
# so a place of the belt stands for eight others.
BELT_WEIGHT = 8.0
WEIGHT_SD = 1.0
MONTH_SD = 0.7
# Told compositions that the expected one is worth, and days in which one loses half its weight.
PRIOR_WORTH = 2.0
HALF_LIFE = 365.0
# How much more the figures of named places add up to than their shares: shrunk to nothing as by so
# many listings, and uncertain by so much in log units.
EXCESS_WORTH = 2.0
EXCESS_SD = 0.5
LEAST_SHARE = 1e-6
EPOCH = pd.Timestamp(0)


@dataclass(frozen=True)
class Destinations:
    """Sub-districts of one cell, with the mean and sd of their log weights.

    `reports` (places,) counts what told of each place; `told` are those reports, `weight`
    (listings,) what is left of each.
    """

    places: tuple[str, ...]
    mean: Floats
    sd: Floats
    reports: Floats
    told: Listings
    weight: Floats

    def sample(self, draws: int, rng: np.random.Generator) -> Floats:
        """Shares of the cell's arrivals, (draws, places), each draw summing to one."""
        if not self.places:
            return np.zeros((draws, 0))
        weight = self.mean + self.sd * rng.standard_normal((draws, len(self.places)))
        weight = np.exp(weight - weight.max(axis=1, keepdims=True))
        return np.asarray(weight / weight.sum(axis=1, keepdims=True))

    def figures(
        self, totals: Floats, at: NDArray[np.int64], shares: Floats, rng: np.random.Generator
    ) -> Floats:
        """What a source would publish of the places `at`, given that it names them at all.

        `totals` (draws, reports) are what it would say of the whole cell, `shares` draws of
        `sample`. Sources name the places where most arrive, so a share counts by its size, and
        with it goes what named places together exceeded their shares by so far.
        """
        of_places = shares[:, at]
        excess = self._excess(shares) + EXCESS_SD * rng.standard_normal((len(totals), 1))
        return np.asarray(size_biased(of_places, totals * of_places) * np.exp(excess))

    def _excess(self, shares: Floats) -> float:
        if not len(self.weight):
            return 0.0
        expected = np.square(shares).mean(axis=0) / np.maximum(shares.mean(axis=0), LEAST_SHARE)
        share = np.maximum(self.told.named @ expected, LEAST_SHARE)
        excess = np.log(self.told.persons.sum(axis=1) / (self.told.covered * share))
        return float(self.weight @ excess / (self.weight.sum() + EXCESS_WORTH))


def fit_destinations(fitted: FittedFlows, cell: str) -> Destinations:
    """Log weights of the sub-districts of a cell from the attacks and reports known to the fit.

    A place that no way leads to has no share, whatever earlier waves did.
    """
    places = tuple(fitted.panel.crisis.places.at_level(LEVEL, under=cell))
    told = listings_of(fitted, cell, places)
    return destinations_of(fitted, places, _expected(fitted, places, told), told)


def destinations_of(
    fitted: FittedFlows, places: tuple[str, ...], expected: Floats, told: Listings
) -> Destinations:
    """Log weights of places from what is `expected` (places,) and what was told of them."""
    age = (fitted.panel.day - EPOCH) / DAY - told.middle
    weight = 0.5 ** (np.maximum(age, 0.0) / HALF_LIFE)
    mean = PRIOR_WORTH * expected + weight @ told.shares(expected)
    spread = PRIOR_WORTH / (PRIOR_WORTH + weight @ told.named)
    with np.errstate(divide="ignore"):
        mean = np.log(np.where(expected > 0.0, mean, 0.0) / (PRIOR_WORTH + weight.sum()))
    return Destinations(
        places=places,
        mean=mean,
        sd=np.sqrt(MONTH_SD**2 + WEIGHT_SD**2 * spread),
        reports=told.named.sum(axis=0).astype(np.float64),
        told=told,
        weight=weight,
    )


def _expected(fitted: FittedFlows, places: tuple[str, ...], told: Listings) -> Floats:
    """Shares by gravity and belt (places,), moved by what was told of them."""
    belt = np.isin(places, fitted.panel.crisis.border_belt).astype(np.float64)
    pull, journey = pull_of(fitted, places)
    expected = shares_of(pull * BELT_WEIGHT**belt)
    terms = np.stack([belt, journey], axis=1)
    change = learned(terms, told.shares(expected), expected)
    return shares_of(expected * np.exp(terms @ change))


def shares_of(pull: Floats) -> Floats:
    """Shares of pulls; all alike where nothing pulls."""
    return pull / pull.sum() if pull.sum() > 0.0 else np.full(len(pull), 1.0 / max(len(pull), 1))
