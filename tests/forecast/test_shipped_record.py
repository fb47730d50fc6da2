"""The track record that comes with the bundled crisis is that of the models that come with it."""

import numpy as np
import pandas as pd
import pytest

from features.crisis import load_crisis
from forecast.backtest import backtest
from forecast.calibrate import POOL, calibration


def of_pool(record: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    own = record[(record["member"] == POOL) & (record["as_of"] == day)]
    return own.set_index(["stream", "target_published"])[["residual", "pit", "score"]].sort_index()


@pytest.mark.slow
def test_it_is_what_a_backtest_writes_today():
    """If not: nuzuh backtest --from 2017-01 --to 2019-10 --members served, and copy it."""
    crisis, day = load_crisis("nw-syria"), pd.Timestamp("2019-02-28")
    again = of_pool(backtest(crisis, day, day, members=("served",)).track_record, day)
    shipped = of_pool(crisis.track_record, day)
    assert len(shipped) > 5
    assert again.index.equals(shipped.index)
    np.testing.assert_allclose(shipped, again, atol=0.02)


def test_a_forecast_of_2019_stands_on_two_years_of_it():
    found = calibration(load_crisis("nw-syria").track_record, pd.Timestamp("2019-05-04"))
    assert found.months >= 20
    assert found.instead is None
    assert 0.5 < found.core < 1.2
    assert found.tail < 1.3
