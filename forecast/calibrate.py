"""What its track record teaches a forecast: how wide to be, and when to step back.

The middle of the distribution and its tails are scaled apart on the log scale, each by how far off
the pool was (conformal in spirit: Romano, Patterson & Candes, 2019, NeurIPS 32; by quantiles of
past errors in units of the forecast's own spread). Both factors are shrunk to one as if by twelve
months of a calibrated past, months count alike however many reports each had, and tails are never
narrowed: the past may have been quieter than what comes. One pair of factors serves all horizons;
factors of each horizon scored no better (`docs/models.md`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from features.track_record import known_by
from models.pool import Pool
from models.streams import Floats, Ints

POOL = Pool.name
SHRINK_MONTHS = 12
LEAST_MONTHS = 6
FALLBACKS = ("last_value", "expanding_mean", "ewm_6", "ewm_18")
CLEARLY = 1.05
CORE, TAIL = 0.5, 0.9
# Deviations up to CORE_ENDS are scaled as the core, those from TAIL_STARTS on as the tails.
CORE_ENDS, TAIL_STARTS = 0.7, 2.0
FURTHEST_PIT = 0.002
LEAST_FACTOR = 0.3


@dataclass(frozen=True)
class Calibration:
    """Factors on the log deviations of the pool, from `months` of record.

    `instead` is the baseline that is served in its place because it has been clearly better.
    """

    months: int = 0
    core: float = 1.0
    tail: float = 1.0
    instead: str | None = None

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the forecast must know of it."""
        if not self.months:
            return ("uncalibrated: no past forecast of this crisis has been scored yet",)
        if self.instead:
            return (
                f"the baseline {self.instead} has been better over the last scored months "
                "and is served in place of the model",
            )
        return ()

    def apply(self, draws: Floats) -> Floats:
        """Draws (draws, reports) with their log deviations from the median scaled.

        Zeros stay zeros, the median is that of the draws above zero, every draw keeps its rank.
        """
        if self.core == self.tail == 1.0:
            return draws
        order = draws.argsort(axis=0, kind="stable")
        ascending = np.take_along_axis(draws, order, axis=0)
        zeros = (ascending == 0.0).sum(axis=0)
        logged = np.log(np.where(ascending > 0.0, ascending, 1.0))
        middle = logged[(zeros + len(draws) - 1) // 2, np.arange(draws.shape[1])]
        scaled = np.exp(middle + (logged - middle) * self._factors(len(draws), zeros))
        scaled = np.sort(np.where(ascending > 0.0, scaled, 0.0), axis=0)
        found = np.empty_like(draws)
        np.put_along_axis(found, order, scaled, axis=0)
        return found

    def _factors(self, draws: int, zeros: Ints) -> Floats:
        """Factor of each draw above zero by its rank among them, ascending, (draws, reports)."""
        rank = np.maximum(np.arange(draws)[:, None] - zeros, 0)
        deviation = np.abs(norm.ppf((rank + 0.5) / np.maximum(draws - zeros, 1)))
        part = np.clip((deviation - CORE_ENDS) / (TAIL_STARTS - CORE_ENDS), 0.0, 1.0)
        return np.asarray(self.core + (self.tail - self.core) * part)


def calibration(record: pd.DataFrame, day: pd.Timestamp, kind: str = "forecast") -> Calibration:
    """Calibration on what the record tells of forecasts of this kind whose figures came by `day`.

    Reports outside the focus and nowcasts do not count.
    """
    known = known_by(record, day)
    known = known[known["pooled"] & (known["horizon"] > 0) & (known["kind"] == kind)]
    pool = known[known["member"] == POOL]
    months = int(pool["as_of"].nunique())
    if not months:
        return Calibration()
    off = np.abs(norm.ppf(pool["pit"].clip(FURTHEST_PIT, 1.0 - FURTHEST_PIT).to_numpy()))
    weight = 1.0 / pool.groupby("as_of")["as_of"].transform("size").to_numpy(dtype=np.float64)
    core, tail = (_factor(off, weight, level, months) for level in (CORE, TAIL))
    return Calibration(months, core, max(tail, 1.0), _better_baseline(known))


def _factor(off: Floats, weight: Floats, level: float, months: int) -> float:
    """Ratio of how far figures lay off to how far they should, at a central level, shrunk."""
    order = np.argsort(off, kind="stable")
    share = (np.cumsum(weight[order]) - weight[order] / 2.0) / weight.sum()
    ratio = float(np.interp(level, share, off[order])) / float(norm.ppf((1.0 + level) / 2.0))
    trust = months / (months + SHRINK_MONTHS)
    return float(max(ratio, LEAST_FACTOR) ** trust)


def _better_baseline(known: pd.DataFrame) -> str | None:
    """The baseline that scored clearly better than the pool over the last twelve months known."""
    of_pool = known.loc[known["member"] == POOL, "as_of"]
    last = np.sort(of_pool.unique())[-SHRINK_MONTHS:]
    if len(last) < LEAST_MONTHS:
        return None
    recent = known[known["as_of"].isin(last)]
    mean = recent[recent["member"].isin((POOL, *FALLBACKS))].groupby("member")["score"].mean()
    best = str(mean.idxmin())
    return best if mean[POOL] > CLEARLY * mean[best] else None
