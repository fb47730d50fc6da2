r"""Latent weekly flows behind ragged reports: a penalised composite link model with attack drivers.

For flow `f` (arrivals, departures, returns), cell `c` and week `t`

    eta[f,c,t] = level[f] + place[f,c] + beta[f] * x[c,t] + u[f,c,t]

with `x = log(1 + A/half)` the attack intensity and `u` a stationary autoregression. A report `k`
with overlap weights `w` sees a sum of weeks and cells:

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
from scipy.signal import lfilter

from features.errors import TooLittleData
from features.intensity import log_intensity, on_weeks
from features.panel import FLOWS, Panel, ReportArrays

LEAST_REPORTS = 4
STEPS = 100
STEP_CAP = 1.5
WIDEST = 2.0
HALVINGS = 20
TOLERANCE = 1e-5
RETURNS = FLOWS.index("returns")
ERROR_SCALES = (1.0, 3.0)
ERROR_SCALE_SD = 0.5
FLAGS = {"conflict_flag"}
FLAG_BETA = (0.0, 0.0, 0.0)
FLAG_BETA_SD = 0.5


@dataclass(frozen=True)
class Prior:
    """Scales of the prior, in log units unless said; `docs/models.md` tells where each is from."""

    level_sd: float = 1.5
    flow_sd: tuple[float, float, float] = (0.5, 0.5, 1.5)
    place_sd: float = 2.0
    beta: tuple[float, float, float] = (1.0, 1.0, 0.0)
    beta_sd: float = 0.15
    walk_sd: tuple[float, float, float] = (0.6, 0.6, 1.6)
    walk_memory: tuple[float, float, float] = (0.98, 0.98, 0.995)
    walk_between_cells: float = 0.2
    stream_sd: float = 0.5
    part_sd: float = 1.2
    source_sd: float = 0.3
    drift_sd: float = 0.9
    drift_days: float = 700.0
    error_sd: float = 0.3
    event_error_sd: float = 0.55
    error_shared: float = 0.5
    freedom: float = 6.0


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
    version = "1"

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
        prior = _for_attacks_of(panel, self.prior)
        first = FittedFlows(panel, prior)
        scale = first.likeliest_error_scale()
        return first if scale == 1.0 else FittedFlows(panel, _with_errors(prior, scale))


def _for_attacks_of(panel: Panel, prior: Prior) -> Prior:
    """The prior for this crisis: flags of conflict say that there is war, not how much."""
    attacks = panel.crisis.attacks
    kinds = set(attacks.loc[attacks["source"] == panel.crisis.attack_source, "kind"])
    return replace(prior, beta=FLAG_BETA, beta_sd=FLAG_BETA_SD) if kinds == FLAGS else prior


def _with_errors(prior: Prior, scale: float) -> Prior:
    return replace(
        prior, error_sd=scale * prior.error_sd, event_error_sd=scale * prior.event_error_sd
    )


class FittedFlows:
    """Flows of one panel: `eta_` the mode (flows, cells, weeks), `x_` the driver it stands on."""

    def __init__(self, panel: Panel, prior: Prior) -> None:
        self.panel = panel
        self.prior = prior
        self.x_ = _fitted_driver(panel)
        self._parts = _Parts(panel, prior, self.x_)
        self._solve()

    def _solve(self) -> None:
        arrays, parts = self.panel.arrays, self._parts
        target, counting = counted(self.panel)
        noise = bias_covariance(self.prior, arrays, arrays) + error_covariance(self.prior, arrays)
        noise = noise + np.diag(counting)
        loss = _Loss(arrays, target, parts.mean, cho_factor(noise, lower=True))
        self._noise = np.tril(loss.noise[0])
        eta, pulled = parts.mean.copy(), np.zeros_like(parts.mean)
        for _ in range(STEPS):
            seen, jacobian = link(arrays, eta)
            gain = parts.gain(jacobian, arrays.flow)
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


def deviations(prior: Prior, draws: int, rng: np.random.Generator) -> np.ndarray:
    """What multiplies the deviations of each draw, (draws, 1), for their scale is not known."""
    scale = np.sqrt(prior.freedom / rng.chisquare(prior.freedom, size=(draws, 1)))
    return np.minimum(scale, WIDEST)


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


def link(arrays: ReportArrays, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log of the weighted sums, and their gradient by `eta` (reports, cells, weeks)."""
    parts = arrays.weights * np.exp(eta)[arrays.flow]
    total = parts.sum(axis=(1, 2))
    return np.log(total), parts / total[:, None, None]


def counted(panel: Panel) -> tuple[np.ndarray, np.ndarray]:
    """Log of each figure, and the variance that counting whole families gives it, (reports,)."""
    family = panel.crisis.family_size
    persons = np.maximum(panel.persons, family / 2.0)
    return np.log(persons), family / persons


def bias_covariance(prior: Prior, left: ReportArrays, right: ReportArrays) -> np.ndarray:
    """Covariance of what two reports' streams cover, (left, right)."""
    stream = left.stream[:, None] == right.stream[None, :]
    source = left.source[:, None] == right.source[None, :]
    days = np.abs(left.middle[:, None] - right.middle[None, :])
    drift = prior.drift_sd**2 * np.exp(-days / prior.drift_days)
    constant = np.where(left.part, prior.part_sd, np.where(left.reference, 0.0, prior.stream_sd))
    shared = np.where(left.reference, 0.0, prior.source_sd**2)
    return stream * (constant[:, None] ** 2 + drift) + source * shared[:, None]


def error_covariance(prior: Prior, arrays: ReportArrays) -> np.ndarray:
    """Covariance of the reports' errors: shared by one source as far as windows and cells overlap.

    The shared part is the cosine of the overlap weights, a Gram matrix and so positive definite.
    """
    scale = np.where(arrays.event, prior.event_error_sd, prior.error_sd)
    flat = arrays.weights.reshape(len(arrays), -1)
    unit = flat / np.linalg.norm(flat, axis=1, keepdims=True)
    same = arrays.source[:, None] == arrays.source[None, :]
    cosine = prior.error_shared * same * (unit @ unit.T)
    own = (1.0 - prior.error_shared) * np.eye(len(arrays))
    return scale[:, None] * scale[None, :] * (cosine + own)


def stack(first: ReportArrays, second: ReportArrays) -> ReportArrays:
    """The reports of both, those of `first` first."""
    fields = ReportArrays.__dataclass_fields__
    return ReportArrays(
        **{name: np.concatenate([getattr(first, name), getattr(second, name)]) for name in fields}
    )


class _Parts:
    """Prior of the state: mean, and covariance as design columns (weights) plus the walk."""

    def __init__(self, panel: Panel, prior: Prior, x: np.ndarray) -> None:
        self.prior = prior
        self.flows, self.cells, self.weeks = len(FLOWS), len(x), x.shape[1]
        self.x = x
        self.beta_mean = np.array(prior.beta)
        self.level_mean = _typical_log_rate(panel) - float(
            (self.beta_mean[0] * self.x[: max(1, self.cells - 1)]).mean()
        )
        self.mean = self.level_mean + self.beta_mean[:, None, None] * x[None]
        self.variance = np.concatenate(
            [
                [prior.level_sd**2],
                np.square(prior.flow_sd),
                np.full(self.flows * self.cells, prior.place_sd**2),
                np.full(2, prior.beta_sd**2),
            ]
        )
        lag = np.abs(np.subtract.outer(np.arange(self.weeks), np.arange(self.weeks)))
        memory = np.array(prior.walk_memory)[:, None, None]
        self.over_time = np.array(prior.walk_sd)[:, None, None] ** 2 * memory**lag
        self.between_cells = _equal_correlation(self.cells, prior.walk_between_cells)

    def gain(self, jacobian: np.ndarray, flow: np.ndarray) -> _Gain:
        """What reports with this gradient and flow see of the state."""
        return _Gain(self, jacobian, flow)

    def walks(self, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Prior draws of the walks, (draws, flows, cells, weeks)."""
        walks = rng.standard_normal((draws, self.flows, self.cells, self.weeks))
        for flow, (size, memory) in enumerate(
            zip(self.prior.walk_sd, self.prior.walk_memory, strict=True)
        ):
            walks[:, flow, :, 1:] *= np.sqrt(1.0 - memory**2)
            walks[:, flow] = size * lfilter([1.0], [1.0, -memory], walks[:, flow], axis=-1)
        return np.einsum("cd,nfdt->nfct", np.linalg.cholesky(self.between_cells), walks)

    def parameters_of(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Deviation of levels (draws, flows, cells) and slopes (draws, flows) for weights."""
        level = weights[:, :1] + weights[:, 1 : 1 + self.flows]
        place = weights[:, 1 + self.flows : -2].reshape(-1, self.flows, self.cells)
        beta = weights[:, [-2, -2, -1]]
        return level[:, :, None] + place, beta


@dataclass(frozen=True)
class _Loss:
    """Minus the log posterior of the log flows, up to a constant.

    `pulled` is the prior precision times the deviation from the prior mean. It is carried along
    with the steps, so that the prior is never inverted.
    """

    arrays: ReportArrays
    target: np.ndarray
    mean: np.ndarray
    noise: tuple[np.ndarray, bool]

    def __call__(self, eta: np.ndarray, pulled: np.ndarray) -> float:
        miss = self.target - link(self.arrays, eta)[0]
        prior = float((pulled * (eta - self.mean)).sum())
        return 0.5 * (float(miss @ cho_solve(self.noise, miss)) + prior)

    def part_of_step(
        self, eta: np.ndarray, pulled: np.ndarray, step: np.ndarray, pulled_step: np.ndarray
    ) -> float:
        """Part of a Gauss-Newton step to go: halved from the cap on while that is better."""
        part = min(1.0, STEP_CAP / max(float(np.abs(step).max()), STEP_CAP))
        best = self(eta + part * step, pulled + part * pulled_step)
        for _ in range(HALVINGS):
            half = self(eta + 0.5 * part * step, pulled + 0.5 * part * pulled_step)
            if half >= best:
                break
            part, best = 0.5 * part, half
        return part


class _Gain:
    """Reports seen through their gradient: (reports, weights) and (reports, cells, weeks) parts."""

    def __init__(self, parts: _Parts, jacobian: np.ndarray, flow: np.ndarray) -> None:
        self.parts, self.jacobian, self.flow = parts, jacobian, flow
        self.of_weights = self._of_weights()
        spread = np.einsum("kct,cd->kdt", jacobian, parts.between_cells)
        self.of_walk = np.empty_like(spread)
        for index, over_time in enumerate(parts.over_time):
            self.of_walk[flow == index] = spread[flow == index] @ over_time

    def covariance(self) -> np.ndarray:
        """Covariance between the reports that the state makes, (reports, reports)."""
        count = len(self.flow)
        walk = self.of_walk.reshape(count, -1) @ self.jacobian.reshape(count, -1).T
        same = self.flow[:, None] == self.flow[None, :]
        return (self.of_weights * self.parts.variance) @ self.of_weights.T + same * walk

    def weights(self) -> np.ndarray:
        """Covariance of each report with the weights, (reports, weights)."""
        return self.of_weights * self.parts.variance

    def walk(self, pull: np.ndarray) -> np.ndarray:
        """Walk that follows from pulls on the reports, (draws, flows, cells, weeks)."""
        by_flow = np.stack(
            [pull[:, self.flow == f] @ self._flat(f) for f in range(self.parts.flows)], axis=1
        )
        return by_flow.reshape(len(pull), self.parts.flows, self.parts.cells, self.parts.weeks)

    def state(self, pull: np.ndarray) -> np.ndarray:
        """Deviation of the state that follows from pulls on the reports, (flows, cells, weeks)."""
        parts = self.parts
        columns = parts.parameters_of((pull @ self.weights())[None])
        base, beta = columns
        return base[0][:, :, None] + beta[0][:, None, None] * parts.x + self.walk(pull[None])[0]

    def pulled(self, pull: np.ndarray) -> np.ndarray:
        """Gradient by the log flows of the reports times pulls on them, (flows, cells, weeks)."""
        found = np.zeros((self.parts.flows, self.parts.cells, self.parts.weeks))
        np.add.at(found, self.flow, pull[:, None, None] * self.jacobian)
        return found

    def seen(self, state: np.ndarray) -> np.ndarray:
        """What reports see of deviations (draws, flows, cells, weeks), (draws, reports)."""
        found = np.empty((len(state), len(self.flow)))
        for flow in np.unique(self.flow):
            rows = self.flow == flow
            found[:, rows] = np.tensordot(
                state[:, flow], self.jacobian[rows], axes=([1, 2], [1, 2])
            )
        return found

    def _flat(self, flow: int) -> np.ndarray:
        rows = self.of_walk[self.flow == flow]
        return rows.reshape(len(rows), self.parts.cells * self.parts.weeks)

    def _of_weights(self) -> np.ndarray:
        parts, count = self.parts, len(self.flow)
        by_cell = self.jacobian.sum(axis=2)
        total = by_cell.sum(axis=1)
        slope = np.einsum("kct,ct->k", self.jacobian, parts.x)
        rows = np.arange(count)
        flow = np.zeros((count, parts.flows))
        flow[rows, self.flow] = total
        place = np.zeros((count, parts.flows, parts.cells))
        place[rows, self.flow] = by_cell
        beta = np.zeros((count, 2))
        beta[rows, (self.flow == RETURNS).astype(int)] = slope
        return np.concatenate([total[:, None], flow, place.reshape(count, -1), beta], axis=1)


def _equal_correlation(size: int, correlation: float) -> np.ndarray:
    return np.full((size, size), correlation) + (1.0 - correlation) * np.eye(size)


def _typical_log_rate(panel: Panel) -> float:
    """Median log of weekly persons per whole cell covered, over arrivals."""
    arrivals = (panel.arrays.flow == 0) & (panel.persons > 0) & ~panel.arrays.part
    chosen = arrivals if arrivals.any() else panel.persons > 0
    exposure = panel.arrays.weights.sum(axis=(1, 2))[chosen]
    return float(np.median(np.log(panel.persons[chosen] / exposure)))


def _fitted_driver(panel: Panel) -> np.ndarray:
    """Driver (cells, weeks); none where nothing is known of attacks."""
    if panel.intensity is None:
        return np.zeros((len(panel.cells) + 1, len(panel.weeks)))
    return log_intensity(on_weeks(panel.intensity, panel.weeks), panel.intensity.half)
