"""Every baseline on made-up streams whose right answer is known."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from time import perf_counter

import numpy as np
import pandas as pd
import pytest

from features.crisis import load_crisis
from features.panel import Panel, build_panel
from models.base import FittedReports, ReportModel
from models.baselines import (
    BASELINES,
    expanding_mean,
    exponential,
    last_value,
    twelve_months,
    year_before,
)
from models.spread import FLOOR, TYPICAL
from tests.models.test_spread import MONTH, grid_of
from tests.models.test_streams import month
from tests.strategies import (
    made_up,
    panel_of,
    reports_of,
    rows_to_predict,
    without_attacks,
)

NAMES = sorted(BASELINES)
FROM_RATES = [name for name in NAMES if name != "attacks_only"]
EIGHTY = 2 * 1.2816


def panel(rows: list[dict[str, object]]) -> Panel:
    return panel_of(replace(made_up(), reports=reports_of(rows)), until="2018-12-31")


def drawn(name: str, known: Panel, wanted: list[dict[str, object]], draws: int = 4000):
    rng = np.random.default_rng(7)
    return BASELINES[name].fit(known).predict(rows_to_predict(wanted), draws, rng)


def width(figures: np.ndarray) -> np.ndarray:
    """Width of the central 80 % on the log scale."""
    return np.diff(np.quantile(np.log(figures), [0.1, 0.9], axis=0), axis=0)[0]


WAVE = [month(i, 3000.0 * (1.0 + 0.5 * np.sin(i)) + 100 * (i % 3)) for i in range(16)]
DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
STEADY = [month(i, 100.0 * days - 1.0) for i, days in enumerate(DAYS)]


def test_the_eight_baselines_of_the_design_are_there_by_name():
    assert set(BASELINES) == {
        "last_value",
        "expanding_mean",
        "ewm_6",
        "ewm_18",
        "seasonal_naive",
        "last_twelve",
        "random_walk",
        "attacks_only",
    }
    for name, model in BASELINES.items():
        assert isinstance(model, ReportModel)
        assert model.name == name


@pytest.mark.parametrize("name", NAMES)
def test_draws_are_persons_and_come_from_the_generator_alone(name):
    known = panel(WAVE)
    wanted = rows_to_predict([month(18, 0), month(19, 0, place_id="N02")])
    fitted: FittedReports = BASELINES[name].fit(known)
    first, again, other = (
        fitted.predict(wanted, 300, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first.shape == (300, 2)
    assert np.isfinite(first).all()
    assert (first >= 0.0).all()
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_steady_stream_stays_and_is_no_narrower_than_the_floor(name):
    figures = drawn(name, panel(STEADY), [month(14, 0)])
    assert np.median(figures) == pytest.approx(100.0 * 31, rel=0.03)
    assert width(figures)[0] >= 0.95 * EIGHTY * FLOOR


@pytest.mark.parametrize("name", NAMES)
def test_half_a_window_holds_half_the_people(name):
    whole = {"start": pd.Timestamp("2018-07-01"), "end": pd.Timestamp("2018-07-30")}
    half = {"start": pd.Timestamp("2018-07-08"), "end": pd.Timestamp("2018-07-22")}
    figures = np.median(drawn(name, panel(STEADY), [half, whole]), axis=0)
    assert figures[0] / figures[1] == pytest.approx(0.5, rel=0.05)


@pytest.mark.parametrize("name", sorted({*FROM_RATES} - {"last_twelve", "random_walk"}))
def test_noise_is_symmetric_on_the_log_scale(name):
    low, middle, high = np.quantile(
        np.log(drawn(name, panel(WAVE), [month(18, 0)])), [0.1, 0.5, 0.9]
    )
    assert high - middle == pytest.approx(middle - low, rel=0.15)


@pytest.mark.parametrize("name", NAMES)
def test_a_new_stream_is_wider_than_one_with_reports(name):
    rows = [*WAVE, *(month(i, 400.0 + 30 * (i % 5), place_id="N02") for i in range(12))]
    figures = drawn(name, panel(rows), [month(18, 0), month(18, 0, place_id="N0101")])
    known, new = width(figures)
    assert new > 1.2 * known


@pytest.mark.parametrize("name", NAMES)
def test_zeros_return_where_there_were_zeros_and_nowhere_else(name):
    camp = [month(i, 0.0 if i % 2 else 5000.0, place_id="N01C") for i in range(12)]
    town = [month(i, 5000.0, place_id="N01") for i in range(12)]
    wanted = [month(14, 0, place_id="N01C"), month(14, 0, place_id="N01")]
    zero = (drawn(name, panel([*camp, *town]), wanted) == 0.0).mean(axis=0)
    assert 0.3 < zero[0] < 0.8
    assert zero[1] < 0.15
    assert (drawn(name, panel(town), wanted[1:]) > 0.0).all()


def test_zeros_do_not_drag_the_figures_above_zero():
    camp = [month(i, 0.0 if i % 2 else 30.0 * 31, place_id="N01C") for i in range(12)]
    figures = drawn("expanding_mean", panel(camp), [month(14, 0, place_id="N01C")])
    assert np.median(figures[figures > 0.0]) == pytest.approx(30.0 * 31, rel=0.1)


@pytest.mark.parametrize(
    ("name", "far_wider"), [("last_value", True), ("random_walk", True), ("expanding_mean", False)]
)
def test_what_drifts_is_wider_the_farther_it_looks(name, far_wider):
    rng = np.random.default_rng(0)
    walk = np.exp(8.0 + np.cumsum(rng.normal(0.0, 0.5, size=(4, 17)), axis=1))
    noise = np.exp(8.0 + rng.normal(0.0, 0.5, size=(4, 17)))
    places = ["N01", "N02", "N0101", "N0102"]
    persons = walk if far_wider else noise
    rows = [
        month(i, persons[j, i], place_id=place) for i in range(17) for j, place in enumerate(places)
    ]
    near, far = width(drawn(name, panel(rows), [month(17, 0), month(21, 0)]))
    assert bool(far > 1.4 * near) is far_wider


def test_weights_of_the_baselines():
    grid = grid_of([1.0, 2.0, 3.0], [5.0, 6.0])
    at = np.array([0.0, 0.0])
    assert last_value(grid, at).tolist() == [[0, 0, 1], [0, 0, 1]]
    assert expanding_mean(grid, at).tolist() == [[1, 1, 1], [0, 1, 1]]
    # span 6: one step back weighs 1 - 2/7 of the next
    expected = [[25 / 49, 5 / 7, 1], [0, 5 / 7, 1]]
    assert exponential(grid, at, span=6.0) == pytest.approx(np.array(expected))


def test_the_exponential_mean_is_that_of_pandas():
    rates = [0.3, 1.0, -0.5, 2.0]
    weights = exponential(grid_of(rates), np.zeros(1), span=18.0)[0]
    expected = pd.Series(rates).ewm(span=18).mean().iloc[-1]
    assert np.average(rates, weights=weights) == pytest.approx(expected)


def test_seasonal_weights_are_on_the_month_a_year_before_else_on_all():
    grid = grid_of([float(i) for i in range(14)])
    # The newest is month 13; month 15 lies a year after month 3, month 40 after none.
    assert np.flatnonzero(year_before(grid, np.array([15 * MONTH]))[0]).tolist() == [3]
    assert year_before(grid, np.array([40 * MONTH]))[0].tolist() == [1.0] * 14


def test_the_last_twelve_months_leave_out_older_reports():
    weights = twelve_months(grid_of([float(i) for i in range(20)]), np.zeros(1))[0]
    assert np.flatnonzero(weights).tolist() == list(range(8, 20))


def test_the_last_twelve_months_are_resampled():
    rows = [month(i, 1000.0 if i % 2 else 50_000.0) for i in range(16)]
    logged = np.log(drawn("last_twelve", panel(rows), [month(17, 0)])[:, 0])
    between = (np.abs(logged - np.log(7000.0)) < 0.5).mean()
    assert between < 0.12  # 0.2 under a normal of the same spread


def test_without_past_errors_the_spread_is_typical():
    figures = drawn("expanding_mean", panel([month(3, 9000.0)]), [month(17, 0)])
    assert width(figures)[0] == pytest.approx(EIGHTY * TYPICAL, rel=0.07)


def test_all_baselines_of_one_day_take_well_under_a_second():
    crisis, day = load_crisis("nw-syria"), pd.Timestamp("2019-05-31")
    known = build_panel(crisis.as_of(day), day, pd.Timestamp("2019-08-31"))
    wanted = crisis.reports[crisis.reports["start"] > day].head(20)
    started = perf_counter()
    for model in BASELINES.values():
        model.fit(known).predict(wanted, 1000, np.random.default_rng(1))
    assert perf_counter() - started < 2.0  # 0.2 s on an idle core


@pytest.mark.parametrize("name", NAMES)
def test_it_needs_no_attacks(name):
    known = panel_of(without_attacks(), until="2018-12-31")
    assert known.intensity is None
    figures = drawn(name, known, [month(18, 0)])
    last = known.reports.query("place_id == 'N01' and source == 'Task Force' and from_id == ''")
    assert 0.2 < np.median(figures) / last["persons"].median() < 5.0


def test_registered_models_can_be_sent_to_workers():
    import pickle

    again = pickle.loads(pickle.dumps(BASELINES))
    assert isinstance(again["ewm_6"].weigh, partial)
