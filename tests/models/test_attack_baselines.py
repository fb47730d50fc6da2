"""Naive paths of attack counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intensity import Intensity
from models.attack_baselines import ATTACK_BASELINES, last_value, last_year, poisson_month
from tests.strategies import intensities


def known(counts: np.ndarray) -> Intensity:
    """Weeks in rows, cells in columns, from a Saturday on."""
    index = pd.date_range("2017-01-07", periods=len(counts), freq="7D")
    return Intensity(weekly=pd.DataFrame(counts, index=index), half=1.0)


def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@settings(max_examples=40)
@given(intensities(), st.integers(1, 20), st.integers(1, 30), st.sampled_from([*ATTACK_BASELINES]))
def test_all_give_counts_of_every_week_and_cell(
    past: Intensity, weeks: int, draws: int, name: str
) -> None:
    paths = ATTACK_BASELINES[name](past, weeks, draws, rng())
    assert paths.shape == (draws, past.weekly.shape[1], weeks)
    assert np.isfinite(paths).all()
    assert (paths >= 0.0).all()
    assert (paths == np.rint(paths)).all()


@pytest.mark.parametrize("name", ATTACK_BASELINES)
def test_where_nothing_happened_nothing_is_expected(name: str) -> None:
    past = np.column_stack([np.zeros(70), np.arange(70) % 9])
    assert not ATTACK_BASELINES[name](known(past), 6, 50, rng())[:, 0].any()


def test_the_last_value_stays_in_the_middle_and_spreads_with_past_changes() -> None:
    past = np.random.default_rng(2).poisson(np.exp(np.random.default_rng(3).normal(3, 0.5, 200)))
    past[-1] = 40
    paths = last_value(known(past[:, None].astype(float)), 3, 4000, rng())[:, 0]
    assert np.median(paths, axis=0) == pytest.approx(40.0, rel=0.15)
    flat = last_value(known(np.full((50, 1), 40.0)), 3, 100, rng())
    assert (flat == 40.0).all()


def test_changes_are_over_as_many_weeks_as_the_forecast_reaches() -> None:
    rising = np.expm1(0.1 * np.arange(1, 61))[:, None]
    paths = last_value(known(rising), 4, 200, rng())[:, 0]
    logged = np.log1p(np.array([np.unique(paths[:, week]) for week in range(4)]))
    assert np.abs(logged - 6.0) == pytest.approx(0.1 * np.arange(1, 5)[:, None] * [1, 1], abs=0.01)


def test_the_last_year_is_drawn_week_by_week_for_all_cells_at_once() -> None:
    past = np.column_stack([np.arange(100.0), 2.0 * np.arange(100.0)])
    paths = last_year(known(past), 2000, 3, rng())
    assert set(np.unique(paths[:, 0])) == set(np.arange(48.0, 100.0))
    assert (paths[:, 1] == 2.0 * paths[:, 0]).all()


def test_the_poisson_has_the_rate_of_the_last_four_weeks() -> None:
    past = np.concatenate([np.full(30, 500.0), [10.0, 20.0, 30.0, 40.0]])[:, None]
    paths = poisson_month(known(past), 2, 20_000, rng())
    assert paths.mean() == pytest.approx(25.0, rel=0.01)
    assert paths.var() == pytest.approx(25.0, rel=0.05)
