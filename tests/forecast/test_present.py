from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd

from features.crisis import Crisis
from forecast.border import Stock
from forecast.present import COLUMNS, present
from forecast.pressure import Pressure, clock_of
from tests.outlooks import known_forecast


def table(crisis: Crisis, one: Pressure) -> pd.DataFrame:
    made = replace(known_forecast(crisis), pressure=(one,), clock=clock_of(np.array([27.0, 57.0])))
    return pd.read_csv(io.BytesIO(present(made)))


def test_people_come_evenly_between_the_ends_of_steps(made_up: Crisis) -> None:
    found = table(made_up, Pressure("N0101", np.array([[270.0, 580.0]])))
    assert list(found) == list(COLUMNS)
    assert (len(found), found["date"].iat[0], found["date"].iat[-1]) == (
        57,
        "2018-05-05",
        "2018-06-30",
    )
    by_day = found.set_index("date")["median"]
    assert by_day["2018-05-05"] == 10
    assert by_day["2018-05-31"] == 270
    assert by_day["2018-06-30"] == 580
    assert found["counted_before"].isna().all()


def test_those_counted_before_are_there_from_the_first_day(made_up: Crisis) -> None:
    stock = Stock(1000.0, "2018-05-01", "Monitor")
    found = table(made_up, Pressure("N0101", np.array([[1000.0, 1000.0]]), 1000.0, stock=stock))
    assert set(found["mean"]) == {1000}
    assert set(found["counted_before"]) == {1000}
