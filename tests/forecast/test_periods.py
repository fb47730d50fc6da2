from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from features.overlap import DAY
from forecast.periods import past_days, periods
from tests.strategies import day, days_between

STEPS = st.sampled_from(["month", "week"])


@pytest.mark.parametrize(
    ("as_of", "step", "start", "end", "past"),
    [
        ("2019-05-04", "month", "2019-05-01", "2019-05-31", 4),
        ("2019-04-30", "month", "2019-05-01", "2019-05-31", 0),
        ("2019-05-30", "month", "2019-05-01", "2019-05-31", 30),
        ("2019-05-31", "month", "2019-06-01", "2019-06-30", 0),
        ("2019-12-31", "month", "2020-01-01", "2020-01-31", 0),
        ("2020-02-28", "month", "2020-02-01", "2020-02-29", 28),
        ("2019-05-03", "week", "2019-05-04", "2019-05-10", 0),
        ("2019-05-04", "week", "2019-05-04", "2019-05-10", 1),
        ("2019-05-09", "week", "2019-05-04", "2019-05-10", 6),
        ("2019-05-10", "week", "2019-05-11", "2019-05-17", 0),
    ],
)
def test_the_first_step_holds_the_day_after(
    as_of: str, step: str, start: str, end: str, past: int
) -> None:
    table = periods(day(as_of), 3, step)
    assert (table["start"].iloc[0], table["end"].iloc[0]) == (day(start), day(end))
    assert past_days(day(as_of), table) == past


def test_labels_say_which_month_or_week() -> None:
    assert periods(day("2019-05-04"), 2, "month")["label"].tolist() == ["May 2019", "June 2019"]
    assert periods(day("2019-05-04"), 1, "week")["label"].tolist() == ["week of 2019-05-04"]


@given(days_between("2015-01-01", "2024-12-31"), st.integers(1, 14), STEPS)
def test_steps_follow_each_other_without_a_gap(
    as_of: pd.Timestamp, horizon: int, step: str
) -> None:
    table = periods(as_of, horizon, step)
    assert table["horizon"].tolist() == list(range(1, horizon + 1))
    assert (table["start"].iloc[1:].to_numpy() == (table["end"] + DAY).iloc[:-1].to_numpy()).all()
    assert table["start"].iloc[0] <= as_of + DAY <= table["end"].iloc[0]


@given(days_between("2015-01-01", "2024-12-31"), st.integers(1, 14))
def test_months_are_whole_months(as_of: pd.Timestamp, horizon: int) -> None:
    table = periods(as_of, horizon, "month")
    assert (table["start"].dt.day == 1).all()
    assert table["end"].dt.is_month_end.all()


@given(days_between("2015-01-01", "2024-12-31"), st.integers(1, 14))
def test_weeks_run_from_saturday_to_friday(as_of: pd.Timestamp, horizon: int) -> None:
    table = periods(as_of, horizon, "week")
    assert (table["start"].dt.day_name() == "Saturday").all()
    assert (table["end"].dt.day_name() == "Friday").all()


@given(days_between("2015-01-01", "2024-12-31"), STEPS)
def test_past_days_are_those_of_the_first_step_up_to_the_day(
    as_of: pd.Timestamp, step: str
) -> None:
    table = periods(as_of, 2, step)
    days = pd.date_range(table["start"].iloc[0], table["end"].iloc[0])
    assert past_days(as_of, table) == int(np.sum(days <= as_of))


@pytest.mark.parametrize(("horizon", "step"), [(3, "quarter"), (0, "month"), (-1, "week")])
def test_unknown_steps_and_no_horizon_are_refused(horizon: int, step: str) -> None:
    with pytest.raises(InputError):
        periods(day("2019-05-04"), horizon, step)
