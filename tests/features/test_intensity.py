from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.intensity import KIND_WEIGHTS, Intensity, log_intensity, weekly_intensity
from features.overlap import DAY
from tests.strategies import attack_frames, attacks_of, day, made_up

LONG_AGO = attacks_of([{"start": day("2016-12-05"), "end": day("2016-12-05"), "events": 3.0}])
DRIVERS: Mapping[str, Sequence[str]] = {"south": ["front-south"], "all": ["L"]}


def intensity_of(
    attacks: pd.DataFrame, drivers: Mapping[str, Sequence[str]] = DRIVERS
) -> Intensity:
    found = weekly_intensity(attacks, made_up(), drivers)
    assert found is not None
    return found


def weighted(attacks: pd.DataFrame) -> pd.Series:
    return attacks["events"] * attacks["kind"].map(KIND_WEIGHTS)


def quiet_day_after_all(attacks: pd.DataFrame) -> pd.DataFrame:
    """The attacks and a Friday without any events, so that every week before is complete."""
    last = attacks["end"].max()
    friday = last + ((4 - last.day_of_week) % 7) * DAY
    row = attacks.head(1).assign(
        start=friday, end=friday, events=0.0, source="Event Data", kind="air_strike"
    )
    return pd.concat([attacks, row], ignore_index=True)


@settings(max_examples=25)
@given(attack_frames())
def test_splitting_rows_over_weeks_loses_no_attack(attacks: pd.DataFrame) -> None:
    attacks = quiet_day_after_all(pd.concat([attacks, LONG_AGO], ignore_index=True))
    weekly = intensity_of(attacks).weekly
    own = attacks[attacks["source"] == "Event Data"]
    southern = own["place_id"].isin(["N0201", "N0202"])
    np.testing.assert_allclose(weekly["south"].sum(), weighted(own[southern]).sum(), atol=1e-9)
    np.testing.assert_allclose(weekly["all"].sum(), weighted(own).sum(), atol=1e-9)
    assert (weekly.to_numpy() >= 0.0).all()


@settings(max_examples=25)
@given(attack_frames())
def test_weeks_are_saturdays_without_a_gap(attacks: pd.DataFrame) -> None:
    found = intensity_of(quiet_day_after_all(pd.concat([attacks, LONG_AGO], ignore_index=True)))
    weeks = found.weekly.index
    assert (weeks.day_name() == "Saturday").all()
    assert (np.diff(weeks) == 7 * DAY).all()
    assert found.through == weeks[-1] + 6 * DAY


@settings(max_examples=25)
@given(attack_frames(), st.integers(0, 20))
def test_a_week_holds_what_happened_in_it(attacks: pd.DataFrame, number: int) -> None:
    attacks = quiet_day_after_all(pd.concat([attacks, LONG_AGO], ignore_index=True))
    weekly = intensity_of(attacks).weekly
    week = weekly.index[number % len(weekly)]
    amount = 0.0
    own = attacks[attacks["source"] == "Event Data"]
    for row, size in zip(own.itertuples(), weighted(own), strict=True):
        days = pd.date_range(row.start, row.end)
        amount += size * ((days >= week) & (days <= week + 6 * DAY)).sum() / len(days)
    assert weekly.loc[week, "all"] == pytest.approx(amount, abs=1e-9)


def test_a_row_over_two_weeks_is_split_by_days() -> None:
    attacks = attacks_of(
        [
            {"start": day("2017-01-12"), "end": day("2017-01-16"), "events": 10.0},
            {"start": day("2017-01-20"), "end": day("2017-01-20"), "events": 1.0},
        ]
    )
    weekly = intensity_of(attacks).weekly
    assert weekly.index.tolist() == [day("2017-01-07"), day("2017-01-14")]
    np.testing.assert_allclose(weekly["south"], [4.0, 7.0])


def test_weeks_without_a_row_are_zero() -> None:
    attacks = attacks_of(
        [
            {"start": day("2017-01-07"), "end": day("2017-01-07"), "events": 2.0},
            {"start": day("2017-02-03"), "end": day("2017-02-03"), "events": 4.0},
        ]
    )
    np.testing.assert_allclose(intensity_of(attacks).weekly["south"], [2.0, 0.0, 0.0, 4.0])


@pytest.mark.parametrize(
    ("last", "weeks"), [("2017-02-02", 3), ("2017-02-03", 4), ("2017-02-04", 4)]
)
def test_a_last_week_that_is_not_over_is_not_used(last: str, weeks: int) -> None:
    attacks = attacks_of(
        [
            {"start": day("2017-01-07"), "end": day("2017-01-07"), "events": 2.0},
            {"start": day(last), "end": day(last), "events": 4.0},
        ]
    )
    found = intensity_of(attacks)
    assert len(found.weekly) == weeks
    assert found.through <= day(last)


def test_attacks_count_by_kind_and_by_the_share_of_their_place() -> None:
    crisis = made_up()
    row = {"area_id": "half", "name": "Half", "place_id": "N0201", "share": 0.5}
    half = replace(crisis, areas=pd.concat([crisis.areas, pd.DataFrame([row])]))
    week = {"start": day("2017-01-07"), "end": day("2017-01-13")}
    attacks = attacks_of(
        [
            {**week, "events": 10.0, "kind": "shelling"},
            {**week, "events": 3.0, "kind": "territory"},
            {**week, "events": 100.0, "place_id": "N0202"},
        ]
    )
    found = weekly_intensity(attacks, half, {"cell": ["half"], "idle": []})
    assert found is not None
    amount = 10.0 * KIND_WEIGHTS["shelling"] + 3.0 * KIND_WEIGHTS["territory"]
    np.testing.assert_allclose(found.weekly["cell"], [0.5 * amount])
    np.testing.assert_allclose(found.weekly["idle"], [0.0])


def test_a_row_that_counts_only_deaths_is_one_event() -> None:
    week = {"start": day("2017-01-07"), "end": day("2017-01-13")}
    attacks = attacks_of([{**week, "events": np.nan, "fatalities": 7.0}])
    assert intensity_of(attacks).weekly["south"].tolist() == [1.0]


def test_every_kind_of_attack_has_a_weight() -> None:
    from features.attacks import KINDS

    assert set(KIND_WEIGHTS) == set(KINDS)
    assert min(KIND_WEIGHTS.values()) >= 0.0


def test_other_sources_are_never_added() -> None:
    week = {"start": day("2017-01-07"), "end": day("2017-01-13"), "events": 5.0}
    attacks = attacks_of([week, {**week, "source": "Monitor", "events": 1000.0}])
    assert intensity_of(attacks).weekly["all"].tolist() == [5.0]


def test_without_rows_of_its_source_there_is_no_intensity() -> None:
    week = {"start": day("2017-01-07"), "end": day("2017-01-13"), "events": 5.0}
    others = attacks_of([{**week, "source": "Monitor"}])
    assert weekly_intensity(others, made_up(), DRIVERS) is None
    assert weekly_intensity(others.iloc[:0], made_up(), DRIVERS) is None


@pytest.mark.parametrize(
    ("start", "length"), [("2017-01-07", 6), ("2017-01-09", 4), ("2017-01-13", 0)]
)
def test_a_week_counts_when_its_friday_was_told_of(start: str, length: int) -> None:
    rows = attacks_of([{"start": day(start), "end": day(start) + length * DAY, "events": 5.0}])
    assert intensity_of(rows).weekly["south"].tolist() == [5.0]


@pytest.mark.parametrize(("start", "length"), [("2017-01-07", 5), ("2017-01-10", 0)])
def test_a_source_that_has_told_of_no_whole_week_gives_no_intensity(
    start: str, length: int
) -> None:
    rows = attacks_of([{"start": day(start), "end": day(start) + length * DAY, "events": 5.0}])
    assert weekly_intensity(rows, made_up(), DRIVERS) is None


@pytest.mark.parametrize("change", [{"events": 0.0}, {"place_id": "L-rest"}])
def test_attacks_that_drive_no_cell_leave_a_finite_scale(change: Mapping[str, object]) -> None:
    week = {"start": day("2017-01-07"), "end": day("2017-01-13"), "events": 5.0}
    found = weekly_intensity(attacks_of([{**week, **change}]), made_up(), {"c": ["front-south"]})
    assert found is None or np.isfinite(found.half)


def test_log_intensity_by_hand() -> None:
    two, four = np.log(2.0), np.log(4.0)
    found = log_intensity(np.array([[0.0, 2.0, 6.0], [2.0, 2.0, 2.0]]), half=2.0)
    np.testing.assert_allclose(found, [[0.0, 0.5 * two, 0.5 * (two + four)], [two, two, two]])


@given(st.lists(st.floats(0.0, 1e5), min_size=1, max_size=30), st.floats(1e-3, 1e3))
def test_log_intensity_is_zero_in_peace_and_never_below(amounts: list[float], half: float) -> None:
    amount = np.array(amounts)
    found = log_intensity(amount, half)
    assert found.shape == amount.shape
    assert (found >= 0.0).all()
    assert not log_intensity(np.zeros_like(amount), half).any()
    assert (log_intensity(amount + 1.0, half) > found).all()


def test_log_intensity_averages_each_path_by_itself() -> None:
    paths = np.random.default_rng(1).random((3, 2, 5))
    each = [[log_intensity(cell, 0.3) for cell in path] for path in paths]
    np.testing.assert_allclose(log_intensity(paths, 0.3), each)


def test_attacks_told_of_a_larger_place_count_by_what_the_driver_covers_of_it() -> None:
    week = {"start": day("2017-01-07"), "end": day("2017-01-13"), "events": 8.0, "place_id": "N"}
    drivers = {"half": ["N01"], "whole": ["N"], "none": ["T"]}
    found = weekly_intensity(attacks_of([week]), made_up(), drivers)
    assert found is not None
    assert found.weekly.iloc[0].to_dict() == {"half": 4.0, "whole": 8.0, "none": 0.0}


def test_the_newest_revision_of_an_attack_counts_alone() -> None:
    week = {"start": day("2017-01-07"), "end": day("2017-01-13")}
    rows = [
        {**week, "events": 5.0, "published": "2017-01-20"},
        {**week, "events": 3.0, "published": "2017-02-20"},
    ]
    found = weekly_intensity(attacks_of(rows), made_up(), {"c": ["front-south"]})
    assert found is not None
    once = attacks_of(rows[1:])
    assert (
        found.weekly["c"].tolist()
        == intensity_of(once, {"c": ["front-south"]}).weekly["c"].tolist()
    )


@pytest.mark.parametrize(("gap", "last"), [(6, "2017-04-29"), (0, "2017-01-21")])
def test_silence_means_peace_only_from_a_source_that_was_silent_before(gap: int, last: str) -> None:
    starts = [day("2017-01-07"), day("2017-01-14"), day("2017-01-21") + 7 * gap * DAY]
    rows = [{"start": at, "end": at + 6 * DAY, "events": 5.0} for at in starts]
    told_by = day("2017-05-12")
    found = weekly_intensity(attacks_of(rows), made_up(), {"c": ["front-south"]}, told_by)
    assert found is not None
    assert found.weekly.index[-1] == day(last)
