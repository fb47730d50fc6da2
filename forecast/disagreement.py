"""Figures that two sources published for the same window, flow and ground."""

from __future__ import annotations

from itertools import combinations

import pandas as pd

from features.crisis import Crisis
from features.overlap import DAY
from features.panel import FLOWS, build_panel
from forecast.records import records

LATEST_DAYS = 550
COLUMNS = [
    "start",
    "end",
    "flow",
    "place_id",
    "low_source",
    "low",
    "high_source",
    "high",
    "ratio",
]


def disagreements(crisis: Crisis, as_of: pd.Timestamp, most: int = 5) -> pd.DataFrame:
    """The pairs known on the day that differ most, of windows of the last year and a half.

    Columns: start, end, flow, place_id, low_source, low, high_source, high, ratio; the largest
    ratio first, one pair a window, flow and ground.
    """
    panel = build_panel(crisis, as_of, as_of)
    arrays, rows = panel.arrays, panel.reports
    recent = rows["end"] > as_of - LATEST_DAYS * DAY
    kept = rows[recent & ~arrays.part & (rows["persons"] > 0)]
    ground = [arrays.weights[index].tobytes() for index in kept.index]
    keyed = kept.assign(flow=[FLOWS[arrays.flow[index]] for index in kept.index], ground=ground)
    found = [
        _widest(group) for _, group in keyed.groupby(["start", "end", "flow", "ground"], sort=True)
    ]
    table = pd.DataFrame([pair for pair in found if pair], columns=COLUMNS)
    return table.sort_values("ratio", ascending=False, kind="stable").head(most)


def _widest(group: pd.DataFrame) -> tuple[object, ...] | None:
    """The two reports of different sources that lie furthest apart, as a row."""
    ordered = group.sort_values("persons")
    pairs = [
        (low, high) for low, high in combinations(records(ordered), 2) if low.source != high.source
    ]
    if not pairs:
        return None
    low, high = max(pairs, key=lambda pair: pair[1].persons / pair[0].persons)
    head = (low.start, low.end, low.flow, low.place_id)
    return (*head, low.source, low.persons, high.source, high.persons, high.persons / low.persons)
