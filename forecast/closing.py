"""Who goes where when roads, crossings or places are shut for a while.

Every site keeps its part of the arrivals of those who can reach it; the parts of the others go to
the sites that are open to the same origins. Who has no way to any place is trapped. In every draw
and step, arrived and trapped add up to those who would have arrived.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.crisis import Crisis
from forecast.records import records
from models.arrivals import share_out
from models.closures import Closure
from models.routes import reach

Floats = NDArray[np.float64]


def spread(crisis: Crisis, closures: Sequence[Closure]) -> list[Closure]:
    """The closures, one for each place in a place that is shut."""
    tree = crisis.places
    found = []
    for one in closures:
        inside = [one.place, *tree.descendants(one.place)]
        others = [one.other, *tree.descendants(one.other)] if one.other else [""]
        found += [Closure(place, one.start, one.end, other) for place in inside for other in others]
    return found


def redirected(
    crisis: Crisis,
    arrivals: Floats,
    sites: Sequence[str],
    leaving: pd.Series,
    steps: pd.DataFrame,
    closures: Sequence[Closure],
) -> tuple[Floats, Floats]:
    """Arrivals (draws, steps, sites) with the closures, and who is trapped, (draws, steps).

    `leaving` says how many leave each origin, relative. Raises InputError for an origin or site
    that has neither coordinates nor a route.
    """
    every = spread(crisis, closures)
    found, trapped = np.empty_like(arrivals), np.zeros(arrivals.shape[:2])
    origins = leaving / leaving.sum()
    known: dict[tuple[int, ...], Floats] = {}
    for at, step in enumerate(records(steps)):
        here = arrivals[:, at]
        found[:, at] = 0.0
        for shut, part in _spells(every, step.start, step.end):
            if shut not in known:
                holding = [every[number] for number in shut]
                day = step.start if not holding else max(one.start for one in holding)
                known[shut] = _ways(crisis, list(origins.index), sites, day, holding)
            going = part * here.sum(axis=1, keepdims=True) * origins.to_numpy()
            went = share_out(going, known[shut], liking=here)
            found[:, at] += went.arrived
            trapped[:, at] += went.trapped.sum(axis=1)
    return found, trapped


def _spells(
    closures: Sequence[Closure], start: pd.Timestamp, end: pd.Timestamp
) -> list[tuple[tuple[int, ...], float]]:
    """Which closures hold together, and on what share of the days of a step."""
    days = pd.date_range(start, end)
    held = np.array([[one.holds(day) for one in closures] for day in days])
    sets, counts = np.unique(held, axis=0, return_counts=True)
    return [
        (tuple(np.flatnonzero(row).tolist()), count / len(days))
        for row, count in zip(sets, counts, strict=True)
    ]


def _ways(
    crisis: Crisis,
    origins: Sequence[str],
    sites: Sequence[str],
    day: pd.Timestamp,
    closures: Sequence[Closure],
) -> Floats:
    """One where a way is open, zero elsewhere, (origins, sites); a place reaches itself if open."""
    holding = [Closure(one.place, day, None, one.other) for one in closures]
    km = reach(crisis.places.frame, crisis.routes, origins, sites, day, holding, nearest=len(sites))
    ways = (km.toarray() > 0.0).astype(np.float64)
    shut = {one.place for one in closures if not one.other}
    for row, origin in enumerate(origins):
        for column, site in enumerate(sites):
            if crisis.places.within(origin, site) and origin not in shut and site not in shut:
                ways[row, column] = 1.0
    return ways
