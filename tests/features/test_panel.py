from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from features.crisis import load_crisis
from features.errors import InputError
from features.overlap import DAY, REST
from features.panel import (
    FLOWS,
    LONGEST_WINDOW,
    STREAM,
    build_panel,
    cells_of,
    drivers_of,
    flow_of,
    usable,
)
from tests.folders import replaced
from tests.strategies import (
    attacks_of,
    camps,
    day,
    days_between,
    made_up,
    panel_of,
    report_frames,
    reports_of,
    without_attacks,
    without_drivers,
    without_models,
)

JANUARY = {"start": day("2017-01-01"), "end": day("2017-01-31")}
FEBRUARY = {"start": day("2017-02-01"), "end": day("2017-02-28")}


@settings(max_examples=25)
@given(days_between("2017-02-21", "2019-01-31"))
def test_a_panel_holds_only_what_was_published_by_its_day(as_of: pd.Timestamp) -> None:
    panel = build_panel(made_up(), as_of, as_of + 60 * DAY)
    assert (panel.reports["published"] <= as_of).all()
    assert panel.intensity is None or panel.intensity.through <= as_of
    assert panel.day == as_of


@settings(max_examples=25)
@given(days_between("2017-02-21", "2019-01-31"))
def test_the_weeks_of_a_panel_hold_every_window_and_the_horizon(as_of: pd.Timestamp) -> None:
    until = as_of + 60 * DAY
    panel = build_panel(made_up(), as_of, until)
    assert panel.weeks[0] <= panel.reports["start"].min()
    assert panel.weeks[-1] + 6 * DAY >= until
    shares = {"N": 2.0, "N01": 1.0, "N02": 1.0, "assessed": 1.3}
    weight = panel.arrays.weights.sum(axis=(1, 2))
    np.testing.assert_allclose(
        7.0 * weight, panel.arrays.days * panel.reports["place_id"].map(shares)
    )


def test_a_window_that_outlasts_the_horizon_is_not_cut() -> None:
    rows = [{**JANUARY, "persons": 5.0}, {**FEBRUARY, "persons": 9.0, "published": "2017-02-10"}]
    crisis = replace(made_up(), reports=reports_of(rows))
    panel = build_panel(crisis, day("2017-02-10"), day("2017-02-10"))
    np.testing.assert_allclose(7.0 * panel.arrays.weights.sum(axis=(1, 2)), [31.0, 28.0])


@settings(max_examples=25)
@given(report_frames())
def test_arrays_have_an_entry_a_report(reports: pd.DataFrame) -> None:
    panel = panel_of(replace(made_up(), reports=reports), as_of="2020-01-01", until="2020-02-01")
    count = len(panel.reports)
    assert len(panel.arrays) == count
    for name in panel.arrays.__dataclass_fields__:
        assert len(getattr(panel.arrays, name)) == count
    assert panel.arrays.weights.shape == (count, len(panel.cells) + 1, len(panel.weeks))
    assert np.isfinite(panel.arrays.weights).all()
    assert (panel.arrays.weights.sum(axis=(1, 2)) > 0.0).all()


def test_arrays_by_hand() -> None:
    rows = [
        {**JANUARY, "persons": 1.0},
        {**JANUARY, "persons": 2.0, "source": "Monitor", "from_id": "N02"},
        {**JANUARY, "persons": 3.0, "source": "Monitor", "place_id": "N0101"},
        {**JANUARY, "persons": 4.0, "measure": "returns"},
    ]
    models = {"flow_state": {"cells": ["N01", "N02"], "event_triggered": ["Monitor"]}}
    crisis = replace(made_up(), reports=reports_of(rows), models=models)
    arrays = panel_of(crisis).arrays
    assert [FLOWS[flow] for flow in arrays.flow] == ["arrivals"] * 3 + ["returns"]
    assert arrays.part.tolist() == [False, True, True, False]
    assert arrays.event.tolist() == [False, True, True, False]
    assert arrays.reference.tolist() == [True, False, False, True]
    assert arrays.days.tolist() == [31.0] * 4
    assert arrays.middle.tolist() == [(day("2017-01-16") - pd.Timestamp(0)) / DAY] * 4
    assert arrays.stream[1] == "Monitor|arrivals|N01|destination|N02"
    assert arrays.source.tolist() == [
        "Task Force|arrivals",
        "Monitor|arrivals",
        "Monitor|arrivals",
        "Task Force|returns",
    ]


def test_other_reports_get_the_same_arrays() -> None:
    panel = panel_of(made_up())
    again = panel.arrays_of(panel.reports[["start", "end", *STREAM]])
    for name in panel.arrays.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(again, name), getattr(panel.arrays, name))


def test_a_panel_without_movement_reports_is_empty_but_whole() -> None:
    stock = {**JANUARY, "persons": 5.0, "measure": "stock", "direction": "within"}
    crisis = replace(made_up(), reports=reports_of([stock]))
    panel = build_panel(crisis, day("2017-06-01"), day("2017-07-31"))
    assert len(panel.reports) == len(panel.arrays) == 0
    assert panel.arrays.weights.shape == (0, 3, len(panel.weeks))


def test_only_the_newest_revision_is_used() -> None:
    rows = reports_of(
        [
            {**JANUARY, "persons": 100.0, "published": "2017-02-20"},
            {**JANUARY, "persons": 300.0, "published": "2017-03-20"},
            {**JANUARY, "persons": 200.0, "published": "2017-03-01"},
            {**JANUARY, "persons": 7.0, "published": "2017-03-25", "source": "Monitor"},
        ]
    )
    assert usable(rows)["persons"].tolist() == [300.0, 7.0]


def test_a_revision_is_used_from_the_day_it_came_out() -> None:
    rows = [
        {**JANUARY, "persons": 100.0, "published": "2017-02-20"},
        {**JANUARY, "persons": 300.0, "published": "2017-03-20"},
    ]
    crisis = replace(made_up(), reports=reports_of(rows))
    for as_of, persons in [("2017-03-19", 100.0), ("2017-03-20", 300.0)]:
        assert panel_of(crisis, as_of=as_of).persons.tolist() == [persons]


def test_stocks_and_long_windows_are_left_out() -> None:
    start = day("2017-01-01")
    rows = [
        {"start": start, "end": start + (LONGEST_WINDOW - 1) * DAY, "persons": 1.0},
        {"start": start, "end": start + LONGEST_WINDOW * DAY, "persons": 2.0},
        {"start": start, "end": start, "persons": 3.0, "measure": "stock"},
    ]
    assert usable(reports_of(rows))["persons"].tolist() == [1.0]


@pytest.mark.parametrize(
    ("measure", "direction", "flow"),
    [
        ("arrivals", "destination", "arrivals"),
        ("arrivals", "within", "arrivals"),
        ("newly_displaced", "destination", "arrivals"),
        ("newly_displaced", "within", "arrivals"),
        ("newly_displaced", "origin", "departures"),
        ("departures", "origin", "departures"),
        ("departures", "within", "departures"),
        ("returns", "destination", "returns"),
        ("returns", "origin", "returns"),
    ],
)
def test_which_flow_a_report_observes(measure: str, direction: str, flow: str) -> None:
    assert FLOWS[flow_of(measure, direction)] == flow


def test_cells_are_those_a_crisis_names() -> None:
    assert panel_of(made_up()).cells == ("N01", "N02")


def test_cells_of_a_crisis_that_names_none_are_its_reported_places() -> None:
    assert panel_of(made_up(crisis=without_models)).cells == ("N01", "N02")


def test_cells_of_camps_abroad_are_the_camps() -> None:
    assert panel_of(camps(), as_of="2012-12-01", until="2013-01-31").cells == (
        "ABALA",
        "MANG",
        "MBERA",
    )


def test_cells_are_chosen_by_what_was_known() -> None:
    crisis = made_up(crisis=without_models)
    known = usable(crisis.as_of(day("2017-03-15")).reports)
    days = pd.date_range("2017-01-01", periods=400)
    rows = [{"start": at, "end": at, "persons": 1.0, "place_id": "N0101"} for at in days]
    many = reports_of(rows).assign(published=day("2019-01-01"))
    later = replace(crisis, reports=pd.concat([crisis.reports, many]))
    assert panel_of(later, as_of="2017-03-15").cells == cells_of(crisis, known)


def test_a_crisis_reported_only_as_a_whole_has_its_focus_as_its_cell() -> None:
    reports = reports_of([{**JANUARY, "persons": 9.0, "place_id": at} for at in ("N", "assessed")])
    assert cells_of(made_up(crisis=without_models), reports) == ("N",)


def test_cells_within_each_other_are_refused() -> None:
    nested = replaced('cells = ["N01", "N02"]', 'cells = ["N01", "N0101", "N02"]')
    with pytest.raises(InputError, match="N0101"):
        panel_of(made_up(crisis=nested))


def test_a_driver_of_what_is_no_cell_is_refused() -> None:
    table = 'N01 = ["front-south"]'
    with pytest.raises(InputError, match="N0102"):
        panel_of(made_up(crisis=replaced(table, f'{table}\nN0102 = ["front-south"]')))


def test_cells_are_driven_by_what_the_crisis_names() -> None:
    assert drivers_of(made_up(), ["N01", "N02"])["N01"] == ["front-south"]


def test_a_cell_that_names_no_driver_is_driven_by_its_own_attacks() -> None:
    assert drivers_of(made_up(), ["N01", "N02"])["N02"] == ["N02"]


def test_without_named_drivers_attacked_cells_are_driven_by_their_own_attacks() -> None:
    drivers = drivers_of(made_up(crisis=without_drivers), ["N01", "N02"])
    assert drivers["N02"] == ["N02"]
    assert drivers["N01"] == drivers[REST] == ["L", "T"]


def test_without_attacks_there_is_no_intensity() -> None:
    assert panel_of(without_attacks()).intensity is None


def test_attacks_drive_the_cells_by_the_panel() -> None:
    week = {"start": day("2017-01-07"), "end": day("2017-01-13")}
    attacks = attacks_of([{**week, "events": 5.0}, {**week, "events": 3.0, "place_id": "L-rest"}])
    crisis = replace(made_up(crisis=without_drivers), attacks=attacks)
    intensity = panel_of(crisis).intensity
    assert intensity is not None
    assert intensity.weekly.iloc[0].to_dict() == {"N01": 8.0, "N02": 5.0, REST: 8.0}


def test_the_panel_of_north_west_syria_is_whole() -> None:
    panel = build_panel(load_crisis("nw-syria"), day("2019-05-04"), day("2019-10-31"))
    assert panel.arrays.reference.any()
    assert panel.intensity is not None
    assert day("2019-04-01") < panel.intensity.through <= day("2019-05-04")
    assert (panel.arrays.weights.sum(axis=(1, 2)) > 0.0).all()
    assert list(panel.intensity.weekly) == [*panel.cells, REST]
