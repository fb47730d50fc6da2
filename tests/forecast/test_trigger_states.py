from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.trigger_states import MET, STOOD_DOWN, WATCH, Levels, advance, walk
from tests.forecast.triggers import activations

FIRST = date(2018, 1, 1)
values = st.one_of(st.none(), st.floats(0.0, 1.0))


@st.composite
def journeys(draw: st.DrawFn) -> tuple[list[tuple[date, float | None]], Levels]:
    """Days in order with values, and levels of any kind that a file may hold."""
    gaps = draw(st.lists(st.integers(1, 90), max_size=30))
    days = [FIRST + timedelta(sum(gaps[: at + 1])) for at in range(len(gaps))]
    met = draw(st.floats(0.05, 0.95))
    levels = Levels(met, met * draw(st.floats(0.1, 0.99)), draw(st.integers(0, 200)))
    return [(day, draw(values)) for day in days], levels


@given(journeys())
def test_never_activated_twice_inside_the_suppression_window(
    journey: tuple[list[tuple[date, float | None]], Levels],
) -> None:
    told, levels = journey
    days = activations(walk(told, levels))
    for one, other in pairwise(days):
        assert one is not None
        assert other is not None
        assert (other - one).days >= max(levels.suppress_days, 1)


@given(journeys())
def test_only_what_was_met_stands_down_and_only_under_its_level(
    journey: tuple[list[tuple[date, float | None]], Levels],
) -> None:
    told, levels = journey
    before = WATCH
    for standing in walk(told, levels):
        if standing.state == STOOD_DOWN and before != STOOD_DOWN:
            assert before == MET
            assert standing.value is not None
            assert standing.value < levels.stand_down
        if standing.activates:
            assert before != MET
            assert standing.value is not None
            assert standing.value >= levels.met
        if before == MET and standing.state != MET:
            assert standing.state == STOOD_DOWN
        assert standing.state in (WATCH, MET, STOOD_DOWN)
        before = standing.state


@given(journeys(), st.integers(0, 30))
def test_the_past_alone_decides_and_a_walk_may_be_broken_anywhere(
    journey: tuple[list[tuple[date, float | None]], Levels], at: int
) -> None:
    told, levels = journey
    whole = walk(told, levels)
    first = walk(told[:at], levels)
    assert whole[:at] == first
    rest = walk(told[at:], levels, first[-1] if first else None)
    assert first + rest == whole
    assert walk(told, levels) == whole


@given(journeys())
def test_what_nobody_can_say_changes_nothing(
    journey: tuple[list[tuple[date, float | None]], Levels],
) -> None:
    told, levels = journey
    before = None
    for standing in walk(told, levels):
        if standing.value is None and before is not None:
            assert (standing.state, standing.activated_on) == (before.state, before.activated_on)
        before = standing


def test_a_value_about_the_level_does_not_turn_the_alarm_off_and_on() -> None:
    days = [FIRST + timedelta(days=at) for at in range(6)]
    told = list(zip(days, (0.39, 0.41, 0.39, 0.41, 0.29, 0.41), strict=True))
    found = walk(told, Levels(0.4, 0.3, 90))
    assert [one.state for one in found] == [WATCH, MET, MET, MET, STOOD_DOWN, STOOD_DOWN]
    assert [one.held_back for one in found] == [False] * 5 + [True]
    assert activations(found) == [days[1]]


def test_after_the_suppression_window_it_is_watched_and_met_again() -> None:
    days = [FIRST + timedelta(days=at) for at in (0, 10, 89, 90, 91)]
    told = list(zip(days, (0.5, 0.1, 0.5, 0.1, 0.5), strict=True))
    found = walk(told, Levels(0.4, 0.3, 90))
    assert [one.state for one in found] == [MET, STOOD_DOWN, STOOD_DOWN, WATCH, MET]
    assert activations(found) == [days[0], days[4]]


def test_days_out_of_order_are_a_fault_of_the_caller() -> None:
    standing = walk([(FIRST, 0.5)], Levels(0.4, 0.3, 90))[-1]
    with pytest.raises(ValueError, match="is not after"):
        advance(standing, FIRST, 0.5, Levels(0.4, 0.3, 90))
