"""Who is where at the end of each step: arrivals, moves on, journeys home, full places, the gate.

Arrivals are movements, and repeats of them are people who leave a place they had fled to. So of
`m` arrivals in a step `m (1 - 1 / repeat factor)` leave again, from where people are, the more the
more it is attacked; who goes home leaves from where people are. A full place takes no more: who
comes then goes on along open ways, the near first, to places with room. In every draw arrivals
are conserved over sites, and people: who was there and who came are who stays, moved on, went home
or crossed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.crisis import Crisis
from forecast.border import through
from forecast.sites import Sites, members
from models.arrivals import share_out
from models.closures import Closure
from models.gravity import Gravity
from models.routes import reach

Floats = NDArray[np.float64]

# Nobody's liking of a site is nothing: one that had no arrivals so far takes some all the same.
LEAST_LIKING = 1e-6


@dataclass(frozen=True, eq=False)
class Limit:
    """How many people a place holds: `share` (steps,) of the days of each step it counts on.

    `inside` (sites,) marks its sites, `ways` (steps, sites) weighs where those beyond it go.
    """

    place: str
    people: float
    inside: NDArray[np.bool_]
    ways: Floats
    share: Floats


@dataclass(frozen=True, eq=False)
class Balance:
    """By draw and step: `arrivals` and `staying` (draws, steps, sites), who `crossed`, who waits.

    `before` (sites,) were there. `turned` and `overflow` say of each of the `limits` who was passed
    on (draws, steps) and where to (draws, sites).
    """

    arrivals: Floats
    before: Floats
    staying: Floats
    crossed: Floats
    queue: Floats
    limits: Sequence[Limit]
    turned: tuple[Floats, ...]
    overflow: tuple[Floats, ...]

    def over(self, step_of: NDArray[np.int64]) -> Balance:
        """The same by longer steps; `step_of` (steps,) says which each one lies in."""
        first = np.flatnonzero(np.diff(step_of, prepend=-1))
        last = np.append(first[1:], len(step_of)) - 1
        return replace(
            self,
            arrivals=np.add.reduceat(self.arrivals, first, axis=1),
            staying=self.staying[:, last],
            crossed=np.add.reduceat(self.crossed, first, axis=1),
            queue=self.queue[:, last],
            turned=tuple(np.add.reduceat(one, first, axis=1) for one in self.turned),
        )


@dataclass(frozen=True, eq=False)
class Setting:
    """What holds whatever people do, over `sites` (sites,) and steps.

    `ahead` (steps,) is the share of each step that is not past, `before` who is there, `hazard` how
    strongly each site is attacked, `repeat` movements a person, `belt` marks the sites before the
    gate, which lets `able` (steps,) people through.
    """

    ahead: Floats
    before: Floats
    hazard: Floats
    repeat: float
    belt: NDArray[np.bool_]
    able: Floats


def balanced(
    arrivals: Floats,
    home: Floats,
    setting: Setting,
    limits: Sequence[Limit] = (),
    onward: Floats | None = None,
) -> Balance:
    """The balance of arrivals (draws, steps, sites) and those who go home, (draws, steps).

    `onward` (draws, steps, sites) are people who move on and arrive elsewhere in the same step.
    """
    draws, steps, sites = arrivals.shape
    liking = arrivals.mean(axis=(0, 1))
    liking = liking + max(float(liking.mean()), 1.0) * LEAST_LIKING
    found = arrivals.copy() if limits else arrivals
    staying = np.empty_like(arrivals)
    crossed, queue = np.zeros((draws, steps)), np.zeros((draws, steps))
    turned = tuple(np.zeros((draws, steps)) for _ in limits)
    overflow = tuple(np.zeros((draws, sites)) for _ in limits)
    level, waiting = np.broadcast_to(setting.before, (draws, sites)), np.zeros(draws)
    for at in range(steps):
        coming = arrivals[:, at] * setting.ahead[at]
        people = level + coming
        if onward is not None:
            people = np.maximum(people - onward[:, at] * setting.ahead[at], 0.0)
        gone = _gone(people, coming, home[:, at] * setting.ahead[at], setting)
        people = np.maximum(people - gone, 0.0)
        for limit, back, went in zip(limits, turned, overflow, strict=True):
            on = _passed_on(people, coming, limit, at, _room(people, limits, liking), liking)
            if on is None:
                continue
            sent, joined = on
            change = joined - sent
            people, coming = np.maximum(people + change, 0.0), coming + change
            found[:, at] += change
            back[:, at] = joined.sum(axis=1)
            np.add(went, joined, out=went)
        if setting.belt.any():
            moved = (people - level)[:, setting.belt].sum(axis=1)
            crossed[:, at], waiting = through(waiting, moved, setting.able[at])
            queue[:, at] = waiting
            people = _without(people, crossed[:, at], setting.belt)
        staying[:, at] = level = people
    return Balance(found, setting.before, staying, crossed, queue, limits, turned, overflow)


def _gone(people: Floats, coming: Floats, home: Floats, setting: Setting) -> Floats:
    """Who leaves each site again or goes home, (draws, sites); all if that is more than there are.

    Where fewer are than would be driven out, the others leave from all sites alike.
    """
    again = coming.sum(axis=1) * (1.0 - 1.0 / setting.repeat)
    driven = people * setting.hazard
    driven = np.minimum(driven * _over(again, driven.sum(axis=1))[:, None], people)
    left = people - driven
    others = again + home - driven.sum(axis=1)
    alike = np.minimum(_over(others, left.sum(axis=1)), 1.0)
    return driven + left * alike[:, None]


def _passed_on(
    people: Floats, coming: Floats, limit: Limit, at: int, room: Floats, liking: Floats
) -> tuple[Floats, Floats] | None:
    """Who is passed on from and to each site, (draws, sites) each; None where all find room.

    Nobody who is there already is: a place with more people than it holds takes in nobody.
    """
    if limit.share[at] <= 0.0:
        return None
    ways = limit.ways[at]
    able = np.minimum(coming, people) * limit.inside
    over = people[:, limit.inside].sum(axis=1) - limit.people
    over = np.clip(over, 0.0, able.sum(axis=1) * limit.share[at])
    if not over.any() or not (ways * liking).any():
        return None
    joined = share_out(over[:, None], ways[None], room, liking[None]).arrived
    return able * _over(over, able.sum(axis=1))[:, None], joined


def _room(people: Floats, limits: Sequence[Limit], liking: Floats) -> Floats:
    """How many more each site takes, (draws, sites); of a place with several, as they are liked."""
    room = np.full(people.shape, np.inf)
    for limit in limits:
        free = np.maximum(limit.people - people[:, limit.inside].sum(axis=1), 0.0)
        share = liking[limit.inside] / liking[limit.inside].sum()
        room[:, limit.inside] = np.minimum(room[:, limit.inside], free[:, None] * share)
    return room


def _without(people: Floats, crossed: Floats, belt: NDArray[np.bool_]) -> Floats:
    if not crossed.any():
        return people
    part = _over(crossed, people[:, belt].sum(axis=1))
    return np.asarray(people * (1.0 - np.minimum(part, 1.0)[:, None] * belt))


def _over(people: Floats, whole: Floats) -> Floats:
    return np.divide(people, whole, out=np.zeros_like(whole), where=whole > 0.0)


def ways_on(
    crisis: Crisis,
    day: pd.Timestamp,
    places: Sequence[str],
    sites: Sites,
    closures: Sequence[Closure] = (),
) -> Floats:
    """Weights (places, sites) by which people beyond each full place go on; none inside it.

    Those of an area are the mean of its members'. A way that some closure shuts is not taken.

    Raises InputError for a place that has neither coordinates nor a route.
    """
    shut = [replace(one, start=day, end=None) for one in closures if one.other]
    held = [list(members(crisis, place)) for place in places]
    every = list(dict.fromkeys(one for inside in held for one in inside))
    km = reach(crisis.places.frame, crisis.routes, every, list(sites.names), day, shut)
    found = dict(zip(every, Gravity().weights(km).toarray(), strict=True))
    weights = np.array([np.mean([found[one] for one in inside], axis=0) for inside in held])
    own = np.array([sites.parts(place) > 0.0 for place in places])
    return np.where(own, 0.0, weights)
