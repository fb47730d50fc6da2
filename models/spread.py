"""How far a baseline is off, learnt from its own past errors on the log scale.

The mean square error at a distance of `g` months is `fixed + slope * g`, from the errors of all
streams one to six reports ahead. Each stream multiplies it by its own ratio, shrunk to one as if by
five errors of the pool.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls
from scipy.stats import norm

from models.streams import Floats, Grid, Ints

Weigh = Callable[[Grid, Floats], Floats]

STEPS_AHEAD = 6
SHRINK = 5.0
FLOOR = 0.2
LEAST_ERRORS = 10
DAYS_OF_MONTH = 30.44
# Where past errors are too few: root mean square step between ISMI's monthly figures for Idleb,
# 2018-2019 (`../shared/FIELD.md` §4.5).
TYPICAL = 1.08
NO_ERROR = 1e-6
NORMAL = np.asarray(norm.ppf((np.arange(199) + 0.5) / 199))


@dataclass(frozen=True)
class Errors:
    """Past errors: log figure minus log forecast, months apart, stream, and reports ahead."""

    error: Floats
    months: Floats
    stream: Ints
    ahead: Ints


@dataclass(frozen=True)
class Spread:
    """Error variance of the pool, ratio of each stream to it, and the shape of scaled errors."""

    fixed: float
    slope: float
    ratio: Floats
    shape: Floats

    def variance(self, stream: Ints, months: Floats) -> tuple[Floats, Floats]:
        """Variance of the observation and of the drift in `months`, together not below the floor.

        `stream` is the number of each forecast's stream; a negative one has the pool's variance.
        """
        ratio = np.where(stream >= 0, self.ratio[stream], 1.0)
        drift = ratio * self.slope * months
        return np.maximum(ratio * self.fixed, FLOOR**2 - drift), drift


def centre(grid: Grid, weights: Floats) -> Floats:
    """Weighted mean log rate of the reports above zero, (streams,); NaN where there is none."""
    kept = above_zero(grid, weights)
    with np.errstate(invalid="ignore"):
        return np.asarray((kept * np.nan_to_num(grid.rate)).sum(axis=1) / kept.sum(axis=1))


def above_zero(grid: Grid, weights: Floats) -> Floats:
    """The weights of reports above zero; equal ones where all weight lies on zeros."""
    kept = weights * grid.positive
    return np.where(kept.sum(axis=1, keepdims=True) > 0.0, kept, grid.positive)


def past_errors(grid: Grid, weigh: Weigh) -> Errors:
    """Errors that the weights would have made at each past report, one to six reports ahead."""
    last = grid.rate.shape[1] - 1
    pairs = [(to - ahead, to) for to in range(1, last + 1) for ahead in range(1, STEPS_AHEAD + 1)]
    parts = [_errors_at(grid, weigh, origin, to) for origin, to in pairs if origin >= 0]
    error, months, stream, ahead = np.concatenate([np.empty((4, 0)), *parts], axis=1)
    return Errors(error, months, stream.astype(np.int64), ahead.astype(np.int64))


def months_between(grid: Grid, at: Floats) -> Floats:
    """Months from the newest report of each stream to `at`, never negative."""
    return np.maximum(at - grid.middle[:, -1], 0.0) / DAYS_OF_MONTH


def fit_spread(errors: Errors, streams: int) -> Spread:
    """Spread from past errors; a typical one where there are fewer than ten."""
    if len(errors.error) < LEAST_ERRORS:
        return Spread(TYPICAL**2, 0.0, np.ones(streams), NORMAL)
    square = np.square(errors.error)
    fixed, slope = nnls(np.stack([np.ones_like(square), errors.months], axis=1), square)[0]
    pool = np.maximum(fixed + slope * errors.months, FLOOR**2)
    next_one = errors.ahead == 1
    stream = errors.stream[next_one]
    own = np.bincount(stream, (square / pool)[next_one], minlength=streams)
    ratio = (own + SHRINK) / (np.bincount(stream, minlength=streams) + SHRINK)
    scaled = errors.error / np.sqrt(pool * ratio[errors.stream])
    return Spread(float(fixed), float(slope), ratio, _symmetric(scaled))


def _symmetric(errors: Floats) -> Floats:
    """Errors of either sign, their mean square one; normal where there was no error at all."""
    size = float(np.sqrt(np.square(errors).mean()))
    return np.concatenate([errors, -errors]) / size if size > NO_ERROR else NORMAL


def _errors_at(grid: Grid, weigh: Weigh, origin: int, to: int) -> Floats:
    """Rows error, months, stream, ahead; a column for each stream that has both reports."""
    seen = grid.positive[:, : origin + 1].any(axis=1) & grid.known[:, origin]
    stream = np.flatnonzero(grid.positive[:, to] & seen)
    past = grid.until(origin).rows(stream)
    at = grid.middle[stream, to]
    error = grid.rate[stream, to] - centre(past, weigh(past, at))
    return np.stack([error, months_between(past, at), stream, np.full(len(stream), to - origin)])
