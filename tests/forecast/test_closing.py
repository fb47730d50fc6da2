from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.closing import redirected, spread
from forecast.periods import periods
from models.closures import Closure
from tests.strategies import day, made_up

SITES = ("N0101", "N0102", "N0201", "N0202")
STEPS = periods(day("2018-06-30"), 2, "month")
LEAVING = pd.Series([3.0, 1.0], index=["N0201", "N0202"])


def shut(*closures: Closure, arrivals: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    given_ = np.full((2, 2, 4), 100.0) if arrivals is None else arrivals
    return redirected(made_up(routes=None), given_, SITES, LEAVING, STEPS, closures)


def closure(place: str, first: str = "2018-07-01", last: str = "2018-07-31") -> Closure:
    return Closure(place, day(first), day(last))


def test_a_shut_place_receives_nobody_while_it_is_shut_and_others_receive_its_people() -> None:
    found, trapped = shut(closure("N0101"))
    assert found[:, 0, 0].tolist() == [0.0, 0.0]
    np.testing.assert_allclose(found[:, 0, 1:], 400.0 / 3.0)
    np.testing.assert_allclose(found[:, 1], 100.0)
    assert not trapped.any()


def test_a_place_shut_for_half_a_month_receives_half() -> None:
    found, _ = shut(closure("N0101", "2018-08-01", "2018-08-16"))
    assert found[0, 1, 0] == pytest.approx(100.0 * 15 / 31)


def test_an_isolated_origin_keeps_its_people_who_are_trapped() -> None:
    found, trapped = shut(closure("N0201"))
    np.testing.assert_allclose(trapped[:, 0], 300.0)
    np.testing.assert_allclose(found[:, 0].sum(axis=1), 100.0)


def test_where_all_is_shut_all_are_trapped() -> None:
    found, trapped = shut(closure("N"))
    assert not found[:, 0].any()
    np.testing.assert_allclose(trapped[:, 0], 400.0)


def test_a_closure_of_a_district_shuts_every_place_in_it() -> None:
    shut_ = {one.place for one in spread(made_up(), [closure("N01")])}
    assert {"N01", "N0101", "N0102", "N01C"} <= shut_


@settings(max_examples=20)
@given(st.sampled_from(["N0101", "N0102", "N0201", "N01", "N"]), st.integers(0, 2**32 - 1))
def test_in_every_draw_and_step_nobody_is_lost(place: str, seed: int) -> None:
    arrivals = np.random.default_rng(seed).gamma(0.3, 1e4, size=(3, 2, 4))
    found, trapped = shut(closure(place, "2018-07-10", "2018-08-03"), arrivals=arrivals)
    assert (found >= 0.0).all()
    np.testing.assert_allclose(found.sum(axis=2) + trapped, arrivals.sum(axis=2), rtol=1e-9)
