from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.scenario import Scenario
from forecast.solve import CHANCES, Answer, solve

FIRST, LAST = date(2019, 5, 5), date(2019, 10, 31)
DRAWS = np.linspace(500.0, 1500.0, 401)


def scenario(**target: object) -> Scenario:
    outflow = [
        {"place": "a", "people": 300, "from": FIRST, "to": LAST},
        {"place": "b", "people": 100, "from": FIRST, "to": LAST},
        {"place": "c", "people": 50, "isolated": True, "from": FIRST, "to": LAST},
    ]
    asked = {"people": 4000, "of": "crossed", **target}
    return Scenario.model_validate({"title": "t", "outflow": outflow, "target": asked})


def answer(asked: Scenario) -> Answer:
    """The answer where all who leave cross, up to a hundred days of the gate."""

    def simulate(tried: Scenario, times: float) -> np.ndarray:
        free = sum(one.people for one in tried.outflow if not one.isolated)
        people = DRAWS * times + free
        most = np.inf if tried.gate is None else 100.0 * tried.gate.people_a_day
        return np.minimum(people, most)

    [found] = solve(asked, simulate, FIRST, LAST)
    return found


def test_without_a_target_nothing_is_asked() -> None:
    assert solve(Scenario(title="t"), lambda *_: DRAWS, FIRST, LAST) == ()


@pytest.mark.parametrize("chance", CHANCES)
def test_attacks_are_raised_until_the_chance_is_met(chance: float) -> None:
    found = answer(scenario(vary=["attacks"]))
    wanted = 3600.0 / np.quantile(DRAWS, 1.0 - chance)
    assert found.found[chance] == pytest.approx(wanted, rel=2e-3)
    assert (found.now.value, found.now.median, found.now.chance) == (1.0, 1400.0, 0.0)
    assert found.most.chance == 1.0


def test_what_not_even_the_most_reaches_is_said_plainly() -> None:
    found = answer(scenario(vary=["attacks"], most=3.0))
    assert found.found[0.9] is None
    assert found.found[0.5] is None
    assert found.found[0.1] == pytest.approx(3600.0 / 1400.0, rel=2e-3)
    assert found.most.value == 3.0


def test_what_is_reached_already_is_the_least_there_is() -> None:
    found = answer(scenario(vary=["attacks"], people=900))
    assert found.found == dict.fromkeys(CHANCES, 1.0) | {0.9: 1.0}


def test_a_gate_that_the_scenario_has_not_is_varied_from_nothing() -> None:
    found = answer(scenario(vary=["gate"], people=1200))
    assert found.now.chance == 0.0
    assert found.found[0.5] == pytest.approx(12.0, rel=2e-3)
    assert answer(scenario(vary=["gate"], people=1e6)).found[0.1] is None


def test_outflows_keep_their_parts_and_the_isolated_stay() -> None:
    seen: list[tuple[float, ...]] = []

    def simulate(tried: Scenario, _: float) -> np.ndarray:
        seen.append(tuple(one.people for one in tried.outflow))
        return np.full(5, sum(seen[-1][:2]))

    [found] = solve(scenario(vary=["outflow"], people=800), simulate, FIRST, LAST)
    assert found.now.value == 400.0
    assert found.found[0.5] == pytest.approx(800.0, rel=2e-3)
    for first, second, isolated in seen:
        assert first == pytest.approx(3.0 * second)
        assert isolated == 50.0


@given(people=st.floats(1000.0, 14_000.0), most=st.floats(1.5, 20.0))
def test_the_value_found_reaches_the_target_and_less_does_not(people: float, most: float) -> None:
    found = answer(scenario(vary=["attacks"], people=people, most=most))
    for chance, value in found.found.items():
        reached = np.quantile(DRAWS, 1.0 - chance)
        if value is None:
            assert reached * most + 400.0 < people
        else:
            assert reached * value * 1.003 + 400.0 >= people
            assert value == 1.0 or reached * value * 0.997 + 400.0 <= people
    values = [np.inf if value is None else value for value in found.found.values()]
    assert values == sorted(values)
