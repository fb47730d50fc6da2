"""Reports linearised at the flows of the moment: what they see of the state, and how far to step.

The log of a sum is all that is not linear in `models.flow_state`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_solve

from features.panel import FLOWS, ReportArrays
from models.flow_prior import StatePrior

STEP_CAP = 1.5
HALVINGS = 20
RETURNS = FLOWS.index("returns")


def link(arrays: ReportArrays, eta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log of the weighted sums, and their gradient by `eta` (reports, cells, weeks)."""
    parts = arrays.weights * np.exp(eta)[arrays.flow]
    total = parts.sum(axis=(1, 2))
    return np.log(total), parts / total[:, None, None]


@dataclass(frozen=True)
class Loss:
    """Minus the log posterior of the log flows, up to a constant.

    `pulled` is the prior precision times the deviation from the prior mean. It is carried along
    with the steps, so that the prior is never inverted.
    """

    arrays: ReportArrays
    target: np.ndarray
    mean: np.ndarray
    noise: tuple[np.ndarray, bool]

    def __call__(self, eta: np.ndarray, pulled: np.ndarray) -> float:
        """The loss at these log flows."""
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


class Gain:
    """Reports seen through their gradient: (reports, weights) and (reports, cells, weeks) parts."""

    def __init__(self, parts: StatePrior, jacobian: np.ndarray, flow: np.ndarray) -> None:
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
        shared = parts.loading[self.flow][:, None] * by_cell
        place = np.zeros((count, parts.flows, parts.cells))
        place[rows, self.flow] = by_cell
        beta = np.zeros((count, 2))
        beta[rows, (self.flow == RETURNS).astype(int)] = slope
        return np.concatenate(
            [total[:, None], flow, shared, place.reshape(count, -1), beta], axis=1
        )
