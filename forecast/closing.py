"""Who goes where when roads, crossings or places are shut for a while.

Every site keeps the arrivals of those who can still reach it; the others go to the sites that are
open to the same origins. Who has no way to any place is trapped. In every draw and step, arrived
and trapped add up to those who would have arrived, and where nothing is shut nothing changes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.crisis import Crisis
from forecast.records import records
from models.arrivals import share_out
from models.closures import Closure
from models.gravity import Gravity
from models.routes import reach

Floats = NDArray[np.float64]
Shut = tuple[int, ...]

# What a site without arrivals in a draw is liked by, as a share of the mean over draws.
LEAST_LIKING = 1e-6


def spread(crisis: Crisis, closures: Sequence[Closure]) -> list[Closure]:
    """The closures, one for each place in a place that is shut."""
    tree = crisis.places
    found = []
    for one in closures:
        inside = [one.place, *tree.descendants(one.place)]
        others = [one.other, *tree.descendants(one.other)] if one.other else [""]
        found += [replace(one, place=place, other=other) for place in inside for other in others]
    return found


class Ways:
    """The ways from origins to sites while some closures hold; each spell is worked out once.

    Raises InputError for an origin or site that has neither coordinates nor a route.
    """

    def __init__(
        self,
        crisis: Crisis,
        origins: Sequence[str],
        sites: Sequence[str],
        day: pd.Timestamp,
        closures: Sequence[Closure],
    ) -> None:
        self._crisis, self._day = crisis, day
        self._origins, self._sites = list(origins), list(sites)
        self._every = spread(crisis, closures)
        self._km: dict[Shut, csr_array] = {}

    def shut(self, day: pd.Timestamp) -> Shut:
        """Numbers of the closures that hold on a day."""
        return tuple(at for at, one in enumerate(self._every) if one.holds(day))

    def km(self, shut: Shut) -> csr_array:
        """Kilometres (origins, sites) while these closures hold; no way, no entry."""
        if shut not in self._km:
            holding = [self._every[at] for at in shut]
            every = [replace(one, start=self._day, end=None) for one in holding if not one.leave]
            km = reach(
                self._crisis.places.frame,
                self._crisis.routes,
                self._origins,
                self._sites,
                self._day,
                every,
                nearest=len(self._sites),
            )
            closed = {one.place for one in holding if one.leave}
            open_ = np.array([float(site not in closed) for site in self._sites])
            self._km[shut] = csr_array(km.multiply(open_[None]))
        return self._km[shut]

    def reached(self, shut: Shut) -> Floats:
        """One where a way is open, (origins, sites); who flees within a site has no way to go."""
        found = (self.km(shut).toarray() > 0.0).astype(np.float64)
        stuck = {self._every[at].place for at in shut if not self._every[at].other}
        position = {site: at for at, site in enumerate(self._sites)}
        for row, origin in enumerate(self._origins):
            for above in (origin, *self._crisis.places.ancestors(origin)):
                if above in position and not stuck & {above, origin}:
                    found[row, position[above]] = 1.0
        return found

    def closed(self, shut: Shut) -> Floats:
        """One for each site that nobody is let into, (sites,)."""
        places = {self._every[at].place for at in shut if not self._every[at].other}
        return np.array([float(site in places) for site in self._sites])

    def weights(self, shut: Shut) -> Floats:
        """Gravity (origins, sites); nobody goes to the place he leaves, or to what lies in it."""
        found = Gravity().weights(self.km(shut)).toarray()
        for row, origin in enumerate(self._origins):
            own = [self._crisis.places.within(site, origin) for site in self._sites]
            found[row, own] = 0.0
        return np.asarray(found)


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
    found, trapped = arrivals.copy(), np.zeros(arrivals.shape[:2])
    ways = Ways(crisis, list(leaving.index), sites, steps["end"].iloc[-1], closures)
    origins = (leaving / leaving.sum()).to_numpy(dtype=np.float64)
    usual = _liking(arrivals)
    for at, step in enumerate(records(steps)):
        here = arrivals[:, at]
        for shut, part in _spells(ways, step.start, step.end):
            if not shut:
                continue
            lost, groups = _lost(ways, shut, origins)
            went = share_out(part * here @ lost.T, groups, liking=here + usual)
            found[:, at] += went.arrived - part * here * lost.sum(axis=0)
            trapped[:, at] += went.trapped.sum(axis=1)
    return np.maximum(found, 0.0), trapped


def _liking(arrivals: Floats) -> Floats:
    mean = arrivals.mean(axis=(0, 1))
    return np.asarray(LEAST_LIKING * (mean + max(float(mean.mean()), LEAST_LIKING)))


def _spells(ways: Ways, start: pd.Timestamp, end: pd.Timestamp) -> list[tuple[Shut, float]]:
    """Which closures hold together, and on what share of the days of a step."""
    shut = [ways.shut(day) for day in pd.date_range(start, end)]
    return [(key, count / len(shut)) for key, count in Counter(shut).items()]


def _lost(ways: Ways, shut: Shut, origins: Floats) -> tuple[Floats, Floats]:
    """Share of each site's arrivals that can no more come, (groups, sites), and their open ways.

    Origins with the same open ways are one group. Who came to a shut site that no way is known to
    comes from anywhere.
    """
    before, now = ways.reached(()), ways.reached(shut)
    came = origins @ before
    lost = origins[:, None] * np.maximum(before - now, 0.0)
    lost = np.divide(lost, came, out=np.zeros_like(lost), where=came > 0.0)
    nowhere = (came <= 0.0) & ~now.any(axis=0)
    lost[:, nowhere] = origins[:, None] * ways.closed(shut)[nowhere]
    groups, of = np.unique(now, axis=0, return_inverse=True)
    summed = np.zeros(groups.shape)
    np.add.at(summed, of.ravel(), lost)
    return summed, groups
