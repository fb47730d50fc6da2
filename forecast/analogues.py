"""The nearest past episodes by their attacks, what followed them, and where the likeness ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.crisis import Crisis
from features.errors import TooLittleData
from features.intensity import Intensity
from features.overlap import DAY
from features.panel import FLOWS, Panel, build_panel
from forecast.situation import check_day

Floats = NDArray[np.float64]

WEEKS = 8
AHEAD = 13
COUNT = 5
LEAST_AHEAD = 4
# The likeness ends where four-week means of the intensity, beside the background, differ so much.
APART = 2.0
SMOOTHING = 4
ARRIVALS = FLOWS.index("arrivals")


@dataclass(frozen=True)
class Analogue:
    """A past episode of as many weeks, `distance` away: the mean of the log factors of all cells
    and weeks.

    `alike_weeks` is how far back from its end the paths stay within a factor of two, all cells
    together, `alike_for_good` whether that is as far as is known. `after` maps cells to the weekly
    intensity of the weeks that followed over that of the episode. `arrivals` are figures published
    of whole cells for windows that begin in those weeks: start, end, place_id, persons, source.
    """

    start: pd.Timestamp
    end: pd.Timestamp
    distance: float
    alike_weeks: int
    alike_for_good: bool
    after_weeks: int
    after: dict[str, float]
    arrivals: pd.DataFrame


@dataclass(frozen=True, eq=False)
class Analogues:
    """`found`, the nearest first, to the weeks `start`..`end`; `levels` the intensity then."""

    crisis: Crisis
    as_of: pd.Timestamp
    start: pd.Timestamp
    end: pd.Timestamp
    levels: dict[str, float]
    found: list[Analogue]


def analogues(
    crisis: Crisis,
    as_of: pd.Timestamp,
    *,
    weeks: int = WEEKS,
    count: int = COUNT,
    ahead: int = AHEAD,
) -> Analogues:
    """Episodes that do not overlap one another, from what was published by `as_of`.

    Raises:
        InputError: nothing was published by then.
        TooLittleData: fewer than twice as many weeks of attacks as an episode has are known.
    """
    check_day(crisis, as_of)
    panel = build_panel(crisis, as_of, as_of)
    intensity = panel.intensity
    if intensity is None or len(intensity.weekly) < 2 * weeks + LEAST_AHEAD:
        known = 0 if intensity is None else len(intensity.weekly)
        raise TooLittleData(
            f"{known} weeks of attacks are known by {as_of:%Y-%m-%d}; episodes of {weeks} weeks "
            f"need {2 * weeks + LEAST_AHEAD}"
        )
    driven = [cell for cell in panel.cells if intensity.weekly[cell].any()]
    logged = np.log1p(intensity.weekly[driven].to_numpy(dtype=np.float64).T / intensity.half)
    distance = _distances(logged, weeks)
    saturdays = intensity.weekly.index
    return Analogues(
        crisis=panel.crisis,
        as_of=as_of,
        start=saturdays[-weeks],
        end=intensity.through,
        levels=_levels(intensity, driven, slice(-weeks, None)),
        found=[
            _analogue(panel, intensity, driven, logged, end, weeks, ahead, distance[end])
            for end in _nearest(distance, weeks, count)
        ],
    )


def _distances(logged: Floats, weeks: int) -> dict[int, float]:
    """Distance of the episode that ends before each week, by that week's position."""
    now = logged[:, -weeks:]
    last = logged.shape[1] - max(weeks, LEAST_AHEAD)
    return {
        end: float(np.abs(logged[:, end - weeks : end] - now).mean())
        for end in range(weeks, last + 1)
    }


def _nearest(distance: dict[int, float], weeks: int, count: int) -> list[int]:
    chosen: list[int] = []
    for end in sorted(distance, key=lambda at: (distance[at], -at)):
        if all(abs(end - other) >= weeks for other in chosen):
            chosen.append(end)
    return chosen[:count]


def _analogue(
    panel: Panel,
    intensity: Intensity,
    driven: list[str],
    logged: Floats,
    end: int,
    weeks: int,
    ahead: int,
    distance: float,
) -> Analogue:
    saturdays = intensity.weekly.index
    alike = _alike(logged, end)
    after = slice(end, min(end + ahead, len(saturdays)))
    before = _levels(intensity, driven, slice(end - weeks, end))
    followed = _levels(intensity, driven, after)
    half = intensity.half
    return Analogue(
        start=saturdays[end - weeks],
        end=saturdays[end - 1] + 6 * DAY,
        distance=distance,
        alike_weeks=alike,
        alike_for_good=alike == end - SMOOTHING + 1,
        after_weeks=after.stop - after.start,
        after={cell: (followed[cell] + half) / (before[cell] + half) for cell in driven},
        arrivals=_arrivals(panel, saturdays[end], saturdays[after.stop - 1] + 6 * DAY),
    )


def _levels(intensity: Intensity, cells: list[str], weeks: slice) -> dict[str, float]:
    mean = intensity.weekly[cells].iloc[weeks].mean()
    return {cell: float(mean[cell]) for cell in cells}


def _alike(logged: Floats, end: int) -> int:
    """Weeks back from the end for which the smoothed paths of all cells stay within APART."""
    amount = np.exp(logged).mean(axis=0)
    level = np.log(np.lib.stride_tricks.sliding_window_view(amount, SMOOTHING).mean(axis=1))
    then = level[: end - SMOOTHING + 1][::-1]
    apart = np.abs(then - level[::-1][: len(then)]) > np.log(APART)
    return int(np.argmax(apart)) if apart.any() else len(apart)


def _arrivals(panel: Panel, first: pd.Timestamp, last: pd.Timestamp) -> pd.DataFrame:
    rows, arrays = panel.reports, panel.arrays
    places = [*panel.cells, panel.crisis.focus, *panel.crisis.areas["area_id"]]
    kept = rows[
        (arrays.flow == ARRIVALS)
        & ~arrays.part
        & rows["place_id"].isin(places).to_numpy()
        & rows["start"].between(first, last).to_numpy()
    ]
    shown = kept[["start", "end", "place_id", "persons", "source"]]
    return shown.sort_values(["start", "end", "place_id", "source"]).reset_index(drop=True)
