"""What moved the figures since the last outlook, split in people.

The same months are forecast again from the last outlook to this one, one thing changed at a time:

    before   as the last outlook stood, on its day and on what was published by then
    data     on this day, with the reports that came since but for those that revise older ones,
             attacks and track record as known then
    revised  with the revisions too
    model    with the track record by now, by which the model is calibrated or a baseline served
    regime   with the attacks known by now, from which the paths of attacks set out

All of this day have one horizon, so that random numbers match as far as they can. Means add up
where medians do not, and the parts are differences of levels rounded first: so they sum exactly to
the whole change.

Where the last forecast was kept, it stands before all these as it was told, and `before` is made
from the rows that the store held then. What lies between the two is what changed code moved, and
belongs to the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.panel import STREAM
from forecast.situation import Situation, by_place, place_weights, situate
from forecast.whatif import WhatIf

MONTHS = 3
PARTS = ("data", "revised", "model", "regime")
# A mean is kept in whole movements.
KEPT_TO = 0.5


@dataclass(frozen=True)
class Last:
    """The last outlook as it was kept: the crisis as known then, and what was forecast.

    `means` are hubverse rows of mean arrivals: `location`, `target_start`, `target_end`, `value`.
    """

    crisis: Crisis
    means: pd.DataFrame

    @property
    def months(self) -> int:
        """How far it reached, on which its random numbers hang."""
        return int(self.means["target_end"].nunique())

    def mean(self, place: str, periods: pd.DataFrame) -> float | None:
        """Mean arrivals of a place in all of the periods, None where not all were forecast."""
        ends = pd.to_datetime(self.means["target_end"]).isin(periods["end"])
        starts = pd.to_datetime(self.means["target_start"]).isin(periods["start"])
        kept = self.means.loc[(self.means["location"] == place) & starts & ends, "value"]
        return float(kept.sum()) if len(kept) == len(periods) else None


@dataclass(frozen=True)
class Changes:
    """Mean arrivals in the focus from `start` to `end`: `before`, `now`, and `parts` between them.

    `parts` are named as in PARTS and sum to `now` less `before`. `noise` is what chance alone moves
    a part by in nineteen of twenty cases, people; `reports` and `revisions` count rows that came.
    `code` says whether changed code is in the model's part: the last forecast was kept.
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
    code: bool = False


def changes(crisis: Crisis, since: pd.Timestamp, warm: WhatIf, last: Last | None = None) -> Changes:
    """The change since the outlook of `since`, a day before that of `warm`.

    `crisis` must hold what was published by both days; `last` is the outlook of `since` as kept.
    """
    situation = warm.situation
    steps = situation.steps.head(MONTHS)
    start, end = steps["start"].iloc[0], steps["end"].iloc[-1]
    kept = None if last is None else last.mean(crisis.focus, steps)
    then = crisis.as_of(since) if last is None else last.crisis
    months = _months(since, end) if last is None or kept is None else last.months
    now = crisis.as_of(situation.as_of)
    revised = revisions(now.reports, since)
    made = [_again(situation, then, since, months)]
    for variant in _between(then, now, revised):
        made.append(made[-1] if variant is None else _again(situation, variant))
    totals = [_totals(one, start, end) for one in (*made, situation)]
    means = [float(total.mean()) for total in totals]
    first = means[0] if kept is None or abs(kept - means[0]) <= KEPT_TO * len(steps) else kept
    levels = _rounded([first, *means])
    code, *moved = np.diff(levels).tolist()
    parts = dict(zip(PARTS, moved, strict=True))
    parts["model"] += code
    return Changes(
        since=since,
        start=start,
        end=end,
        before=levels[0],
        now=levels[-1],
        parts=parts,
        noise=2.0 * float(np.sqrt((totals[0].var() + totals[-1].var()) / situation.draws)),
        reports=int((now.reports["published"] > since).sum()),
        revisions=int(revised.sum()),
        code=kept is not None,
    )


def _between(then: Crisis, now: Crisis, revised: np.ndarray) -> Iterator[Crisis | None]:
    """What is known of this day by each step but the last; None where the step changes nothing."""
    unrevised = now.reports[~revised].reset_index(drop=True)
    old = replace(now, attacks=then.attacks, track_record=then.track_record)
    yield replace(old, reports=unrevised)
    yield old if revised.any() else None
    learned = len(then.track_record) < len(now.track_record)
    yield replace(now, attacks=then.attacks) if learned else None


def refuse_since(crisis: Crisis, since: pd.Timestamp, day: pd.Timestamp, name: str) -> None:
    """Raise InputError where the last outlook is none of an earlier day with reports."""
    first = crisis.reports["published"].min()
    why = None
    if since >= day:
        why = f"is not before {day:%Y-%m-%d}; give the day of the last outlook"
    elif since < first:
        why = f"lies before the first report, of {first:%Y-%m-%d}; give that day or a later one"
    if why is not None:
        raise InputError(Finding(name, why, value=f"{since:%Y-%m-%d}"))


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
