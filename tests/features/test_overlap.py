from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.crisis import Crisis, load_crisis
from features.overlap import (
    DAY,
    REST,
    cell_weights,
    is_part,
    report_weights,
    week_of,
    week_weights,
    weeks_between,
)
from features.places import Places
from tests.strategies import (
    day,
    days_between,
    made_up,
    place_trees,
    report_frames,
    reports_of,
    window_frames,
    windows,
)

CELLS = ("N01", "N02")


def test_the_week_of_a_saturday_is_itself() -> None:
    assert week_of(day("2019-05-04")) == day("2019-05-04")


def test_a_friday_ends_the_week_of_the_saturday_before() -> None:
    assert week_of(day("2019-05-03")) == day("2019-04-27")


@given(days_between("2016-01-01", "2020-12-31"))
def test_weeks_begin_on_the_saturday_not_after_a_day(some_day: pd.Timestamp) -> None:
    saturday = week_of(some_day)
    assert saturday.day_name() == "Saturday"
    assert 0 <= (some_day - saturday) // DAY <= 6


@given(windows())
def test_weeks_between_are_all_that_touch_the_window(
    window: tuple[pd.Timestamp, pd.Timestamp],
) -> None:
    weeks = weeks_between(*window)
    touched = {week_of(found) for found in pd.date_range(*window)}
    assert set(weeks) == touched
    assert weeks.is_monotonic_increasing


@given(window_frames())
def test_the_weights_of_a_window_add_up_to_its_days(frame: pd.DataFrame) -> None:
    weights = week_weights(
        frame["start"], frame["end"], weeks_between(frame["start"].min(), frame["end"].max())
    )
    days = (frame["end"] - frame["start"]) / DAY + 1
    np.testing.assert_allclose(7.0 * weights.sum(axis=1), days)
    assert weights.min() >= 0.0
    assert weights.max() <= 1.0


@given(windows(longest=90), st.integers(0, 88))
def test_a_window_weighs_as_much_as_its_two_parts(
    window: tuple[pd.Timestamp, pd.Timestamp], cut: int
) -> None:
    start, end = window
    middle = min(start + cut * DAY, end)
    weeks = weeks_between(start, end)
    first = pd.Series([start, start, middle + DAY])
    last = pd.Series([end, middle, end])
    whole, left, right = week_weights(first, last, weeks)
    np.testing.assert_allclose(left + (right if middle < end else 0.0), whole)


def test_the_weights_of_a_window_by_hand() -> None:
    weeks = weeks_between(day("2019-04-20"), day("2019-05-10"))
    found = week_weights(pd.Series([day("2019-04-25")]), pd.Series([day("2019-05-04")]), weeks)
    np.testing.assert_allclose(found, [[2 / 7, 1.0, 1 / 7]])


def test_a_window_outside_the_weeks_weighs_nothing() -> None:
    weeks = weeks_between(day("2019-04-20"), day("2019-05-10"))
    found = week_weights(pd.Series([day("2019-05-11")]), pd.Series([day("2019-05-31")]), weeks)
    assert not found.any()


@given(days_between("2016-01-01", "2019-12-01"), st.integers(0, 20))
def test_months_share_out_every_week(first: pd.Timestamp, months: int) -> None:
    period = pd.period_range(first, periods=months + 3, freq="M")
    inside = weeks_between(period[1].start_time, period[-2].end_time.normalize())
    weights = week_weights(
        pd.Series(period.start_time), pd.Series(period.end_time.normalize()), inside
    )
    np.testing.assert_allclose(weights.sum(axis=0), 1.0)
    np.testing.assert_allclose(7.0 * weights[1:-1].sum(axis=1), period[1:-1].days_in_month)


def leaves(places: Places, place: str) -> list[str]:
    return [at for at in [place, *places.descendants(place)] if not places.children(at)]


@given(place_trees())
def test_a_place_counts_the_cells_of_all_places_in_it(tree: tuple[Places, list[str]]) -> None:
    places, cells = tree
    crisis = replace(made_up(), places=places)
    for place in places.frame.index:
        of_place = cell_weights(crisis, cells, place)
        for child in places.children(place):
            assert set(cell_weights(crisis, cells, child)) <= set(of_place)


@given(place_trees())
def test_a_place_counts_what_its_ground_is_made_of(tree: tuple[Places, list[str]]) -> None:
    places, cells = tree
    crisis = replace(made_up(), places=places)
    for place in places.frame.index:
        holders = {
            next((cell for cell in cells if places.within(leaf, cell)), REST)
            for leaf in leaves(places, place)
        }
        assert cell_weights(crisis, cells, place) == dict.fromkeys(holders, 1.0)


@given(place_trees())
def test_a_part_holds_no_whole_cell(tree: tuple[Places, list[str]]) -> None:
    places, cells = tree
    crisis = replace(made_up(), places=places)
    for place in places.frame.index:
        holds_a_cell = any(places.within(cell, place) for cell in cells)
        assert is_part(crisis, cells, place) != holds_a_cell


@pytest.mark.parametrize(
    ("place", "weights"),
    [
        ("N01", {"N01": 1.0}),
        ("N0101", {"N01": 1.0}),
        ("N01C", {"N01": 1.0}),
        ("N", {"N01": 1.0, "N02": 1.0}),
        ("L", {"N01": 1.0, "N02": 1.0, REST: 1.0}),
        ("L-rest", {REST: 1.0}),
        ("T", {REST: 1.0}),
        ("assessed", {"N01": 0.9, "N02": 0.4}),
        ("front-south", {"N02": 1.0}),
    ],
)
def test_cell_weights_of_places_and_areas(place: str, weights: dict[str, float]) -> None:
    assert cell_weights(made_up(), CELLS, place) == weights


@pytest.mark.parametrize(
    ("place", "part"),
    [
        ("N01", False),
        ("N", False),
        ("assessed", False),
        ("L-rest", True),
        ("N0101", True),
        ("N01C", True),
        ("front-south", True),
    ],
)
def test_parts_of_cells(place: str, part: bool) -> None:
    assert is_part(made_up(), CELLS, place) == part


def test_an_area_half_outside_all_cells_counts_rest_by_its_share() -> None:
    crisis = made_up()
    row = {"area_id": "ragged", "name": "Ragged", "place_id": "L-rest", "share": 0.25}
    ragged = pd.DataFrame([row, {**row, "place_id": "N0102", "share": 0.5}])
    crisis = replace(crisis, areas=pd.concat([crisis.areas, ragged], ignore_index=True))
    assert cell_weights(crisis, CELLS, "ragged") == {REST: 0.25, "N01": 0.5}


def test_every_area_and_place_of_the_bundled_crisis_counts_something() -> None:
    crisis: Crisis = load_crisis("nw-syria")
    cells = crisis.models["flow_state"]["cells"]
    for place in [*crisis.places.frame.index, *crisis.areas["area_id"].unique()]:
        weights = cell_weights(crisis, cells, place)
        assert weights
        assert all(0.0 < weight <= 1.0 for weight in weights.values())
    assert set(cell_weights(crisis, cells, crisis.focus)) == set(cells)


@settings(max_examples=40)
@given(report_frames())
def test_a_report_weighs_its_days_times_its_cells(reports: pd.DataFrame) -> None:
    weeks = weeks_between(reports["start"].min(), reports["end"].max())
    weights = report_weights(made_up(), CELLS, reports, weeks)
    assert weights.shape == (len(reports), len(CELLS) + 1, len(weeks))
    days = ((reports["end"] - reports["start"]) / DAY + 1).to_numpy()
    share = [sum(cell_weights(made_up(), CELLS, at).values()) for at in reports["place_id"]]
    np.testing.assert_allclose(7.0 * weights.sum(axis=(1, 2)), days * share)


def test_rest_is_the_last_cell_of_the_weights() -> None:
    row = {"start": day("2017-01-07"), "end": day("2017-01-13"), "persons": 1.0}
    reports = reports_of([row | {"place_id": "L-rest"}, row | {"place_id": "assessed"}])
    weights = report_weights(made_up(), CELLS, reports, weeks_between(row["start"], row["end"]))
    np.testing.assert_allclose(weights[:, :, 0], [[0.0, 0.0, 1.0], [0.9, 0.4, 0.0]])


def test_no_reports_have_no_weights() -> None:
    weeks = weeks_between(day("2017-01-07"), day("2017-02-03"))
    weights = report_weights(made_up(), CELLS, made_up().reports.iloc[:0], weeks)
    assert weights.shape == (0, 3, 4)
