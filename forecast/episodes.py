"""What kind of time a target fell in: the label by which forecasts are scored apart.

The daily rate of the target is set against the mean rate of the last three reports of its stream
that were known on the day of the forecast.

- `calm`: within a factor of 1.5 either way; `fall`: below;
- `onset`: above, the first of its stream; `escalation`: above, as was the report before it;
- `after-ceasefire`: whatever its rate, in the first full month after an agreement of its place that
  then held over seven days.

Labels are made after the fact and are never seen by a model.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from features.crisis import Crisis
from features.overlap import DAY

FACTOR = 1.5
REFERENCE_REPORTS = 3
HELD = 7 * DAY
LABELS = ("calm", "fall", "onset", "escalation", "after-ceasefire")


def episodes(crisis: Crisis, known: pd.DataFrame, targets: pd.DataFrame) -> list[str]:
    """Label of each target; `known` are the reports of `targets.flow_reports`."""
    ordered = known.sort_values(["end", "start"])
    by_stream = {number: _Stream(rows) for number, rows in ordered.groupby("stream")}
    truces = _truces(crisis)
    return [_label(crisis, truces, by_stream, target) for target in targets.itertuples()]


def _label(crisis: Crisis, truces: pd.DataFrame, by_stream: dict[Any, _Stream], target: Any) -> str:
    if _after_truce(crisis, truces, target.place_id, target.end):
        return "after-ceasefire"
    return by_stream[target.stream].label(target)


class _Stream:
    """Reports of one stream in the order of their windows."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rate = (rows["persons"] / rows["days"]).to_numpy()
        self.first, self.end = rows["first"].to_numpy(), rows["end"].to_numpy()

    def label(self, target: Any) -> str:
        """Label of a target row by its rate alone."""
        reference = self.rate[self.first <= target.as_of][-REFERENCE_REPORTS:].mean()
        now = target.persons / target.days
        if now > FACTOR * reference:
            before = self.rate[self.end < target.start][-1:]
            return "escalation" if (before > FACTOR * reference).any() else "onset"
        return "fall" if now < reference / FACTOR else "calm"


def _truces(crisis: Crisis) -> pd.DataFrame:
    """Agreements that held over seven days, with the first full month after each."""
    held = crisis.agreements["collapsed"] - crisis.agreements["effective"]
    truces = crisis.agreements[held.isna() | (held > HELD)]
    begins = truces["effective"].fillna(truces["announced"])
    month = begins.dt.to_period("M") + np.where(begins.dt.day > 1, 1, 0)
    return truces.assign(month=month)


def _after_truce(crisis: Crisis, truces: pd.DataFrame, place: str, end: pd.Timestamp) -> bool:
    chosen = truces.loc[truces["month"] == end.to_period("M"), "place_id"]
    return any(_touch(crisis, place, other) for other in chosen)


def _touch(crisis: Crisis, left: str, right: str) -> bool:
    """Whether two places or areas share ground."""
    within = crisis.places.within
    return any(
        within(one, other) or within(other, one)
        for one in crisis.members(left)
        for other in crisis.members(right)
    )
