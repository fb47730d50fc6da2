from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.intensity import log_intensity
from features.overlap import DAY
from features.panel import FLOWS, Panel
from models.flow_state import FittedFlows, FlowState, eta_of
from models.simulation import (
    AttackDrivenFlows,
    Simulation,
    forecast_paths,
    known_paths,
    simulate,
    size_biased,
    with_zeros,
)
from tests.folders import with_cell
from tests.strategies import (
    day,
    made_up,
    panel_of,
    reports_of,
    rows_to_predict,
    without_attacks,
)

JULY = {"start": day("2018-07-01"), "end": day("2018-07-31")}
AUGUST = {"start": day("2018-08-01"), "end": day("2018-08-31")}
TWO = rows_to_predict([JULY, {**AUGUST, "place_id": "N", "source": "Monitor"}])


@pytest.fixture(scope="module")
def panel() -> Panel:
    return panel_of(made_up())


@pytest.fixture(scope="module")
def fitted(panel: Panel) -> FittedFlows:
    return FlowState().fit(panel)


@pytest.fixture(scope="module")
def simulation(fitted: FittedFlows) -> Simulation:
    rng = np.random.default_rng(1)
    paths = forecast_paths(fitted.panel, 60, rng)
    return simulate(fitted, paths, 60, rng, fitted.panel.arrays_of(TWO))


def test_paths_keep_what_is_known_and_differ_after(panel: Panel) -> None:
    paths = forecast_paths(panel, 40, np.random.default_rng(1))
    assert panel.intensity is not None
    weekly = panel.intensity.weekly
    assert paths.shape == (40, len(panel.cells) + 1, len(panel.weeks))
    known = panel.weeks.isin(weekly.index)
    expected = weekly.loc[panel.weeks[known]].to_numpy().T[None]
    np.testing.assert_array_equal(paths[:, :, known], expected.repeat(40, axis=0))
    ahead = panel.weeks > weekly.index[-1]
    driven = weekly.sum().to_numpy() > 0
    assert (paths[:, driven][:, :, ahead].std(axis=0) > 0.0).all()


def test_paths_before_the_first_attack_told_are_typical(panel: Panel) -> None:
    assert panel.intensity is not None
    cut = replace(panel.intensity, weekly=panel.intensity.weekly.iloc[20:])
    path = known_paths(replace(panel, intensity=cut), cut)
    assert path.shape == (1, len(panel.cells) + 1, len(panel.weeks))
    before = path[0][:, panel.weeks < cut.weekly.index[0]]
    assert (before >= cut.weekly.min().to_numpy()[:, None] - 1e-9).all()
    assert (before <= cut.weekly.max().to_numpy()[:, None] + 1e-9).all()
    assert (np.ptp(before, axis=1) == 0.0).all()


def test_without_attacks_the_path_is_peace() -> None:
    panel = panel_of(without_attacks())
    paths = forecast_paths(panel, 40, np.random.default_rng(1))
    assert not paths.any()
    assert paths.shape[1:] == (len(panel.cells) + 1, len(panel.weeks))


def test_flows_follow_from_levels_slopes_walks_and_paths(
    simulation: Simulation, fitted: FittedFlows
) -> None:
    assert fitted.panel.intensity is not None
    paths = forecast_paths(fitted.panel, 60, np.random.default_rng(1))
    x = log_intensity(paths, fitted.panel.intensity.half)[:, :, simulation.weeks]
    found = simulation.parameters
    for draw in (0, 59):
        for flow in range(len(FLOWS)):
            level = found.base[draw, flow][:, None]
            eta = level + found.beta[draw, flow] * x[draw] + found.walk[draw, flow]
            np.testing.assert_allclose(simulation.eta[draw, flow], eta)


def test_a_report_sums_the_weeks_and_cells_of_its_window(simulation: Simulation) -> None:
    arrays = simulation.panel.arrays_of(TWO)
    found = simulation.reports(arrays)
    assert found.shape == (60, 2)
    for index, flow in enumerate(arrays.flow):
        weights = arrays.weights[index][:, simulation.weeks]
        for draw in (0, 33):
            total = (weights * np.exp(simulation.eta[draw, flow])).sum()
            factor = np.exp(simulation.factors[draw, index])
            assert found[draw, index] == pytest.approx(total * factor)


def test_every_week_of_the_reports_is_simulated(simulation: Simulation) -> None:
    arrays = simulation.panel.arrays_of(TWO)
    touched = np.flatnonzero(arrays.weights.any(axis=(0, 1)))
    assert set(touched) <= set(simulation.weeks)


def test_the_same_seed_predicts_the_same(panel: Panel) -> None:
    model = AttackDrivenFlows().fit(panel)
    one, two, three = (model.predict(TWO, 30, np.random.default_rng(seed)) for seed in (4, 4, 5))
    assert one.tobytes() == two.tobytes() != three.tobytes()
    assert (one >= 0.0).all()
    assert np.isfinite(one).all()


def test_an_attack_path_moves_the_flows_it_should(fitted: FittedFlows) -> None:
    arrays = fitted.panel.arrays_of(TWO)
    calm = np.zeros((1, len(fitted.panel.cells) + 1, len(fitted.panel.weeks)))
    peace, war = (
        simulate(fitted, calm + level, 300, np.random.default_rng(1), arrays).reports(arrays)
        for level in (0.0, 300.0)
    )
    assert (np.median(war, axis=0) > 1.5 * np.median(peace, axis=0)).all()
    assert (war > peace).mean() > 0.95


def test_what_a_source_published_is_what_it_would_publish(panel: Panel) -> None:
    """Figures already known lie inside the middle 98 % of what is predicted for their windows."""
    shown = panel.reports.tail(12)
    found = AttackDrivenFlows().fit(panel).predict(shown, 600, np.random.default_rng(1))
    low, high = np.quantile(found, [0.01, 0.99], axis=0)
    assert ((shown["persons"] >= low) & (shown["persons"] <= high)).mean() > 0.8


def test_the_driver_simulated_is_the_driver_fitted(fitted: FittedFlows) -> None:
    """A history of attacks that begins after the first report, as in north-west Syria."""
    weekly = fitted.panel.intensity.weekly.iloc[20:]  # type: ignore[union-attr]
    panel = replace(fitted.panel, intensity=replace(fitted.panel.intensity, weekly=weekly))
    fit = FlowState().fit(panel)
    assert panel.intensity is not None
    x = log_intensity(known_paths(panel, panel.intensity), panel.intensity.half)
    known = panel.weeks <= weekly.index[-1]
    np.testing.assert_allclose(x[0][:, known], fit.x_[:, known], atol=1e-9)


def test_a_window_that_is_over_is_predicted_where_all_attacks_are_known() -> None:
    crisis = made_up(sources=with_cell(2, "delay_days", "0"))
    panel = panel_of(crisis, as_of="2018-06-15", until="2018-06-15")
    assert panel.intensity is not None
    assert panel.intensity.through == day("2018-06-15")
    may = rows_to_predict([{"start": day("2018-05-01"), "end": day("2018-05-31")}])
    found = AttackDrivenFlows().fit(panel).predict(may, 20, np.random.default_rng(1))
    assert (found > 0.0).all()


def test_a_source_that_mostly_says_none_may_say_none_again() -> None:
    weeks = [day("2018-01-06") + 7 * number * DAY for number in range(20)]
    rows = [
        {
            "start": start,
            "end": start + 6 * DAY,
            "persons": float(number % 5 == 0) * 9.0,
            "place_id": "N0201",
            "source": "Monitor",
        }
        for number, start in enumerate(weeks)
    ]
    reports = made_up().reports
    both = reports_of([*reports.to_dict("records"), *rows])
    fit = AttackDrivenFlows().fit(panel_of(replace(made_up(), reports=both)))
    again = rows_to_predict([{**rows[0], "start": day("2018-06-16"), "end": day("2018-06-22")}])
    drawn = np.round(fit.predict(again, 400, np.random.default_rng(1)))
    assert 0.3 < (drawn == 0.0).mean() < 1.0


def test_eta_takes_one_path_for_all_draws(fitted: FittedFlows) -> None:
    parameters = fitted.sample(7, np.random.default_rng(1))
    one = eta_of(parameters, fitted.x_[None])
    each = eta_of(parameters, np.repeat(fitted.x_[None], 7, axis=0))
    np.testing.assert_array_equal(one, each)


FIGURES = st.integers(2, 60).flatmap(
    lambda draws: st.tuples(
        arrays(np.float64, (draws, 3), elements=st.floats(0.01, 1e6)),
        arrays(np.float64, (draws, 3), elements=st.floats(0.01, 1e6)),
    )
)


@given(FIGURES)
def test_figures_told_because_flight_is_high_are_higher(
    both: tuple[np.ndarray, np.ndarray],
) -> None:
    """Where figures rise with the flow; they stay among those drawn, and keep their ranks."""
    flow, factor = both
    figures = flow * np.median(factor)
    picked = size_biased(flow, figures)
    assert (picked.mean(axis=0) >= figures.mean(axis=0) * (1.0 - 1e-9)).all()
    for column in range(3):
        assert set(picked[:, column]) <= set(figures[:, column])
        order = np.argsort(figures[:, column], kind="stable")
        assert (np.diff(picked[order, column]) >= 0.0).all()


@given(FIGURES)
def test_where_all_paths_flow_alike_none_counts_more(both: tuple[np.ndarray, np.ndarray]) -> None:
    _, figures = both
    np.testing.assert_array_equal(size_biased(np.ones_like(figures), figures), figures)


@given(FIGURES, st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3))
def test_the_lowest_figures_become_zero(
    both: tuple[np.ndarray, np.ndarray], share: list[float]
) -> None:
    _, figures = both
    found = with_zeros(figures, np.array(share))
    zero = found == 0.0
    np.testing.assert_allclose(zero.mean(axis=0), share, atol=0.5 / len(figures) + 1e-9)
    np.testing.assert_array_equal(found[~zero], figures[~zero])
    for column in range(3):
        lowest, kept = figures[zero[:, column], column], figures[~zero[:, column], column]
        assert not len(lowest) or not len(kept) or lowest.max() <= kept.min()
