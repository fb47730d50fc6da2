"""Numbers and days as a reader is given them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.numbers import about, between, chance, day, exact, figure, rounded, span


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (251_771, "252,000"),
        (3_176, "3,180"),
        (559.4, "559"),
        (5.5, "6"),
        (0.2, "0"),
        (999.7, "1,000"),
    ],
)
def test_a_figure_has_three_digits(value: float, told: str) -> None:
    assert figure(value) == told


def test_a_sentence_has_two_digits_and_a_published_figure_all() -> None:
    assert about(77_929) == "78,000"
    assert exact(251_771) == "251,771"
    assert between((26_371, 251_771)) == "26,400–252,000"


@given(st.floats(0, 1e9), st.integers(1, 6))
def test_rounding_stays_near(value: float, digits: int) -> None:
    assert abs(rounded(value, digits) - value) <= max(0.5, value * 0.5 * 10 ** (1 - digits))


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_rounding_keeps_the_order(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert rounded(low, 3) <= rounded(high, 3)


@pytest.mark.parametrize(
    ("probability", "told"),
    [(0.0, "under 1%"), (0.0099, "under 1%"), (0.01, "1%"), (0.505, "50%"), (1.0, "over 99%")],
)
def test_draws_never_tell_never_or_always(probability: float, told: str) -> None:
    assert chance(probability) == told


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2019-05-04", "2019-05-04", "4 May 2019"),
        ("2019-05-01", "2019-05-31", "May 2019"),
        ("2020-02-01", "2020-02-29", "February 2020"),
        ("2019-05-01", "2019-05-16", "1–16 May 2019"),
        ("2019-05-01", "2019-06-13", "1 May – 13 June 2019"),
        ("2019-05-01", "2019-07-31", "May–July 2019"),
        ("2018-12-30", "2019-01-02", "30 December 2018 – 2 January 2019"),
        ("2018-12-01", "2018-12-31", "December 2018"),
    ],
)
def test_windows_read_as_people_say_them(start: str, end: str, told: str) -> None:
    assert span(date.fromisoformat(start), date.fromisoformat(end)) == told
    assert day(date(2019, 5, 4)) == "4 May 2019"
