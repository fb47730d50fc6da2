from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.crisis import Crisis
from features.errors import InputError
from forecast.border import Border, Gate, gate_of, registered_abroad, through
from tests.strategies import camps, made_up, reports_of


def with_border(**table: object) -> Crisis:
    crisis = made_up()
    return replace(crisis, models={**crisis.models, "border": table})


@given(
    arrays(np.float64, (3, 5), elements=st.floats(0, 1e6)),
    arrays(np.float64, 5, elements=st.floats(0, 1e6)),
)
def test_who_came_crossed_or_waits(arriving: np.ndarray, able: np.ndarray) -> None:
    crossed, waiting = np.zeros(3), np.zeros(3)
    for moved, most in zip(arriving.T, able, strict=True):
        now, waiting = through(waiting, moved, most)
        assert (now <= most).all()
        assert (waiting >= 0).all()
        crossed += now
    np.testing.assert_allclose(crossed + waiting, arriving.sum(axis=1), atol=1e-3)


def test_a_shut_gate_lets_nobody_through_and_a_queue_shrinks_by_those_who_turn_back() -> None:
    waiting, queue = np.zeros(1), []
    for moved in (100.0, -30.0, -200.0, 5.0):
        crossed, waiting = through(waiting, np.array([moved]), 0.0)
        assert not crossed.any()
        queue.append(waiting[0])
    assert queue == [100.0, 70.0, 0.0, 5.0]


def test_who_moves_on_is_the_share_assumed_and_nobody_without_one() -> None:
    crossed = np.array([[10.0, 20.0]])
    border = Border(Gate(10.0, "us"), crossed, crossed)
    assert border.stays.tolist() == [[10.0, 30.0]]
    assert replace(border, onward=0.25).stays.tolist() == [[7.5, 22.5]]


def test_the_gate_is_what_the_crisis_says_with_its_source() -> None:
    assert gate_of(made_up()) is None
    assert gate_of(with_border(people_a_day=3, source="HRW")) == Gate(3.0, "HRW")


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"people_a_day": -1, "source": "HRW"}, "no number of people from 0 on"),
        ({"people_a_day": True, "source": "HRW"}, "no number of people from 0 on"),
        ({"people_a_day": 0}, "source: is missing"),
        ({"people_a_day": 0, "source": "HRW", "open": 1}, "'open': is no key"),
    ],
)
def test_a_gate_told_wrongly_is_an_error(table: dict[str, object], told: str) -> None:
    with pytest.raises(InputError, match=told):
        gate_of(with_border(**table))


def test_the_last_count_abroad_is_told_with_day_and_source() -> None:
    assert registered_abroad(made_up()) is None
    rows = [
        {"start": day, "end": day, "measure": "stock", "place_id": "T", "persons": persons}
        for day, persons in (("2018-02-01", 7.0), ("2018-03-01", 9.0))
    ]
    crisis = replace(made_up(), reports=reports_of(rows))
    known = registered_abroad(crisis)
    assert known is not None
    assert (known.persons, known.day) == (9.0, "2018-03-01")


def test_camps_are_no_count_abroad_unless_they_are_of_the_country() -> None:
    assert registered_abroad(camps()) is None
