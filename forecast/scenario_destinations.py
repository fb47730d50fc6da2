"""Where people go when places are closed or full, when a gate opens, when some move on.

A step at a time, on people by draw and site: those who leave by the scenario are added where the
others go, some move on, closed places send theirs to the others of the belt or the cell in
proportion, full ones what is beyond their capacity, and the gate lets out who stands before it.
Nobody is made or lost: in every draw and step,
who left = who stayed + who crossed + who is trapped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.scenario import Capacity, Scenario, Window
from forecast.scenario_ground import Ground
from forecast.scenario_people import Leaving, days_within

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Rounds in which the overflow of full places is passed on; the last goes where there is no limit.
ROUNDS = 6
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
        """Who arrived and did not cross or move on."""
        return self.sites.sum(axis=2) - self.crossed - self.moved


class Destinations:
    """The clauses of a settled scenario that say where people can go, by step and site."""

    def __init__(self, scenario: Scenario, ground: Ground, steps: pd.DataFrame) -> None:
        self.scenario = scenario
        self.ground = ground
        self.steps = steps
        self.cell = ground.cell_of_site
        self.belt = ground.belt
        self.closed = self._closed()

    def arrive(self, sites: Floats, leavings: Sequence[Leaving]) -> Arrived:
        """Where the people of `sites` (draws, steps, sites) and those who leave end up."""
        draws, steps, _ = sites.shape
        found, trapped = np.empty_like(sites), np.zeros((draws, steps))
        left, moved = sites.sum(axis=2), np.zeros((draws, steps))
        taken = [np.zeros(draws) for _ in self.scenario.capacity]
        for at in range(steps):
            open_ = 1.0 - self.closed[at]
            here = sites[:, at].copy()
            for one in leavings:
                left[:, at] += one.people[:, at]
                here, lost = self._joined(here, one, at)
                trapped[:, at] += lost
            here, moved[:, at] = self._onward(here, at)
            here, lost = self._redirected(here, here * self.closed[at], open_)
            trapped[:, at] += lost
            found[:, at] = self._filled(here, at, open_, taken)
        return Arrived(found, left, self._crossed(found), trapped, moved)

    def _closed(self) -> Floats:
        """Share of the days of each step that each site is closed, (steps, sites)."""
        found = np.zeros((len(self.steps), len(self.cell)))
        for place, start, end in self._shut():
            days = days_within(self.steps, start, end) / self._lengths
            found = np.maximum(found, days[:, None] * self.ground.whole_sites(place))
        return found

    def _shut(self) -> Iterator[tuple[str, pd.Timestamp, pd.Timestamp]]:
        """Places that receive nobody, from a day to another: closed ones, and lost ground."""
        for clause in self.scenario.closure:
            yield clause.place, pd.Timestamp(str(clause.from_)), pd.Timestamp(str(clause.to))
        last = pd.Timestamp(self.steps["end"].iloc[-1])
        for lost in self.scenario.territory:
            for place in lost.places:
                yield place, pd.Timestamp(str(lost.date)), last

    def _joined(self, here: Floats, one: Leaving, at: int) -> tuple[Floats, Floats]:
        """With those who leave, in proportion to who arrives; and who finds no way."""
        people = one.people[:, at]
        if one.trapped or not people.any():
            return here, people if one.trapped else np.zeros_like(people)
        aims = one.destinations
        if aims is None:
            aims = self.ground.ways_from(one.place)
        return self._shared(here, people, aims * (1.0 - self.closed[at]))

    def _shared(self, here: Floats, people: Floats, aims: Floats) -> tuple[Floats, Floats]:
        """With `people` (draws,) shared as arrivals are, weighted by `aims`; and who finds none."""
        if not (aims > 0.0).any():
            return here, people
        weight = here * aims
        total = weight.sum(axis=1, keepdims=True)
        shares = np.where(
            total > 0.0,
            np.divide(weight, total, out=np.zeros_like(weight), where=total > 0.0),
            aims / aims.sum(),
        )
        return here + people[:, None] * shares, np.zeros_like(people)

    def _redirected(self, here: Floats, sent: Floats, open_: Floats) -> tuple[Floats, Floats]:
        """With `sent` (draws, sites) sent on to the belt or the cell, else anywhere that is open.

        Second is who finds no place at all, (draws,).
        """
        if not sent.any():
            return here, np.zeros(len(here))
        here = here - sent
        lost = np.zeros(len(here))
        groups = np.where(self.belt, -1, self.cell)
        left = []
        for group in np.unique(groups):
            people = sent[:, groups == group].sum(axis=1)
            if people.any():
                here, rest = self._shared(here, people, open_ * (groups == group))
                left.append(rest)
        for rest in left:
            if rest.any():
                here, beyond = self._shared(here, rest, open_)
                lost = lost + beyond
        return here, lost

    def _onward(self, here: Floats, at: int) -> tuple[Floats, Floats]:
        """With those who move on where they aim at; and how many they are, (draws,)."""
        clause = self.scenario.onward
        if clause is None:
            return here, np.zeros(len(here))
        aims = self.belt.astype(np.float64)
        if clause.destinations:
            aims = np.minimum(sum(self.ground.sites_in(to) for to in clause.destinations), 1.0)
        days = self._days(clause)[at] / self._lengths[at]
        people = clause.share * days * (here * (aims == 0.0)).sum(axis=1)
        shared, lost = self._shared(here, people, aims * (1.0 - self.closed[at]))
        return shared, people - lost

    def _filled(self, here: Floats, at: int, open_: Floats, taken: list[Floats]) -> Floats:
        """With openings filled and what is beyond limits passed on; `taken` is counted up."""
        for clause, count in zip(self.scenario.capacity, taken, strict=True):
            if clause.opens:
                here = self._opened(here, clause, at, count)
        limits = [
            (clause.people, self._sites(clause), self._days(clause)[at] / self._lengths[at], count)
            for clause, count in zip(self.scenario.capacity, taken, strict=True)
            if not clause.opens
        ]
        full = np.zeros(len(self.cell), dtype=bool)
        for round_ in range(ROUNDS if limits else 0):
            beyond = np.zeros_like(here)
            for people, inside, days, count in limits:
                arriving = here[:, inside].sum(axis=1)
                over = np.maximum(arriving * days - np.maximum(people - count, 0.0), 0.0)
                part = np.divide(over, arriving, out=np.zeros_like(over), where=arriving > 0.0)
                beyond[:, inside] = np.maximum(beyond[:, inside], here[:, inside] * part[:, None])
                full |= inside & bool(over.any())
            able = open_ * ~full if round_ < ROUNDS - 1 else open_ * ~self._limited
            if not beyond.any() or not able.any():
                break
            here, _ = self._redirected(here, beyond, able)
        for _, inside, days, count in limits:
            np.add(count, here[:, inside].sum(axis=1) * days, out=count)
        return here

    def _sites(self, clause: Capacity) -> Flags:
        return self.ground.sites_in(clause.place) > 0.0

    def _days(self, clause: Window) -> Floats:
        """Days of each step that lie in the window of a clause, (steps,)."""
        start, end = pd.Timestamp(str(clause.from_)), pd.Timestamp(str(clause.to))
        return days_within(self.steps, start, end)

    @cached_property
    def _lengths(self) -> Floats:
        """Days of each step, (steps,)."""
        days = (self.steps["end"] - self.steps["start"]).dt.days
        return np.asarray(days, dtype=np.float64) + 1.0

    @cached_property
    def _limited(self) -> Flags:
        """Sites that some clause limits."""
        sites = [self._sites(clause) for clause in self.scenario.capacity if not clause.opens]
        return np.any(sites, axis=0)

    def _opened(self, here: Floats, clause: Capacity, at: int, taken: Floats) -> Floats:
        """With up to what a new site takes in a step drawn to it from the belt or the cell."""
        inside, days = self._sites(clause), self._days(clause)[at]
        site = int(inside.argmax())
        group = self.belt if self.belt[site] else self.cell == self.cell[site]
        others = here * (group & ~inside)
        total = others.sum(axis=1)
        people = np.minimum(clause.people * days / FILLING_DAYS, clause.people - taken)
        people = np.minimum(people, total * days / self._lengths[at])
        taken += people
        share = np.divide(people, total, out=np.zeros_like(total), where=total > 0.0)
        return here - others * share[:, None] + people[:, None] * inside / inside.sum()

    def _crossed(self, sites: Floats) -> Floats:
        """Who crosses, (draws, steps): as many as the gate lets out of those who stand before it.

        Those who arrive in the belt from the day it opens on queue until it closes.
        """
        found = np.zeros(sites.shape[:2])
        gate = self.scenario.gate
        if gate is None:
            return found
        days = self._days(gate)
        queue = np.zeros(len(sites))
        for at, length in enumerate(self._lengths):
            queue = queue + sites[:, at, self.belt].sum(axis=1) * days[at] / length
            found[:, at] = np.minimum(gate.people_a_day * days[at], queue)
            queue = queue - found[:, at]
        return found
