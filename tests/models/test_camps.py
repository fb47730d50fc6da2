from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.camps import Counts, Memory, arrival_shares, fill, follow
from tests.flights import Floats, camps_in_time

Given = tuple[Floats, Floats, Counts]
seeds = st.integers(0, 2**32 - 1)
EQUAL = np.full((40, 2), 0.5)
GROWING = np.linspace(1000.0, 4900.0, 40)


def counts_of(*rows: tuple[int, int, float]) -> Counts:
    day, camp, persons = np.array(rows, dtype=np.float64).T
    return Counts(day.astype(np.int64), camp.astype(np.int64), persons)


NONE = Counts(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


class TestFollow:
    @given(camps_in_time(), st.integers(0, 40))
    def test_camps_add_up_to_the_total(self, given_: Given, lag: int) -> None:
        totals, shares, counts = given_
        found = follow(totals, shares, counts, lag)
        assert found.shape == shares.shape
        assert (found >= 0.0).all()
        np.testing.assert_allclose(found.sum(axis=1), totals, rtol=1e-9, atol=1e-9)

    @given(camps_in_time(), st.integers(0, 30), seeds)
    def test_nothing_younger_than_the_lag_or_of_later_days_matters(
        self, given_: Given, lag: int, seed: int
    ) -> None:
        totals, shares, counts = given_
        numbers = np.random.default_rng(seed)
        day = int(numbers.integers(len(totals)))
        young = counts.day > day - lag
        other = replace(
            counts,
            persons=np.where(young, 7.0 * counts.persons + 300.0, counts.persons),
            camp=np.where(young, (counts.camp + 1) % shares.shape[1], counts.camp),
        )
        later = np.arange(len(totals)) > day
        totals_then = np.where(later, totals[::-1] + 50.0, totals)
        shares_then = np.where(later[:, None], shares[::-1], shares)
        before = follow(totals, shares, counts, lag)[: day + 1]
        after = follow(totals_then, shares_then, other, lag)[: day + 1]
        np.testing.assert_array_equal(after, before)

    def test_without_counts_people_are_where_gravity_sends_them(self) -> None:
        shares = np.tile([[0.7, 0.3]], (40, 1))
        np.testing.assert_allclose(follow(GROWING, shares, NONE), GROWING[:, None] * [0.7, 0.3])

    def test_a_count_of_one_camp_tells_of_the_other(self) -> None:
        found = follow(np.full(40, 1000.0), EQUAL, counts_of((5, 0, 900.0)))
        np.testing.assert_allclose(found[4], [500.0, 500.0])
        np.testing.assert_allclose(found[5], [900.0, 100.0], rtol=0.03)

    def test_a_count_is_known_after_the_lag(self) -> None:
        found = follow(np.full(40, 1000.0), EQUAL, counts_of((5, 0, 900.0)), lag=10)
        assert found[14, 0] == pytest.approx(500.0)
        assert found[15, 0] == pytest.approx(900.0, rel=0.01)

    def test_newcomers_follow_those_before_and_gravity(self) -> None:
        counts = counts_of((0, 0, 1000.0), (0, 1, 0.0))
        follows = follow(GROWING, EQUAL, counts, memory=Memory(memory=1.0))[-1, 1]
        gravity = follow(GROWING, EQUAL, counts, memory=Memory(memory=0.0))[-1, 1]
        usual = follow(GROWING, EQUAL, counts)[-1, 1]
        assert follows < usual < gravity
        assert gravity == pytest.approx(3900.0 / 2, rel=0.01)
        assert follows == pytest.approx(0.0, abs=5.0)

    def test_leavers_come_from_all_alike(self) -> None:
        counts = counts_of((0, 0, 3675.0), (0, 1, 1225.0))
        found = follow(GROWING[::-1].copy(), EQUAL, counts)
        np.testing.assert_allclose(found[-1], [750.0, 250.0], rtol=0.01)

    def test_of_two_counts_the_later_weighs_more(self) -> None:
        found = follow(np.full(40, 1000.0), EQUAL, counts_of((1, 0, 200.0), (30, 0, 800.0)))
        assert 500.0 < found[30, 0] < 800.0
        np.testing.assert_allclose(found[29], [200.0, 800.0], rtol=0.02)

    def test_an_empty_land_stays_empty(self) -> None:
        assert not follow(np.zeros(40), EQUAL, NONE).any()


class TestFill:
    ORIGINS = np.tile([[3.0, 1.0]], (40, 1))
    WAYS = (np.array([[1.0, 0.0], [1.0, 1.0]]),) * 40

    @given(camps_in_time(), seeds, st.booleans())
    def test_camps_add_up_to_the_total(self, given_: Given, seed: int, limited: bool) -> None:
        totals, shares, _ = given_
        numbers = np.random.default_rng(seed)
        ways = [numbers.gamma(0.5, size=(3, shares.shape[1])) * (numbers.random() < 0.8)
                for _ in totals]  # fmt: skip
        origins = numbers.gamma(0.5, size=(len(totals), 3)) * (numbers.random() < 0.8)
        capacity = numbers.gamma(0.5, 800.0, size=shares.shape[1]) if limited else None
        found = fill(totals, origins, ways, capacity)
        assert (found >= 0.0).all()
        np.testing.assert_allclose(found.sum(axis=1), totals, rtol=1e-6, atol=1e-6)

    def test_who_comes_goes_by_weight(self) -> None:
        found = fill(np.full(40, 80.0), self.ORIGINS, self.WAYS)
        np.testing.assert_allclose(found[-1], [60.0 + 10.0, 10.0])

    def test_a_full_camp_passes_people_on_until_all_are_full(self) -> None:
        ways = (np.array([[3.0, 1.0], [3.0, 1.0]]),) * 40
        found = fill(GROWING, self.ORIGINS, ways, np.array([1500.0, 2000.0]))
        np.testing.assert_allclose(found[GROWING == 1900.0], [[1425.0, 475.0]])
        np.testing.assert_allclose(found[GROWING == 2900.0], [[1500.0, 1400.0]])
        np.testing.assert_allclose(found[GROWING == 3900.0], [[1500.0 + 300.0, 2000.0 + 100.0]])

    def test_who_has_no_other_way_crowds_in(self) -> None:
        found = fill(GROWING, self.ORIGINS, self.WAYS, np.array([100.0, np.inf]))
        assert found[-1, 0] > 0.74 * GROWING[-1]

    def test_a_way_that_opens_is_taken_from_then_on(self) -> None:
        shut = np.array([[1.0, 0.0], [1.0, 0.0]])
        found = fill(GROWING, self.ORIGINS, [shut] * 20 + [self.WAYS[0]] * 20)
        assert not found[:20, 1].any()
        assert (np.diff(found[20:, 1]) > 0.0).all()

    def test_shares_stay_while_nobody_has_a_way(self) -> None:
        nothing = np.zeros((2, 2))
        found = arrival_shares(self.ORIGINS[:3], [nothing, self.WAYS[0], nothing])
        np.testing.assert_allclose(found, [[0.5, 0.5], [0.875, 0.125], [0.875, 0.125]])
