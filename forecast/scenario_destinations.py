"""Where people go when places are closed or full, when a gate opens, when some move on.

Those who leave by the scenario join the arrivals, closed places pass theirs on, some move on, sites
that open are filled; closures, capacities and the gate do what the options of a forecast do
(`forecast.placing`).
Nobody is made or lost: in every draw, who left = who stayed + who crossed + who is trapped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.closing import LEAST_LIKING
from forecast.given import allocated
from forecast.placing import Held, Opened, Placing, days_within, shares_in
from forecast.pressure import capacities
from forecast.scenario import Capacity, Scenario, Window
from forecast.scenario_people import Leaving
from forecast.sites import members
from models.closures import Closure

Floats = NDArray[np.float64]

# Days in which a site that opens is filled, where enough people come.
FILLING_DAYS = 30.0


@dataclass(frozen=True, eq=False)
class Arrived:
    """People by draw and step: `sites` (draws, steps, sites) who arrived, then (draws, steps).

    `left` left their places, `crossed` went on through the gate, `trapped` found no way out or no
    place open, `moved` moved on after they had arrived and so are counted twice in `sites`.
    """

    sites: Floats
    left: Floats
    crossed: Floats
    trapped: Floats
    moved: Floats = field(repr=False)

    @property
    def stayed(self) -> Floats:
        """Who arrived less who crossed or moved on; below nobody where those before them cross."""
        return self.sites.sum(axis=2) - self.crossed - self.moved


class Destinations:
    """The clauses of a settled scenario that say where people can go."""

    def __init__(self, scenario: Scenario, placing: Placing) -> None:
        self.scenario = scenario
        self.placing = placing
        self.steps = placing.steps
        self.closures = list(self._closures())
        self._lengths = days_within(self.steps, pd.Timestamp.min, pd.Timestamp.max)
        self._open = 1.0 - placing.shut(self.closures)

    def arrive(self, arrivals: Floats, home: Floats, leavings: Sequence[Leaving]) -> Arrived:
        """Where arrivals (draws, steps, sites) and those who leave end up; `home` go home."""
        left, trapped = arrivals.sum(axis=2), np.zeros(arrivals.shape[:2])
        here = arrivals
        for one in leavings:
            left = left + one.people
            joined, lost = self._joined(arrivals, one)
            here, trapped = here + joined, trapped + lost
        here, lost = self.placing.closed(here, self.closures)
        here, onward = self._onward(here)
        for clause in self.scenario.capacity:
            here = self._opened(here, clause) if clause.opens else here
        balance = self.placing.settled(
            here, home, self._held(), self._gate(), self.closures, onward=onward
        )
        moved = np.zeros_like(left) if onward is None else onward.sum(axis=2)
        return Arrived(balance.arrivals, left, balance.crossed, trapped + lost, moved)

    def _closures(self) -> Iterator[Closure]:
        """What is closed, and lost ground, which nobody goes to but people leave."""
        crisis, last = self.placing.situation.panel.crisis, self.steps["end"].iloc[-1]
        for clause in self.scenario.closure:
            one, other = clause.between or (clause.place or "", "")
            others = members(crisis, other) if other else [""]
            for ends in product(members(crisis, one), others):
                yield Closure(ends[0], *_span(clause), ends[1])
        for lost in self.scenario.territory:
            for place in (one for named in lost.places for one in members(crisis, named)):
                yield Closure(place, pd.Timestamp(str(lost.date)), last, leave=True)

    def _held(self) -> list[Held]:
        """Capacities of the scenario, and those of the crisis it says nothing of."""
        given = [
            Held(clause.place, clause.people, *_span(clause))
            for clause in self.scenario.capacity
            if not clause.opens
        ]
        named = {one.place for one in given}
        known = capacities(self.placing.situation.panel.crisis, {}).items()
        return [Held(place, one.people) for place, one in known if place not in named] + given

    def _gate(self) -> Opened | None:
        clause = self.scenario.gate
        return None if clause is None else Opened(clause.people_a_day, *_span(clause))

    def _joined(self, arrivals: Floats, one: Leaving) -> tuple[Floats, Floats]:
        """Where those who leave go, (draws, steps, sites), and who finds no way (draws, steps)."""
        if one.trapped:
            return np.zeros_like(arrivals), one.people
        crisis = self.placing.situation.panel.crisis
        origins = shares_in(crisis, one.place)
        days = pd.date_range(one.first, one.last)
        step_of = np.searchsorted(self.steps["end"].to_numpy(), days.to_numpy())
        leaving = pd.DataFrame([origins] * len(days))
        liking = arrivals.sum(axis=1)
        liking = liking + max(float(liking.mean()), 1.0) * LEAST_LIKING
        if one.destinations is not None:
            liking = liking * one.destinations
        sites = self.placing.sites.names
        went, lost = allocated(crisis, leaving, liking, sites, days, step_of, self.closures)
        share = days_within(self.steps, one.first, one.last)[: went.shape[1]]
        each = np.divide(
            one.people[:, : len(share)], share, out=np.zeros_like(lost), where=share > 0.0
        )
        joined, trapped = np.zeros_like(arrivals), np.zeros(arrivals.shape[:2])
        joined[:, : len(share)] = went * each[:, :, None]
        trapped[:, : len(share)] = lost * each
        return joined, trapped

    def _onward(self, here: Floats) -> tuple[Floats, Floats | None]:
        """With those who move on where they aim at; and who did, (draws, steps, sites)."""
        clause, sites = self.scenario.onward, self.placing.sites
        if clause is None:
            return here, None
        named = clause.destinations or self.placing.situation.panel.crisis.border_belt
        aims = np.max([sites.parts(place) for place in named], axis=0)
        found, moved = here.copy(), np.zeros_like(here)
        for at, days in enumerate(self._days(clause)):
            open_ = aims * self._open[at]
            if open_.any():
                share = clause.share * days / self._lengths[at]
                moved[:, at] = here[:, at] * (aims == 0.0) * share
                found[:, at] += _shared(here[:, at], moved[:, at].sum(axis=1), open_)
        return found, moved

    def _opened(self, here: Floats, clause: Capacity) -> Floats:
        """With up to what a new site takes in a step drawn to it from the belt or the cell."""
        sites, belt = self.placing.sites, self.placing.belt
        inside, found = sites.parts(clause.place) > 0.0, here.copy()
        site = int(inside.argmax())
        group = (belt if belt[site] else sites.cell == sites.cell[site]) & ~inside
        taken = np.zeros(len(here))
        for at, days in enumerate(self._days(clause)):
            others = here[:, at] * group
            total = others.sum(axis=1)
            people = np.minimum(clause.people * days / FILLING_DAYS, clause.people - taken)
            people = np.minimum(people, total * days / self._lengths[at])
            taken += people
            share = np.divide(people, total, out=np.zeros_like(total), where=total > 0.0)
            found[:, at] += people[:, None] * inside / inside.sum() - others * share[:, None]
        return found

    def _days(self, clause: Window) -> Floats:
        """Days of each step that lie in the window of a clause, (steps,)."""
        return days_within(self.steps, *_span(clause))


def _span(clause: Window) -> tuple[pd.Timestamp, pd.Timestamp]:
    return pd.Timestamp(str(clause.from_)), pd.Timestamp(str(clause.to))


def _shared(here: Floats, people: Floats, aims: Floats) -> Floats:
    """People (draws,) shared among sites as arrivals are, weighted by `aims`; by it alone if none.

    Returns (draws, sites).
    """
    weight = here * aims
    total = weight.sum(axis=1, keepdims=True)
    shares = np.divide(
        weight, total, out=np.tile(aims / aims.sum(), (len(here), 1)), where=total > 0.0
    )
    return np.asarray(people[:, None] * shares)
