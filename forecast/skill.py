"""How sure a mean score or a hit rate is, when the forecasts of neighbouring months move together.

A report is a target of up to three as-of months, and all targets of one month see the same war. So
nothing is resampled but whole as-of months, in circular blocks of three that follow one another
(Politis & Romano 1992).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from forecast.scores import Flags, Floats

BLOCK = 3
RESAMPLES = 2000
SURE = 0.90


@dataclass(frozen=True)
class Estimate:
    """A figure with the ends of its 90 % interval."""

    value: float
    low: float
    high: float


def relative_skill(score: Floats, other: Floats) -> float:
    """Ratio of mean scores over the same forecasts, below one where `score` is better."""
    return float(score.mean() / other.mean())


def relative_skill_interval(
    score: Floats, other: Floats, month: np.ndarray, seed: int = 1
) -> Estimate:
    """`relative_skill` with its block-bootstrap interval; all arguments are (forecasts,).

    The mean of `other` must be above zero.
    """
    of_month, counts = resampled_months(month, seed)
    ours, theirs = (counts @ np.bincount(of_month, values) for values in (score, other))
    some = theirs > 0.0
    low, high = _ends(ours[some] / theirs[some])
    return Estimate(relative_skill(score, other), low, high)


def coverage_band(hits: Flags, nominal: float, month: np.ndarray, seed: int = 1) -> Estimate:
    """Hit rate, and the band in which it lies in 90 of 100 cases if coverage is `nominal`.

    With `H` the hit rate and `c[m]` how often a resample holds month `m`, its deviation is

        D = sum_m c[m] * sum_(i in m) (hit[i] - H) / sum_m c[m] * n[m]

    which has mean about zero and the spread that months moving together give `H`. The band is
    `nominal` plus the 5 and 95 % quantiles of `D`, and nowhere narrower than the binomial band of
    as many independent forecasts: a few months that all hit would else give a band of no width.
    """
    hit = hits.astype(np.float64)
    of_month, counts = resampled_months(month, seed)
    deviation = counts @ np.bincount(of_month, hit - hit.mean()) / (counts @ np.bincount(of_month))
    low, high = _ends(deviation)
    tails = np.array([(1.0 - SURE) / 2.0, (1.0 + SURE) / 2.0])
    least, most = np.asarray(binom.ppf(tails, len(hit), nominal)) / len(hit)
    return Estimate(
        value=float(hit.mean()),
        low=float(max(0.0, min(nominal + low, least))),
        high=float(min(1.0, max(nominal + high, most))),
    )


def resampled_months(month: np.ndarray, seed: int) -> tuple[np.ndarray, Floats]:
    """Number of each forecast's month, and how often each resample holds it (resamples, months)."""
    months, of_month = np.unique(month, return_inverse=True)
    length = max(1, min(BLOCK, len(months) // 2))
    blocks = -(-len(months) // length)
    starts = np.random.default_rng(seed).integers(len(months), size=(RESAMPLES, blocks, 1))
    drawn = ((starts + np.arange(length)) % len(months)).reshape(RESAMPLES, -1)[:, : len(months)]
    slot = drawn + len(months) * np.arange(RESAMPLES)[:, None]
    counts = np.bincount(slot.ravel(), minlength=RESAMPLES * len(months))
    return of_month, counts.reshape(RESAMPLES, -1).astype(np.float64)


def _ends(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, [(1.0 - SURE) / 2.0, (1.0 + SURE) / 2.0])
    return float(low), float(high)
