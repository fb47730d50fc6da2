"""What would it take: how far one thing must be varied before a target is reached.

Each try simulates the scenario again on the same random numbers, so the share of draws that reach
the target grows with the attacks, the gate or the outflow, and Brent's method (Brent, 1973,
Algorithms for Minimization without Derivatives, ch. 4) finds where it passes a chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from forecast.scenario import Gate, Outflow, Scenario

Floats = NDArray[np.float64]
# People who count for the target, (draws,), under a scenario with its attacks times a factor.
Simulate = Callable[[Scenario, float], Floats]

CHANCES = (0.1, 0.5, 0.9)
PRECISION = 1e-3
FINEST = {"attacks": 1e-3, "gate": 1.0, "outflow": 1.0}
# Nobody varies an outflow beyond so many times the target.
MOST_OUTFLOW = 100.0


@dataclass(frozen=True)
class Tried:
    """A value of the lever: the chance that the target is reached, and the median of people."""

    value: float
    chance: float
    median: float


@dataclass(frozen=True)
class Answer:
    """What one lever does for a target.

    Attacks are a factor, a gate people a day, an outflow people in all. `now` is the scenario as it
    stands, `most` the furthest tried. `found` maps each of CHANCES to the least value with which
    the target is reached with that chance, None where not even the furthest does. `seen`, of
    attacks, is the factor with which their mean is the highest known over as long a time.
    """

    lever: str
    now: Tried
    most: Tried
    found: Mapping[float, float | None]
    seen: float | None = None


def solve(scenario: Scenario, simulate: Simulate, first: date, last: date) -> tuple[Answer, ...]:
    """An answer for each lever of the target of a settled scenario; none without a target.

    A gate that the scenario has not is open from `first` to `last`.
    """
    if scenario.target is None:
        return ()
    levers = [_Lever(name, scenario, simulate, first, last) for name in scenario.target.vary]
    return tuple(lever.answer() for lever in levers)


class _Lever:
    def __init__(
        self, name: str, scenario: Scenario, simulate: Simulate, first: date, last: date
    ) -> None:
        assert scenario.target is not None
        self._name, self._scenario, self._simulate = name, scenario, simulate
        self._people = scenario.target.people
        self._gate = scenario.gate or Gate.model_validate(
            {"people_a_day": 0.0, "from": first, "to": last}
        )
        self._outflow = sum(one.people for one in scenario.outflow if not one.isolated)
        self._kept: dict[float, Floats] = {}
        self._now, self._least, self._most = {
            "attacks": (1.0, 1.0, scenario.target.most),
            "gate": (self._gate.people_a_day, 0.0, self._people),
            "outflow": (self._outflow, 0.0, min(MOST_OUTFLOW * self._people, 1e9)),
        }[name]

    def answer(self) -> Answer:
        found = {chance: self._value(chance) for chance in CHANCES}
        return Answer(self._name, self._tried(self._now), self._tried(self._most), found)

    def _tried(self, value: float) -> Tried:
        people = self._reached(value)
        return Tried(value, float((people >= self._people).mean()), float(np.median(people)))

    def _value(self, chance: float) -> float | None:
        def beyond(value: float) -> float:
            return float(np.quantile(self._reached(value), 1.0 - chance)) - self._people

        if beyond(self._most) < 0.0:
            return None
        if beyond(self._least) >= 0.0:
            return self._least
        finest = FINEST[self._name]
        return float(brentq(beyond, self._least, self._most, xtol=finest, rtol=PRECISION))

    def _reached(self, value: float) -> Floats:
        if value not in self._kept:
            self._kept[value] = self._simulate(*self._under(value))
        return self._kept[value]

    def _under(self, value: float) -> tuple[Scenario, float]:
        if self._name == "attacks":
            return self._scenario, value
        if self._name == "gate":
            gate = self._gate.model_copy(update={"people_a_day": value})
            return self._scenario.model_copy(update={"gate": gate}), 1.0
        return self._scenario.model_copy(update={"outflow": tuple(self._outflows(value))}), 1.0

    def _outflows(self, people: float) -> Iterator[Outflow]:
        """The outflows with so many people in all, shared as they were, evenly if none."""
        free = [one.people for one in self._scenario.outflow if not one.isolated]
        for one in self._scenario.outflow:
            share = one.people / self._outflow if self._outflow else 1.0 / len(free)
            changed = one.model_copy(update={"people": people * share})
            yield one if one.isolated else changed
