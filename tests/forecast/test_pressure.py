from __future__ import annotations

import numpy as np
import pandas as pd
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
    overflow_of,
    staying_of,
    stocks,
    waves,
)
from models.closures import Closure
from tests.strategies import day, made_up, panel_of


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


def test_of_the_first_step_only_the_days_ahead_count_and_nobody_is_less_than_none() -> None:
    net = np.array([[[100.0], [-500.0], [30.0]]])
    found = staying_of(net, np.array([20.0]), 0.25)
    assert found[0, :, 0].tolist() == [45.0, 0.0, 30.0]


def test_beyond_is_what_passes_the_capacity() -> None:
    found = Pressure("P", np.array([[5.0, 15.0]]), capacity=Capacity(10.0, "us"))
    assert found.beyond is not None
    assert found.beyond.tolist() == [[0.0, 5.0]]


class TestOverflow:
    sites = ("N0101", "N0102", "N0201", "N0202")

    def went(self, **how: object) -> dict[str, np.ndarray]:
        room = how.pop("room", np.full((1, 4), np.inf))
        found = overflow_of(
            made_up(routes=None),
            day("2018-06-15"),
            {"N0101": np.array([100.0])},
            room,  # type: ignore[arg-type]
            np.ones(4),
            self.sites,
            **how,  # type: ignore[arg-type]
        )
        return found["N0101"]

    def test_all_who_are_beyond_go_to_others_the_near_first(self) -> None:
        went = self.went()
        assert "N0101" not in went
        assert sum(people[0] for people in went.values()) == pytest.approx(100.0)
        assert went["N0102"] > went["N0202"] > went["N0201"]

    def test_a_full_place_sends_nobody_to_another_full_one(self) -> None:
        went = self.went(room=np.array([[0.0, 0.0, np.inf, np.inf]]))
        assert set(went) == {"N0201", "N0202"}

    def test_a_shut_place_passes_nobody_on(self) -> None:
        assert self.went(closures=[Closure("N0101", day("2018-01-01"))]) == {}


def test_the_highest_wave_is_the_most_a_day_as_published() -> None:
    panel = panel_of(made_up())
    found = waves(panel, 30.0)
    wave = highest_wave(found, ["N01"])
    assert wave is not None
    rows = panel.reports[panel.reports["place_id"].eq("N01") & panel.reports["from_id"].eq("")]
    rate = rows["persons"] / ((rows["end"] - rows["start"]).dt.days + 1)
    assert wave.a_day == pytest.approx(rate.max())
    assert highest_wave(found, ["N0202"]) is None


def test_counts_of_people_are_those_of_late() -> None:
    crisis = made_up()
    assert set(stocks(crisis.as_of(day("2018-07-01")), day("2018-07-01"))) == set()
    rows = crisis.reports[crisis.reports["measure"] == "stock"]
    last = pd.Timestamp(rows["end"].max())
    assert stocks(crisis, last)["N01C"].persons == rows.loc[rows["end"] == last, "persons"].iat[0]
    assert stocks(crisis, last + pd.Timedelta(days=100)) == {}


def test_a_capacity_of_the_crisis_has_its_source_and_the_users_stands_before_it() -> None:
    assert capacities(made_up(), {}) == {"N01C": Capacity(20000.0, "Monitor 2018")}
    assert capacities(made_up(), {"N01C": 5.0})["N01C"] == Capacity(5.0, "given by the user")
    with pytest.raises(InputError, match="capacity of nobody"):
        capacities(made_up(), {"N01C": 0.0})
