"""What the models of reconciled series share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kstest

from models.each_series import (
    MOST_PERSONS,
    EachSeries,
    persons_of,
    refuse_unfit,
    spread_of,
)
from models.streams import Floats


@dataclass(frozen=True)
class Repeated:
    """Tells the last figure times the driver."""

    persons: Floats
    driver: Floats

    def simulate(self, driver: Floats, rng: np.random.Generator) -> Floats:
        return self.persons[-1] * driver


REPEATED = EachSeries("repeated", Repeated)


def two_series() -> tuple[pd.DataFrame, pd.DataFrame]:
    names = pd.MultiIndex.from_tuples([("arrivals", "N01"), ("departures", "N01")])
    rows = np.arange(30.0).reshape(15, 2)
    persons = pd.DataFrame(rows, columns=names)
    persons.iloc[:4, 1] = np.nan
    return persons, pd.DataFrame(rows / 10.0, columns=names)


def test_each_series_is_fitted_from_where_it_begins() -> None:
    persons, drivers = two_series()
    early, late = REPEATED.fit(persons, drivers).each
    assert isinstance(early, Repeated)
    assert isinstance(late, Repeated)
    np.testing.assert_array_equal(early.persons, np.arange(0.0, 30.0, 2.0))
    np.testing.assert_array_equal(late.persons, np.arange(9.0, 30.0, 2.0))
    np.testing.assert_array_equal(late.driver, np.arange(9.0, 30.0, 2.0) / 10.0)


def test_each_series_is_given_its_own_drivers_and_draws() -> None:
    drivers = np.arange(12.0).reshape(3, 2, 2)
    found = REPEATED.fit(*two_series()).simulate(drivers, 3, np.random.default_rng(1))
    np.testing.assert_array_equal(found, drivers * np.array([28.0, 29.0])[:, None])


def test_ten_blocks_that_change_are_enough() -> None:
    persons, _ = two_series()
    refuse_unfit(persons.tail(10))


@given(st.floats(0.0, 1e11))
def test_persons_come_back_from_their_log(persons: float) -> None:
    assert persons_of(np.array([np.log1p(persons)]))[0] == pytest.approx(persons, rel=1e-6)


@given(st.floats(-1e6, 1e6))
def test_persons_are_never_negative_and_never_too_many_to_count(log_persons: float) -> None:
    found = persons_of(np.array([log_persons]))[0]
    assert 0.0 <= found <= MOST_PERSONS


@pytest.mark.parametrize("freedom", [3, 40])
def test_normal_draws_times_their_spread_are_student_s_t(freedom: int) -> None:
    rng = np.random.default_rng(1)
    found = spread_of(freedom, 4000, rng) * rng.standard_normal(4000)
    assert kstest(found, "t", args=(freedom,)).pvalue > 0.01
