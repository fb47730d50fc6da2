"""What is held of flows before any report: levels, slopes and walks, biases and errors.

`models.flow_state` tells the model these belong to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import lfilter

from features.panel import FLOWS, Panel, ReportArrays

WIDEST = 2.0
FLAGS = {"conflict_flag"}
FLAG_BETA = (0.0, 0.0, 0.0)
FLAG_BETA_SD = 0.5


@dataclass(frozen=True)
class Prior:
    """Scales of the prior, in log units unless said; `docs/models.md` tells where each is from."""

    level_sd: float = 1.5
    flow_sd: tuple[float, float, float] = (0.5, 0.5, 1.5)
    place_sd: float = 2.0
    place_shared: tuple[float, float, float] = (0.0, 0.75, 0.75)
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


def prior_for(panel: Panel, prior: Prior) -> Prior:
    """The prior for this crisis: flags of conflict say that there is war, not how much."""
    attacks = panel.crisis.attacks
    kinds = set(attacks.loc[attacks["source"] == panel.crisis.attack_source, "kind"])
    return replace(prior, beta=FLAG_BETA, beta_sd=FLAG_BETA_SD) if kinds == FLAGS else prior


def with_errors(prior: Prior, scale: float) -> Prior:
    """The prior with all errors of reports so many times as large."""
    return replace(
        prior, error_sd=scale * prior.error_sd, event_error_sd=scale * prior.event_error_sd
    )


def deviations(prior: Prior, draws: int, rng: np.random.Generator) -> np.ndarray:
    """What multiplies the deviations of each draw, (draws, 1), for their scale is not known."""
    scale = np.sqrt(prior.freedom / rng.chisquare(prior.freedom, size=(draws, 1)))
    return np.minimum(scale, WIDEST)


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


class StatePrior:
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
        self.loading = np.sqrt(prior.place_shared)
        self.variance = np.concatenate(
            [
                [prior.level_sd**2],
                np.square(prior.flow_sd),
                np.full(self.cells, prior.place_sd**2),
                np.repeat((1.0 - np.array(prior.place_shared)) * prior.place_sd**2, self.cells),
                np.full(2, prior.beta_sd**2),
            ]
        )
        lag = np.abs(np.subtract.outer(np.arange(self.weeks), np.arange(self.weeks)))
        memory = np.array(prior.walk_memory)[:, None, None]
        self.over_time = np.array(prior.walk_sd)[:, None, None] ** 2 * memory**lag
        self.between_cells = _equal_correlation(self.cells, prior.walk_between_cells)

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
        own = 1 + self.flows + self.cells
        shared = self.loading[:, None] * weights[:, None, own - self.cells : own]
        place = weights[:, own:-2].reshape(-1, self.flows, self.cells)
        beta = weights[:, [-2, -2, -1]]
        return level[:, :, None] + shared + place, beta


def _equal_correlation(size: int, correlation: float) -> np.ndarray:
    return np.full((size, size), correlation) + (1.0 - correlation) * np.eye(size)


def _typical_log_rate(panel: Panel) -> float:
    """Median log of weekly persons per whole cell covered, over arrivals."""
    arrivals = (panel.arrays.flow == 0) & (panel.persons > 0) & ~panel.arrays.part
    chosen = arrivals if arrivals.any() else panel.persons > 0
    exposure = panel.arrays.weights.sum(axis=(1, 2))[chosen]
    return float(np.median(np.log(panel.persons[chosen] / exposure)))
