from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intensity import Intensity
from models.regimes import BANDS, STRETCH, UNCOUNTED_GROUND, Regimes

WEEKS = 60


def intensity(seed: int = 1, cells: int = 2) -> Intensity:
    index = pd.date_range("2017-01-07", periods=WEEKS, freq="7D")
    counts = np.random.default_rng(seed).poisson(9.0, (WEEKS, cells)).astype(np.float64)
    names = [*(f"C{at}" for at in range(cells - 1)), "rest"]
    return Intensity(pd.DataFrame(counts, index=index, columns=names), half=3.0)


def regimes(known: Intensity, ground: np.ndarray | None = None) -> Regimes:
    cells = np.ones(known.weekly.shape[1], dtype=bool)
    return Regimes(known, cells, np.zeros((len(cells), WEEKS)) if ground is None else ground)


@settings(max_examples=30)
@given(seed=st.integers(0, 99), weeks=st.integers(1, 30))
def test_no_regime_is_below_a_quieter_one(seed: int, weeks: int) -> None:
    uniform = np.random.default_rng(seed).random((20, -(-weeks // STRETCH)))
    found = list(regimes(intensity(seed)).paths(uniform, weeks).values())
    assert [path.shape for path in found] == [(20, 2, weeks)] * len(BANDS)
    for quieter, worse in pairwise(found):
        assert (worse >= quieter).all()
    assert (found[0] >= 0.0).all()


def test_stretches_are_of_the_past() -> None:
    known = intensity()
    holds = regimes(known).paths(np.array([[0.0]]), STRETCH)["holds"][0]
    weekly = known.weekly.to_numpy().T
    windows = [weekly[:, at : at + STRETCH] for at in range(WEEKS - STRETCH + 1)]
    assert any(np.array_equal(window, holds) for window in windows)
    level = [np.log1p(window / known.half).mean() for window in windows]
    assert np.log1p(holds / known.half).mean() == min(level)


def test_ground_lost_comes_on_top_where_it_is_counted() -> None:
    known, uniform = intensity(), np.full((1, 1), 0.999)
    ground = np.zeros((2, WEEKS))
    ground[0, 10:14] = 40.0
    counted = regimes(known, ground)
    worst = counted.ranked_[-1][0]
    found = counted.paths(uniform, STRETCH)["territorial"][0, 0]
    np.testing.assert_allclose(found, worst + 40.0)
    uncounted = regimes(known).paths(uniform, STRETCH)
    expected = np.maximum(UNCOUNTED_GROUND * worst, uncounted["offensive"][0, 0])
    np.testing.assert_allclose(uncounted["territorial"][0, 0], expected)
