"""State-space models, against series made from them and against the library's own forecasts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from statsmodels.tsa.statespace.sarimax import SARIMAX
from statsmodels.tsa.statespace.structural import UnobservedComponents

from models import state_space
from models.each_series import SLOPE_SD, NotConverged
from models.state_space import FittedStates, fit_local_level, fit_sarimax
from models.streams import Floats

FITS = [fit_sarimax, fit_local_level]
Fit = Callable[[Floats, Floats], FittedStates]


def made(blocks: int, memory: float, seed: int = 1) -> tuple[Floats, Floats]:
    """Persons whose log is 8 + 0.7 driver + an autoregression with steps of 0.3."""
    rng = np.random.default_rng(seed)
    driver = rng.gamma(2.0, size=blocks)
    walk = np.zeros(blocks)
    for at in range(1, blocks):
        walk[at] = memory * walk[at - 1] + 0.3 * rng.standard_normal()
    return np.expm1(8.0 + 0.7 * driver + walk), driver


def logged(fitted: FittedStates, driver: float, blocks: int, draws: int = 20_000) -> Floats:
    paths = np.full((draws, blocks), driver)
    return np.log1p(fitted.simulate(paths, np.random.default_rng(1)))


def test_sarimax_finds_what_a_series_was_made_with() -> None:
    found = fit_sarimax(*made(400, 0.6))
    assert found.memory == pytest.approx(0.6, abs=0.1)
    assert found.step_sd == pytest.approx(0.3, rel=0.1)
    assert found.mean[1:] == pytest.approx([8.0, 0.7], abs=0.15)
    assert found.error_sd == 0.0


def test_local_level_finds_a_walk_and_the_error_on_top() -> None:
    persons, driver = made(400, 1.0)
    noise = 0.5 * np.random.default_rng(2).standard_normal(400)
    found = fit_local_level(np.expm1(np.log1p(persons) + noise), driver)
    assert found.memory == 1.0
    assert found.step_sd == pytest.approx(0.3, rel=0.3)
    assert found.error_sd == pytest.approx(0.5, rel=0.15)
    assert found.mean[-1] == pytest.approx(0.7, abs=0.08)


def test_sarimax_draws_are_those_the_library_forecasts() -> None:
    persons, driver = made(60, 0.6)
    found = fit_sarimax(persons, driver)
    ours = logged(replace(found, freedom=10**7), 1.5, 3)
    wide = SARIMAX(np.log1p(persons), driver, order=(1, 0, 0), trend="c").fit(disp=0)
    told = wide.get_forecast(3, exog=np.full((3, 1), 1.5))
    assert ours.mean(axis=0) == pytest.approx(told.predicted_mean, abs=0.05)
    assert ours.std(axis=0) == pytest.approx(told.se_mean, rel=0.12)


def test_local_level_draws_are_those_the_library_forecasts() -> None:
    persons, driver = made(60, 1.0)
    found = fit_local_level(persons, driver)
    ours = logged(replace(found, freedom=10**7), 1.5, 3)
    model = UnobservedComponents(np.log1p(persons), "local level", exog=driver)
    told = model.fit(disp=0).get_forecast(3, exog=np.full((3, 1), 1.5))
    assert ours.mean(axis=0) == pytest.approx(told.predicted_mean, abs=0.05)
    assert ours.std(axis=0) == pytest.approx(told.se_mean, rel=0.12)


@pytest.mark.parametrize("fit", FITS)
def test_a_cell_never_attacked_has_the_slope_of_the_prior(fit: Fit) -> None:
    persons, _ = made(40, 0.6)
    found = fit(persons, np.zeros(40))
    assert found.mean[-1] == pytest.approx(0.0, abs=1e-6)
    assert found.covariance[-1, -1] == pytest.approx(SLOPE_SD**2, rel=1e-6)


@pytest.mark.parametrize("fit", FITS)
def test_more_attacks_drive_more_people(fit: Fit) -> None:
    found = fit(*made(60, 0.6))
    rise = logged(found, 3.0, 2).mean() - logged(found, 1.0, 2).mean()
    assert rise == pytest.approx(2.0 * 0.7, abs=0.3)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("size", [1e-3, 1e9])
def test_tiny_and_huge_series_keep_to_numbers(fit: Fit, size: float) -> None:
    noise = np.exp(np.random.default_rng(1).standard_normal(12))
    found = fit(size * noise, np.random.default_rng(2).gamma(2.0, size=12))
    told = found.simulate(np.full((300, 5), 2.0), np.random.default_rng(1))
    assert np.isfinite(told).all()


@pytest.mark.parametrize("fit", FITS)
def test_the_second_search_helps_where_the_first_is_lost(
    fit: Fit, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = fit(*made(40, 0.6))
    monkeypatch.setattr(state_space, "SEARCHES", ("nm",))
    found = fit(*made(40, 0.6))
    assert found.step_sd == pytest.approx(expected.step_sd, abs=0.02)
    assert found.mean[-1] == pytest.approx(expected.mean[-1], abs=0.02)


@pytest.mark.parametrize("fit", FITS)
def test_a_search_that_does_not_arrive_is_no_fit(fit: Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_space, "STEPS", 1)
    with pytest.raises(NotConverged, match="did not converge"):
        fit(*made(40, 0.6))
