from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from models.arrivals import share_out
from tests.flights import Floats, departures_and_weights

seeds = st.integers(0, 2**32 - 1)
scales = st.sampled_from([0.0, 0.1, 1.0, 30.0])


def room_of(weights: Floats, seed: int, scale: float) -> Floats:
    return scale * np.random.default_rng(seed).gamma(0.5, 1000.0, size=(1, weights.shape[1]))


def by_hand(people: Floats, weights: Floats) -> Floats:
    total = weights.sum(axis=1, keepdims=True)
    shares = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0.0)
    return people @ shares


@given(departures_and_weights())
def test_each_origin_shares_out_by_its_weights(given_: tuple[Floats, Floats]) -> None:
    people, weights = given_
    np.testing.assert_allclose(
        share_out(people, weights).arrived, by_hand(people, weights), atol=1e-9
    )


@given(departures_and_weights(), seeds, scales)
def test_nobody_is_lost_in_any_draw(given_: tuple[Floats, Floats], seed: int, scale: float) -> None:
    people, weights = given_
    for room in (None, room_of(weights, seed, scale)):
        found = share_out(people, weights, room)
        assert (found.arrived >= 0.0).all()
        assert (found.trapped >= 0.0).all()
        np.testing.assert_allclose(
            found.arrived.sum(axis=1) + found.trapped.sum(axis=1), people.sum(axis=1), rtol=1e-9
        )


@given(departures_and_weights(), seeds)
def test_who_has_no_way_is_trapped_and_nobody_else(
    given_: tuple[Floats, Floats], seed: int
) -> None:
    people, weights = given_
    found = share_out(people, weights, room_of(weights, seed, 1.0))
    stuck = ~weights.any(axis=1)
    np.testing.assert_array_equal(found.trapped, np.where(stuck, people, 0.0))


@given(departures_and_weights(), seeds, scales)
def test_sparse_weights_do_the_same(given_: tuple[Floats, Floats], seed: int, scale: float) -> None:
    people, weights = given_
    room = room_of(weights, seed, scale)
    liking = np.random.default_rng(seed).gamma(1.0, size=(len(people), weights.shape[1]))
    dense = share_out(people, weights, room, liking)
    sparse = share_out(people, csr_array(weights), room, liking)
    np.testing.assert_allclose(sparse.arrived, dense.arrived, atol=1e-9)
    np.testing.assert_allclose(sparse.trapped, dense.trapped, atol=1e-9)


@given(departures_and_weights())
def test_without_limits_room_changes_nothing(given_: tuple[Floats, Floats]) -> None:
    people, weights = given_
    endless = share_out(people, weights, np.full((1, weights.shape[1]), np.inf))
    np.testing.assert_allclose(endless.arrived, share_out(people, weights).arrived, atol=1e-9)


@given(departures_and_weights(), seeds)
def test_a_closed_destination_receives_nobody(given_: tuple[Floats, Floats], seed: int) -> None:
    people, weights = given_
    closed = seed % weights.shape[1]
    open_ways = weights.copy()
    open_ways[:, closed] = 0.0
    found, before = share_out(people, open_ways).arrived, share_out(people, weights).arrived
    assert (found[:, closed] == 0.0).all()
    others = np.arange(weights.shape[1]) != closed
    assert (found[:, others] >= before[:, others] - 1e-9).all()


@settings(max_examples=200)
@given(departures_and_weights(), seeds, scales, st.floats(0.0, 5000.0))
def test_more_room_never_takes_people_away(
    given_: tuple[Floats, Floats], seed: int, scale: float, more: float
) -> None:
    people, weights = given_
    room = room_of(weights, seed, scale)
    at = seed % weights.shape[1]
    wider = room.copy()
    wider[0, at] += more
    few = share_out(people, weights, room).arrived[:, at]
    many = share_out(people, weights, wider).arrived[:, at]
    assert (many >= few - 1e-6 * (1.0 + few)).all()


def test_a_full_camp_passes_people_on() -> None:
    found = share_out(
        np.array([[100.0]]), np.array([[3.0, 1.0, 0.0]]), np.array([[30.0, 99.0, 9.0]])
    )
    np.testing.assert_allclose(found.arrived, [[30.0, 70.0, 0.0]])


def test_where_all_are_full_people_crowd_in_by_weight() -> None:
    found = share_out(np.array([[100.0]]), np.array([[3.0, 1.0]]), np.array([[30.0, 10.0]]))
    np.testing.assert_allclose(found.arrived, [[30.0 + 45.0, 10.0 + 15.0]])


def test_room_that_one_origin_fills_is_gone_for_the_other() -> None:
    weights = np.array([[1.0, 0.0], [1.0, 1.0]])
    found = share_out(np.array([[50.0, 50.0]]), weights, np.array([[60.0, np.inf]]))
    np.testing.assert_allclose(found.arrived, [[60.0 + 10.0, 30.0]])


def test_liking_multiplies_weights_draw_by_draw() -> None:
    found = share_out(
        np.array([[90.0], [90.0]]),
        np.array([[1.0, 1.0]]),
        liking=np.array([[1.0, 2.0], [1.0, 0.0]]),
    )
    np.testing.assert_allclose(found.arrived, [[30.0, 60.0], [90.0, 0.0]])


@pytest.mark.slow
def test_five_thousand_places_take_a_few_seconds() -> None:
    numbers = np.random.default_rng(1)
    near = numbers.integers(0, 5000, size=(5000, 40))
    rows = np.repeat(np.arange(5000), 40)
    weights = csr_array((numbers.random(200_000), (rows, near.ravel())), shape=(5000, 5000))
    people = numbers.gamma(0.5, 100.0, size=(200, 5000))
    found = share_out(people, weights, numbers.gamma(1.0, 80.0, size=(1, 5000)))
    np.testing.assert_allclose(found.arrived.sum(), people.sum())
