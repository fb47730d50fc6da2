"""What a forecast is: joint draws, and what is needed to read them honestly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import xarray as xr

from features.crisis import Crisis
from features.intensity import Intensity
from forecast.border import Border
from forecast.calibrate import Calibration
from forecast.pressure import Pressure

QUANTILES = (0.01, 0.025, *(round(0.05 * k, 2) for k in range(1, 20)), 0.975, 0.99)
LEAST_REPORTS = 4
THRESHOLDS = (50_000, 100_000, 250_000)


@dataclass(frozen=True, eq=False)
class Forecast:
    """Draws of one run.

    `draws` holds, for each of arrivals, departures and returns, movements a period on the scale of
    the reference source, dims (draw, period, place); `intensity` the weekly attack intensity it
    assumes, by cell, in the same dims. `kind` is forecast (attacks are forecast too) or projection,
    which rests on the user's `assumptions`. `reports_on` counts the reports known of each place,
    `clock` (days from `as_of` on,) the steps that are over by each day.
    `trapped` are people without a way out, (draws, steps), None where no way is shut. `told_as`
    says on which other scale a given total is. Of `modelled` places departures and returns are a
    part of those of a cell that no report tells of. `factors` has a row a source, measure and flow,
    as `forecast.reconcile.Reconciled.sources`.
    """

    kind: str
    crisis: Crisis
    as_of: pd.Timestamp
    step: str
    periods: pd.DataFrame
    past_days: int
    draws: Mapping[str, xr.DataArray]
    intensity: xr.DataArray
    attacks: Intensity | None
    freshness: pd.DataFrame
    models: Mapping[str, str]
    seed: int
    warnings: tuple[str, ...]
    calibration: Calibration = field(default_factory=Calibration)
    reports_on: Mapping[str, int] = field(default_factory=dict)
    pressure: tuple[Pressure, ...] = ()
    clock: np.ndarray = field(default_factory=lambda: np.zeros(0))
    border: Border | None = None
    trapped: np.ndarray | None = None
    assumptions: tuple[str, ...] = ()
    told_as: str = ""
    modelled: frozenset[str] = frozenset()
    factors: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def scale(self) -> str:
        """What arrivals are counted in."""
        movements = f"movements as {self.crisis.reference} would publish them; repeats counted"
        return self.told_as or movements

    def low_evidence(self, place: str) -> bool:
        """Whether fewer than four reports known told of a place, or of places in it."""
        return self.reports_on.get(place, LEAST_REPORTS) < LEAST_REPORTS

    @property
    def places(self) -> list[str]:
        """Ids of the places, the focus first."""
        return [str(place) for place in self.draws["arrivals"]["place"].to_numpy()]

    def quantiles(self, measure: str, levels: Sequence[float] = QUANTILES) -> xr.DataArray:
        """Quantiles of a measure, dims (quantile, period, place)."""
        return self.draws[measure].quantile(list(levels), dim="draw", skipna=False)

    def total(self, measure: str, first: int) -> xr.DataArray:
        """Draws of the sum over the first periods, dims (draw, place)."""
        return self.draws[measure].isel(period=slice(0, first)).sum("period", skipna=False)

    def exceedance(self, thresholds: Sequence[float] = THRESHOLDS) -> xr.DataArray:
        """Probability that arrivals of a period pass each threshold, (threshold, period, place)."""
        over = [(self.draws["arrivals"] > level).mean("draw") for level in thresholds]
        return xr.concat(over, dim=pd.Index(np.asarray(thresholds), name="threshold"))
