r"""Latent weekly flows behind ragged reports: a penalised composite link model with attack drivers.

For flow `f` (arrivals, departures, returns), cell `c` and week `t`

    eta[f,c,t] = level[f] + place[f,c] + beta[f] * x[c,t] + u[f,c,t]

with `x = log(1 + A/half)` the attack intensity and `u` a stationary autoregression. Who goes home
left before, so departures from a cell and returns to it share most of `place`. A report `k` with
overlap weights `w` sees a sum of weeks and cells:

    log y[k] = log sum_ct w[k,c,t] exp(eta[f,c,t]) + b[k] + e[k]

`b` is what its stream covers (a constant of the stream and of the source, and a slow drift), `e`
its error, shared by reports of one source as far as their windows and cells overlap, so that a
chain "since 1 May ..." is not counted twice. The reference source has no constant of its own: the
level is on its scale.

People flee in families, so a count of `n` persons has a variance of `family / n` on the log scale
besides; none at all counts as half a family. Where a stream says none, it may do so again with a
probability of its own (`models.streams.zero_share`), as in a hurdle model.

All of it is Gaussian but for the log of a sum, so the posterior mode is found by Gauss-Newton in
the space of the reports, and the state given the reports is a Gaussian there (Laplace's
approximation). Sources: Eilers (2007), Statistical Modelling 7(3), and Rizzi, Gampe & Eilers
(2015), Am. J. Epidemiology 182(2), for the link; Rue, Martino & Chopin (2009), JRSS B 71(2), for
the approximation.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from features.errors import TooLittleData
from features.intensity import log_intensity, on_weeks
from features.panel import Panel, ReportArrays
from models.flow_gain import Gain, Loss, link
from models.flow_prior import (
    Prior,
    StatePrior,
    bias_covariance,
    deviations,
    error_covariance,
    prior_for,
    with_errors,
)

LEAST_REPORTS = 4
STEPS = 100
TOLERANCE = 1e-5
ERROR_SCALES = (1.0, 3.0)
ERROR_SCALE_SD = 0.5


@dataclass(frozen=True)
class Parameters:
    """Draws of what a path of attacks does not change: levels and slopes, and the walk `u`.

    `scale` (draws, 1) is what multiplied the deviations of each draw.
    """

    base: np.ndarray
    beta: np.ndarray
    walk: np.ndarray
    scale: np.ndarray

    def at(self, weeks: np.ndarray) -> Parameters:
        """The same at the weeks of these positions."""
        return replace(self, walk=self.walk[..., weeks])


class FlowState:
    """Fits `Panel`s; see the module."""

    name = "flow_state"
    version = "2"

    def __init__(self, prior: Prior | None = None) -> None:
        self.prior = prior or Prior()

    def fit(self, panel: Panel) -> FittedFlows:
        """Posterior mode of the flows.

        Raises:
            TooLittleData: fewer than four movement reports with a window of at most 120 days.
        """
        positive = panel.persons > 0
        if positive.sum() < LEAST_REPORTS:
            raise TooLittleData(
                f"crisis {panel.crisis.id!r} has {int(positive.sum())} movement reports above zero "
                f"published by {panel.day:%Y-%m-%d} with a window of at most 120 days; "
                f"at least {LEAST_REPORTS} are needed"
            )
        prior = prior_for(panel, self.prior)
        first = FittedFlows(panel, prior)
        scale = first.likeliest_error_scale()
        return first if scale == 1.0 else FittedFlows(panel, with_errors(prior, scale))


class FittedFlows:
    """Flows of one panel: `eta_` the mode (flows, cells, weeks), `x_` the driver it stands on."""

    def __init__(self, panel: Panel, prior: Prior) -> None:
        self.panel = panel
        self.prior = prior
        self.x_ = _fitted_driver(panel)
        self._parts = StatePrior(panel, prior, self.x_)
        self._solve()

    def _solve(self) -> None:
        arrays, parts = self.panel.arrays, self._parts
        target, counting = counted(self.panel)
        noise = bias_covariance(self.prior, arrays, arrays) + error_covariance(self.prior, arrays)
        noise = noise + np.diag(counting)
        loss = Loss(arrays, target, parts.mean, cho_factor(noise, lower=True))
        self._noise = np.tril(loss.noise[0])
        eta, pulled = parts.mean.copy(), np.zeros_like(parts.mean)
        for _ in range(STEPS):
            seen, jacobian = link(arrays, eta)
            gain = Gain(parts, jacobian, arrays.flow)
            miss = (
                target - seen + np.einsum("kct,kct->k", jacobian, (eta - parts.mean)[arrays.flow])
            )
            factor = cho_factor(gain.covariance() + noise, lower=True)
            pull = cho_solve(factor, miss)
            step, pulled_step = parts.mean + gain.state(pull) - eta, gain.pulled(pull) - pulled
            size = float(np.abs(step).max())
            part = loss.part_of_step(eta, pulled, step, pulled_step)
            eta, pulled = eta + part * step, pulled + part * pulled_step
            if size < TOLERANCE:
                break
        self.eta_ = eta
        self.converged_ = size < 100 * TOLERANCE
        self._gain, self._factor, self._miss = gain, factor, miss
        pull = cho_solve(factor, miss)
        self.bias_ = bias_covariance(self.prior, arrays, arrays) @ pull
        self.log_evidence_ = _log_evidence(factor, miss)

    def likeliest_error_scale(self) -> float:
        """Factor on the errors of reports, of a few, with the highest evidence (Laplace).

        How lumpy counts are differs between crises: monthly governorate totals are smooth, weekly
        camp registers are not. Read off this fit's linearisation; a log-normal prior around one.
        """
        arrays = self.panel.arrays
        errors = error_covariance(self.prior, arrays)
        rest = self._gain.covariance() + bias_covariance(self.prior, arrays, arrays)
        rest += np.diag(counted(self.panel)[1])
        evidence = [
            _log_evidence(cho_factor(rest + scale**2 * errors, lower=True), self._miss)
            - 0.5 * (np.log(scale) / ERROR_SCALE_SD) ** 2
            for scale in ERROR_SCALES
        ]
        return ERROR_SCALES[int(np.argmax(evidence))]

    def sample(self, draws: int, rng: np.random.Generator) -> Parameters:
        """Joint posterior draws of levels, slopes and walks, over all weeks.

        Draws of the prior are moved by what the reports would have to say besides (Matheron's rule:
        Hoffman & Ribak, 1991, ApJ 380), so no covariance of the state is ever made. The scales of
        the prior are not known for sure: a draw multiplies all its deviations by one factor, which
        makes the posterior a multivariate t with `freedom` degrees of freedom, cut at `WIDEST` so
        that means exist.
        """
        parts, gain = self._parts, self._gain
        weights = np.sqrt(parts.variance) * rng.standard_normal((draws, len(parts.variance)))
        walk = parts.walks(draws, rng)
        scale = deviations(self.prior, draws, rng)
        drawn = Parameters(*parts.parameters_of(weights), walk, scale)
        seen = gain.seen(eta_of(drawn, parts.x[None]))
        seen += rng.standard_normal(seen.shape) @ self._noise.T
        pull = scale * cho_solve(self._factor, (self._miss - seen).T).T
        pull += (1.0 - scale) * cho_solve(self._factor, self._miss)
        base, beta = parts.parameters_of(scale * weights + pull @ gain.weights())
        walk = scale[:, :, None, None] * walk + gain.walk(pull)
        return Parameters(parts.level_mean + base, parts.beta_mean + beta, walk, scale)

    def residuals(self, eta: np.ndarray) -> np.ndarray:
        """What draws of the log flows leave of the log reports, (draws, reports).

        `eta` is (draws, flows, cells, weeks), at least of the weeks that the reports cover.
        """
        arrays, target = self.panel.arrays, counted(self.panel)[0]
        flows, found = np.exp(eta), np.empty((len(eta), len(arrays)))
        for flow in np.unique(arrays.flow):
            rows = arrays.flow == flow
            weights = arrays.weights[rows][..., : eta.shape[-1]]
            found[:, rows] = np.tensordot(flows[:, flow], weights, axes=([1, 2], [1, 2]))
        return target - np.log(found)

    def factors(
        self, left: np.ndarray, scale: np.ndarray, unseen: ReportArrays, rng: np.random.Generator
    ) -> np.ndarray:
        """Log factor of each unseen report, (draws, unseen): what its source makes of the flow.

        Under given flows, what is `left` (draws, reports) of the known reports is bias and error;
        those of a report to come are normal around what these say of them (kriging), their
        deviations multiplied by `scale` (draws, 1). So the flows and factors of a draw fit the
        known reports exactly, not just as far as the log of a sum is linear.
        """
        known = len(self.panel.arrays)
        every = stack(self.panel.arrays, unseen)
        noise = bias_covariance(self.prior, every, every) + error_covariance(self.prior, every)
        counting = np.diag(counted(self.panel)[1])
        across = cho_solve(
            cho_factor(noise[:known, :known] + counting, lower=True), noise[:known, known:]
        )
        root = _root(noise[known:, known:] - noise[known:, :known] @ across)
        return left @ across + scale * (rng.standard_normal((len(left), len(unseen))) @ root.T)


def _log_evidence(factor: tuple[np.ndarray, bool], miss: np.ndarray) -> float:
    """Log density of the reports under a Gaussian of this Cholesky factor, up to a constant."""
    return float(-0.5 * miss @ cho_solve(factor, miss) - np.log(np.diag(factor[0])).sum())


def _root(covariance: np.ndarray) -> np.ndarray:
    """Cholesky factor of a covariance that rounding may have left slightly indefinite."""
    jitter = 1e-9 * float(np.diag(covariance).max()) * np.eye(len(covariance))
    return np.linalg.cholesky(covariance + jitter)


def eta_of(parameters: Parameters, x: np.ndarray) -> np.ndarray:
    """Log flows (draws, flows, cells, weeks) for driver paths `x`, (draws or 1, cells, weeks)."""
    beta = parameters.beta[:, :, None, None]
    return parameters.base[..., None] + beta * x[:, None] + parameters.walk


def counted(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Log of each figure, and the variance that counting whole families gives it, (reports,)."""
    family = panel.crisis.family_size
    persons = np.maximum(panel.persons, family / 2.0)
    return np.log(persons), family / persons


def stack(first: ReportArrays, second: ReportArrays) -> ReportArrays:
    """The reports of both, those of `first` first."""
    fields = ReportArrays.__dataclass_fields__
    return ReportArrays(
        **{name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in fields}
    )


def _fitted_driver(panel: Panel) -> np.ndarray:
    """Driver (cells, weeks); none where nothing is known of attacks."""
    if panel.intensity is None:
        return np.zeros((len(panel.cells) + 1, len(panel.weeks)))
    return log_intensity(on_weeks(panel.intensity, panel.weeks), panel.intensity.half)
