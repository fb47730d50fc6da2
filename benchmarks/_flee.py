"""A conflict of the simulator Flee as the task it is judged by: each day's total by camp."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.crises.builders.flee.folder import Conflict, read_conflict
from features.crises.builders.flee.redirections import Redirection
from features.crises.builders.flee.routes import route_rows
from features.overlap import DAY
from models.camps import Counts, between
from models.gravity import Gravity
from models.routes import reach

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """What Flee is given of one conflict, and what was counted.

    `counts` are those of the simulated days and before; `counted` (days, camps) runs straight from
    one to the next. `origins` (days, zones) are people in zones at war, `capacity` (camps,) is NaN
    where none is given. `km` holds the ways (zones, camps) from each day of `since` on.
    """

    name: str
    camps: tuple[str, ...]
    counts: Counts
    counted: Floats
    origins: Floats
    capacity: Floats
    since: tuple[int, ...]
    km: tuple[csr_array, ...]
    redirections: tuple[Redirection, ...]

    @property
    def totals(self) -> Floats:
        """People in all counted camps by day, (days,)."""
        return np.asarray(self.counted.sum(axis=1))

    def ways(self, gravity: Gravity, capacity: Floats | None = None) -> list[Floats]:
        """Weights (zones, camps) of each day."""
        spells = [
            self._sent_on(gravity.weights(km, capacity).toarray(), day)
            for day, km in zip(self.since, self.km, strict=True)
        ]
        spell = np.searchsorted(self.since, np.arange(len(self.counted)), side="right") - 1
        return [spells[at] for at in spell]

    def _sent_on(self, weights: Floats, day: int) -> Floats:
        """Weights where a camp that sends people on counts for the camp it sends them to."""
        for way in self.redirections:
            ends = (way.first, way.second)
            if (
                way.start <= day
                and (way.end is None or day < way.end)
                and set(ends) <= set(self.camps)
            ):
                first, second = (self.camps.index(end) for end in ends)
                weights[:, second] += weights[:, first]
                weights[:, first] = 0.0
        return weights


def read_task(folder: Path) -> Task:
    """The task of a folder in Flee's format. Raises InputError with every finding."""
    conflict = read_conflict(folder)
    camps = tuple(place.name for place in conflict.locations if place.name in conflict.counts.camps)
    days = conflict.days or len(conflict.flags)
    counts = _counts(conflict, camps, days)
    zones, origins = _origins(conflict, camps, days)
    since = _changes(conflict, days)
    capacity = {place.name: place.capacity for place in conflict.locations}
    return Task(
        name=folder.resolve().name,
        camps=camps,
        counts=counts,
        counted=between(counts, len(camps), days),
        origins=origins,
        capacity=np.array([capacity[camp] or np.nan for camp in camps], dtype=np.float64),
        since=since,
        km=_ways(conflict, zones, camps, since),
        redirections=tuple(conflict.redirections),
    )


def _counts(conflict: Conflict, camps: Sequence[str], days: int) -> Counts:
    """Counts up to the last day; later ones are no part of the task."""
    series = [conflict.counts.camps[camp] for camp in camps]
    days_of = [(one.index.to_series() - conflict.start).dt.days.to_numpy() for one in series]
    day = np.concatenate(days_of)
    camp = np.repeat(np.arange(len(camps)), [len(one) for one in series])
    persons = np.concatenate([one.to_numpy(dtype=np.float64) for one in series])
    inside = day < days
    return Counts(day[inside].astype(np.int64), camp[inside], persons[inside])


def _origins(conflict: Conflict, camps: Sequence[str], days: int) -> tuple[list[str], Floats]:
    """Zones at war, and on each day the people of those at war then (days, zones).

    A zone whose population is not given counts as the median one.
    """
    flags = conflict.flags.reindex(range(days)).ffill().fillna(0.0).clip(lower=0.0)
    zones = [str(name) for name in flags if flags[name].any() and name not in camps]
    population = {place.name: place.population for place in conflict.locations}
    people = np.array([population[zone] or np.nan for zone in zones], dtype=np.float64)
    usual = float(np.nanmedian(people)) if np.isfinite(people).any() else 1.0
    return zones, flags[zones].to_numpy() * np.where(np.isnan(people), usual, people)


def _changes(conflict: Conflict, days: int) -> tuple[int, ...]:
    """Days on which a way opens or closes, the first among them."""
    spells = [(each.start, each.end or 0) for each in conflict.closures]
    spells += [(each.start, each.end or 0) for each in conflict.redirections]
    return tuple(sorted({0, *(day for spell in spells for day in spell if day < days)}))


def _ways(
    conflict: Conflict, zones: Sequence[str], camps: Sequence[str], since: Sequence[int]
) -> tuple[csr_array, ...]:
    names = [place.name for place in conflict.locations]
    country = {place.name: place.country for place in conflict.locations}
    rows = route_rows(
        conflict.routes, conflict.closures, country, {name: name for name in names}, conflict.start
    )
    routes = rows.assign(
        distance_km=rows["distance_km"].astype(np.float64),
        open_from=pd.to_datetime(rows["open_from"]),
        open_to=pd.to_datetime(rows["open_to"]),
    )
    point = [(place.lat, place.lon) for place in conflict.locations]
    places = pd.DataFrame(point, index=names, columns=["lat", "lon"], dtype=np.float64)
    return tuple(reach(places, routes, zones, camps, conflict.start + day * DAY) for day in since)
