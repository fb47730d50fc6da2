"""How hard arrivals press on a place: who stays, the day it is full, who is beyond it and goes on.

Who stays is told by `forecast.balance`; inside a step people come evenly, day by day. A place is
full at a capacity that a source or the user gives; without one no date is told, but how likely
arrivals pass the highest wave ever reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.overlap import DAY
from features.panel import FLOWS, Panel
from forecast.border import Stock
from models.simulation import SHORTEST_WINDOW

Floats = NDArray[np.float64]

LONGEST_WAVE = 35
ALMOST_NOTHING = 1e-9
# Chances for which the day is given by which a place is full.
LEVELS = (0.1, 0.5, 0.8, 0.9)


@dataclass(frozen=True)
class Wave:
    """The highest figure a day reported of a place, as its source published it."""

    persons: float
    start: pd.Timestamp
    end: pd.Timestamp
    source: str

    @property
    def a_day(self) -> float:
        """People a day."""
        return self.persons / ((self.end - self.start) / DAY + 1.0)


@dataclass(frozen=True)
class Capacity:
    """How many people a place holds, after a source."""

    people: float
    source: str


@dataclass(frozen=True, eq=False)
class Pressure:
    """People at one place since the day of a forecast, with those `before` where known.

    `staying` (draws, steps) at the end of each step, `daily` (draws, days) on each day where that
    is known; `stock` is who counted those at the place itself. With a capacity, `full_after`
    (draws,) are days from the day of the forecast on, infinite where it is not full within the
    horizon, `turned` (draws, steps) people whom the full place passed on, and `overflow` says where
    they went, (draws,) a place. `passes` is the probability that arrivals of some step pass the
    highest `wave`.
    """

    place: str
    staying: Floats
    before: float = 0.0
    daily: Floats | None = None
    stock: Stock | None = None
    wave: Wave | None = None
    passes: float | None = None
    capacity: Capacity | None = None
    full_after: Floats | None = None
    turned: Floats | None = None
    overflow: Mapping[str, Floats] = field(default_factory=dict)

    @property
    def beyond(self) -> Floats | None:
        """People so far for whom there was no room, by the end of each step, (draws, steps).

        Those passed on, and those who are there all the same: from before, or without a way on.
        """
        if self.capacity is None:
            return None
        crowd = np.maximum(self.staying - self.capacity.people, 0.0)
        return crowd if self.turned is None else crowd + self.turned.cumsum(axis=1)

    def full_by(self, level: float) -> float | None:
        """Days after which it is full with a probability of `level`; None where it never is."""
        if self.full_after is None:
            return None
        days = np.sort(self.full_after)[int(np.ceil(level * len(self.full_after))) - 1]
        return float(days) if np.isfinite(days) else None

    @property
    def not_full(self) -> float | None:
        """Probability that it is not full within the horizon."""
        return None if self.full_after is None else float(np.isinf(self.full_after).mean())


def clock_of(ends: Floats) -> Floats:
    """Steps that are over by each day, with the part of the one under way, (days,).

    `ends` (steps,) are days from the day of the forecast; inside a step people come evenly.
    """
    days = np.arange(1.0, ends[-1] + 1.0)
    starts = np.concatenate([[0.0], ends[:-1]])
    step = np.searchsorted(ends, days)
    return np.asarray(step + (days - starts[step]) / (ends - starts)[step])


def full_after(staying: Floats, before: float, capacity: float, clock: Floats) -> Floats:
    """Whole days after which a place is full, (draws,), infinite where it is not by the last step.

    `staying` (draws, steps) are people at the end of each step, `before` those at the first, and
    `clock` (days,) how many steps are over by each day.
    """
    levels = np.concatenate([np.full((len(staying), 1), before), staying], axis=1)
    over = levels >= capacity
    at, rows = over.argmax(axis=1), np.arange(len(levels))
    last = np.maximum(at - 1, 0)
    rise = levels[rows, at] - levels[rows, last]
    way = np.divide(capacity - levels[rows, last], rise, out=np.zeros(len(rows)), where=rise > 0.0)
    days = np.searchsorted(clock, last + way - ALMOST_NOTHING) + 1.0
    return np.where(over.any(axis=1), np.where(at == 0, 0.0, days), np.inf)


def waves(panel: Panel, step_days: float) -> pd.DataFrame:
    """Figures of arrivals that a wave may be: windows of half a step to 35 days, as published."""
    rows = panel.reports
    days = (rows["end"] - rows["start"]).dt.days + 1.0
    kept = (rows["from_id"] == "") & (rows["persons"] > 0.0)
    kept &= days.between(max(SHORTEST_WINDOW, step_days / 2.0), LONGEST_WAVE)
    return rows.assign(days=days)[kept & (panel.arrays.flow == FLOWS.index("arrivals"))]


def highest_wave(found: pd.DataFrame, places: Sequence[str]) -> Wave | None:
    """The most a day that one source told of these places together, among the rows of `waves`."""
    rows = found[found["place_id"].isin(places)]
    if rows.empty:
        return None
    keys = ["source", "measure", "start", "end", "days"]
    sums = rows.groupby(keys, as_index=False)["persons"].sum()
    top = sums.loc[(sums["persons"] / sums["days"]).idxmax()]
    return Wave(float(top["persons"]), top["start"], top["end"], str(top["source"]))


def capacities(crisis: Crisis, given: Mapping[str, float]) -> dict[str, Capacity]:
    """Capacities of a crisis, those the user gives before others.

    Raises InputError for one that is not above zero.
    """
    findings = [
        Finding("--capacity", "a capacity of nobody is none; give people above 0", value=place)
        for place, people in given.items()
        if not people > 0.0
    ]
    if findings:
        raise InputError(findings)
    frame = crisis.places.frame
    rows = frame[frame["capacity"].notna()]
    found = {
        str(place): Capacity(float(people), str(source))
        for place, people, source in zip(
            rows.index, rows["capacity"], rows["capacity_source"], strict=True
        )
    }
    return found | {place: Capacity(people, "given by the user") for place, people in given.items()}
