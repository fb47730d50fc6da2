"""The flows up to the day as series, and what sources make of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.errors import TooLittleData
from features.intensity import log_intensity
from features.overlap import DAY, REST
from features.panel import FLOWS, Panel, build_panel
from models import past as past_module
from models.past import DRAWS, WEEKS, Past, past_of
from models.simulation import forecast_paths, known_paths, simulate
from tests.strategies import camps, day, made_up, panel_of, reports_of, rows_to_predict

MAY = {"start": day("2018-05-01"), "end": day("2018-05-31")}
JULY = {"start": day("2018-07-01"), "end": day("2018-07-31")}


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_of(made_up())


@pytest.fixture(scope="module")
def past(panel: Panel) -> Past:
    return past_of(panel)


@pytest.mark.parametrize("as_of", ["2018-06-14", "2018-06-15", "2018-06-16"])
def test_the_last_block_ends_with_the_last_full_week(as_of: str) -> None:
    """15 June 2018 is a Friday, and weeks end on Fridays."""
    panel = panel_of(made_up(), as_of)
    past = past_of(panel)
    friday = day("2018-06-08") if as_of == "2018-06-14" else day("2018-06-15")
    assert panel.weeks[past.ended - 1] + 6 * DAY == friday
    weeks = slice(past.ended - WEEKS, past.ended)
    for number, (flow, cell) in enumerate(zip(past.flow, past.cell, strict=True)):
        total = np.exp(past.eta[2, flow, cell, weeks]).sum()
        assert past.persons(2).iloc[-1, number] == pytest.approx(total)
        driver = past.flows.x_[cell, weeks].mean()
        assert past.drivers.iloc[-1, number] == pytest.approx(driver)


def test_every_block_is_four_weeks_and_what_is_left_over_lies_before(past: Past) -> None:
    assert len(past.drivers) == past.ended // WEEKS
    first = past.ended % WEEKS
    total = np.exp(past.eta[0, 0, 0, first : past.ended]).sum()
    assert past.persons(0).iloc[:, 0].sum() == pytest.approx(total)


def test_series_are_named_by_flow_and_cell(past: Past, panel: Panel) -> None:
    cells = [*panel.cells, REST]
    names = list(past.drivers.columns)
    assert names == list(past.persons(1).columns)
    assert ("arrivals", "N01") in names
    told = [(FLOWS[flow], cells[cell]) for flow, cell in zip(past.flow, past.cell, strict=True)]
    assert names == told


def test_flows_that_no_report_tells_of_are_left_out() -> None:
    past = past_of(panel_of(camps(), as_of="2012-12-31", until="2013-02-28"))
    assert set(past.drivers.columns.get_level_values(0)) == {"arrivals"}


def test_a_series_begins_with_the_first_report_that_tells_of_it() -> None:
    rows = made_up().reports
    begun = (rows["measure"] != "returns") | (rows["start"] >= day("2017-07-01"))
    panel = panel_of(replace(made_up(), reports=rows[begun]))
    past = past_of(panel)
    persons, drivers = past.persons(0), past.drivers
    first = persons["returns", "N02"].first_valid_index()
    start = panel.weeks[past.ended % WEEKS + WEEKS * first]
    assert start <= day("2017-07-01") < start + WEEKS * 7 * DAY
    assert persons["arrivals", "N01"].notna().all()
    assert drivers.notna().all(axis=None)


def test_without_ten_blocks_there_is_too_little_data() -> None:
    with pytest.raises(TooLittleData, match=r"'made-up' has no flow.*2017-09-30 tell of for 40"):
        past_of(panel_of(made_up(), as_of="2017-09-30"))


def test_the_mean_of_the_draws_is_the_mode(past: Past) -> None:
    mode = past.flows.eta_[:, :, : past.eta.shape[-1]]
    assert past.eta.shape == (DRAWS, *mode.shape)
    np.testing.assert_allclose(past.eta.mean(axis=0), mode, atol=1e-9)
    assert (past.eta.std(axis=0) > 0.0).all()


def test_members_of_one_panel_share_its_past(panel: Panel, past: Past) -> None:
    again = panel_of(made_up())
    one = past_of(panel)
    assert past_of(panel) is one
    assert past_of(again) is not one
    np.testing.assert_array_equal(past_of(again).eta, past.eta)


def test_drivers_ahead_are_means_of_the_weeks_the_panel_reaches(past: Past, panel: Panel) -> None:
    assert panel.intensity is not None
    paths = forecast_paths(panel, 7, np.random.default_rng(1))
    found = past.drivers_ahead(paths)
    weeks = len(panel.weeks) - past.ended
    assert found.shape == (7, len(past.cell), -(-weeks // WEEKS))
    x = log_intensity(paths, panel.intensity.half)[:, :, past.ended :]
    np.testing.assert_allclose(found[:, :, 0], x[:, past.cell, :WEEKS].mean(axis=-1))
    left = weeks % WEEKS or WEEKS
    np.testing.assert_allclose(found[:, :, -1], x[:, past.cell, -left:].mean(axis=-1))


def test_where_the_panel_ends_with_the_day_no_block_is_ahead() -> None:
    panel = build_panel(made_up(), day("2018-06-15"), day("2018-06-15"))
    assert panel.intensity is not None
    found = past_of(panel).drivers_ahead(known_paths(panel, panel.intensity))
    assert found.shape[-1] == 0


def test_flows_and_factors_together_are_the_flow_state_s(
    panel: Panel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What sources tell of one cell is the same by joint draws and by factors given its flows."""
    monkeypatch.setattr(past_module, "DRAWS", 300)
    past_of.cache_clear()
    past = past_of(panel)
    past_of.cache_clear()
    asked = rows_to_predict([MAY, {**MAY, "source": "Monitor", "from_id": "N02"}])
    arrays = panel.arrays_of(asked)
    paths = forecast_paths(panel, 3000, np.random.default_rng(1))
    own = simulate(past.flows, paths, 3000, np.random.default_rng(2), arrays)
    joint = np.log(own.reports(arrays))
    turn = np.arange(3000) % 300
    weights = arrays.weights[:, :, : past.eta.shape[-1]]
    flow = np.exp(past.eta)[:, arrays.flow]
    told = np.log((flow * weights).sum(axis=(2, 3)))[turn]
    given = told + past.factors(arrays, turn, np.random.default_rng(3))
    assert given.mean(axis=0) == pytest.approx(joint.mean(axis=0), abs=0.06)
    assert given.std(axis=0) == pytest.approx(joint.std(axis=0), rel=0.15)


def test_a_stream_that_tells_less_of_the_flow_goes_on_to_do_so(past: Past, panel: Panel) -> None:
    """The Monitor tells three fifths of what the Task Force does, as far as eight draws know."""
    asked = rows_to_predict([JULY, {**JULY, "place_id": "assessed", "source": "Monitor"}])
    arrays = panel.arrays_of(asked)
    found = past.factors(arrays, np.arange(800) % DRAWS, np.random.default_rng(1))
    reference, monitor = np.median(found, axis=0)
    assert 0.25 < np.exp(monitor - reference) < 0.8


def test_a_sum_over_cells_is_told_as_it_was_told_before(past: Past, panel: Panel) -> None:
    """However people were shared out between cells in a draw, their sum has been reported."""
    rows = panel.reports[panel.reports["measure"] == "newly_displaced"].tail(6)
    arrays = panel.arrays_of(rows)
    turn = np.arange(800) % DRAWS
    weights = arrays.weights[:, :, : past.eta.shape[-1]]
    told = np.log((np.exp(past.eta)[:, arrays.flow] * weights).sum(axis=(2, 3)))[turn]
    found = np.median(told + past.factors(arrays, turn, np.random.default_rng(1)), axis=0)
    assert found == pytest.approx(np.log(rows["persons"].to_numpy()), abs=0.25)


def test_a_report_whose_window_is_not_over_counts() -> None:
    early = {"start": day("2018-06-10"), "end": day("2018-06-30"), "published": day("2018-06-12")}
    rows = [*made_up().reports.to_dict("records"), {**early, "persons": 5e4}]
    past = past_of(panel_of(replace(made_up(), reports=reports_of(rows))))
    assert past.eta.shape[-1] > past.ended
    arrays = past.flows.panel.arrays_of(rows_to_predict([JULY]))
    assert np.isfinite(past.factors(arrays, np.arange(9) % DRAWS, np.random.default_rng(1))).all()


def test_frames_hold_persons_as_numbers(past: Past) -> None:
    persons = past.persons(0)
    assert isinstance(persons.columns, pd.MultiIndex)
    assert (persons.dtypes == np.float64).all()
    assert (persons.min() > 0.0).all()
