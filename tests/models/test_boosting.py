"""Boosted trees over all series, against series that do and do not follow their attacks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from models.boosting import Boosting
from models.streams import Floats

SLOPES = {"arrivals": 0.9, "returns": -0.9}


def made(count: int = 40, cells: int = 6, noise: float = 0.2) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Arrivals that rise with their driver and returns that fall with it, in several cells."""
    rng = np.random.default_rng(1)
    names = [(flow, f"C{cell}") for flow in SLOPES for cell in range(cells)]
    columns = pd.MultiIndex.from_tuples(names)
    drivers = pd.DataFrame(rng.uniform(0.0, 3.0, size=(count, len(names))), columns=columns)
    level = np.linspace(4.0, 10.0, len(names))
    slopes = np.array([SLOPES[flow] for flow, _ in names])
    shocks = noise * rng.standard_normal(drivers.shape)
    return np.exp(level + slopes * drivers + shocks), drivers


def medians(persons: pd.DataFrame, drivers: pd.DataFrame, level: float) -> Floats:
    """Median of the next block of each series under a driver of that level."""
    paths = np.full((1, persons.shape[1], 1), level)
    found = Boosting().fit(persons, drivers).simulate(paths, 400, np.random.default_rng(1))
    return np.median(found[:, :, 0], axis=0)


def test_arrivals_rise_and_returns_fall_under_attacks() -> None:
    persons, drivers = made()
    rise = np.log(medians(persons, drivers, 2.5) / medians(persons, drivers, 0.5))
    expected = 2.0 * np.repeat(list(SLOPES.values()), 6)
    assert rise == pytest.approx(expected, abs=0.6)


def test_a_short_series_learns_from_the_others() -> None:
    persons, drivers = made()
    persons.iloc[:30, 0] = np.nan
    drivers.iloc[:, 0] = 1.5
    rise = np.log(medians(persons, drivers, 2.5) / medians(persons, drivers, 0.5))[0]
    assert rise == pytest.approx(2.0 * 0.9, abs=0.8)


def test_series_of_any_size_are_told_on_their_own_scale() -> None:
    persons, drivers = made()
    ratio = medians(persons, drivers, 1.5) / persons.median().to_numpy()
    assert (np.abs(np.log(ratio)) < 0.6).all()


def test_draws_of_a_wild_series_are_wider() -> None:
    persons, drivers = made()
    persons.iloc[:, 3] *= np.exp(1.5 * np.random.default_rng(2).standard_normal(40))
    fitted = Boosting().fit(persons, drivers)
    assert fitted.deviation[3] > 2.0 * np.delete(fitted.deviation, 3).max()
    told = np.log1p(fitted.simulate(np.full((1, 12, 1), 1.5), 500, np.random.default_rng(1)))
    assert np.ptp(np.quantile(told[:, 3], [0.1, 0.9])) > 2.0 * np.ptp(
        np.quantile(told[:, 2], [0.1, 0.9])
    )


def test_trees_do_not_go_beyond_what_they_saw() -> None:
    persons, drivers = made()
    assert (medians(persons, drivers, 50.0) < 2.0 * persons.max().to_numpy()).all()


def test_errors_are_those_of_blocks_left_out() -> None:
    """Trees that have seen a block are nearer to it than the noise it was made with."""
    fitted = Boosting().fit(*made(noise=0.5))
    assert fitted.deviation.mean() > 0.5


def test_no_block_knows_what_is_usual_from_itself_or_later() -> None:
    persons, drivers = made()
    other = persons.copy()
    other.iloc[20:] *= 50.0
    one, two = (Boosting().fit(told, drivers).told for told in (persons, other))
    early = np.arange(2, 20)
    np.testing.assert_array_equal(one.design(early, early % 12), two.design(early, early % 12))
    np.testing.assert_allclose(one.usual[5], np.log1p(persons).iloc[:5].mean())
    assert np.isnan(one.usual[0]).all()
