"""What moved the figures since the last outlook, split in people.

The same months are forecast again from the last outlook to this one, one thing changed at a time:

    before   as the last outlook stood, on its day and on what was published by then
    data     on this day, with the reports published since but for those that revise older ones,
             attacks and track record as known then
    revised  with the revisions too
    model    with the track record by now, by which the model is calibrated or a baseline served
    regime   with the attacks known by now, from which the paths of attacks set out

All of this day have one horizon, so that random numbers match as far as they can. Means add up
where medians do not, and the parts are differences of levels rounded first: so they sum exactly to
the whole change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from features.crisis import Crisis
from features.panel import STREAM
from forecast.situation import Situation, by_place, place_weights, situate
from forecast.whatif import WhatIf

MONTHS = 3
PARTS = ("data", "revised", "model", "regime")


@dataclass(frozen=True)
class Changes:
    """Mean arrivals in the focus from `start` to `end`: `before`, `now`, and `parts` between them.

    `parts` are named as in PARTS and sum to `now` less `before`. `noise` is what chance alone moves
    a part by in nineteen of twenty cases, people; `reports` and `revisions` count rows that came.
    """

    since: pd.Timestamp
    start: pd.Timestamp
    end: pd.Timestamp
    before: int
    now: int
    parts: dict[str, int]
    noise: float
    reports: int
    revisions: int


def changes(crisis: Crisis, since: pd.Timestamp, warm: WhatIf) -> Changes:
    """The change since the outlook of `since`, a day before that of `warm`.

    `crisis` must hold what was published by both days.
    """
    situation = warm.situation
    steps = situation.steps.head(MONTHS)
    start, end = steps["start"].iloc[0], steps["end"].iloc[-1]
    then, now = crisis.as_of(since), crisis.as_of(situation.as_of)
    revised = revisions(now.reports, since)
    made = [_again(situation, then, since, _months(since, end))]
    for variant in _between(then, now, revised):
        made.append(made[-1] if variant is None else _again(situation, variant))
    totals = [_totals(one, start, end) for one in (*made, situation)]
    levels = _rounded([float(total.mean()) for total in totals])
    return Changes(
        since=since,
        start=start,
        end=end,
        before=levels[0],
        now=levels[-1],
        parts=dict(zip(PARTS, np.diff(levels).tolist(), strict=True)),
        noise=2.0 * float(np.sqrt((totals[0].var() + totals[-1].var()) / situation.draws)),
        reports=int((now.reports["published"] > since).sum()),
        revisions=int(revised.sum()),
    )


def _between(then: Crisis, now: Crisis, revised: np.ndarray) -> Iterator[Crisis | None]:
    """What is known of this day by each step but the last; None where the step changes nothing."""
    unrevised = now.reports[~revised].reset_index(drop=True)
    old = replace(now, attacks=then.attacks, track_record=then.track_record)
    yield replace(old, reports=unrevised)
    yield old if revised.any() else None
    learned = len(then.track_record) < len(now.track_record)
    yield replace(now, attacks=then.attacks) if learned else None


def revisions(reports: pd.DataFrame, since: pd.Timestamp) -> np.ndarray:
    """Which reports came after `since` and tell anew of what was told of by then, (rows,)."""
    key = ["start", "end", *STREAM]
    old = reports["published"] <= since
    known = pd.MultiIndex.from_frame(reports.loc[old, key])
    return (~old & pd.MultiIndex.from_frame(reports[key]).isin(known)).to_numpy()


def _again(
    like: Situation, crisis: Crisis, day: pd.Timestamp | None = None, months: int | None = None
) -> Situation:
    """The situation of another crisis, or day and horizon, with the same draws and seed."""
    steps = months or len(like.steps)
    return situate(crisis, day or like.as_of, steps, draws=like.draws, seed=like.seed)


def _totals(situation: Situation, start: pd.Timestamp, end: pd.Timestamp) -> np.ndarray:
    """Draws (draws,) of arrivals in the focus in the months from `start` to `end`."""
    focus = [situation.panel.crisis.focus]
    found = by_place(situation.by_cell, focus, *place_weights(situation, focus))["arrivals"]
    steps = situation.steps
    inside = ((steps["start"] >= start) & (steps["end"] <= end)).to_numpy()
    return np.asarray(found.to_numpy()[:, inside, 0].sum(axis=1))


def _months(since: pd.Timestamp, end: pd.Timestamp) -> int:
    """Horizon of a forecast on `since` that reaches `end`."""
    first = since + pd.Timedelta(days=1)
    return (end.year - first.year) * 12 + end.month - first.month + 1


def _rounded(means: list[float]) -> list[int]:
    """All in one unit: hundreds, or tens or ones where there are few."""
    unit = 100 if max(means) >= 10_000 else 10 if max(means) >= 1_000 else 1
    return [unit * round(mean / unit) for mean in means]
