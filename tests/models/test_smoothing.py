"""Exponential smoothing, against series it should and should not follow."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from models import smoothing
from models.each_series import NotConverged
from models.smoothing import fit_smoothing
from models.streams import Floats


def logged(persons: Floats, blocks: int, draws: int = 8000) -> Floats:
    fitted = fit_smoothing(persons, np.zeros(len(persons)))
    return np.log1p(fitted.simulate(np.zeros((draws, blocks)), np.random.default_rng(1)))


def walk(blocks: int, seed: int = 1) -> Floats:
    return np.exp(8.0 + np.cumsum(0.3 * np.random.default_rng(seed).standard_normal(blocks)))


def noise(blocks: int, seed: int = 1) -> Floats:
    return np.exp(8.0 + 0.3 * np.random.default_rng(seed).standard_normal(blocks))


def test_a_walk_is_followed_to_its_end() -> None:
    persons = walk(200)
    found = logged(persons, 1)
    assert found.mean() == pytest.approx(np.log1p(persons[-1]), abs=0.1)
    assert found.std() == pytest.approx(0.3, rel=0.15)


def test_noise_is_smoothed_to_its_mean() -> None:
    found = logged(noise(200), 3)
    assert found.mean(axis=0) == pytest.approx([8.0] * 3, abs=0.1)
    assert found.std(axis=0) == pytest.approx([0.3] * 3, rel=0.15)


def test_a_walk_is_known_the_less_the_further_ahead() -> None:
    spread = logged(walk(200), 6).std(axis=0)
    assert spread / spread[0] == pytest.approx(np.sqrt(np.arange(1, 7)), rel=0.2)


def test_the_draws_are_those_the_library_makes() -> None:
    fitted = fit_smoothing(walk(60), np.zeros(60))
    ours = np.log1p(fitted.simulate(np.zeros((20_000, 3)), np.random.default_rng(1)))
    told = fitted.result.simulate(3, "end", repetitions=20_000, rng=np.random.default_rng(2))
    assert ours.mean(axis=0) == pytest.approx(told.mean(axis=1), abs=0.02)
    assert ours.std(axis=0) == pytest.approx(told.std(axis=1), rel=0.05)


def test_attacks_are_left_aside() -> None:
    fitted = fit_smoothing(walk(40), np.arange(40.0))
    calm, war = (
        fitted.simulate(np.full((5, 2), attacks), np.random.default_rng(1))
        for attacks in (0.0, 9.0)
    )
    np.testing.assert_array_equal(calm, war)


def test_a_search_that_does_not_arrive_is_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = SimpleNamespace(mle_retvals={"converged": False})
    model = SimpleNamespace(fit=lambda **_: lost)
    monkeypatch.setattr(smoothing, "ETSModel", lambda *_, **__: model)
    with pytest.raises(NotConverged, match="exponential smoothing"):
        fit_smoothing(walk(40), np.zeros(40))
