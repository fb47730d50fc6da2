"""A forecast whose every draw is known, for what is computed from draws."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from features.crisis import Crisis
from forecast.freshness import freshness
from forecast.periods import past_days, periods
from forecast.result import Forecast

DRAWS = 101
PLACES = ("N", "border_belt", "N01", "N02")
SHARES = (1.0, 0.5, 0.75, 0.25)
FACTORS = {"arrivals": 1000.0, "departures": 2000.0, "returns": 10.0}


def known_forecast(crisis: Crisis, as_of: str = "2018-05-04", months: int = 2) -> Forecast:
    """Draw d of 0..100 has `d * factor * share` movements in every month.

    So the quantile p of a place is `100 * p * factor * share`, and places add up in every draw.
    """
    day = pd.Timestamp(as_of)
    steps = periods(day, months, "month")
    coords = {"period": np.arange(1, months + 1), "place": list(PLACES)}
    draws = {
        measure: xr.DataArray(
            np.arange(DRAWS)[:, None, None] * factor * np.ones((1, months, 1)) * np.array(SHARES),
            dims=("draw", "period", "place"),
            coords=coords,
        )
        for measure, factor in FACTORS.items()
    }
    intensity = xr.DataArray(
        np.arange(DRAWS)[:, None, None] * np.ones((1, months, 2)),
        dims=("draw", "period", "place"),
        coords={"period": np.arange(1, months + 1), "place": ["N01", "N02"]},
    )
    return Forecast(
        kind="forecast",
        crisis=crisis,
        as_of=day,
        step="month",
        periods=steps,
        past_days=past_days(day, steps),
        draws=draws,
        intensity=intensity,
        attacks=None,
        freshness=freshness(crisis, day),
        models={"known": "1"},
        seed=1,
        warnings=("made by hand",),
    )
