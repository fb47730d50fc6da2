from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intensity import Intensity
from models.attack_paths import SHARES, AttackPaths
from tests.strategies import day, intensities, made_up, panel_of


def intensity(weekly: np.ndarray, half: float = 2.0) -> Intensity:
    """Weeks in rows, cells in columns, from a Saturday on."""
    index = pd.date_range("2017-01-07", periods=len(weekly), freq="7D")
    return Intensity(weekly=pd.DataFrame(weekly, index=index), half=half)


def waves(weeks: int = 100) -> np.ndarray:
    """Two cells with lulls and bursts."""
    numbers = np.random.default_rng(3)
    return numbers.poisson(10.0 * numbers.gamma(0.8, size=(weeks, 2))).astype(np.float64)


@settings(max_examples=60)
@given(intensities(), st.integers(1, 30), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_paths_are_finite_and_never_negative(
    past: Intensity, weeks: int, draws: int, seed: int
) -> None:
    paths = AttackPaths().fit(past).simulate(weeks, draws, np.random.default_rng(seed))
    assert paths.shape == (draws, past.weekly.shape[1], weeks)
    assert np.isfinite(paths).all()
    assert (paths >= 0.0).all()


@pytest.mark.parametrize("name", list(SHARES))
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (2, 1), (7, 2), (8, 2), (30, 1), (60, 2)])
def test_every_form_stands_a_short_history(name: str, shape: tuple[int, int]) -> None:
    past = intensity(np.random.default_rng(1).poisson(4.0, shape).astype(np.float64))
    paths = AttackPaths({name: 1.0}).fit(past).simulate(26, 50, np.random.default_rng(1))
    assert paths.shape == (50, shape[1], 26)
    assert np.isfinite(paths).all()


def test_the_same_seed_gives_the_same_paths() -> None:
    fitted = AttackPaths().fit(intensity(waves()))
    one, two, three = (fitted.simulate(12, 40, np.random.default_rng(s)) for s in (1, 1, 2))
    assert one.tobytes() == two.tobytes() != three.tobytes()


def test_fitting_leaves_the_past_as_it_was() -> None:
    past = intensity(waves())
    before = past.weekly.copy()
    AttackPaths().fit(past).simulate(12, 40, np.random.default_rng(1))
    pd.testing.assert_frame_equal(past.weekly, before)


@pytest.mark.parametrize("level", [0.0, 2.0, 60.0])
def test_paths_start_near_the_present_level(level: float) -> None:
    weekly = waves()
    weekly[-6:] = level
    first = AttackPaths().fit(intensity(weekly)).simulate(4, 4000, np.random.default_rng(1))[..., 0]
    present = np.log1p(level / 2.0)
    typical = np.log1p(weekly / 2.0).std(axis=0)
    found = np.median(np.log1p(first / 2.0), axis=0)
    assert (np.abs(found - present) < 0.6 * typical).all()


def test_a_high_level_stays_above_a_low_one() -> None:
    low, high = waves(), waves()
    low[-6:], high[-6:] = 0.0, 80.0
    medians = [
        np.median(AttackPaths().fit(intensity(weekly)).simulate(4, 2000, np.random.default_rng(1)))
        for weekly in (low, high)
    ]
    assert medians[1] > 3.0 * medians[0]


def test_tails_reach_beyond_the_past_and_stay_finite() -> None:
    weekly = waves()
    paths = AttackPaths().fit(intensity(weekly)).simulate(26, 4000, np.random.default_rng(1))
    highest = paths.max(axis=2)
    assert (np.quantile(highest, 0.99, axis=0) > weekly.max(axis=0)).all()
    assert (np.median(highest, axis=0) < 5.0 * weekly.max(axis=0)).all()
    assert paths.max() < 1e4 * weekly.max()


def test_a_lull_does_not_rule_out_an_offensive() -> None:
    weekly = waves()
    weekly[-10:] = 0.0
    paths = AttackPaths().fit(intensity(weekly)).simulate(26, 4000, np.random.default_rng(1))
    high = (paths.max(axis=2) > np.quantile(weekly, 0.9, axis=0)).mean(axis=0)
    assert (high > 0.02).all()


def test_spread_grows_with_the_horizon() -> None:
    paths = AttackPaths().fit(intensity(waves())).simulate(12, 4000, np.random.default_rng(1))
    low, high = np.quantile(np.log1p(paths), [0.1, 0.9], axis=0)
    width = high - low
    assert (width[:, -1] > width[:, 0]).all()


def test_cells_move_together_where_they_did() -> None:
    shared = waves()[:, :1]
    one = AttackPaths().fit(intensity(np.repeat(shared, 2, axis=1)))
    paths = np.log1p(one.simulate(6, 2000, np.random.default_rng(1)))
    assert np.corrcoef(paths[:, 0, -1], paths[:, 1, -1])[0, 1] > 0.9


def test_a_cell_never_attacked_is_not_attacked() -> None:
    weekly = np.concatenate([waves(), np.zeros((100, 1))], axis=1)
    paths = AttackPaths({"reversion": 1.0}).fit(intensity(weekly))
    assert not paths.simulate(12, 100, np.random.default_rng(1))[:, 2].any()


def test_a_path_knows_no_week_after_the_last_one_told() -> None:
    """The same known weeks, whatever came after: the panel's intensity ends with what was known."""
    panel = panel_of(made_up(), as_of="2018-06-15")
    assert panel.intensity is not None
    assert panel.intensity.through <= day("2018-06-15")
    known = AttackPaths().fit(panel.intensity).simulate(5, 30, np.random.default_rng(1))
    later = panel_of(made_up(), as_of="2018-09-15").intensity
    assert later is not None
    cut = later.weekly.loc[: panel.intensity.weekly.index[-1]]
    again = AttackPaths().fit(Intensity(weekly=cut, half=panel.intensity.half))
    np.testing.assert_array_equal(again.simulate(5, 30, np.random.default_rng(1)), known)


def test_the_shares_are_a_distribution_over_the_forms() -> None:
    assert sum(SHARES.values()) == pytest.approx(1.0)
    assert min(SHARES.values()) >= 0.0
    assert AttackPaths().shares == dict(SHARES)


def test_an_edited_share_is_used() -> None:
    past = intensity(waves())
    calm, war = (
        AttackPaths({"reversion": 1.0 - share, "offensive": share})
        .fit(past)
        .simulate(12, 2000, np.random.default_rng(1))
        for share in (0.0, 1.0)
    )
    assert np.median(war[..., -1]) > np.median(calm[..., -1])


def test_last_month_goes_on_with_its_own_weeks_the_same_in_all_cells() -> None:
    weekly = waves()
    paths = AttackPaths({"last_month": 1.0}).fit(intensity(weekly))
    found = paths.simulate(9, 500, np.random.default_rng(1))
    weeks = {tuple(week) for week in np.rint(found).transpose(0, 2, 1).reshape(-1, 2)}
    assert weeks == {tuple(week) for week in weekly[-4:]}


def test_last_year_comes_again_in_its_own_order() -> None:
    weekly = np.column_stack([np.arange(120.0), np.arange(120.0) + 300.0])
    paths = AttackPaths({"last_year": 1.0}).fit(intensity(weekly))
    found = np.rint(paths.simulate(9, 3000, np.random.default_rng(1)))
    assert set(found[:, 0, 0]) == set(np.arange(68.0, 120.0))
    assert (found[:, 1] == found[:, 0] + 300.0).all()
    assert np.isin(np.diff(found[:, 0]), [1.0, 1.0 - 52.0]).all()


def test_no_weeks_ahead_are_no_weeks() -> None:
    paths = AttackPaths().fit(intensity(waves())).simulate(0, 20, np.random.default_rng(1))
    assert paths.shape == (20, 2, 0)
