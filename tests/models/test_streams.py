"""Past reports as a grid of daily rates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.errors import TooLittleData
from models.streams import Histories, daily_rates, figures, histories, middles, zero_share
from tests.strategies import day, made_up, panel_of, reports_of, rows_to_predict


def month(number: int, persons: float, **other: object) -> dict[str, object]:
    start = day("2017-01-01") + pd.DateOffset(months=number)
    end = start + pd.DateOffset(months=1) - pd.Timedelta(days=1)
    return {"start": start, "end": end, "persons": persons, **other}


def known(rows: list[dict[str, object]]) -> Histories:
    return histories(panel_of(replace(made_up(), reports=reports_of(rows))))


def test_the_newest_report_of_each_stream_is_in_the_last_column():
    grid = known([month(0, 310), month(1, 280), month(2, 620), month(1, 56, source="Monitor")]).own
    by_name = dict(zip(grid.names, np.exp(grid.rate), strict=True))
    # (persons + 1) / days of January, February and March
    assert by_name["Task Force|arrivals|N01|destination|"] == pytest.approx(
        [311 / 31, 281 / 28, 621 / 31]
    )
    assert by_name["Monitor|arrivals|N01|destination|"] == pytest.approx(
        [np.nan, np.nan, 57 / 28], nan_ok=True
    )


def test_odd_windows_count_only_where_a_stream_has_no_other():
    quarter = {"start": day("2017-01-01"), "end": day("2017-03-31")}
    rates = daily_rates(
        reports_of(
            [
                month(0, 310),
                {**quarter, "persons": 900.0},
                {**quarter, "persons": 700.0, "source": "Monitor"},
                {"start": day("2017-05-01"), "end": day("2017-05-04"), "persons": 9.0},
            ]
        )
    )
    assert rates[["source", "persons"]].to_numpy().tolist() == [
        ["Task Force", 310.0],
        ["Monitor", 700.0],
    ]


def test_a_stream_without_reports_takes_those_of_its_source_and_measure_then_all():
    histories_ = known([month(0, 310), month(1, 280), month(1, 56, source="Monitor")])
    wanted = rows_to_predict(
        [month(4, 0), month(4, 0, place_id="N02"), month(4, 0, measure="returns")]
    )
    rates = np.exp(histories_.rates_of(wanted).rate)
    assert histories_.number(wanted).tolist() == [1, -1, -1]
    assert rates[0] == pytest.approx([np.nan, 311 / 31, 281 / 28], nan_ok=True)
    assert rates[1] == pytest.approx([np.nan, 311 / 31, 281 / 28], nan_ok=True)
    assert sorted(rates[2]) == pytest.approx(sorted([311 / 31, 281 / 28, 57 / 28]))


def test_a_stream_of_zeros_alone_lends_its_zeros_but_no_rate():
    histories_ = known([month(0, 310), month(0, 0, place_id="N02"), month(1, 0, place_id="N02")])
    wanted = rows_to_predict([month(4, 0, place_id="N02")])
    assert histories_.number(wanted).tolist() == [-1]
    assert histories_.rates_of(wanted).positive.sum() == 1
    assert histories_.zeros_of(wanted).zero.sum() == 2


def test_the_share_of_zeros_is_shrunk_to_the_stream_and_that_to_the_pool():
    grid = known([month(0, 0), month(1, 5), month(2, 0), month(3, 7)]).own
    every = grid.known.astype(float)
    newest = np.array([[0.0, 0.0, 0.0, 1.0]])
    # Pool .15: the stream's own (2 + 10 * .15) / (4 + 10) = 1/4.
    # All four count: (4 * .5 + 5 * 1/4) / 9. The newest alone: (1 * 0 + 5 * 1/4) / 6.
    assert zero_share(grid, every, 0.15) == pytest.approx([13 / 36])
    assert zero_share(grid, newest, 0.15) == pytest.approx([5 / 24])


def test_the_pool_of_zeros_is_that_of_late():
    assert known([month(0, 0), month(5, 9, place_id="N02")]).zero_pool() < 0.3
    assert known([month(0, 9), month(5, 0, place_id="N02")]).zero_pool() > 0.7


def test_no_zeros_anywhere_leave_no_chance_of_zero():
    grid = known([month(0, 3), month(1, 5)]).own
    assert zero_share(grid, grid.known.astype(float), 0.0).tolist() == [0.0]


def test_figures_are_rates_over_days_and_zero_as_often_as_told():
    rng = np.random.default_rng(5)
    log_rate = np.full((4000, 2), np.log(10.0))
    drawn = figures(log_rate, np.array([30.0, 15.0]), np.array([0.0, 0.25]), rng)
    assert drawn[:, 0] == pytest.approx(np.full(4000, 299.0))
    assert set(np.round(drawn[:, 1])) == {0.0, 149.0}
    assert (drawn[:, 1] == 0.0).mean() == pytest.approx(0.25, abs=0.03)


def test_middles_are_days_since_1970():
    rows = rows_to_predict([{"start": day("1970-01-02"), "end": day("1970-01-05")}])
    assert middles(rows).tolist() == [2.5]


def test_nothing_above_zero_is_too_little():
    with pytest.raises(TooLittleData, match="no movement report above zero"):
        known([month(0, 0), month(1, 0)])
