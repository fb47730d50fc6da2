"""People present by place and day, as a CSV for other programs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.overlap import DAY
from forecast.pressure import ALMOST_NOTHING
from forecast.result import Forecast

BOUNDS = (0.1, 0.5, 0.9)
COLUMNS = ("date", "place_id", "kind", "counted_before", "mean", "low_80", "median", "high_80")


def present(forecast: Forecast) -> bytes:
    """COLUMNS of each place listed and day from the day of the forecast on, whole people.

    People are those counted in the place by then (`counted_before`, blank where nobody is known to
    have counted them) and those who came since and stay; inside a step by the forecast's clock,
    where they are not told by day.
    """
    days, clock = np.arange(1, len(forecast.clock) + 1), forecast.clock
    after = np.ceil(clock - ALMOST_NOTHING).astype(np.int64).clip(min=1)
    way = clock - after + 1.0
    parts = []
    for one in forecast.pressure:
        people = one.daily
        if people is None:
            first = np.full((len(one.staying), 1), one.before)
            levels = np.concatenate([first, one.staying], axis=1)
            people = levels[:, after - 1] * (1.0 - way) + levels[:, after] * way
        low, middle, high = np.quantile(people, BOUNDS, axis=0)
        told = {
            "date": [f"{forecast.as_of + day * DAY:%Y-%m-%d}" for day in days.tolist()],
            "place_id": one.place,
            "kind": forecast.kind,
            "counted_before": f"{one.before:.0f}" if one.before or one.stock is not None else "",
            "mean": np.rint(people.mean(axis=0)).astype(np.int64),
            "low_80": np.rint(low).astype(np.int64),
            "median": np.rint(middle).astype(np.int64),
            "high_80": np.rint(high).astype(np.int64),
        }
        parts.append(pd.DataFrame(told))
    rows = pd.concat(parts, ignore_index=True)[list(COLUMNS)]
    return rows.to_csv(index=False, lineterminator="\n").encode()
