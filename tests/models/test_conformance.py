"""What every model of a protocol must do, run over all that are registered."""

from __future__ import annotations

import copy
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import models
from features.errors import TooLittleData
from features.overlap import DAY
from features.panel import FLOWS, Panel, build_panel
from forecast.members import MEMBERS
from models.allocation import Destinations, fit_destinations
from models.base import ReportModel, SeriesModel
from models.flow_state import FlowState
from tests.strategies import (
    attacks_of,
    day,
    made_up,
    panel_of,
    reports_of,
    rows_to_predict,
    without_attacks,
)

KNOWN_BY = "2018-06-15"
JULY = {"start": day("2018-07-01"), "end": day("2018-07-31")}
ASKED = rows_to_predict(
    [
        JULY,
        {**JULY, "place_id": "assessed", "source": "Monitor"},
        {**JULY, "place_id": "N02", "measure": "departures", "direction": "origin"},
        {**JULY, "place_id": "N0101", "source": "Monitor"},
        {"start": day("2018-05-01"), "end": day("2018-05-31")},
    ]
)


def instances() -> Iterator[Any]:
    """Model instances that a module of `models` holds by name or in a table."""
    for found in pkgutil.iter_modules(models.__path__):
        module = importlib.import_module(f"models.{found.name}")
        for name, value in vars(module).items():
            if name.isupper():
                yield from value.values() if isinstance(value, dict) else [value]
        for _, kind in inspect.getmembers(module, inspect.isclass):
            made_here = kind.__module__ == module.__name__ and hasattr(kind, "fit")
            if made_here and not inspect.isabstract(kind) and not _arguments(kind):
                yield kind()


def _arguments(kind: type) -> list[str]:
    """Arguments that a constructor cannot do without."""
    given = inspect.signature(kind).parameters.values()
    return [
        one.name for one in given if one.default is one.empty and one.kind is not one.VAR_KEYWORD
    ]


def fitted_by(model: Any, arguments: list[str]) -> bool:
    given = inspect.signature(model.fit).parameters if hasattr(model, "fit") else {}
    return list(given) == arguments


SERIES_MODELS = {
    model.name: model for model in instances() if fitted_by(model, ["series", "drivers"])
}


def test_every_report_model_is_a_member() -> None:
    fitted = [model for model in instances() if fitted_by(model, ["panel"])]
    lone = {model.name for model in fitted if not isinstance(model, FlowState)} - set(MEMBERS)
    assert not lone


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_of(made_up(), as_of=KNOWN_BY)


@pytest.fixture(params=list(MEMBERS))
def member(request: pytest.FixtureRequest) -> ReportModel:
    return MEMBERS[request.param]


def predict(model: ReportModel, panel: Panel, seed: int = 1, draws: int = 60) -> np.ndarray:
    return model.fit(panel).predict(ASKED, draws, np.random.default_rng(seed))


def test_a_member_says_its_name_and_version(member: ReportModel) -> None:
    assert isinstance(member, ReportModel)
    assert MEMBERS[member.name] is member
    assert member.version


def test_draws_are_persons_of_every_report(member: ReportModel, panel: Panel) -> None:
    found = predict(member, panel)
    assert found.shape == (60, len(ASKED))
    assert found.dtype == np.float64
    assert np.isfinite(found).all()
    assert (found >= 0.0).all()
    assert (found.std(axis=0) > 0.0).all()


def test_draws_repeat_with_their_seed_and_with_it_alone(member: ReportModel, panel: Panel) -> None:
    one, two, three = (predict(member, panel, seed) for seed in (3, 3, 4))
    assert one.tobytes() == two.tobytes() != three.tobytes()


def test_fitting_and_predicting_change_nothing_given(member: ReportModel, panel: Panel) -> None:
    told, asked, weights = panel.reports.copy(), ASKED.copy(), panel.arrays.weights.copy()
    stored = copy.deepcopy({name: repr(value) for name, value in vars(member).items()})
    predict(member, panel)
    pd.testing.assert_frame_equal(panel.reports, told)
    pd.testing.assert_frame_equal(ASKED, asked)
    np.testing.assert_array_equal(panel.arrays.weights, weights)
    assert {name: repr(value) for name, value in vars(member).items()} == stored


def test_one_fit_predicts_twice_the_same(member: ReportModel, panel: Panel) -> None:
    fitted = member.fit(panel)
    one, two = (fitted.predict(ASKED, 30, np.random.default_rng(1)) for _ in range(2))
    assert one.tobytes() == two.tobytes()


def test_nothing_published_later_is_seen(member: ReportModel, panel: Panel) -> None:
    crisis, late = made_up(), day(KNOWN_BY) + DAY
    known, future = (rows[rows["published"] < late] for rows in (crisis.reports, crisis.attacks))
    sevenfold = known.tail(40).assign(persons=known["persons"].tail(40) * 7.0, published=late)
    bombs = future.tail(40).assign(events=900.0, published=late)
    other = replace(
        crisis,
        reports=pd.concat([known, sevenfold], ignore_index=True),
        attacks=pd.concat([future, bombs], ignore_index=True),
    )
    assert predict(member, panel_of(other, KNOWN_BY)).tobytes() == predict(member, panel).tobytes()


def test_what_was_published_by_then_is_seen(member: ReportModel, panel: Panel) -> None:
    reports = made_up().reports
    known = (reports["published"] <= day(KNOWN_BY)) & (reports["start"] > day("2017-06-01"))
    other = reports.assign(persons=reports["persons"].where(~known, 5.0 * reports["persons"]))
    found = predict(member, panel_of(replace(made_up(), reports=other), KNOWN_BY))
    assert np.median(found[:, 0]) > np.median(predict(member, panel)[:, 0])


def test_no_report_at_all_is_too_little(member: ReportModel) -> None:
    stock = {**JULY, "persons": 5.0, "measure": "stock", "published": "2018-01-01"}
    crisis = replace(made_up(), reports=reports_of([stock]))
    with pytest.raises(TooLittleData, match="made-up"):
        member.fit(panel_of(crisis, KNOWN_BY))


def test_without_attacks_there_is_a_forecast_or_a_refusal(member: ReportModel) -> None:
    panel = panel_of(without_attacks(), KNOWN_BY)
    try:
        found = predict(member, panel)
    except TooLittleData:
        return
    assert np.isfinite(found).all()


def test_a_zero_among_the_reports_is_borne(member: ReportModel) -> None:
    reports = made_up().reports
    some = np.arange(len(reports)) % 7 == 2
    other = reports.assign(persons=reports["persons"].where(~some, 0.0))
    found = predict(member, panel_of(replace(made_up(), reports=other), KNOWN_BY))
    assert np.isfinite(found).all()
    assert (found >= 0.0).all()


def test_a_few_weeks_of_attacks_are_borne(member: ReportModel) -> None:
    week = {"start": day("2018-05-05"), "end": day("2018-05-11"), "events": 5.0}
    later = {**week, "start": day("2018-05-12"), "end": day("2018-05-18")}
    crisis = replace(made_up(), attacks=attacks_of([week, later]))
    try:
        found = predict(member, panel_of(crisis, KNOWN_BY))
    except TooLittleData:
        return
    assert np.isfinite(found).all()


@pytest.fixture(params=list(SERIES_MODELS))
def series_model(request: pytest.FixtureRequest) -> SeriesModel:
    return SERIES_MODELS[request.param]


def blocks(count: int = 40) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Persons a block that follow a driver, in two series; one begins twelve blocks before the end.

    The same for the same count.
    """
    numbers = np.random.default_rng(1)
    names = pd.MultiIndex.from_tuples([("arrivals", "N01"), ("returns", "N02")])
    drivers = pd.DataFrame(numbers.gamma(2.0, size=(count, 2)), columns=names)
    noise = 0.3 * numbers.standard_normal((count, 2))
    persons = np.exp(8.0 + [0.8, -0.4] * drivers + noise).round()
    persons.iloc[: count - 12, 1] = np.nan
    return persons, drivers


def test_a_series_model_is_a_member_and_says_its_name(series_model: SeriesModel) -> None:
    assert isinstance(series_model, SeriesModel)
    assert series_model.name in MEMBERS
    assert series_model.version


def test_series_models_simulate_persons(series_model: SeriesModel) -> None:
    fitted = series_model.fit(*blocks())
    paths = np.ones((50, 2, 6))
    found = fitted.simulate(paths, 50, np.random.default_rng(1))
    assert found.shape == (50, 2, 6)
    assert np.isfinite(found).all()
    assert (found >= 0.0).all()
    assert (found.std(axis=0) > 0.0).all()
    again = fitted.simulate(paths, 50, np.random.default_rng(1))
    other = fitted.simulate(paths, 50, np.random.default_rng(2))
    assert found.tobytes() == again.tobytes() != other.tobytes()
    one = fitted.simulate(paths[:1], 50, np.random.default_rng(1))
    assert one.tobytes() == found.tobytes()


def test_two_fits_of_the_same_series_are_the_same(series_model: SeriesModel) -> None:
    one, two = (
        series_model.fit(*blocks()).simulate(np.ones((1, 2, 3)), 9, np.random.default_rng(1))
        for _ in range(2)
    )
    assert one.tobytes() == two.tobytes()


def test_what_is_simulated_is_of_the_size_of_what_was(series_model: SeriesModel) -> None:
    persons, drivers = blocks()
    paths = drivers.to_numpy().mean(axis=0)[None, :, None].repeat(3, axis=2)
    found = series_model.fit(persons, drivers).simulate(paths, 500, np.random.default_rng(1))
    ratio = np.median(found, axis=0) / persons.median().to_numpy()[:, None]
    assert (np.abs(np.log(ratio)) < np.log(3.0)).all()


def test_further_ahead_is_hardly_better_known(series_model: SeriesModel) -> None:
    found = series_model.fit(*blocks()).simulate(np.ones((1, 2, 6)), 800, np.random.default_rng(1))
    low, high = np.quantile(np.log1p(found), [0.1, 0.9], axis=0)
    assert ((high - low)[:, -1] > 0.85 * (high - low)[:, 0]).all()


def test_intervals_of_short_series_hold_what_comes_next(series_model: SeriesModel) -> None:
    """Eight in ten of them, give or take three standard deviations of 120 that are apart."""
    numbers = np.random.default_rng(1)
    names = pd.MultiIndex.from_tuples([("arrivals", f"C{number}") for number in range(120)])
    drivers = pd.DataFrame(numbers.gamma(2.0, size=(21, 120)), columns=names)
    walk = 0.2 * numbers.standard_normal((21, 120)).cumsum(axis=0)
    persons = np.exp(7.0 + 0.5 * drivers + walk + 0.4 * numbers.standard_normal((21, 120)))
    fitted = series_model.fit(persons.head(20), drivers.head(20))
    told = fitted.simulate(drivers.tail(1).to_numpy().T[None], 400, numbers)[..., 0]
    low, high = np.quantile(told, [0.1, 0.9], axis=0)
    next_one = persons.iloc[-1].to_numpy()
    assert ((low < next_one) & (next_one < high)).mean() == pytest.approx(0.8, abs=0.11)


def test_no_series_explodes_where_attacks_were_never_seen(series_model: SeriesModel) -> None:
    persons, drivers = blocks()
    drivers.iloc[:, 1] = 0.0
    found = series_model.fit(persons, drivers).simulate(
        np.full((1, 2, 4), 3.0), 400, np.random.default_rng(1)
    )
    assert np.isfinite(found).all()
    assert (np.median(found, axis=0) < 100.0 * persons.max().to_numpy()[:, None]).all()


def test_series_models_leave_their_series_alone(series_model: SeriesModel) -> None:
    persons, drivers = blocks()
    before = persons.copy(), drivers.copy()
    series_model.fit(persons, drivers).simulate(np.ones((1, 2, 2)), 9, np.random.default_rng(1))
    pd.testing.assert_frame_equal(persons, before[0])
    pd.testing.assert_frame_equal(drivers, before[1])


def test_series_models_refuse_what_is_too_short_or_never_changes(
    series_model: SeriesModel,
) -> None:
    persons, drivers = blocks()
    with pytest.raises(TooLittleData, match="has 9 blocks of four weeks"):
        series_model.fit(persons.tail(9), drivers.tail(9))
    with pytest.raises(TooLittleData, match="never changes"):
        series_model.fit(persons.notna() * 5.0, drivers)


@pytest.fixture(scope="module", params=["N01", "N02"])
def destinations(request: pytest.FixtureRequest, panel: Panel) -> Destinations:
    return fit_destinations(FlowState().fit(panel), request.param)


def test_allocations_share_out_all_in_every_draw(destinations: Destinations) -> None:
    found = destinations.sample(80, np.random.default_rng(1))
    assert found.shape == (80, len(destinations.places))
    assert (found >= 0.0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


def test_allocations_repeat_with_their_seed(destinations: Destinations) -> None:
    one, two, three = (destinations.sample(9, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.tobytes() == two.tobytes() != three.tobytes()


def test_allocations_see_nothing_published_later(destinations: Destinations) -> None:
    cell = made_up().places.parent(destinations.places[0])
    assert cell is not None
    late = {**JULY, "persons": 9e5, "place_id": destinations.places[0], "published": "2018-06-16"}
    rows = reports_of([{**late, "start": day("2018-02-01"), "end": day("2018-02-28")}])
    other = replace(made_up(), reports=pd.concat([made_up().reports, rows], ignore_index=True))
    again = fit_destinations(FlowState().fit(panel_of(other, KNOWN_BY)), cell)
    np.testing.assert_array_equal(again.mean, destinations.mean)
    np.testing.assert_array_equal(again.sd, destinations.sd)


def test_flows_are_those_the_protocols_speak_of() -> None:
    assert FLOWS == ("arrivals", "departures", "returns")
    assert build_panel(made_up(), day(KNOWN_BY), day("2018-07-31")).arrays.flow.max() < len(FLOWS)
