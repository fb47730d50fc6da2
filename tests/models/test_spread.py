"""Past errors of a baseline, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.baselines import expanding_mean, last_value
from models.spread import FLOOR, TYPICAL, Errors, centre, fit_spread, past_errors
from models.streams import Grid

MONTH = 30.44


def grid_of(*streams: list[float]) -> Grid:
    """Streams of monthly log rates, the newest last; NaN for zero persons."""
    width = max(len(stream) for stream in streams)
    known = np.array([[i >= width - len(s) for i in range(width)] for s in streams])
    rate = np.array([[np.nan] * (width - len(stream)) + stream for stream in streams])
    middle = np.where(known, MONTH * np.arange(width), np.nan)
    names = pd.Index([f"stream {number}" for number in range(len(streams))])
    return Grid(names, rate, middle, known, known & np.isnan(rate))


def errors_of(grid: Grid, weigh) -> dict[tuple[int, int], list[float]]:
    found = past_errors(grid, weigh)
    table = pd.DataFrame(vars(found)).sort_values("months", kind="stable")
    return table.groupby(["stream", "ahead"])["error"].apply(list).to_dict()


def test_errors_of_the_last_value_one_and_two_reports_ahead():
    assert errors_of(grid_of([1.0, 3.0, 2.0]), last_value) == {(0, 1): [2.0, -1.0], (0, 2): [1.0]}


def test_errors_of_the_mean_of_streams_of_different_lengths():
    found = errors_of(grid_of([1.0, 3.0, 5.0], [4.0, 1.0]), expanding_mean)
    assert found == {(0, 1): [2.0, 3.0], (0, 2): [4.0], (1, 1): [-3.0]}


def test_zeros_are_neither_forecast_from_nor_an_error():
    found = errors_of(grid_of([1.0, float("nan"), 2.0]), last_value)
    assert found == {(0, 1): [1.0], (0, 2): [1.0]}


def test_centre_is_the_mean_above_zero_where_all_weight_is_on_zeros():
    grid = grid_of([1.0, 3.0, float("nan")])
    assert centre(grid, np.array([[0.0, 0.0, 1.0]])).tolist() == [2.0]
    assert centre(grid, np.array([[1.0, 3.0, 1.0]])).tolist() == [2.5]


def errors(error: list[float], stream: list[int], months: float = 1.0) -> Errors:
    count = len(error)
    return Errors(
        np.array(error), np.full(count, months), np.array(stream), np.ones(count, dtype=np.int64)
    )


def test_a_stream_keeps_its_own_errors_by_the_number_of_them():
    quiet, wild = [0.5, -0.5] * 5, [1.0, -1.0] * 5
    spread = fit_spread(errors(quiet + wild, [0] * 10 + [1] * 10), streams=3)
    pool = (0.25 + 1.0) / 2
    # Ten errors of one's own against five of the pool; a stream without errors is the pool.
    expected = [(10 * 0.25 / pool + 5) / 15, (10 * 1.0 / pool + 5) / 15, 1.0]
    assert spread.ratio == pytest.approx(expected)
    fixed, drift = spread.variance(np.array([0, 1, 2, -1]), np.ones(4))
    assert fixed + drift == pytest.approx([*(pool * np.array(expected)), pool])


def test_spread_grows_with_distance_where_errors_did():
    near, far = errors([1.0, -1.0] * 6, [0] * 12, 1.0), errors([2.0, -2.0] * 6, [0] * 12, 4.0)
    both = Errors(*(np.concatenate(pair) for pair in zip(*map(_fields, (near, far)), strict=True)))
    fixed, drift = fit_spread(both, streams=1).variance(np.array([-1, -1]), np.array([1.0, 4.0]))
    assert fixed + drift == pytest.approx([1.0, 4.0])
    assert drift == pytest.approx([1.0, 4.0])


def test_spread_has_a_floor():
    spread = fit_spread(errors([1e-9] * 20, [0] * 20), streams=1)
    fixed, drift = spread.variance(np.array([0, -1]), np.array([1.0, 3.0]))
    assert fixed + drift == pytest.approx([FLOOR**2, FLOOR**2])


def test_too_few_errors_give_a_typical_spread():
    spread = fit_spread(errors([0.1] * 9, [0] * 9), streams=1)
    fixed, drift = spread.variance(np.array([0]), np.array([2.0]))
    assert fixed + drift == pytest.approx([TYPICAL**2])


def test_the_shape_of_errors_is_symmetric():
    shape = fit_spread(errors([3.0] + [0.1] * 19, [0] * 20), streams=1).shape
    assert np.sort(shape) == pytest.approx(np.sort(-shape))


def _fields(found: Errors) -> list[np.ndarray]:
    return list(vars(found).values())
