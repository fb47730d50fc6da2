"""Given people in camps, day by day: who comes goes where people are already, or by gravity.

For crises whose cells are camps that are counted now and then. Who is in them on the day follows
from all counts known by then (`models.camps.follow`); without any count people go by gravity alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.overlap import DAY
from features.panel import Panel
from forecast.closing import Ways
from models.camps import Counts, Memory, between, follow, newcomers
from models.closures import Closure

Floats = NDArray[np.float64]

CAMP = "camp"


def are_camps(panel: Panel) -> bool:
    """Whether every cell is a camp."""
    return all(panel.crisis.places.level(cell) == CAMP for cell in panel.cells)


def in_camps(panel: Panel) -> Floats:
    """People in each cell on the day of a panel, (cells,), by all counts known; zero before any."""
    rows = panel.crisis.reports
    rows = rows[(rows["measure"] == "stock") & rows["place_id"].isin(panel.cells)]
    rows = rows[rows["end"] <= panel.day]
    if rows.empty:
        return np.zeros(len(panel.cells))
    newest = rows.sort_values(["published", "line"]).drop_duplicates(
        ["place_id", "source", "end"], keep="last"
    )
    first = newest["end"].min()
    counts = Counts(
        day=((newest["end"] - first) / DAY).to_numpy(np.int64),
        camp=pd.Index(panel.cells).get_indexer(pd.Index(newest["place_id"])).astype(np.int64),
        persons=newest["persons"].to_numpy(np.float64),
    )
    days = int((panel.day - first) / DAY) + 1
    totals = between(counts, len(panel.cells), days).sum(axis=1)
    equal = np.full((days, len(panel.cells)), 1.0 / len(panel.cells))
    return np.asarray(follow(totals, equal, counts)[-1])


def come_by_day(
    panel: Panel,
    leaving: pd.DataFrame,
    liking: Floats,
    days: pd.DatetimeIndex,
    closures: Sequence[Closure] = (),
) -> tuple[Floats, Floats]:
    """Who arrives in each cell (draws, days, cells) and who is trapped (draws, days).

    `leaving` has a row for each of `days` and a column an origin; `liking` (draws, cells) is how
    strongly people go to each beside its distance. In every draw both add up to those who leave.
    """
    ways = Ways(panel.crisis, list(leaving.columns), panel.cells, days[-1], closures)
    present = np.tile(in_camps(panel), (len(liking), 1))
    memory = Memory().memory if present.any() else 0.0
    arrived = np.zeros((len(liking), len(days), len(panel.cells)))
    trapped = np.zeros(arrived.shape[:2])
    for at, (day, going) in enumerate(zip(days, leaving.to_numpy(np.float64), strict=True)):
        if going.any():
            weights = ways.weights(ways.shut(day))
            came = newcomers(present, going, weights, liking, memory)
            arrived[:, at], trapped[:, at] = came.arrived, came.trapped.sum(axis=1)
            present = present + came.arrived
    return arrived, trapped
