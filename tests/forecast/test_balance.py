from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from forecast.balance import Balance, Limit, Setting, balanced, ways_on
from forecast.sites import Sites
from models.closures import Closure
from tests.strategies import day, made_up, panel_of

SITES, STEPS = 4, 3
PLAIN = Setting(
    ahead=np.ones(STEPS),
    before=np.zeros(SITES),
    hazard=np.ones(SITES),
    repeat=1.0,
    belt=np.zeros(SITES, dtype=bool),
    able=np.zeros(STEPS),
)


def coming(seed: int = 1, draws: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).gamma(0.5, 1000.0, size=(draws, STEPS, SITES))


def limit(people: float, *inside: int) -> Limit:
    held = np.isin(np.arange(SITES), inside)
    return Limit("P", people, held, np.tile(1.0 - held, (STEPS, 1)), np.ones(STEPS))


def balance(arrivals: np.ndarray, setting: Setting, *limits: Limit, home: float = 0.0) -> Balance:
    return balanced(arrivals, np.full(arrivals.shape[:2], home), setting, limits)


@given(
    seed=st.integers(0, 2**32 - 1),
    repeat=st.sampled_from([1.0, 1.63, 4.0]),
    people=st.tuples(st.floats(0.0, 3000.0), st.floats(0.0, 3000.0)),
    able=st.sampled_from([0.0, 100.0, 1e6]),
    home=st.sampled_from([0.0, 50.0, 1e6]),
)
def test_arrivals_and_people_are_conserved_in_every_draw(
    seed: int, repeat: float, people: tuple[float, float], able: float, home: float
) -> None:
    arrivals = coming(seed)
    setting = replace(
        PLAIN,
        repeat=repeat,
        hazard=np.array([0.1, 0.1, 9.0, 1.0]),
        belt=np.array([True, False, False, False]),
        able=np.full(STEPS, able),
    )
    found = balance(arrivals, setting, limit(people[0], 0), limit(people[1], 0, 1), home=home)
    np.testing.assert_allclose(found.arrivals.sum(axis=2), arrivals.sum(axis=2))
    assert (found.staying >= 0.0).all()
    assert (found.crossed <= able + 1e-9).all()
    came = (arrivals.sum(axis=2) / repeat).cumsum(axis=1)
    there = found.staying.sum(axis=2) + found.crossed.cumsum(axis=1)
    assert (there <= came + 1e-6).all()
    if home == 0.0:
        np.testing.assert_allclose(there, came)


def test_people_leave_again_from_where_they_are_and_are_attacked() -> None:
    arrivals = np.full((1, 1, SITES), 100.0)
    setting = replace(PLAIN, ahead=np.ones(1), able=np.zeros(1), repeat=2.0)
    calm = balance(arrivals, setting).staying[0, 0]
    np.testing.assert_allclose(calm, 50.0)
    hit = replace(setting, hazard=np.array([1.0, 1.0, 1.0, 5.0]))
    np.testing.assert_allclose(balance(arrivals, hit).staying[0, 0], [200 / 3] * 3 + [0.0])


def test_of_the_first_step_only_what_is_ahead_counts() -> None:
    arrivals = np.full((1, STEPS, SITES), 100.0)
    found = balance(arrivals, replace(PLAIN, ahead=np.array([0.25, 1.0, 1.0])))
    assert found.staying[0, :, 0].tolist() == [25.0, 125.0, 225.0]


def test_a_full_place_takes_no_more_and_its_people_go_where_there_is_room() -> None:
    arrivals = np.full((1, STEPS, SITES), 100.0)
    shut = replace(limit(0.0, 3), ways=np.tile([0.0, 1.0, 1.0, 0.0], (STEPS, 1)))
    found = balance(arrivals, PLAIN, limit(150.0, 0), shut)
    assert found.staying[0, :, 0].tolist() == [100.0, 150.0, 150.0]
    assert not found.arrivals[0, :, 3].any()
    np.testing.assert_allclose(found.turned[0][0], [0.0, 50.0, 100.0])
    assert found.overflow[0][0, 3] == 0.0
    assert found.overflow[0].sum() == pytest.approx(150.0)


def test_those_who_were_there_stay_though_the_place_is_full() -> None:
    before = np.array([500.0, 0.0, 0.0, 0.0])
    found = balance(np.full((1, STEPS, SITES), 100.0), replace(PLAIN, before=before), limit(9.0, 0))
    assert (found.staying[0, :, 0] == 500.0).all()


def test_without_a_way_on_people_crowd_in() -> None:
    stuck = replace(limit(10.0, 0), ways=np.zeros((STEPS, SITES)))
    found = balance(np.full((1, STEPS, SITES), 100.0), PLAIN, stuck)
    assert found.staying[0, :, 0].tolist() == [100.0, 200.0, 300.0]


def test_a_limit_counts_on_its_days_alone() -> None:
    late = replace(limit(0.0, 0), share=np.array([0.0, 0.5, 1.0]))
    found = balance(np.full((1, STEPS, SITES), 100.0), PLAIN, late)
    assert found.arrivals[0, :, 0].tolist() == [100.0, 50.0, 0.0]


def test_longer_steps_are_sums_and_last_levels() -> None:
    found = balance(coming(), PLAIN, limit(700.0, 1))
    longer = found.over(np.array([0, 0, 1]))
    np.testing.assert_allclose(longer.arrivals[:, 0], found.arrivals[:, :2].sum(axis=1))
    np.testing.assert_array_equal(longer.staying, found.staying[:, 1:])
    np.testing.assert_allclose(longer.turned[0].sum(), found.turned[0].sum())


class TestWaysOn:
    def ways(self, *closures: Closure) -> np.ndarray:
        panel = panel_of(made_up(routes=None))
        [row] = ways_on(panel.crisis, panel.day, ["N0101"], Sites(panel), closures)
        return np.asarray(row)

    def test_the_near_before_the_far_and_none_inside(self) -> None:
        names = Sites(panel_of(made_up(routes=None))).names
        found = dict(zip(names, self.ways(), strict=True))
        assert found["N0101"] == found["N01C"] == 0.0
        assert found["N0102"] > found["N0202"] > found["N0201"] > 0.0

    def test_a_way_that_is_shut_is_not_taken(self) -> None:
        found = self.ways(Closure("N0101", day("2018-07-01"), day("2018-07-02"), "N0102"))
        assert found[1] == 0.0

    def test_the_ways_of_an_area_are_the_mean_of_its_members(self) -> None:
        panel = panel_of(made_up(routes=None))
        places = ["front-south", "N0201", "N0202"]
        front, *towns = ways_on(panel.crisis, panel.day, places, Sites(panel))
        outside = front > 0.0
        assert Sites(panel).parts("front-south")[~outside].all()
        np.testing.assert_allclose(front[outside], np.mean(towns, axis=0)[outside])

    def test_a_place_that_lies_nowhere_is_told_by_its_row(self) -> None:
        crisis = made_up(routes=None, places=lambda text: text.replace("36.15,36.3,", ",,"))
        panel = panel_of(crisis)
        with pytest.raises(InputError, match=r"places.csv:6: place_id 'N0102': has neither"):
            ways_on(crisis, panel.day, ["N0101"], Sites(panel))
