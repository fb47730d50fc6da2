"""Figures of a trigger's days as they are expected, with the spread of what is not known of them.

Whether the threshold was passed is known of some days with a chance only. Every figure is the
expectation over these chances. Its interval resamples the days in blocks of three months
(`forecast.skill`) and draws in every resample anew what came, in two ways: each window by itself,
and all windows by one number, as if their errors were one. Which is wider depends on the figure:
errors in common spread a count of events, but not always a cost, for a miss more is then a false
alarm less. The wider ends of both are told. Lines of one window share what came of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from forecast.skill import RESAMPLES, SURE, Estimate, resampled_months
from forecast.trigger import Trigger
from forecast.trigger_record import Line

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TAILS = ((1.0 - SURE) / 2.0, (1.0 + SURE) / 2.0)


class Sample:
    """Lines whose outcome is known, resampled; draws of a figure are (2, resamples).

    `chance` is how likely each was passed, (lines,); `drawn` whether it was, (2, resamples, lines).
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self.chance = np.array([x.came.chance for x in lines if x.came is not None])
        months = np.array([x.as_of for x in lines], dtype="datetime64[M]")
        of_month, counts = resampled_months(months, seed=1)
        self._counts = counts[:, of_month]
        starts = np.array([x.start for x in lines], dtype="datetime64[D]")
        self.window = np.unique(starts, return_inverse=True)[1]
        rng = np.random.default_rng(1)
        apart = rng.random((RESAMPLES, self.window.max() + 1))[:, self.window]
        as_one = np.broadcast_to(rng.random((RESAMPLES, 1)), apart.shape)
        self.drawn: Flags = np.stack([apart, as_one]) < self.chance

    def loss(self, alarm: Flags, trigger: Trigger) -> tuple[float, Floats]:
        """Expected cost of a line, and the mean of each resample."""
        miss, false = trigger.cost_miss * ~alarm, trigger.cost_false_alarm * alarm
        own = self.chance * miss + (1.0 - self.chance) * false
        return float(own.mean()), self._means(np.where(self.drawn, miss, false))

    def brier(self, probability: Floats) -> Estimate:
        """Expected squared error of a probability, (lines,)."""
        own = self.chance * np.square(1.0 - probability)
        own += (1.0 - self.chance) * np.square(probability)
        return estimate(float(own.mean()), self._means(np.square(probability - self.drawn)))

    def caught(self, alarm: Flags) -> Estimate | None:
        """Share of the events that had an alarm; None where there was no event for sure."""
        return self._share(self.chance * alarm, self.chance, self.drawn & alarm, self.drawn)

    def false(self, alarm: Flags) -> Estimate | None:
        """Share of the alarms that had no event; None without an alarm."""
        every = np.broadcast_to(alarm, self.drawn.shape)
        return self._share(
            (1.0 - self.chance) * alarm, alarm.astype(np.float64), ~self.drawn & alarm, every
        )

    def passed(self, among: Flags) -> Estimate:
        """Share of these lines that was passed, at least one of them."""
        hits, n = float(self.chance[among].sum()), int(among.sum())
        return _jeffreys(hits, n, len(np.unique(self.window[among])))

    def _means(self, values: Floats) -> Floats:
        """Mean over the lines of each resample."""
        return np.asarray((self._counts * values).sum(axis=-1) / self._counts.sum(axis=-1))

    def _share(
        self, part: Floats, of: Floats, drawn_part: Flags, drawn_of: Flags
    ) -> Estimate | None:
        """Sum of `part` over that of `of`; nowhere narrower than as many windows say."""
        if not of.any():
            return None
        windows = np.zeros(self.window.max() + 1)
        np.maximum.at(windows, self.window, of)
        hits, n = float(part.sum()), float(of.sum())
        least = _jeffreys(hits, n, float(windows.sum()))
        total = (self._counts * drawn_of).sum(axis=-1)
        some = (total > 0).all(axis=0)
        if not some.any():
            return least
        share = (self._counts * drawn_part).sum(axis=-1)[:, some] / total[:, some]
        found = estimate(hits / n, share)
        return Estimate(found.value, min(found.low, least.low), max(found.high, least.high))


def estimate(value: float, draws: Floats) -> Estimate:
    """A figure with the wider ends of its 90 % intervals, of draws (2, resamples)."""
    low, high = np.quantile(draws, TAILS, axis=-1)
    return Estimate(value, float(low.min()), float(high.max()))


def _jeffreys(hits: float, n: float, windows: float) -> Estimate:
    """Share of hits with its Jeffreys interval, to the end where all or none are.

    `n` lines of fewer `windows` tell no more than one line a window.
    """
    held = windows / n
    low, high = np.asarray(beta.ppf(TAILS, hits * held + 0.5, (n - hits) * held + 0.5)).tolist()
    return Estimate(hits / n, low if hits > 0.0 else 0.0, high if hits < n else 1.0)
