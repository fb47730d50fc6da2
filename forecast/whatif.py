"""What-if: a scenario simulated on the fit and the random numbers of one forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from features.crisis import Crisis
from features.intensity import log_intensity
from features.panel import FLOWS, Panel, ReportArrays
from forecast.names import BELT
from forecast.result import Forecast
from forecast.run import (
    Situation,
    by_place,
    default_places,
    forecast_of,
    headline_rows,
    mean_intensity,
    place_weights,
    situate,
)
from forecast.scenario import Scenario
from forecast.scenario_attacks import AttackChanges
from forecast.scenario_check import settle
from forecast.scenario_destinations import Arrived, Destinations
from forecast.scenario_file import ScenarioFile
from forecast.scenario_ground import Ground
from forecast.scenario_numbers import Numbers
from forecast.scenario_people import Leaving, leaving, returning
from forecast.scenario_ratio import Ratio
from forecast.scenario_words import assumptions
from models.pool import FittedPool
from models.simulation import Simulation, simulate

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Projection:
    """One scenario: draws as of a forecast, and who left, stayed, crossed and is trapped.

    `people` maps each of these to (draws, steps); `assumptions` say in words what was assumed.
    """

    scenario: Scenario
    draws: Mapping[str, xr.DataArray]
    intensity: xr.DataArray
    people: Mapping[str, Floats]
    assumptions: tuple[str, ...]


class WhatIf:
    """A forecast kept warm, so that scenarios answer at once.

    `baseline` is the forecast itself; a scenario without a clause gives its bytes again.
    """

    def __init__(self, situation: Situation, places: Sequence[str] = ()) -> None:
        self.situation = situation
        self.baseline: Forecast = forecast_of(situation, places or planning_places(situation.panel))
        self.ground = Ground(situation.panel)
        self._weights = place_weights(situation, self.baseline.places)
        self._simulation, arrays = _simulated(situation)
        self._paths = _Paths(situation.panel, situation.paths, self._simulation.weeks)
        stacked = np.stack([situation.by_cell[flow] for flow in FLOWS], axis=1)
        self._ratio = Ratio(self._simulation, arrays, stacked.reshape(situation.draws, -1))
        self._numbers = Numbers(situation.seed, situation.as_of, situation.draws)
        self._attacks = AttackChanges(
            self.ground, self._paths.base, self._paths.saturdays, self._numbers
        )

    @property
    def last(self) -> pd.Timestamp:
        """Last day of the horizon."""
        return pd.Timestamp(self.situation.steps["end"].iloc[-1])

    def settle(self, file: ScenarioFile) -> Scenario:
        """The scenario with days and ids. Raises InputError with everything that does not fit."""
        return settle(file, self.ground, self.last)

    def project(self, scenario: Scenario) -> Projection:
        """The projection of a settled scenario."""
        situation = self.situation
        paths = self._attacks.under(scenario)
        by_cell = self._by_cell(paths, self._log_factor(scenario))
        draws = by_place(by_cell, self.baseline.places, *self._weights)
        leavings = leaving(scenario, self.ground, situation.steps, self._numbers)
        arrived = self._arrived(scenario, by_cell["arrivals"], leavings)
        if arrived is not None:
            sites, found = arrived
            draws["arrivals"] = self._with_sites(draws["arrivals"], found.sites - sites)
            draws["departures"] = self._with_leavings(draws["departures"], leavings)
        total = by_cell["arrivals"].sum(axis=2)
        none = np.zeros_like(total)
        people = {"left": total, "stayed": total, "crossed": none, "trapped": none}
        if arrived is not None:
            people = {name: getattr(arrived[1], name) for name in people}
        return Projection(
            scenario=scenario,
            draws=draws,
            intensity=mean_intensity(situation.panel, self._paths.whole(paths), situation.steps),
            people=people,
            assumptions=assumptions(scenario, self.ground),
        )

    def along(self, paths: Floats) -> Mapping[str, xr.DataArray]:
        """Draws of each flow under given attacks, (draws or 1, cells and rest, all weeks)."""
        by_cell = self._by_cell(self._paths.tail(paths), None)
        return by_place(by_cell, self.baseline.places, *self._weights)

    def _by_cell(self, paths: Floats, log_factor: Floats | None) -> dict[str, Floats]:
        figures = self._ratio.under(self._paths.change(paths), log_factor)
        shape = (len(figures), len(FLOWS), len(self.situation.steps), -1)
        return {flow: figures.reshape(shape)[:, at] for at, flow in enumerate(FLOWS)}

    def _log_factor(self, scenario: Scenario) -> Floats | None:
        weeks = self._paths.saturdays[self._paths.before :]
        found = self._attacks.log_factor(scenario)
        found = None if found is None else found[..., self._paths.before :]
        back = returning(scenario, self.ground, weeks)
        if found is None or back is None:
            return back if found is None else found
        return found + back

    def _arrived(
        self, scenario: Scenario, by_cell: Floats, leavings: Sequence[Leaving]
    ) -> tuple[Floats, Arrived] | None:
        """Who arrives by site before and after the scenario's say on where; None without a say."""
        clauses = (scenario.closure, scenario.gate, scenario.capacity, scenario.onward)
        if not leavings and not any(clauses):
            return None
        shares = [self.situation.shares[cell][1] for cell in self.situation.panel.cells]
        shares = [share if share.shape[1] else np.ones((len(share), 1)) for share in shares]
        of_sites = by_cell[:, :, self.ground.cell_of_site]
        sites = of_sites * np.concatenate(shares, axis=1)[:, None]
        return sites, Destinations(scenario, self.ground, self.situation.steps).arrive(
            sites, leavings
        )

    def _with_sites(self, draws: xr.DataArray, more: Floats) -> xr.DataArray:
        """Arrivals of places with `more` (draws, steps, sites) at their sites."""
        parts = np.array([self.ground.sites_in(place) for place in self.baseline.places])
        return draws.copy(data=np.maximum(draws.to_numpy() + more @ parts.T, 0.0))

    def _with_leavings(self, draws: xr.DataArray, leavings: Sequence[Leaving]) -> xr.DataArray:
        """Departures of places with those who leave a place in them."""
        values = draws.to_numpy().copy()
        for one in leavings:
            if not one.trapped:
                for at, place in enumerate(self.baseline.places):
                    share = self._part_of(one.place, place)
                    if share:
                        values[:, :, at] += one.people * share
        return draws.copy(data=values)

    def _part_of(self, origin: str, place: str) -> float:
        """Share of an origin, a place or area, that lies in a place of the forecast."""
        crisis = self.situation.panel.crisis
        members, tree = _members(crisis, place), crisis.places
        inside = [
            max(
                (share for member, share in members.items() if tree.within(each, member)), default=0
            )
            for each in crisis.members(origin)
        ]
        return float(np.mean(inside))


def _members(crisis: Crisis, place: str) -> dict[str, float]:
    return dict.fromkeys(crisis.border_belt, 1.0) if place == BELT else crisis.members(place)


class _Paths:
    """The weeks of attack paths that a horizon hangs on: those simulated, and the one before."""

    def __init__(self, panel: Panel, paths: Floats, weeks: NDArray[np.int64]) -> None:
        self._every = paths
        self._at = slice(max(int(weeks[0]) - 1, 0), int(weeks[-1]) + 1)
        self.before = int(weeks[0]) - self._at.start
        self.saturdays = panel.weeks[self._at]
        self.base = self.tail(paths)
        self._half = panel.intensity.half if panel.intensity else 1.0
        self._x = self._driver(self.base)

    def tail(self, paths: Floats) -> Floats:
        """Those weeks of paths of all weeks."""
        return paths[:, :, self._at]

    def whole(self, tail: Floats) -> Floats:
        """Paths of all weeks with another tail."""
        if tail is self.base:
            return self._every
        found = self._every.copy()
        found[:, :, self._at] = tail
        return found

    def change(self, tail: Floats) -> Floats:
        """Change of the driver in the simulated weeks, (draws or 1, cells, weeks)."""
        return self._driver(tail) - self._x

    def _driver(self, tail: Floats) -> Floats:
        return log_intensity(tail, self._half)[:, :, self.before :]


def warm_up(
    crisis: Crisis,
    as_of: pd.Timestamp,
    horizon: int,
    *,
    places: Sequence[str] = (),
    draws: int = 2000,
    seed: int = 1,
) -> WhatIf:
    """Fit once, to simulate many scenarios by month. Raises as `forecast.run`."""
    return WhatIf(situate(crisis, as_of, horizon, draws=draws, seed=seed), places)


def planning_places(panel: Panel) -> list[str]:
    """The focus, the border belt, the cells, then each place of the belt that is told apart."""
    first = default_places(panel)
    belt = panel.crisis.border_belt if BELT in first else ()
    return [*first, *(place for place in belt if place not in first)]


def lead_stream(fitted: FittedPool, before: np.random.Generator) -> np.random.Generator:
    """The generator that the pool hands its lead, from the state before it draws."""
    return deepcopy(before).spawn(1 + len(fitted.others))[0]


def _simulated(situation: Situation) -> tuple[Simulation, ReportArrays]:
    """The lead's own draws again, of what the reference source would publish."""
    rows = headline_rows(situation.panel, situation.steps)
    arrays = situation.panel.arrays_of(rows)
    rng = lead_stream(situation.fitted, situation.before)
    lead = situation.fitted.lead.flows
    return simulate(lead, situation.paths, situation.draws, rng, arrays), arrays
