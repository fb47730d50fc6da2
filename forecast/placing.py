"""Where the arrivals of a situation end up, under closures, capacities and a gate.

One mechanism for the options of a forecast and the clauses of a scenario: the same assumption gives
the same numbers, to the byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.overlap import DAY
from forecast.balance import Balance, Limit, Setting, balanced, ways_on
from forecast.border import Stock, gate_of, stock_of
from forecast.closing import LEAST_LIKING, redirected
from forecast.names import BELT
from forecast.records import records
from forecast.sites import IN_PART, members
from forecast.situation import Situation
from models.closures import Closure
from models.homes import counted, hazard
from models.origins import attacked, gathered, leaving_of

Floats = NDArray[np.float64]

# People that are rounding of nobody, where somebody was taken away.
NOBODY = 1e-6


@dataclass(frozen=True)
class Held:
    """So many people that a place holds, from `start` to `end`; without them, always."""

    place: str
    people: float
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None


@dataclass(frozen=True)
class Opened:
    """So many people a day whom the border gate lets through, from `start` to `end`."""

    people_a_day: float
    start: pd.Timestamp | None = None
    end: pd.Timestamp | None = None


class Placing:
    """What a situation knows of its sites, worked out once; over its steps, or over others."""

    def __init__(self, situation: Situation, steps: pd.DataFrame | None = None) -> None:
        self.situation = situation
        self.steps = situation.steps if steps is None else steps
        self.sites = situation.sites
        self._crisis, self._day = situation.panel.crisis, situation.as_of
        self._hazard = hazard(self._crisis, self._day, self.sites.names)

    @cached_property
    def stocks(self) -> dict[str, Stock]:
        """People counted at places not long before the day, by place."""
        rows = counted(self._crisis, self._day).reset_index()
        return {str(row["place_id"]): stock_of(row) for _, row in rows.iterrows()}

    @cached_property
    def before(self) -> Floats:
        """People counted at each site, (sites,); outside camps, less those counted in them."""
        found = np.zeros(len(self.sites.names))
        for at, site in enumerate(self.sites.names):
            found[at] = self.stocks[site].persons if site in self.stocks else 0.0
        for at, site in enumerate(self.sites.names):
            inside, _ = self.sites.held(site)
            if len(inside) > 1:
                found[at] = max(found[at] - found[inside[inside != at]].sum(), 0.0)
        return found

    @cached_property
    def ahead(self) -> Floats:
        """Days of each step that are not past, (steps,)."""
        return days_within(self.steps, self._day + DAY, self.steps["end"].iloc[-1])

    @cached_property
    def belt(self) -> NDArray[np.bool_]:
        """Which sites lie in the border belt, (sites,)."""
        return self.sites.parts(BELT) > 0.0

    @cached_property
    def arrivals(self) -> Floats:
        """Arrivals of the forecast by site, (draws, steps, sites)."""
        return self.by_site(self.situation.by_cell["arrivals"])

    def by_site(self, by_cell: Floats) -> Floats:
        """Arrivals of sites, (draws, steps, sites), from those of cells (draws, steps, cells)."""
        return self.sites.of_cells(by_cell, self.situation.shares["arrivals"])

    def closed(self, arrivals: Floats, closures: Sequence[Closure]) -> tuple[Floats, Floats]:
        """Arrivals with the closures, and who is trapped (draws, steps)."""
        if not closures:
            return arrivals, np.zeros(arrivals.shape[:2])
        steps = self.steps
        return redirected(self._crisis, arrivals, self.sites.names, self._leaving, steps, closures)

    @cached_property
    def _leaving(self) -> pd.Series:
        """How many left each origin of late: as attacked, else each cell as a whole."""
        amount = attacked(self.situation.panel)
        if not amount.empty:
            flows = self.situation.fitted.lead.flows
            return gathered(self._crisis, leaving_of(flows, amount))
        left = self.situation.by_cell["departures"].mean(axis=(0, 1))
        return pd.Series(left + left.mean() * 1e-9 + 1e-9, index=list(self.situation.panel.cells))

    def settled(
        self,
        arrivals: Floats,
        home: Floats,
        held: Sequence[Held] = (),
        gate: Opened | None = None,
        closures: Sequence[Closure] = (),
        *,
        onward: Floats | None = None,
        whole: bool = False,
    ) -> Balance:
        """The balance of arrivals (draws, steps, sites) and who goes home (draws, steps).

        `onward` (draws, steps, sites) move on and arrive elsewhere in the same step; `whole` for
        people who are given: each counts once, and all days of all steps are told.

        Raises InputError for a capacity of what is not told apart, or lies nowhere known.
        """
        lengths = days_within(self.steps, pd.Timestamp.min, pd.Timestamp.max)
        setting = Setting(
            ahead=np.ones(len(lengths)) if whole else self.ahead / lengths,
            before=self.before,
            hazard=self._hazard,
            repeat=1.0 if whole else self._crisis.repeat_factor,
            belt=self.belt,
            able=self._able(gate),
        )
        return balanced(arrivals, home, setting, self._limits(held, closures), onward)

    def _able(self, gate: Opened | None) -> Floats:
        """How many people the gate lets through in each step, (steps,)."""
        if gate is None:
            known = gate_of(self._crisis)
            gate = Opened(known.people_a_day if known else 0.0)
        return gate.people_a_day * self._days(gate.start, gate.end)

    def _days(self, start: pd.Timestamp | None, end: pd.Timestamp | None) -> Floats:
        """Days ahead of each step within a window, (steps,)."""
        steps = self.steps
        first = self._day + DAY if start is None else max(start, self._day + DAY)
        return days_within(steps, first, steps["end"].iloc[-1] if end is None else end)

    def _limits(self, held: Sequence[Held], closures: Sequence[Closure]) -> list[Limit]:
        """The limits that are told apart, those of few sites before those of many."""
        inside = {one.place: self.sites.parts(one.place) > 0.0 for one in held}
        told = sorted(
            (one for one in held if inside[one.place].any()),
            key=lambda one: int(inside[one.place].sum()),
        )
        if not told:
            return []
        places = [one.place for one in told]
        ways = ways_on(self._crisis, self._day, places, self.sites, closures)
        open_ = 1.0 - self.shut(closures)
        return [
            Limit(
                place=one.place,
                people=one.people,
                inside=inside[one.place],
                ways=row * open_,
                share=self._days(one.start, one.end) / np.maximum(self.ahead, 1.0),
            )
            for one, row in zip(told, ways, strict=True)
        ]

    def shut(self, closures: Sequence[Closure]) -> Floats:
        """Share of the days of each step that nobody is let into each site, (steps, sites)."""
        steps, tree = self.steps, self._crisis.places
        found = np.zeros((len(steps), len(self.sites.names)))
        lengths = days_within(steps, pd.Timestamp.min, pd.Timestamp.max)
        for one in closures:
            if not one.other:
                end = steps["end"].iloc[-1] if one.end is None else one.end
                inside = np.array([tree.within(site, one.place) for site in self.sites.names])
                days = days_within(steps, one.start, end) / lengths
                found = np.maximum(found, days[:, None] * inside)
        return found

    def moved(
        self, draws: xr.DataArray, before: Floats, after: Floats, places: Sequence[str]
    ) -> xr.DataArray:
        """Draws of places, (draw, period, place), when those of sites change; not below nobody."""
        if after is before:
            return draws
        change = self.sites.every(after - before, places)
        found = draws.to_numpy() + change
        return draws.copy(data=np.where((change < 0.0) & (found < NOBODY), 0.0, found))

    def left(self, origin: str, people: Floats, places: Sequence[str]) -> Floats:
        """Who leaves each place, (draws, steps, places), of `people` (draws, steps) of an origin.

        Of one with several sites they leave as its departures are shared; one outside all sites
        counts in the places that hold it.
        """
        found = np.zeros((*people.shape, len(places)))
        for member, share in shares_in(self._crisis, origin).items():
            rows = self._sites_of(member)
            if not len(rows):
                inside = [_inside(self._crisis, member, place) for place in places]
                found += people[:, :, None] * share * np.array(inside)
                continue
            parts = self._departing[:, rows]
            parts = parts / parts.sum(axis=1, keepdims=True) * share
            held = np.array([self.sites.parts(place)[rows] for place in places])
            found += people[:, :, None] * (parts @ held.T)[:, None]
        return found

    def _sites_of(self, place: str) -> NDArray[np.int64]:
        """The sites in a place, else the one that it lies in."""
        inside, _ = self.sites.held(place)
        if len(inside):
            return inside
        names = pd.Index(self.sites.names)
        above = names.get_indexer(pd.Index(self._crisis.places.ancestors(place), dtype=str))
        return np.array(above[above >= 0][:1], dtype=np.int64)

    @cached_property
    def _departing(self) -> Floats:
        """Share of all departures that leaves each site, (draws, sites)."""
        by_cell = self.situation.by_cell["departures"].sum(axis=1)
        by_cell = by_cell + by_cell.mean() * LEAST_LIKING + LEAST_LIKING
        return np.asarray(by_cell[:, self.sites.cell] * self.situation.shares["departures"])


def shares_in(crisis: Crisis, place: str) -> dict[str, float]:
    """The places meant by a place, an area or the belt, with shares that add up to one."""
    held = members(crisis, place)
    whole = sum(held.values())
    return {one: share / whole for one, share in held.items()}


def _inside(crisis: Crisis, origin: str, place: str) -> float:
    """Share of an origin that a place, area or the belt holds."""
    held = members(crisis, place).items()
    return max((share for one, share in held if crisis.places.within(origin, one)), default=0.0)


def days_within(steps: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> Floats:
    """Days of each step that lie in a window, (steps,)."""
    return np.array(
        [
            max((min(step.end, end) - max(step.start, start)) / DAY + 1.0, 0.0)
            for step in records(steps)
        ]
    )


def refuse_finer(placing: Placing, places: Sequence[str], option: str) -> None:
    """Refuse places that are not told apart. Raises InputError with all of them."""
    findings: list[Finding] = []
    for place in places:
        try:
            placing.sites.refuse_finer(place, option)
        except InputError as error:
            findings += error.findings
            continue
        if not len(placing.sites.held(place)[0]):
            why = "is not told apart, so nobody knows when it is full; name a place in a cell"
            findings.append(Finding(option, why, value=place))
        if placing.sites.in_part(place):
            findings.append(Finding(option, IN_PART, value=place))
    if findings:
        raise InputError(findings)
