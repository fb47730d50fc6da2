"""The flow state against a dense reference: the same posterior, written down without shortcuts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from features.crisis import load_crisis
from features.errors import TooLittleData
from features.overlap import DAY, REST
from features.panel import FLOWS, Panel, ReportArrays, build_panel
from models.flow_gain import Gain, link
from models.flow_prior import Prior, bias_covariance, error_covariance
from models.flow_state import LEAST_REPORTS, FittedFlows, FlowState, counted, eta_of, stack
from tests.strategies import (
    day,
    made_up,
    panel_of,
    report_arrays,
    report_frames,
    reports_of,
    rows_to_predict,
    without_attacks,
)

AS_OF, UNTIL = day("2018-01-31"), day("2018-03-09")
JANUARY = {"start": day("2018-01-01"), "end": day("2018-01-31")}
NORMAL = replace(Prior(), freedom=1e9)


@dataclass(frozen=True)
class Posterior:
    """Laplace approximation at a mode, dense: `state` is flows, cells, weeks in one."""

    mean: np.ndarray
    prior: np.ndarray
    noise: np.ndarray
    jacobian: np.ndarray
    target: np.ndarray
    mode: np.ndarray
    seen: np.ndarray

    @property
    def of_reports(self) -> np.ndarray:
        return self.jacobian @ self.prior @ self.jacobian.T + self.noise

    @property
    def miss(self) -> np.ndarray:
        return self.target - self.seen + self.jacobian @ (self.mode - self.mean)

    @property
    def covariance(self) -> np.ndarray:
        across = self.jacobian @ self.prior
        return self.prior - across.T @ np.linalg.solve(self.of_reports, across)


def prior_covariance(fitted: FittedFlows) -> np.ndarray:
    """What the prior says of every pair of log flows, seen through reports of one cell and week."""
    flows, cells, weeks = fitted.eta_.shape
    flow = np.repeat(np.arange(flows), cells * weeks)
    one = np.tile(np.eye(cells * weeks), (flows, 1)).reshape(-1, cells, weeks)
    return Gain(fitted._parts, one, flow).covariance()


def jacobian_of(arrays: ReportArrays, eta: np.ndarray) -> np.ndarray:
    """Gradient of the reports by the whole state, (reports, states)."""
    _, gradient = link(arrays, eta)
    whole = np.zeros((len(arrays), *eta.shape))
    whole[np.arange(len(arrays)), arrays.flow] = gradient
    return whole.reshape(len(arrays), -1)


def posterior_of(fitted: FittedFlows) -> Posterior:
    arrays = fitted.panel.arrays
    target, counting = counted(fitted.panel)
    return Posterior(
        mean=fitted._parts.mean.ravel(),
        prior=prior_covariance(fitted),
        noise=bias_covariance(fitted.prior, arrays, arrays)
        + error_covariance(fitted.prior, arrays)
        + np.diag(counting),
        jacobian=jacobian_of(arrays, fitted.eta_),
        target=target,
        mode=fitted.eta_.ravel(),
        seen=link(arrays, fitted.eta_)[0],
    )


def tiny_panel() -> Panel:
    """Five weeks of two cells, seen by ragged windows of every flow."""
    first = day("2018-01-06")
    rows = [
        {"persons": 9000.0, "start": first, "end": first + 13 * DAY},
        {"persons": 2500.0, "start": first + 3 * DAY, "end": first + 20 * DAY, "place_id": "N02"},
        {"persons": 20000.0, "start": first, "end": first + 24 * DAY, "place_id": "N"},
        {"persons": 4000.0, "start": first + 7 * DAY, "end": first + 9 * DAY, "source": "Monitor"},
        {"persons": 6000.0, "start": first, "end": first + 9 * DAY, "source": "Monitor"},
        {"persons": 12000.0, "measure": "departures", "direction": "origin", "place_id": "N02"},
        {"persons": 700.0, "measure": "returns", "place_id": "assessed"},
    ]
    window = {"start": first, "end": first + 27 * DAY, "published": "2018-02-05"}
    crisis = replace(made_up(), reports=reports_of([{**window, **row} for row in rows]))
    return build_panel(crisis, day("2018-02-05"), day("2018-02-09"))


@pytest.fixture(scope="module")
def tiny() -> FittedFlows:
    """A fit that goes on until its steps are nothing, whose draws are normal."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("models.flow_state.TOLERANCE", 1e-9)
        patch.setattr("models.flow_state.STEPS", 2000)
        return FlowState(NORMAL).fit(tiny_panel())


@pytest.fixture(scope="module")
def fitted() -> FittedFlows:
    return FlowState().fit(panel_of(made_up()))


def test_the_mode_is_that_of_a_brute_force_optimiser(tiny: FittedFlows) -> None:
    dense = posterior_of(tiny)
    root = np.linalg.cholesky(dense.prior + 1e-12 * np.eye(len(dense.prior)))
    arrays, shape = tiny.panel.arrays, tiny.eta_.shape

    def loss(white: np.ndarray) -> tuple[float, np.ndarray]:
        eta = (dense.mean + root @ white).reshape(shape)
        miss = dense.target - link(arrays, eta)[0]
        pull = np.linalg.solve(dense.noise, miss)
        gradient = white - root.T @ (jacobian_of(arrays, eta).T @ pull)
        return 0.5 * float(white @ white + miss @ pull), gradient

    start = np.random.default_rng(1).standard_normal(len(root))
    best = minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-7, "maxiter": 5000})
    mode = (dense.mean + root @ best.x).reshape(shape)
    np.testing.assert_allclose(tiny.eta_, mode, atol=1e-4)
    assert tiny.converged_


def test_a_fit_stops_where_going_on_would_change_nothing(tiny: FittedFlows) -> None:
    found = FlowState().fit(tiny.panel)
    assert found.converged_
    np.testing.assert_allclose(found.eta_, tiny.eta_, atol=2e-3)


def test_the_gradient_of_the_link_is_that_of_finite_differences(tiny: FittedFlows) -> None:
    arrays, eta = tiny.panel.arrays, tiny.eta_
    numeric = np.empty((len(arrays), eta.size))
    for at in range(eta.size):
        step = np.zeros(eta.size)
        step[at] = 1e-6
        up, down = (link(arrays, eta + sign * step.reshape(eta.shape))[0] for sign in (1, -1))
        numeric[:, at] = (up - down) / 2e-6
    np.testing.assert_allclose(jacobian_of(arrays, eta), numeric, atol=1e-7)


def test_the_link_is_the_log_of_the_weighted_flows(tiny: FittedFlows) -> None:
    arrays, eta = tiny.panel.arrays, tiny.eta_
    for index, flow in enumerate(arrays.flow):
        total = (arrays.weights[index] * np.exp(eta[flow])).sum()
        assert link(arrays, eta)[0][index] == pytest.approx(np.log(total))


def test_draws_have_the_moments_of_the_laplace_posterior(tiny: FittedFlows) -> None:
    dense, draws = posterior_of(tiny), 20_000
    parameters = tiny.sample(draws, np.random.default_rng(5))
    states = eta_of(parameters, tiny.x_[None]).reshape(draws, -1)
    functionals = np.random.default_rng(6).standard_normal((12, states.shape[1])) / 6.0
    found = states @ functionals.T
    covariance = functionals @ dense.covariance @ functionals.T
    across = dense.jacobian @ dense.prior @ functionals.T
    mean = functionals @ dense.mean + across.T @ np.linalg.solve(dense.of_reports, dense.miss)

    sd = np.sqrt(np.diag(covariance))
    assert (np.abs(found.mean(axis=0) - mean) < 4.5 * sd / np.sqrt(draws)).all()
    error = np.sqrt((np.outer(sd, sd) ** 2 + covariance**2) / draws)
    assert (np.abs(np.cov(found.T) - covariance) < 5.0 * error).all()


def test_residuals_are_what_flows_leave_of_the_reports(tiny: FittedFlows) -> None:
    eta = np.stack([tiny.eta_, tiny.eta_ + 0.5])
    left = tiny.residuals(eta)
    target = counted(tiny.panel)[0]
    np.testing.assert_allclose(left[0], target - link(tiny.panel.arrays, tiny.eta_)[0])
    np.testing.assert_allclose(left[1], left[0] - 0.5)


def test_factors_are_kriged_from_what_is_left(tiny: FittedFlows) -> None:
    draws, arrays, known = 20_000, tiny.panel.arrays, len(tiny.panel.arrays)
    window = {"start": day("2018-01-20"), "end": day("2018-02-09")}
    rows = [window, {**window, "source": "Monitor"}, {**window, "measure": "returns"}]
    unseen = tiny.panel.arrays_of(rows_to_predict(rows))
    every = stack(arrays, unseen)
    noise = bias_covariance(tiny.prior, every, every) + error_covariance(tiny.prior, every)
    given = noise[:known, :known] + np.diag(counted(tiny.panel)[1])
    across = np.linalg.solve(given, noise[:known, known:])
    covariance = noise[known:, known:] - noise[known:, :known] @ across
    left = np.repeat(np.linspace(-1.0, 1.0, known)[None], draws, axis=0)

    found = tiny.factors(left, np.ones((draws, 1)), unseen, np.random.default_rng(5))
    sd = np.sqrt(np.diag(covariance))
    assert (np.abs(found.mean(axis=0) - left[0] @ across) < 4.5 * sd / np.sqrt(draws)).all()
    error = np.sqrt((np.outer(sd, sd) ** 2 + covariance**2) / draws)
    assert (np.abs(np.cov(found.T) - covariance) < 5.0 * error).all()
    still = tiny.factors(left[:2], np.zeros((2, 1)), unseen, np.random.default_rng(5))
    np.testing.assert_allclose(still, left[:2] @ across)


def test_the_mean_of_the_draws_is_the_mode(tiny: FittedFlows) -> None:
    draws = 4000
    parameters = tiny.sample(draws, np.random.default_rng(2))
    states = eta_of(parameters, tiny.x_[None])
    sd = np.sqrt(np.diag(posterior_of(tiny).covariance)).reshape(tiny.eta_.shape)
    assert (np.abs(states.mean(axis=0) - tiny.eta_) < 5.0 * sd / np.sqrt(draws)).all()


def test_unknown_scales_make_the_tails_heavier_and_move_no_median(tiny: FittedFlows) -> None:
    draws, eight = 20_000, replace(Prior(), freedom=8.0)
    found, normal = (
        eta_of(
            FlowState(prior).fit(tiny.panel).sample(draws, np.random.default_rng(4)),
            tiny.x_[None],
        )
        for prior in (eight, NORMAL)
    )
    np.testing.assert_allclose(found.var(axis=0), 8.0 / 6.0 * normal.var(axis=0), rtol=0.1)
    np.testing.assert_allclose(np.median(found, axis=0), np.median(normal, axis=0), atol=0.05)
    far = np.quantile(found, 0.995, axis=0) - np.median(found, axis=0)
    assert (far > 1.15 * (np.quantile(normal, 0.995, axis=0) - np.median(normal, axis=0))).all()


def test_the_reports_bias_is_its_posterior_mean(tiny: FittedFlows) -> None:
    dense, arrays = posterior_of(tiny), tiny.panel.arrays
    bias = bias_covariance(tiny.prior, arrays, arrays)
    np.testing.assert_allclose(
        tiny.bias_, bias @ np.linalg.solve(dense.of_reports, dense.miss), atol=1e-4
    )


def test_the_prior_is_positive_definite_and_knows_its_flows_and_cells_apart(
    tiny: FittedFlows,
) -> None:
    prior = prior_covariance(tiny)
    np.testing.assert_allclose(prior, prior.T, atol=1e-12)
    assert np.linalg.eigvalsh(prior).min() > 0.0
    correlation = prior / np.sqrt(np.outer(np.diag(prior), np.diag(prior)))
    off = correlation[~np.eye(len(prior), dtype=bool)]
    assert off.max() < 1.0


def forward(rng: np.random.Generator) -> tuple[Panel, np.ndarray]:
    """A panel whose figures the model itself made, and the true log flows."""
    months = [day("2017-06-01"), *(day(f"2017-{number:02}-01") for number in range(7, 13))]
    rows = []
    for start, end in pairwise(months):
        window = {"start": start, "end": end - DAY, "persons": 1.0, "published": "2017-12-31"}
        for cell in ("N01", "N02"):
            rows += [
                {**window, "place_id": cell},
                {**window, "place_id": cell, "source": "Monitor"},
                {**window, "place_id": cell, "measure": "departures", "direction": "origin"},
                {**window, "place_id": cell, "measure": "returns"},
            ]
        rows.append({**window, "place_id": "N", "source": "Monitor", "direction": "within"})
    crisis = replace(made_up(), reports=reports_of(rows))
    panel = build_panel(crisis, day("2017-12-31"), day("2018-02-02"))
    blank = FlowState().fit(panel)
    mean = 8.5 + np.array(blank.prior.beta)[:, None, None] * blank.x_
    root = np.linalg.cholesky(prior_covariance(blank) + 1e-10 * np.eye(blank.eta_.size))
    eta = mean + (root @ rng.standard_normal(blank.eta_.size)).reshape(mean.shape)
    arrays = panel.arrays
    noise = bias_covariance(blank.prior, arrays, arrays) + error_covariance(blank.prior, arrays)
    wrong = np.linalg.cholesky(noise) @ rng.standard_normal(len(arrays))
    persons = np.exp(link(arrays, eta)[0] + wrong)
    return replace(panel, reports=panel.reports.assign(persons=np.round(persons) + 1.0)), eta


def test_intervals_cover_the_flows_that_made_the_reports() -> None:
    """A month reported and a month to come; 17 to 29 of 30 is 99.6 % of a binomial of .8."""
    months = {"reported": np.arange(9, 13), "to come": np.arange(-4, 0)}
    inside = dict.fromkeys(months, 0)
    for seed in range(30):
        rng = np.random.default_rng(seed)
        panel, truth = forward(rng)
        fit = FlowState().fit(panel)
        for name, weeks in months.items():
            at = weeks % truth.shape[2]
            parameters = fit.sample(300, rng).at(at)
            found = np.exp(eta_of(parameters, fit.x_[None][:, :, at]))[:, 0, 0].sum(axis=-1)
            low, high = np.quantile(found, [0.1, 0.9])
            inside[name] += int(low <= np.exp(truth[0, 0, at]).sum() <= high)
    for covered in inside.values():
        assert 17 <= covered <= 29


def test_reported_flows_are_recovered_far_better_than_the_prior_knows_them() -> None:
    errors = []
    for seed in range(10):
        panel, truth = forward(np.random.default_rng(100 + seed))
        fit = FlowState().fit(panel)
        errors.append((fit.eta_ - truth)[0, :2, 5:20].mean(axis=-1))
    prior_sd = np.sqrt(np.diag(prior_covariance(fit)).mean())
    assert np.sqrt(np.mean(np.square(errors))) < 0.5 * prior_sd


@settings(max_examples=60)
@given(report_arrays())
def test_covariances_of_any_reports_are_positive_semi_definite(arrays: ReportArrays) -> None:
    for covariance in (
        bias_covariance(Prior(), arrays, arrays),
        error_covariance(Prior(), arrays),
    ):
        np.testing.assert_allclose(covariance, covariance.T, atol=1e-12)
        assert np.linalg.eigvalsh(covariance).min() > -1e-9


@settings(max_examples=60)
@given(report_arrays())
def test_an_error_is_the_scale_of_its_source_and_its_own_in_part(arrays: ReportArrays) -> None:
    prior = Prior()
    error = error_covariance(prior, arrays)
    scale = np.where(arrays.event, prior.event_error_sd, prior.error_sd)
    np.testing.assert_allclose(np.diag(error), scale**2)
    apart = arrays.source[:, None] != arrays.source[None, :]
    assert not error[apart].any()
    off = error / np.outer(scale, scale) - np.eye(len(arrays))
    assert (off[~np.eye(len(arrays), dtype=bool)] <= prior.error_shared + 1e-12).all()


@settings(max_examples=60)
@given(report_arrays())
def test_the_reference_source_has_no_constant_of_its_own(arrays: ReportArrays) -> None:
    still = replace(Prior(), drift_sd=0.0)
    bias = bias_covariance(still, arrays, arrays)
    whole = arrays.reference & ~arrays.part
    assert not bias[whole].any()
    assert (np.diag(bias)[~arrays.reference] > 0.0).all()


@settings(max_examples=60)
@given(report_arrays())
def test_a_bias_drifts_apart_with_time(arrays: ReportArrays) -> None:
    bias = bias_covariance(Prior(), arrays, arrays)
    later = replace(arrays, middle=arrays.middle + 200.0)
    across = bias_covariance(Prior(), arrays, later)
    assert (np.diag(across) < np.diag(bias)).all()
    assert (np.diag(across) >= 0.0).all()


def test_the_same_seed_gives_the_same_draws(fitted: FittedFlows) -> None:
    one, two, three = (fitted.sample(20, np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert one.walk.tobytes() == two.walk.tobytes() != three.walk.tobytes()
    assert one.base.shape == (20, 3, 3)
    assert one.beta.shape == (20, 3)
    assert one.walk.shape == (20, *fitted.eta_.shape)
    assert one.scale.shape == (20, 1)


def test_fitting_again_gives_the_same_mode(fitted: FittedFlows) -> None:
    again = FlowState().fit(panel_of(made_up()))
    assert again.eta_.tobytes() == fitted.eta_.tobytes()


def test_the_level_is_on_the_scale_of_the_reference(fitted: FittedFlows) -> None:
    """The Monitor says three fifths of what the Task Force says: its bias takes the difference."""
    reports = fitted.panel.reports
    monitor = (reports["source"] == "Monitor") & (reports["place_id"] == "assessed")
    assert fitted.bias_[monitor].mean() < fitted.bias_[reports["source"] == "Task Force"].mean()
    persons = fitted.panel.persons
    reference = (reports["source"] == "Task Force") & (reports["place_id"] == "N01")
    arrivals = (fitted.panel.arrays.flow == 0) & reference.to_numpy()
    seen = np.exp(link(fitted.panel.arrays, fitted.eta_)[0])
    assert np.abs(np.log(seen / persons)[arrivals].mean()) < 0.5


def test_doubling_every_figure_doubles_the_flows(tiny: FittedFlows) -> None:
    reports = tiny.panel.reports
    double = replace(tiny.panel, reports=reports.assign(persons=2.0 * reports["persons"]))
    np.testing.assert_allclose(FlowState().fit(double).eta_, tiny.eta_ + np.log(2.0), atol=2e-3)


def test_the_order_of_reports_does_not_matter(tiny: FittedFlows) -> None:
    turned = tiny.panel.reports.iloc[::-1].reset_index(drop=True)
    panel = replace(tiny.panel, reports=turned, arrays=tiny.panel.arrays_of(turned))
    np.testing.assert_allclose(FlowState().fit(panel).eta_, tiny.eta_, atol=2e-3)


def test_more_attacks_mean_more_flight(fitted: FittedFlows) -> None:
    parameters = fitted.sample(400, np.random.default_rng(1))
    x = fitted.x_[None]
    more = eta_of(parameters, x + 1.0) - eta_of(parameters, x)
    arrivals, departures, _ = np.median(more, axis=(0, 2, 3))
    assert arrivals > 0.0
    assert departures > 0.0


@settings(max_examples=12)
@given(report_frames(least=LEAST_REPORTS, most=12))
def test_any_reports_beside_those_of_every_flow_are_fitted(reports: pd.DataFrame) -> None:
    both = pd.concat([made_up().reports.head(12), reports], ignore_index=True)
    crisis = replace(made_up(), reports=both.assign(line=np.arange(len(both))))
    fit = FlowState().fit(panel_of(crisis, as_of="2019-02-15", until="2019-02-28"))
    assert np.isfinite(fit.eta_).all()
    weeks = np.arange(0, fit.eta_.shape[2], 9)
    parameters = fit.sample(10, np.random.default_rng(1)).at(weeks)
    assert np.isfinite(eta_of(parameters, fit.x_[None][:, :, weeks])).all()


def reported(count: int, **row: object) -> Panel:
    rows = [
        {**JANUARY, "persons": 1000.0 + index, "place_id": place, **row}
        for index, place in enumerate(["N01", "N02", "N", "N0101", "assessed", "L"])
    ]
    return panel_of(replace(made_up(), reports=reports_of(rows[:count])))


@pytest.mark.parametrize("count", range(1, LEAST_REPORTS))
def test_too_few_reports_are_refused_with_their_number(count: int) -> None:
    with pytest.raises(TooLittleData, match=rf"made-up.* {count} movement reports"):
        FlowState().fit(reported(count))


def test_zeros_alone_are_too_little() -> None:
    with pytest.raises(TooLittleData):
        FlowState().fit(reported(6, persons=0.0))


def test_the_least_reports_are_enough() -> None:
    assert np.isfinite(FlowState().fit(reported(LEAST_REPORTS)).eta_).all()


def test_a_crisis_that_reports_arrivals_alone_is_fitted() -> None:
    arrivals = made_up().reports["measure"] == "arrivals"
    crisis = replace(made_up(), reports=made_up().reports[arrivals].reset_index(drop=True))
    fit = FlowState().fit(panel_of(crisis))
    assert np.isfinite(fit.sample(5, np.random.default_rng(1)).walk).all()


def test_returns_that_nobody_told_of_are_better_known_where_departures_were() -> None:
    """How many times more go home to one of two cells; arrivals in them tell nothing of it."""
    rows = [
        {"start": day(start), "end": day(start) + 27 * DAY, "persons": 9000.0, "place_id": cell}
        for start in ("2018-01-01", "2018-02-01", "2018-03-01")
        for cell in ("N01", "N02")
    ]
    left = [{**row, "measure": "departures", "direction": "origin"} for row in rows]

    def spread(told: list[dict[str, Any]], prior: Prior = NORMAL) -> float:
        fit = FlowState(prior).fit(panel_of(replace(made_up(), reports=reports_of(told))))
        returns = fit.sample(4000, np.random.default_rng(1)).base[:, FLOWS.index("returns")]
        return float((returns[:, 0] - returns[:, 1]).std())

    apart = replace(NORMAL, place_shared=(0.0, 0.0, 0.0))
    assert spread(left) < 0.85 * spread(left, apart)
    assert spread(rows) == pytest.approx(spread(rows, apart), rel=0.05)


@pytest.mark.parametrize("where", ["no attacks", "north-west Syria"])
def test_the_fit_converges(where: str) -> None:
    if where == "no attacks":
        panel = panel_of(without_attacks())
    else:
        panel = build_panel(load_crisis("nw-syria"), day("2018-05-31"), day("2018-08-31"))
    assert FlowState().fit(panel).converged_


def with_last_figure(persons: float) -> FittedFlows:
    """The made-up land, the last count of returns being `persons`."""
    reports = made_up().reports.copy()
    known = (reports["published"] <= day("2018-06-15")) & (reports["measure"] == "returns")
    small = reports["persons"].where(reports["measure"] != "returns", reports["persons"] / 1000.0)
    small[reports.index[known][-1]] = persons
    return FlowState().fit(panel_of(replace(made_up(), reports=reports.assign(persons=small))))


def test_a_zero_is_fitted() -> None:
    assert np.isfinite(with_last_figure(0.0).eta_).all()


def test_none_and_ten_persons_say_nearly_the_same() -> None:
    none, ten = (
        with_last_figure(persons).eta_[FLOWS.index("returns"), 1, -8:] for persons in (0.0, 10.0)
    )
    assert np.abs(none - ten).max() < 0.2


def test_cells_of_the_state_end_with_rest(fitted: FittedFlows) -> None:
    intensity = fitted.panel.intensity
    assert intensity is not None
    assert [*fitted.panel.cells, REST] == list(intensity.weekly)
    assert fitted.eta_.shape == (len(FLOWS), len(intensity.weekly.columns), len(fitted.panel.weeks))
    assert fitted.x_.shape == fitted.eta_.shape[1:]


@settings(max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_any_seed_gives_finite_draws(seed: int) -> None:
    fit = FlowState().fit(tiny_panel())
    parameters = fit.sample(5, np.random.default_rng(seed))
    assert np.isfinite(eta_of(parameters, fit.x_[None])).all()
