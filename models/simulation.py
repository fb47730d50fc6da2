"""Joint draws of flows and of reports not yet seen, from one fit and many attack paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.intensity import Intensity, log_intensity, on_weeks
from features.panel import Panel, ReportArrays
from models.attack_paths import AttackPaths
from models.flow_state import FittedFlows, FlowState, Parameters, eta_of
from models.streams import zero_chance

CEILING = 20.0
SHORTEST_WINDOW = 5


@dataclass(frozen=True)
class Simulation:
    """Draws of one fit: `eta` log flows (draws, flows, cells, weeks) at the `weeks` simulated.

    `weeks` are positions in the panel's weeks, `factors` the log factor of each unseen report
    (draws, reports).
    """

    panel: Panel
    weeks: np.ndarray
    parameters: Parameters
    eta: np.ndarray
    factors: np.ndarray

    def reports(self, arrays: ReportArrays) -> np.ndarray:
        """Figures that the sources of `arrays` would publish, (draws, reports)."""
        flows = np.exp(self.eta)
        seen = np.empty_like(self.factors)
        weights = arrays.weights[:, :, self.weeks]
        for flow in np.unique(arrays.flow):
            rows = arrays.flow == flow
            seen[:, rows] = np.tensordot(flows[:, flow], weights[rows], axes=([1, 2], [1, 2]))
        figures = np.minimum(seen * np.exp(self.factors), highest_rate(self.panel) * arrays.days)
        figures[:, arrays.event] = size_biased(seen[:, arrays.event], figures[:, arrays.event])
        return figures


def highest_rate(panel: Panel) -> float:
    """Persons a day that no draw passes: a multiple of the highest known, for crowds are finite."""
    lasting = (panel.arrays.days >= SHORTEST_WINDOW) & (panel.persons > 0)
    rate = panel.persons / panel.arrays.days
    return CEILING * float(rate[lasting].max() if lasting.any() else rate.max())


def size_biased(flow: np.ndarray, figures: np.ndarray) -> np.ndarray:
    """Figures (draws, reports) given that a report came out at all, its chance growing with flow.

    Sources that publish because flight is high are a sample in which each path counts by its flow
    (size-biased sampling: Patil & Rao, 1978, Biometrics 34(2)). Draws are picked anew by systematic
    resampling, column by column, and keep their ranks, so no random number is spent.
    """
    draws = len(flow)
    at = (np.arange(draws) + 0.5) / draws
    picked = np.empty_like(figures)
    for column in range(flow.shape[1]):
        order = np.argsort(figures[:, column], kind="stable")
        chance = np.cumsum(flow[order, column])
        picked[order, column] = figures[order, column][np.searchsorted(chance, at * chance[-1])]
    return picked


def with_zeros(figures: np.ndarray, zero: np.ndarray) -> np.ndarray:
    """Figures (draws, reports) whose lowest draws, a share of `zero` a report, are exactly zero."""
    rank = figures.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    return np.where(rank + 0.5 < zero * len(figures), 0.0, figures)


def simulate(
    fitted: FittedFlows,
    paths: np.ndarray,
    draws: int,
    rng: np.random.Generator,
    unseen: ReportArrays,
) -> Simulation:
    """Draws of a fit under intensity `paths` (draws or 1, cells, weeks)."""
    weeks = np.flatnonzero(unseen.weights.any(axis=(0, 1)))
    parameters = fitted.sample(draws, rng)
    left = fitted.residuals(eta_of(parameters, fitted.x_[None]))
    factors = fitted.factors(left, parameters.scale, unseen, rng)
    half = fitted.panel.intensity.half if fitted.panel.intensity else 1.0
    parameters = parameters.at(weeks)
    eta = eta_of(parameters, log_intensity(paths, half)[:, :, weeks])
    return Simulation(fitted.panel, weeks, parameters, eta, factors)


def published(
    simulation: Simulation, reports: pd.DataFrame, arrays: ReportArrays, rng: np.random.Generator
) -> np.ndarray:
    """What the sources publish, (draws, reports): whole families, or none at all.

    `arrays` are those of the panel for `reports`.
    """
    panel = simulation.panel
    family = panel.crisis.family_size
    families = rng.poisson(simulation.reports(arrays) / family)
    return with_zeros(family * families, zero_chance(panel, reports))


def forecast_paths(panel: Panel, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Intensity of all weeks (draws, cells, weeks): as known, then simulated."""
    cells, weeks = len(panel.cells) + 1, len(panel.weeks)
    if panel.intensity is None:
        return np.zeros((1, cells, weeks))
    ahead = int((panel.weeks > panel.intensity.weekly.index[-1]).sum())
    known = known_paths(panel, panel.intensity)
    future = AttackPaths().fit(panel.intensity).simulate(ahead, draws, rng)
    return np.concatenate([np.repeat(known[:, :, : weeks - ahead], draws, axis=0), future], axis=2)


def known_paths(panel: Panel, intensity: Intensity) -> np.ndarray:
    """Intensity (1, cells, weeks) as known; its log mean before, a slow return to it after."""
    return on_weeks(intensity, panel.weeks)[None]


class AttackDrivenFlows:
    """The flow state under simulated attack paths, as a model of reports."""

    name = "flow_state"
    version = FlowState.version

    def __init__(self, flows: FlowState | None = None) -> None:
        self.flows = flows or FlowState()

    def fit(self, panel: Panel) -> FittedAttackDrivenFlows:
        """Fit of the flows. Raises TooLittleData with fewer than four reports."""
        return FittedAttackDrivenFlows(self.flows.fit(panel))


@dataclass(frozen=True)
class FittedAttackDrivenFlows:
    """One fit, simulated anew for each prediction."""

    flows: FittedFlows

    def predict(self, reports: pd.DataFrame, draws: int, rng: np.random.Generator) -> np.ndarray:
        """Draws (draws, reports) of what the sources would publish; weeks must be in the panel."""
        panel = self.flows.panel
        return self.predict_under(forecast_paths(panel, draws, rng), reports, draws, rng)

    def predict_under(
        self, paths: np.ndarray, reports: pd.DataFrame, draws: int, rng: np.random.Generator
    ) -> np.ndarray:
        """The same under intensity `paths`, (draws or 1, cells, weeks)."""
        arrays = self.flows.panel.arrays_of(reports)
        return published(simulate(self.flows, paths, draws, rng, arrays), reports, arrays, rng)
