"""Factors learnt from the record: which way they go, what they leave alone, what they may see."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.track_record import no_track_record
from forecast.calibrate import FALLBACKS, POOL, Calibration, calibration

DAY = pd.Timestamp("2019-12-31")
LEVELS = (np.arange(20) + 0.5) / 20


def record(
    pit: np.ndarray = LEVELS, months: int = 24, member: str = POOL, score: float = 0.4
) -> pd.DataFrame:
    """`months` months up to November 2019, each with forecasts of these PIT values."""
    days = pd.date_range(end="2019-11-30", periods=months, freq="ME").as_unit("us")
    rows = pd.DataFrame(
        {"as_of": days.repeat(len(pit)), "pit": np.tile(pit, months), "score": score}
    )
    return rows.assign(
        member=member,
        horizon=1,
        residual=0.0,
        scale=1.0,
        pooled=True,
        event=False,
        kind="forecast",
        stream="s",
        target_published=rows["as_of"] + pd.Timedelta(days=20),
    )


def test_without_a_record_nothing_is_changed_and_it_is_said():
    found = calibration(no_track_record(), DAY)
    draws = np.arange(12.0).reshape(4, 3)
    assert found == Calibration()
    assert found.apply(draws) is draws
    assert "uncalibrated" in found.warnings[0]


def test_a_calibrated_past_changes_nothing():
    found = calibration(record(), DAY)
    assert (found.core, found.tail) == pytest.approx((1.0, 1.0), abs=0.05)
    assert found.warnings == ()


def test_a_past_of_too_narrow_intervals_widens():
    found = calibration(record(np.tile([0.01, 0.02, 0.1, 0.9, 0.98, 0.99], 3)), DAY)
    assert found.core > 1.2
    assert found.tail > 1.05


def test_a_past_of_too_wide_intervals_narrows_the_middle_but_never_the_tails():
    found = calibration(record(0.5 + (LEVELS - 0.5) / 4), DAY)
    assert found.core < 0.6
    assert found.tail == 1.0


def test_few_months_are_trusted_less_than_many():
    narrow = np.array([0.02, 0.05, 0.95, 0.98])
    few, many = (calibration(record(narrow, months), DAY) for months in (3, 24))
    assert 1.0 < few.core < many.core


def test_months_count_alike_however_many_reports_they_had():
    busy = record(np.tile([0.01, 0.99], 50), 1)
    quiet = record(LEVELS, 9).assign(as_of=lambda rows: rows["as_of"] - pd.Timedelta(days=60))
    found = calibration(pd.concat([busy, quiet]), DAY)
    assert found.months == 10
    assert found.core < 1.15


def test_only_figures_published_by_the_day_count():
    day = pd.Timestamp("2019-06-30")
    rows = record()
    late = rows["target_published"] > day
    changed = rows.assign(
        pit=np.where(late, 0.999, rows["pit"]), score=np.where(late, 99.0, rows["score"])
    )
    assert late.any()
    assert calibration(changed, day) == calibration(rows, day)
    seen = rows.assign(pit=np.where(~late, 0.999, rows["pit"]))
    assert calibration(seen, day) != calibration(rows, day)


@pytest.mark.parametrize(
    "other", [{"pooled": False}, {"horizon": 0}, {"kind": "projection"}, {"member": "flow_state"}]
)
def test_nowcasts_other_ground_and_other_kinds_do_not_count(other):
    wild = record(np.array([0.001, 0.999])).assign(**other)
    assert calibration(pd.concat([record(), wild]), DAY) == calibration(record(), DAY)


@pytest.mark.parametrize(
    ("score", "months", "expected"), [(0.37, 12, "ewm_6"), (0.39, 12, None), (0.2, 5, None)]
)
def test_a_baseline_is_served_once_it_was_clearly_better_for_long_enough(score, months, expected):
    rows = [record(months=months), record(months=months, member="ewm_6", score=score)]
    found = calibration(pd.concat(rows), DAY)
    assert found.instead == expected
    assert any("ewm_6" in text for text in found.warnings) == (expected is not None)


def test_what_a_baseline_did_long_ago_does_not_count():
    old = record(months=24, member=FALLBACKS[0], score=0.01)
    old = old[old["as_of"] < "2018-11-01"]
    assert calibration(pd.concat([record(), old]), DAY).instead is None


@given(
    arrays(float, (50, 2), elements=st.sampled_from([0.0, 0.5, 1.0, 7.0, 2e3, 1e6])),
    st.floats(0.3, 3.0),
    st.floats(1.0, 3.0),
)
def test_draws_keep_their_zeros_their_ranks_and_their_median(draws, core, tail):
    scaled = Calibration(12, core, tail).apply(draws)
    assert np.isfinite(scaled).all()
    assert np.array_equal(scaled == 0.0, draws == 0.0)
    for column, before in zip(scaled.T, draws.T, strict=True):
        order = np.argsort(before, kind="stable")
        assert (np.diff(column[order]) >= -1e-9 * column.max()).all()


def test_the_tails_stand_further_out_and_the_middle_closer():
    draws = np.exp(np.random.default_rng(1).standard_normal((4000, 1)))
    scaled = Calibration(12, 0.5, 2.0).apply(draws)
    before, after = (np.log(np.quantile(x, [0.25, 0.5, 0.75, 0.99])) for x in (draws, scaled))
    assert after[1] == pytest.approx(before[1], abs=1e-3)
    assert after[2] - after[1] == pytest.approx(0.5 * (before[2] - before[1]), rel=0.02)
    assert after[3] - after[1] == pytest.approx(2.0 * (before[3] - before[1]), rel=0.02)
