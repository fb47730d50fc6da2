from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from forecast.pressure import (
    Capacity,
    Pressure,
    capacities,
    clock_of,
    full_after,
    highest_wave,
    waves,
)
from tests.strategies import made_up, panel_of


def test_a_place_is_full_on_the_day_that_people_coming_evenly_fill_it() -> None:
    staying = np.array([[100.0, 300.0], [0.0, 0.0], [40.0, 50.0], [300.0, 0.0]])
    days = full_after(staying, 0.0, 200.0, clock_of(np.array([10.0, 30.0])))
    assert days.tolist() == [20.0, np.inf, np.inf, 7.0]


def test_a_place_with_more_people_than_it_holds_is_full_at_once() -> None:
    assert full_after(np.array([[1.0]]), 500.0, 200.0, clock_of(np.array([9.0]))).tolist() == [0.0]


@given(st.floats(1, 1e5), st.floats(1, 1e5))
def test_what_holds_more_is_full_no_earlier(one: float, other: float) -> None:
    staying = np.random.default_rng(1).gamma(0.5, 2e4, size=(50, 6)).cumsum(axis=1)
    clock = clock_of(np.arange(1, 7) * 30.0)
    small, large = sorted((one, other))
    first, later = (full_after(staying, 0.0, size, clock) for size in (small, large))
    assert (first <= later).all()


def test_days_are_told_only_for_chances_that_are_reached() -> None:
    found = Pressure("P", np.zeros((10, 1)), full_after=np.array([5.0] * 6 + [np.inf] * 4))
    assert found.full_by(0.5) == 5.0
    assert found.full_by(0.8) is None
    assert found.not_full == 0.4
    assert Pressure("P", np.zeros((10, 1))).full_by(0.5) is None


def test_beyond_is_what_passes_the_capacity() -> None:
    found = Pressure("P", np.array([[5.0, 15.0]]), capacity=Capacity(10.0, "us"))
    assert found.beyond is not None
    assert found.beyond.tolist() == [[0.0, 5.0]]


def test_the_highest_wave_is_the_most_a_day_as_published() -> None:
    panel = panel_of(made_up())
    found = waves(panel, 30.0)
    wave = highest_wave(found, ["N01"])
    assert wave is not None
    rows = panel.reports[panel.reports["place_id"].eq("N01") & panel.reports["from_id"].eq("")]
    rate = rows["persons"] / ((rows["end"] - rows["start"]).dt.days + 1)
    assert wave.a_day == pytest.approx(rate.max())
    assert highest_wave(found, ["N0202"]) is None


def test_a_capacity_of_the_crisis_has_its_source_and_the_users_stands_before_it() -> None:
    assert capacities(made_up(), {}) == {"N01C": Capacity(20000.0, "Monitor 2018")}
    assert capacities(made_up(), {"N01C": 5.0})["N01C"] == Capacity(5.0, "given by the user")
    with pytest.raises(InputError, match="capacity of nobody"):
        capacities(made_up(), {"N01C": 0.0})
