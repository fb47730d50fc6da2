from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array

from models.gravity import DAY_KM, Gravity, learned, relative

kilometres = st.lists(st.floats(0.1, 5000.0), min_size=2, max_size=8)


@given(kilometres, st.floats(0.1, 4.0))
def test_farther_never_draws_more(km: list[float], exponent: float) -> None:
    found = Gravity(distance=exponent).weights(csr_array(np.array([sorted(km)])))
    weights = found.toarray()[0]
    assert (weights > 0.0).all()
    assert (np.diff(weights) <= 0.0).all()


def test_a_days_journey_halves_the_weight() -> None:
    found = Gravity().weights(csr_array(np.array([[DAY_KM, 3.0 * DAY_KM]])))
    np.testing.assert_allclose(found.toarray(), [[0.5, 0.25]])


def test_what_cannot_be_reached_has_no_weight() -> None:
    km = csr_array((np.array([10.0]), np.array([1]), np.array([0, 1, 1])), shape=(2, 2))
    found = Gravity().weights(km, size=np.array([5.0, 5.0])).toarray()
    assert (found > 0.0).tolist() == [[False, True], [False, False]]


def test_twice_the_size_draws_twice_and_danger_less() -> None:
    km = csr_array(np.full((1, 3), 50.0))
    sizes = Gravity().weights(km, size=np.array([100.0, 200.0, np.nan])).toarray()[0]
    np.testing.assert_allclose(sizes[1] / sizes[0], 2.0)
    np.testing.assert_allclose(sizes[2] / sizes[0], 1.5)
    safe, attacked = Gravity().weights(km[:, :2], danger=np.array([0.0, 1.0])).toarray()[0]
    np.testing.assert_allclose(attacked / safe, 1 / np.sqrt(10), rtol=2e-3)


def test_sizes_of_which_none_is_known_are_all_alike() -> None:
    np.testing.assert_array_equal(relative(np.array([np.nan, np.nan])), [1.0, 1.0])


def test_learning_moves_towards_what_was_told() -> None:
    terms = np.array([[1.0], [0.0]])
    expected = np.array([0.5, 0.5])
    told = np.tile([[0.9, 0.1]], (200, 1))
    (change,) = learned(terms, told, expected)
    assert 0.9 < np.exp(change) / (np.exp(change) + 1.0) * 2.0 < 2.0
    few, many = (float(learned(terms, told[:n], expected)[0]) for n in (1, 200))
    assert 0.0 < few < many


def test_what_was_expected_and_came_changes_nothing() -> None:
    expected = np.array([0.2, 0.3, 0.5])
    terms = np.array([[1.0, 0.1], [0.0, 0.2], [0.0, 0.7]])
    np.testing.assert_allclose(learned(terms, expected[None], expected), 0.0, atol=1e-6)


def test_nothing_told_changes_nothing() -> None:
    assert learned(np.ones((3, 2)), np.zeros((0, 3)), np.full(3, 1 / 3)).tolist() == [0.0, 0.0]
    told = np.array([[0.5, 0.5]])
    assert learned(np.ones((2, 1)), told, np.zeros(2)).tolist() == [0.0]
