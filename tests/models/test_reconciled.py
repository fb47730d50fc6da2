"""From series back to reports, with models whose answer is known."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pytest

from features.panel import Panel, build_panel
from forecast.backtest import backtest
from models.base import FittedSeries
from models.baselines import BASELINES
from models.each_series import NotConverged
from models.past import DRAWS
from models.reconciled import RECONCILED, Reconciled
from models.simulation import AttackDrivenFlows, forecast_paths, highest_rate
from models.streams import Floats
from tests.strategies import camps, day, made_up, panel_of, rows_to_predict

JULY = {"start": day("2018-07-01"), "end": day("2018-07-31")}
MAY = {"start": day("2018-05-01"), "end": day("2018-05-31")}
TWO = rows_to_predict([JULY, {**JULY, "place_id": "assessed", "source": "Monitor"}])


@dataclass
class Constant:
    """A model that tells the same of every block; it notes how many draws it was asked for."""

    persons: float
    name: str = "constant"
    version: str = "1"
    asked: list[int] = field(default_factory=list)

    def fit(self, series: pd.DataFrame, drivers: pd.DataFrame) -> Constant:
        return self

    def simulate(self, drivers: Floats, draws: int, rng: np.random.Generator) -> Floats:
        self.asked.append(draws)
        return np.full((draws, *drivers.shape[1:]), self.persons)


class Lost(Constant):
    """A model that is not found."""

    def fit(self, series: pd.DataFrame, drivers: pd.DataFrame) -> Constant:
        raise NotConverged("lost its way")


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_of(made_up())


def told(persons: float, panel: Panel, reports: pd.DataFrame = TWO, draws: int = 400) -> Floats:
    fitted = Reconciled(Constant(persons)).fit(panel)
    return fitted.predict(reports, draws, np.random.default_rng(1))


def test_persons_of_a_block_are_spread_over_its_weeks_and_told_by_the_source(panel: Panel) -> None:
    """July has 31 days of 28; what the Task Force covers may have drifted by half, not more."""
    found = np.median(told(28_000.0, panel), axis=0)
    assert found[0] == pytest.approx(31_000.0, rel=0.5)
    assert found[1] == pytest.approx(0.6 * found[0], rel=0.5)


def test_ten_times_the_flow_is_ten_times_the_figure(panel: Panel) -> None:
    one, ten = (told(persons, panel) for persons in (5_000.0, 50_000.0))
    assert np.median(ten, axis=0) / np.median(one, axis=0) == pytest.approx(10.0, rel=0.05)


def test_a_runaway_flow_stops_at_the_ceiling(panel: Panel) -> None:
    found = told(1e12, panel)
    ceiling = highest_rate(panel) * 31
    assert found.max() == pytest.approx(ceiling, rel=0.05)


def test_no_flow_is_no_figure(panel: Panel) -> None:
    assert not told(0.0, panel).any()


def test_figures_are_whole_families(panel: Panel) -> None:
    families = told(300.0, panel) / panel.crisis.family_size
    np.testing.assert_allclose(families, np.round(families))


def test_all_fits_take_turns(panel: Panel) -> None:
    model = Constant(1.0)
    fitted = Reconciled(model).fit(panel)
    fitted.predict(TWO, 2 * DRAWS + 1, np.random.default_rng(1))
    assert model.asked == [3, *[2] * (DRAWS - 1)]
    model.asked.clear()
    assert fitted.predict(TWO, 3, np.random.default_rng(1)).shape == (3, 2)
    assert model.asked == [1, 1, 1]


def test_flows_that_are_no_series_stay_those_of_the_flow_state() -> None:
    """Nobody reports returns to the camps."""
    panel = panel_of(camps(), as_of="2012-12-31", until="2013-01-31")
    january = {"start": day("2013-01-01"), "end": day("2013-01-31"), "source": "Agency"}
    asked = rows_to_predict(
        [{**january, "place_id": "MBERA", "measure": flow} for flow in ("returns", "arrivals")]
    )
    few, many = (told(persons, panel, asked) for persons in (10.0, 10_000.0))
    levels = [0.25, 0.5, 0.75]
    assert np.quantile(few[:, 0], levels) == pytest.approx(np.quantile(many[:, 0], levels), rel=0.1)
    assert np.median(many[:, 1]) > 100.0 * np.median(few[:, 1])


def test_of_a_month_that_is_over_all_models_say_what_the_flow_state_says(panel: Panel) -> None:
    asked = rows_to_predict([MAY])
    own = AttackDrivenFlows().fit(panel).predict(asked, 2000, np.random.default_rng(1))
    found = told(1.0, panel, asked, draws=2000)
    assert np.median(found) == pytest.approx(np.median(own), rel=0.1)
    assert np.log1p(found).std() == pytest.approx(np.log1p(own).std(), rel=0.35)


@pytest.mark.parametrize("name", RECONCILED)
def test_a_panel_that_ends_with_the_day_holds_what_is_over(name: str) -> None:
    panel = build_panel(made_up(), day("2018-06-15"), day("2018-06-15"))
    found = RECONCILED[name].fit(panel).predict(rows_to_predict([MAY]), 9, np.random.default_rng(1))
    assert (found > 0.0).all()


@pytest.mark.parametrize("name", ["count_regression", "sarimax", "local_level"])
def test_arrivals_follow_the_attacks_they_are_given(name: str, panel: Panel) -> None:
    fitted = RECONCILED[name].fit(panel)
    paths = forecast_paths(panel, 1, np.random.default_rng(1))
    calm, war = (
        np.median(
            fitted.predict_under(factor * paths, TWO[:1], 400, np.random.default_rng(1))  # type: ignore[attr-defined]
        )
        for factor in (0.1, 5.0)
    )
    assert war > 1.3 * calm


def test_a_draw_has_the_attacks_of_its_own_path(panel: Panel) -> None:
    fitted = RECONCILED["sarimax"].fit(panel)
    path = forecast_paths(panel, 1, np.random.default_rng(1))
    paths = np.concatenate([0.1 * path, 5.0 * path]).repeat(200, axis=0)
    found = fitted.predict_under(paths, TWO[:1], 400, np.random.default_rng(1))  # type: ignore[attr-defined]
    assert np.median(found[200:]) > 1.3 * np.median(found[:200])


def test_a_model_that_is_not_found_has_no_forecast_and_is_counted() -> None:
    members = {"lost": Reconciled(Lost(1.0)), "ewm_6": BASELINES["ewm_6"]}
    found = backtest(made_up(), day("2018-04-30"), day("2018-05-31"), members=members, draws=50)
    assert found.summary["members"]["lost"] == {"n": 0, "failed_months": 2}
    assert set(found.failures["why"]) == {"NotConverged: lost its way"}
    assert set(found.forecasts["member"]) == {"ewm_6"}


def test_the_stand_ins_obey_the_protocol() -> None:
    fitted: FittedSeries = Constant(1.0)
    assert fitted.simulate(np.zeros((1, 2, 3)), 4, np.random.default_rng(1)).shape == (4, 2, 3)
