"""What-if: a scenario simulated on the fit and the random numbers of one forecast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from features.crisis import Crisis
from features.intensity import log_intensity
from features.overlap import DAY
from features.panel import FLOWS, Panel, ReportArrays
from forecast.names import BELT
from forecast.placing import Placing, days_within
from forecast.pressure import capacities
from forecast.result import Forecast
from forecast.run import default_places, forecast_of, mean_intensity
from forecast.scenario import Gate, Scenario
from forecast.scenario_attacks import AttackChanges
from forecast.scenario_check import settle
from forecast.scenario_destinations import Arrived, Destinations
from forecast.scenario_file import ScenarioFile
from forecast.scenario_ground import Ground
from forecast.scenario_numbers import Numbers
from forecast.scenario_people import Leaving, leaving, returning
from forecast.scenario_ratio import Ratio
from forecast.scenario_words import assumptions
from forecast.situation import (
    Situation,
    by_place,
    going_home,
    headline_rows,
    place_weights,
    situate,
)
from forecast.solve import Answer, solve
from models.pool import FittedPool
from models.simulation import Simulation, simulate

Floats = NDArray[np.float64]
PEOPLE = ("left", "stayed", "crossed", "trapped")


@dataclass(frozen=True, eq=False)
class Projection:
    """One scenario: draws as of a forecast, and who left, stayed, crossed and is trapped.

    `people` maps each of these to (draws, steps), and `waiting` to who crossed of those who were
    there before: left + waiting = stayed + crossed + trapped. `assumptions` say in words what was
    assumed.
    """

    what_if: WhatIf
    scenario: Scenario
    draws: Mapping[str, xr.DataArray]
    intensity: xr.DataArray
    people: Mapping[str, Floats]
    assumptions: tuple[str, ...]

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """What the target of the scenario would take; searched for when first asked."""
        return self.what_if.answers(self.scenario)


class WhatIf:
    """A forecast kept warm, so that scenarios answer at once.

    `baseline` is the forecast itself; a scenario without a clause gives its bytes again.
    """

    def __init__(self, situation: Situation, places: Sequence[str] = ()) -> None:
        self.situation = situation
        self.placing = Placing(situation)
        told = places or planning_places(situation.panel)
        self.baseline: Forecast = forecast_of(situation, told, placing=self.placing)
        self.ground = Ground(situation.panel)
        self._weights = place_weights(situation, self.baseline.places)
        self._kept: dict[str, tuple[np.ndarray, dict[str, np.ndarray]]] = {}
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
        run = self._run(scenario)
        draws = by_place(run.by_cell, self.baseline.places, *self._weights)
        if run.arrived is not None:
            sites, arrived = run.arrived
            draws["arrivals"] = self.placing.moved(
                draws["arrivals"], sites, arrived.sites, self.baseline.places
            )
            draws["departures"] = self._with_leavings(draws["departures"], run.leavings)
        whole = self._paths.whole(run.paths)
        return Projection(
            what_if=self,
            scenario=scenario,
            draws=draws,
            intensity=mean_intensity(situation.panel, whole, situation.steps),
            people=self._people(scenario, run),
            assumptions=assumptions(scenario, self.ground),
        )

    def answers(self, scenario: Scenario) -> tuple[Answer, ...]:
        """What the target of a settled scenario would take; none without a target."""
        first = self.situation.as_of + DAY
        found = solve(scenario, self.reached, first.date(), self.last.date())
        return tuple(
            replace(one, seen=self._seen(scenario)) if one.lever == "attacks" else one
            for one in found
        )

    def _seen(self, scenario: Scenario) -> float:
        """The highest mean of attacks known over as long a time, as a factor of the scenario's."""
        ahead = self._paths.saturdays > self.situation.as_of
        cells = list(self.situation.panel.cells)
        own = self._attacks.under(scenario)[:, : len(cells), ahead].sum(axis=1).mean()
        known = self.ground.intensity.weekly[cells].sum(axis=1)
        stretch = min(int(ahead.sum()), len(known))
        return float(known.rolling(stretch).mean().max() / own) if own > 0.0 else np.inf

    def reached(self, scenario: Scenario, times: float = 1.0) -> Floats:
        """People who count for the target of a scenario with `times` its attacks, (draws,).

        They are counted from the day after the forecast's on; inside a step evenly by days.
        """
        target = scenario.target
        assert target is not None
        run, steps = self._run(scenario, times), self.situation.steps
        first, by = self.situation.as_of + DAY, pd.Timestamp(str(target.by))
        days = days_within(steps, first, by)
        if target.place is None:
            lengths = days_within(steps, first, self.last)
            return self._people(scenario, run)["crossed"] @ (days / np.maximum(lengths, 1.0))
        draws = by_place(run.by_cell, [target.place], *self._weights_of(target.place))["arrivals"]
        if run.arrived is not None:
            sites, arrived = run.arrived
            draws = self.placing.moved(draws, sites, arrived.sites, [target.place])
        lengths = days_within(steps, pd.Timestamp.min, pd.Timestamp.max)
        return np.asarray(draws.to_numpy()[:, :, 0] @ (days / lengths))

    def _weights_of(self, place: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        if place not in self._kept:
            self._kept[place] = place_weights(self.situation, [place])
        return self._kept[place]

    def _run(self, scenario: Scenario, times: float = 1.0) -> _Run:
        paths = self._attacks.under(scenario, times)
        by_cell = self._by_cell(paths, self._log_factor(scenario))
        leavings = leaving(scenario, self.ground, self.situation.steps, self._numbers)
        return _Run(paths, by_cell, leavings, self._arrived(scenario, by_cell, leavings))

    def _people(self, scenario: Scenario, run: _Run) -> dict[str, Floats]:
        total = run.by_cell["arrivals"].sum(axis=2)
        none = np.zeros_like(total)
        if run.arrived is None:
            people = {"left": total, "stayed": total, "crossed": none, "trapped": none}
        else:
            people = {name: getattr(run.arrived[1], name) for name in PEOPLE}
        waiting = self._waiting(scenario.gate, people["crossed"])
        return {**people, "crossed": people["crossed"] + waiting, "waiting": waiting}

    def _waiting(self, gate: Gate | None, crossed: Floats) -> Floats:
        """Who crosses of those who were there before, as those who came since leave room."""
        if gate is None or not gate.waiting:
            return np.zeros_like(crossed)
        start, end = (pd.Timestamp(str(day)) for day in (gate.from_, gate.to))
        able = gate.people_a_day * days_within(self.situation.steps, start, end)
        room = np.maximum(able - crossed, 0.0).cumsum(axis=1)
        return np.diff(np.minimum(room, gate.waiting), axis=1, prepend=0.0)

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
        self, scenario: Scenario, by_cell: Mapping[str, Floats], leavings: Sequence[Leaving]
    ) -> tuple[Floats, Arrived] | None:
        """Who arrives by site before and after all that says where; None where nothing does."""
        clauses = (scenario.closure, scenario.gate, scenario.capacity, scenario.onward)
        if not leavings and not any(clauses) and not capacities(self.ground.crisis, {}):
            return None
        sites = self.placing.by_site(by_cell["arrivals"])
        home = going_home(self.ground.panel, by_cell)
        return sites, Destinations(scenario, self.placing).arrive(sites, home, leavings)

    def _with_leavings(self, draws: xr.DataArray, leavings: Sequence[Leaving]) -> xr.DataArray:
        """Departures of places with those who leave a place in them."""
        values = draws.to_numpy().copy()
        for one in leavings:
            if not one.trapped:
                values += self.placing.left(one.place, one.people, self.baseline.places)
        return draws.copy(data=values)


@dataclass(frozen=True, eq=False)
class _Run:
    """Attacks, figures by cell, who leaves, and arrivals by site before and after."""

    paths: Floats
    by_cell: Mapping[str, Floats]
    leavings: Sequence[Leaving]
    arrived: tuple[Floats, Arrived] | None


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
