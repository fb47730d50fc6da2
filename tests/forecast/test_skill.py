"""Relative skill and coverage bands over blocks of as-of months."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from forecast.skill import (
    RESAMPLES,
    coverage_band,
    relative_skill,
    relative_skill_interval,
    resampled_months,
)

MONTHS = np.repeat(np.arange("2018-01", "2019-09", dtype="datetime64[M]"), 8)


def test_relative_skill_is_a_ratio_of_means_not_a_mean_of_ratios():
    assert relative_skill(np.array([1.0, 9.0]), np.array([4.0, 1.0])) == pytest.approx(2.0)


def test_the_same_scores_have_a_ratio_of_one_for_sure():
    score = np.random.default_rng(1).gamma(2.0, size=160)
    found = relative_skill_interval(score, score, MONTHS)
    assert (found.value, found.low, found.high) == pytest.approx((1.0, 1.0, 1.0))


def test_the_interval_is_that_of_the_seed():
    score, other = np.random.default_rng(2).gamma(2.0, size=(2, 160))
    first, again, another = (
        relative_skill_interval(score, other, MONTHS, seed) for seed in (1, 1, 2)
    )
    assert first == again != another
    assert first.low < first.value < first.high


def test_months_that_move_together_widen_the_interval():
    rng = np.random.default_rng(3)
    own, shared = rng.gamma(2.0, size=160), np.repeat(rng.gamma(2.0, size=20), 8)
    alone, together = (
        relative_skill_interval(score, np.ones(160), MONTHS) for score in (own, shared)
    )
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_months_in_a_row_are_resampled_in_blocks_of_three():
    of_month, counts = resampled_months(MONTHS, seed=1)
    assert of_month.tolist() == np.repeat(np.arange(20), 8).tolist()
    assert counts.shape == (RESAMPLES, 20)
    assert (counts.sum(axis=1) == 20).all()
    beside, apart = (np.corrcoef(counts[:, 5], counts[:, 5 + by])[0, 1] for by in (1, 6))
    assert beside > 0.5
    assert abs(apart) < 0.3


def test_a_resample_of_zeros_alone_does_not_break_the_ratio():
    score = np.where(np.repeat(np.arange(20), 8) < 2, 1.0, 0.0)
    found = relative_skill_interval(2 * score, score, MONTHS)
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_the_band_of_independent_hits_is_about_binomial():
    hits = np.random.default_rng(4).random(160) < 0.8
    band = coverage_band(hits, 0.8, MONTHS)
    assert band.value == pytest.approx(hits.mean())
    assert band.low <= binom.ppf(0.05, 160, 0.8) / 160
    assert band.high >= binom.ppf(0.95, 160, 0.8) / 160
    assert band.high - band.low < 0.17


def test_the_band_is_wider_where_months_hit_or_miss_as_one():
    hits = np.repeat(np.random.default_rng(5).random(20) < 0.8, 8)
    band = coverage_band(hits, 0.8, MONTHS)
    assert band.low < 0.70
    assert band.high > 0.90
    assert 0.0 <= band.low <= band.high <= 1.0


def test_the_band_of_hits_alone_is_no_narrower_than_the_binomial():
    band = coverage_band(np.ones(12, dtype=bool), 0.5, MONTHS[:12])
    assert (band.low, band.high) == pytest.approx((3 / 12, 9 / 12))
    assert band.value == 1.0
