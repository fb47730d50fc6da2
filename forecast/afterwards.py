"""What was published later, against what had been forecast for exactly those reports.

Nothing here was known on the day: it belongs only in blocks titled "Afterwards".
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.crisis import Crisis
from features.panel import FLOWS, flow_of, usable
from forecast.run import predict_reports
from forecast.summary import INTERVALS

COLUMNS = [
    "start",
    "end",
    "measure",
    "place_id",
    "direction",
    "from_id",
    "source",
    "persons",
    "published",
    "published_assumed",
]


@dataclass(frozen=True, eq=False)
class Afterwards:
    """`rows`: COLUMNS, flow, median, low_50, high_50, inside_50, … ordered by window."""

    rows: pd.DataFrame

    def inside(self, level: int) -> int:
        """How many figures lie in their interval of `level` per cent."""
        return int(self.rows[f"inside_{level}"].sum())

    def of(self, flow: str) -> Afterwards:
        """The rows of one flow, those of one origin left out."""
        kept = (self.rows["flow"] == flow) & (self.rows["from_id"] == "")
        return Afterwards(self.rows[kept].reset_index(drop=True))

    def until(self, day: pd.Timestamp) -> Afterwards:
        """The rows whose window has ended by a day."""
        return Afterwards(self.rows[self.rows["end"] <= day].reset_index(drop=True))


def afterwards(
    crisis: Crisis,
    as_of: pd.Timestamp,
    periods: pd.DataFrame,
    *,
    draws: int = 2000,
    seed: int = 1,
) -> Afterwards:
    """Movement reports published after `as_of` whose windows lie within the forecast `periods`."""
    rows = published_later(crisis, as_of, periods)
    figures = np.zeros((draws, 0))
    if len(rows):
        figures = predict_reports(crisis, as_of, rows, draws=draws, seed=seed)
    rows["median"] = np.quantile(figures, 0.5, axis=0)
    for level, bounds in INTERVALS.items():
        low, high = np.quantile(figures, bounds, axis=0)
        rows[f"low_{level}"], rows[f"high_{level}"] = low, high
        rows[f"inside_{level}"] = (low <= rows["persons"]) & (rows["persons"] <= high)
    return Afterwards(rows)


def published_later(crisis: Crisis, as_of: pd.Timestamp, periods: pd.DataFrame) -> pd.DataFrame:
    """The reports meant, newest revisions, ordered by window; no stocks, none over 120 days."""
    first, last = periods["start"].iloc[0], periods["end"].iloc[-1]
    later = crisis.reports[crisis.reports["published"] > as_of]
    within = later[(later["start"] >= first) & (later["end"] <= last)]
    rows = usable(within)[COLUMNS].sort_values(["start", "end", "place_id", "source", "measure"])
    pairs = zip(rows["measure"], rows["direction"], strict=True)
    return rows.assign(flow=[FLOWS[flow_of(*pair)] for pair in pairs]).reset_index(drop=True)
