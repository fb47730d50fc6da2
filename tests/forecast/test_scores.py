"""Scores against cases computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecast.result import QUANTILES
from forecast.scores import LEVELS, brier, covered, crps, pit, quantile_scores, wis

THREE = (0.25, 0.5, 0.75)


def of_one(
    observed: float, quantiles: list[float], levels: tuple[float, ...] = THREE
) -> list[float]:
    score = wis(np.array([observed]), np.array([quantiles]), levels)
    return [float(part[0]) for part in (score.total, score.dispersion, score.over, score.under)]


def test_a_figure_inside_the_interval_costs_its_width_and_the_distance_to_the_median():
    # Quantile scores of y = 12 at 8, 10, 16: .25 * 4, .5 * 2, .25 * 4; twice their mean is 2.
    # Width 8 weighs .25 (2), the median misses by 2, half of it under (1): 2/3 of each.
    assert of_one(12, [8, 10, 16]) == pytest.approx([2.0, 4 / 3, 0.0, 2 / 3])


def test_a_figure_below_the_interval_is_over_prediction():
    # y = 4: .75 * 4, .5 * 6, .25 * 12, sum 9; lower misses by 4, median by 6: over 4 + 3 = 7.
    assert of_one(4, [8, 10, 16]) == pytest.approx([6.0, 4 / 3, 14 / 3, 0.0])


def test_a_figure_above_the_interval_is_under_prediction():
    # y = 20: .25 * 12, .5 * 10, .75 * 4, sum 11; upper misses by 4, median by 10: under 9.
    assert of_one(20, [8, 10, 16]) == pytest.approx([22 / 3, 4 / 3, 0.0, 6.0])


def test_it_equals_the_weighted_sum_of_interval_scores():
    # Bracher et al. 2021, eq. 1: (w0 |y - m| + sum_k alpha_k/2 IS_k) / (K + 1/2), w0 = 1/2.
    levels, quantiles, y = (0.05, 0.25, 0.5, 0.75, 0.95), [1.0, 3.0, 4.0, 6.0, 9.0], 11.0
    ninety = (9 - 1) + 2 / 0.10 * (11 - 9)
    fifty = (6 - 3) + 2 / 0.50 * (11 - 6)
    expected = (0.5 * abs(y - 4) + 0.10 / 2 * ninety + 0.50 / 2 * fifty) / 2.5
    assert of_one(y, quantiles, levels)[0] == pytest.approx(expected)


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=23, max_size=23),
    st.floats(-2e6, 2e6),
)
def test_the_parts_add_up(values, observed):
    total, *parts = of_one(observed, sorted(values), QUANTILES)
    assert sum(parts) == pytest.approx(total, rel=1e-9, abs=1e-6)
    assert min(parts) >= 0.0


def test_a_point_forecast_costs_its_absolute_error():
    assert of_one(130.0, [100.0] * 23, QUANTILES) == pytest.approx([30.0, 0.0, 0.0, 30.0])


def test_quantile_scores_are_zero_only_where_the_figure_is_the_quantile():
    scores = quantile_scores(np.array([10.0]), np.array([[8.0, 10.0, 16.0]]), THREE)
    assert scores == pytest.approx(np.array([[0.5, 0.0, 1.5]]))


def test_wis_of_many_quantiles_nears_the_crps_of_the_draws():
    rng = np.random.default_rng(3)
    draws = rng.lognormal(8.0, 1.0, size=(20_000, 1))
    levels = np.arange(0.5, 1000) / 1000
    observed = np.array([9_000.0])
    quantiles = np.quantile(draws, levels, axis=0).T
    assert wis(observed, quantiles, levels).total == pytest.approx(crps(observed, draws), rel=0.01)


def test_crps_of_two_draws():
    # E|X - y| - E|X - X'| / 2 = (1 + 3) / 2 - (2 / 2) / 2 for draws 2 and 4, y = 1.
    assert crps(np.array([1.0]), np.array([[2.0], [4.0]])) == pytest.approx([1.5])


def test_intervals_hold_their_ends():
    quantiles = np.array([[100.0 * level for level in QUANTILES]] * 4)
    observed = np.array([2.5, 5.0, 10.0, 25.0])
    held = {level: covered(observed, quantiles, level).tolist() for level in LEVELS}
    assert held == {
        95: [True, True, True, True],
        90: [False, True, True, True],
        80: [False, False, True, True],
        50: [False, False, False, True],
    }


def test_pit_counts_ties_by_half():
    draws = np.array([[0.0, 1.0], [0.0, 2.0], [3.0, 3.0], [9.0, 4.0]])
    assert pit(np.array([0.0, 3.0]), draws).tolist() == [0.25, 0.625]


def test_brier_compares_rates_of_thirty_days():
    # 30,000 in 15 days is a rate of 60,000 a month: it passes 50,000, and 1 of 4 draws does.
    draws = np.array([[30_000.0], [20_000.0], [10_000.0], [25_000.0]])
    assert brier(np.array([30_000.0]), draws, np.array([15.0]), 50_000) == pytest.approx([0.5625])
    assert brier(np.array([30_000.0]), draws, np.array([30.0]), 50_000) == pytest.approx([0.0])
