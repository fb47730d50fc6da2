"""The members of a backtest by name: what is served, and every model that stands beside it.

`served` is no model of its own: it is the pool, calibrated on how it did before.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.intensity import Intensity, weekly_intensity
from features.panel import Panel, drivers_of
from features.spelling import did_you_mean, listed
from forecast.calibrate import FALLBACKS, POOL
from models.base import FittedReports, ReportModel
from models.baselines import BASELINES
from models.pool import Pool
from models.reconciled import RECONCILED
from models.simulation import AttackDrivenFlows, forecast_paths, known_paths

SERVED = "served"
MEMBERS: dict[str, ReportModel] = {
    Pool.name: Pool(),
    AttackDrivenFlows.name: AttackDrivenFlows(),
    **BASELINES,
    **RECONCILED,
}
NAMES = (SERVED, *MEMBERS)


@runtime_checkable
class UnderAttacks(Protocol):
    """A fit that can also be asked what follows from given attacks."""

    def predict_under(
        self, paths: np.ndarray, reports: pd.DataFrame, draws: int, rng: np.random.Generator
    ) -> np.ndarray:
        """Draws (draws, reports) under `paths` of intensity, (draws or 1, cells, weeks)."""
        ...


def members_named(names: Iterable[str]) -> dict[str, ReportModel]:
    """The members of these names, in this order; for what is served, those it is made of.

    Raises InputError naming all that are unknown.
    """
    wanted = list(names)
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        raise InputError([_no_member(name) for name in unknown])
    if SERVED in wanted:
        wanted = [POOL, *wanted, *FALLBACKS]
    return {name: MEMBERS[name] for name in wanted if name != SERVED}


def predict(
    fitted: FittedReports,
    reports: pd.DataFrame,
    paths: np.ndarray | None,
    draws: int,
    rng: np.random.Generator,
) -> np.ndarray:
    """Draws (draws, reports) of persons; given `paths`, under them if the fit minds attacks."""
    if paths is not None and isinstance(fitted, UnderAttacks):
        return fitted.predict_under(paths, reports, draws, rng)
    return fitted.predict(reports, draws, rng)


def observed_paths(crisis: Crisis, panel: Panel) -> np.ndarray:
    """Intensity of all weeks of the panel as it came to be, (1, cells, weeks).

    `crisis` knows what the panel does not yet: attacks published after its day. The scale of the
    intensity stays that of the day. Zero where no attack was known by then.
    """
    weekly = weekly_intensity(crisis.attacks, crisis, drivers_of(panel.crisis, panel.cells))
    if panel.intensity is None or weekly is None:
        return forecast_paths(panel, 1, np.random.default_rng(0))
    return known_paths(panel, Intensity(weekly.weekly, panel.intensity.half))


def _no_member(name: str) -> Finding:
    why = f"no such member{did_you_mean(name, NAMES)}; there are: {listed(NAMES)}"
    return Finding("--members", why, value=name)
