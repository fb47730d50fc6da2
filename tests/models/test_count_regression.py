"""The negative-binomial regression, against counts made from it."""

from __future__ import annotations

import numpy as np
import pytest

from models import count_regression
from models.count_regression import DISPERSION, FittedCounts, fit_counts
from models.each_series import NotConverged
from models.streams import Floats


def made(
    blocks: int, *, memory: float = 0.4, dispersion: float = 0.25, seed: int = 1
) -> tuple[Floats, Floats]:
    """Counts with a slope of 0.7 on this block's driver and of 0.3 on the last one's."""
    rng = np.random.default_rng(seed)
    driver = rng.gamma(2.0, size=blocks)
    counts = np.full(blocks, 1000.0)
    for at in range(1, blocks):
        drift = 0.7 * driver[at] + 0.3 * driver[at - 1] + memory * np.log1p(counts[at - 1])
        mean = np.exp(2.0 + drift)
        counts[at] = rng.poisson(mean * rng.gamma(1.0 / dispersion) * dispersion)
    return counts, driver


def test_it_finds_what_counts_were_made_with() -> None:
    found = fit_counts(*made(800))
    assert found.coefficients[1:] == pytest.approx([0.7, 0.3, 0.4], abs=0.06)
    assert found.dispersion == pytest.approx(0.25, rel=0.15)
    error = np.sqrt(np.diag(found.covariance))[1:]
    assert (np.abs(found.coefficients[1:] - [0.7, 0.3, 0.4]) < 3.0 * error).all()


def test_simulated_counts_have_the_mean_and_variance_that_were_fitted() -> None:
    found = fit_counts(*made(800))
    counts = found.simulate(np.full((20_000, 1), 2.0), np.random.default_rng(1))[:, 0]
    at = np.array([1.0, 2.0, found.last_driver, np.log1p(found.last_persons) - found.log_mean])
    mean = np.exp(found.log_mean + at @ found.coefficients)
    assert counts.mean() == pytest.approx(mean, rel=0.03)
    assert counts.var() == pytest.approx(mean + found.dispersion * mean**2, rel=0.1)
    assert (counts == np.round(counts)).all()


def test_few_blocks_leave_wider_draws_than_many() -> None:
    def width(blocks: int) -> float:
        paths = np.full((2000, 3), 2.0)
        told = fit_counts(*made(blocks)).simulate(paths, np.random.default_rng(1))
        low, high = np.quantile(np.log1p(told[:, -1]), [0.05, 0.95])
        return float(high - low)

    assert width(12) > 1.3 * width(300)


def test_a_cell_never_attacked_has_the_slopes_of_the_prior() -> None:
    counts, _ = made(40)
    found = fit_counts(counts, np.zeros(40))
    assert found.coefficients[1:3] == pytest.approx([0.0, 0.0], abs=1e-3)
    assert np.diag(found.covariance)[1:3] == pytest.approx([1.0, 1.0], rel=1e-3)


def test_a_memory_above_one_does_not_feed_itself() -> None:
    runaway = FittedCounts(
        log_mean=5.0,
        coefficients=np.array([0.0, 0.0, 0.0, 3.0]),
        covariance=np.zeros((4, 4)),
        dispersion=DISPERSION[0],
        freedom=1000,
        last_persons=1000.0,
        last_driver=0.0,
    )
    found = runaway.simulate(np.zeros((200, 12)), np.random.default_rng(1))
    assert np.median(found[:, -1]) < 3000.0


@pytest.mark.parametrize(
    "counts",
    [
        np.r_[np.zeros(20), 50_000.0],
        np.r_[50_000.0, np.zeros(20)],
        np.tile([0.0, 1e6], 11),
        np.round(np.exp(20.0 + np.random.default_rng(3).standard_normal(21))),
    ],
)
def test_odd_counts_are_fitted_and_keep_to_numbers(counts: Floats) -> None:
    driver = np.random.default_rng(2).gamma(2.0, size=len(counts))
    found = fit_counts(counts, driver)
    assert DISPERSION[0] <= found.dispersion <= DISPERSION[1]
    told = found.simulate(np.full((300, 5), 2.0), np.random.default_rng(1))
    assert np.isfinite(told).all()


def test_regular_counts_keep_a_least_dispersion() -> None:
    assert fit_counts(1000.0 + np.arange(30.0), np.zeros(30)).dispersion == DISPERSION[0]


def test_a_search_that_does_not_arrive_is_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_regression, "TOLERANCE", 0.0)
    with pytest.raises(NotConverged, match="negative-binomial regression did not converge"):
        fit_counts(*made(30))


def test_a_dispersion_that_does_not_settle_is_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_regression, "ROUNDS", 1)
    with pytest.raises(NotConverged, match="did not settle"):
        fit_counts(*made(30))
