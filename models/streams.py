"""Past reports of each stream as daily rates, for models that look at nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import TooLittleData
from features.panel import STREAM, Panel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

WINDOW = (5, 45)
SHRINK_STREAM_ZEROS = 10.0
SHRINK_RECENT_ZEROS = 5.0
POOL_DAYS = 90.0
RECENT = 6.0


@dataclass(frozen=True)
class Grid:
    """Reports of several streams, (streams, reports); the last column holds the newest of each.

    `rate` is log((persons + 1) / days), `middle` of the window in days since 1970, `known` whether
    there is a report at all and `zero` whether it said none.
    """

    names: pd.Index
    rate: Floats
    middle: Floats
    known: Flags
    zero: Flags

    @property
    def positive(self) -> Flags:
        """Reports of more than zero persons."""
        return self.known & ~self.zero

    def rows(self, index: Ints) -> Grid:
        """The streams at these positions."""
        return self._part((index, slice(None)), self.names[index])

    def until(self, column: int) -> Grid:
        """The reports up to a column, that one included."""
        return self._part((slice(None), slice(column + 1)), self.names)

    def _part(self, at: tuple[Any, slice], names: pd.Index) -> Grid:
        return Grid(names, self.rate[at], self.middle[at], self.known[at], self.zero[at])


@dataclass(frozen=True)
class Histories:
    """What a panel knows of each stream, and of all streams that a new one may resemble.

    `rows` are those of `daily_rates`.
    """

    rows: pd.DataFrame

    @cached_property
    def own(self) -> Grid:
        """Each stream."""
        return _grid(self.rows, self.rows["stream"])

    @cached_property
    def alike(self) -> Grid:
        """All streams of each source and measure."""
        return _grid(self.rows, self.rows["alike"])

    @cached_property
    def every(self) -> Grid:
        """All streams as one."""
        return _grid(self.rows, pd.Series("", index=self.rows.index))

    def number(self, reports: pd.DataFrame) -> Ints:
        """Row of each report's stream in `own`; -1 where it had no figure above zero."""
        return _found(self.own, stream_names(reports), self.own.positive)

    def rates_of(self, reports: pd.DataFrame) -> Grid:
        """A row a report: its stream, else the streams of its source and measure, else all.

        Only streams with a figure above zero serve.
        """
        return self._nearest(reports, lambda grid: grid.positive)

    def zeros_of(self, reports: pd.DataFrame) -> Grid:
        """The same, but streams that only ever said zero serve too."""
        return self._nearest(reports, lambda grid: grid.known)

    def zero_pool(self) -> float:
        """Share of zeros among all reports, the newer ones first."""
        end = self.rows["end"]
        weight = np.exp(-((end.max() - end).dt.days.to_numpy()) / POOL_DAYS)
        return float(weight[(self.rows["persons"] == 0).to_numpy()].sum() / weight.sum())

    def _nearest(self, reports: pd.DataFrame, usable: Callable[[Grid], Flags]) -> Grid:
        own = _found(self.own, stream_names(reports), usable(self.own))
        if (own >= 0).all():
            return self.own.rows(own)
        alike = _found(self.alike, alike_names(reports), usable(self.alike))
        wider = np.where(alike >= 0, alike, len(self.alike.names)) + len(self.own.names)
        grids = [self.own, self.alike, self.every]
        return _joined(grids).rows(np.where(own >= 0, own, wider))


def histories(panel: Panel) -> Histories:
    """Rates of windows of 5 to 45 days; of any length where a stream has no such window.

    Raises:
        TooLittleData: no report above zero.
    """
    rows = daily_rates(panel.reports)
    if not (rows["persons"] > 0).any():
        raise TooLittleData(
            f"crisis {panel.crisis.id!r} has no movement report above zero "
            f"published by {panel.day:%Y-%m-%d}"
        )
    return Histories(rows)


def stream_names(reports: pd.DataFrame) -> pd.Series:
    """One name a stream."""
    parts = zip(*(reports[name] for name in STREAM), strict=True)
    return pd.Series(["|".join(part) for part in parts], index=reports.index, dtype=str)


def alike_names(reports: pd.DataFrame) -> pd.Series:
    """One name for all streams of a source and measure."""
    return reports["source"] + "|" + reports["measure"]


def window_days(reports: pd.DataFrame) -> Floats:
    """Days of each window, both ends included."""
    start, end = _days(reports)
    return end - start + 1.0


def middles(reports: pd.DataFrame) -> Floats:
    """Middle of each window in days since 1970."""
    start, end = _days(reports)
    return (start + end) / 2.0


def zero_share(grid: Grid, weights: Floats, pool: float) -> Floats:
    """Probability that the next report says zero, one a row.

    The weighted share of zeros is shrunk to the stream's own as by five further reports, and that
    to the pool's as by ten (beta priors): a stream that never said zero may begin to, and a camp
    that closes does. Weights count as many reports as their effective number.
    """
    count = grid.known.sum(axis=1)
    stream = (grid.zero.sum(axis=1) + SHRINK_STREAM_ZEROS * pool) / (count + SHRINK_STREAM_ZEROS)
    total = weights.sum(axis=1)
    effective = total**2 / np.square(weights).sum(axis=1)
    share = (weights * grid.zero).sum(axis=1) / total
    shrunk = (effective * share + SHRINK_RECENT_ZEROS * stream) / (effective + SHRINK_RECENT_ZEROS)
    return np.asarray(shrunk, dtype=np.float64)


def zero_chance(panel: Panel, reports: pd.DataFrame) -> Floats:
    """Probability that each report says zero, from its stream's share of zeros of late."""
    known = histories(panel)
    zeros = known.zeros_of(reports)
    return zero_share(zeros, recent(zeros), known.zero_pool())


def recent(grid: Grid, span: float = RECENT) -> Floats:
    """Weights that fall by `1 - 2 / (span + 1)` from one report to the one before."""
    back = np.arange(grid.rate.shape[1])[::-1]
    return grid.known * (1.0 - 2.0 / (span + 1.0)) ** back


def figures(log_rate: Floats, days: Floats, zero: Floats, rng: np.random.Generator) -> Floats:
    """Persons (draws, reports) of log daily rates, set to exactly zero with probability `zero`."""
    persons = np.maximum(np.exp(log_rate) * days - 1.0, 0.0)
    if zero.any():
        persons[rng.random(persons.shape) < zero] = 0.0
    return persons


def daily_rates(reports: pd.DataFrame) -> pd.DataFrame:
    """Reports with windows of 5 to 45 days; of any length where a stream has no such window.

    Further columns: stream and alike (names), rate (log), middle (days since 1970).
    """
    days = window_days(reports)
    rows = reports.assign(
        stream=stream_names(reports),
        alike=alike_names(reports),
        rate=np.log((reports["persons"].to_numpy() + 1.0) / days),
        middle=middles(reports),
        typical=(days >= WINDOW[0]) & (days <= WINDOW[1]),
    )
    only_odd = ~rows.groupby("stream")["typical"].transform("any")
    return rows[rows["typical"] | only_odd]


def _found(grid: Grid, names: pd.Series, usable: Flags) -> Ints:
    """Row of each name, -1 where it is not there or has no usable report."""
    at = grid.names.get_indexer(pd.Index(names))
    some = np.asarray(usable.any(axis=1))
    return np.where(some[at], at, -1).astype(np.int64)


def _days(reports: pd.DataFrame) -> tuple[Floats, Floats]:
    """First and last days of the windows since 1970."""
    start, end = (np.asarray(reports[name], "datetime64[D]") for name in ("start", "end"))
    return start.astype(np.float64), end.astype(np.float64)


def _grid(rows: pd.DataFrame, name: pd.Series) -> Grid:
    ordered = rows.assign(name=name).sort_values(["name", "end", "start", "line"])
    number, names = pd.factorize(ordered["name"])
    back = ordered.groupby("name").cumcount(ascending=False).to_numpy()
    shape = (len(names), int(back.max()) + 1)
    at = (number, shape[1] - 1 - back)
    known = np.zeros(shape, dtype=bool)
    known[at] = True
    rate, middle, zero = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    rate[at], middle[at], zero[at] = ordered["rate"], ordered["middle"], ordered["persons"] == 0
    return Grid(pd.Index(names), rate, middle, known, zero)


def _joined(grids: list[Grid]) -> Grid:
    """All rows of all grids, padded on the left."""
    width = max(grid.rate.shape[1] for grid in grids)
    return Grid(
        names=grids[0].names.append([grid.names for grid in grids[1:]]),
        rate=_stacked([grid.rate for grid in grids], width, np.nan),
        middle=_stacked([grid.middle for grid in grids], width, np.nan),
        known=_stacked([grid.known for grid in grids], width, fill=False),
        zero=_stacked([grid.zero for grid in grids], width, fill=False),
    )


def _stacked(parts: Sequence[NDArray[Any]], width: int, fill: float | bool) -> NDArray[Any]:
    left = [((0, 0), (width - part.shape[1], 0)) for part in parts]
    padded = [
        np.pad(part, pad, constant_values=fill) for part, pad in zip(parts, left, strict=True)
    ]
    return np.concatenate(padded)
