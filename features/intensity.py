"""Attack rows to one weekly intensity a cell.

The intensity of a week is a weighted count of events, in units of air strikes. Flight follows
bombardment and, above all, ground that changes hands, far more than it follows clashes on a line
that stands still (`docs/models.md` tells what the weights rest on).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.attacks import KEY
from features.crisis import Crisis
from features.overlap import DAY, weeks_between

KIND_WEIGHTS: Mapping[str, float] = {
    "air_strike": 1.0,
    "shelling": 0.5,
    "explosive": 0.5,
    "against_civilians": 0.5,
    "lethal": 1.0,
    "conflict_flag": 1.0,
    "territory": 5.0,
    "battle": 0.0,
    "other": 0.0,
}


# How attacks go on where nothing is known yet: from the mean of so many weeks, so much of the way
# back to the long mean each week. The simulated paths (`models.attack_paths`) spread around this.
START_WEEKS = 3
REVERSION = 0.05


@dataclass(frozen=True)
class Intensity:
    """Weekly attack intensity of each cell, as far as it is known.

    `weekly` has a row a Saturday and a column a cell, in air strikes a week; `half` is the level
    beside which flight without any attack is a half of flight under attack, fitted on these rows.
    """

    weekly: pd.DataFrame
    half: float

    @property
    def through(self) -> pd.Timestamp:
        """Last day the intensity is known for."""
        return self.weekly.index[-1] + 6 * DAY


def weekly_intensity(
    attacks: pd.DataFrame,
    crisis: Crisis,
    drivers: Mapping[str, Sequence[str]],
    day: pd.Timestamp | None = None,
) -> Intensity | None:
    """Intensity from the crisis's one attack source; None where it has no attack rows.

    `drivers` maps each cell to the places or areas whose attacks count for it. Weeks begin with the
    first row and end with the last week that the source has told of in full by `day`.
    """
    rows = newest_attacks(attacks[attacks["source"] == crisis.attack_source])
    if rows.empty:
        return None
    last = _told_until(rows, crisis, day)
    weeks = weeks_between(rows["start"].min(), last)
    weeks = weeks[weeks + 6 * DAY <= last]
    if weeks.empty:
        return None
    spread = _spread_over_weeks(rows, weeks[0])
    spread = spread[spread["week"] < len(weeks)]
    columns = {}
    for cell, areas in drivers.items():
        share = share_of_places(crisis, areas, spread["place_id"])
        counts = np.bincount(spread["week"], spread["amount"] * share, minlength=len(weeks))
        columns[cell] = counts
    weekly = pd.DataFrame(columns, index=weeks, dtype=np.float64)
    return Intensity(weekly=weekly, half=_half(weekly))


def weekly_part(
    intensity: Intensity,
    crisis: Crisis,
    drivers: Mapping[str, Sequence[str]],
    kind: str | None = None,
    within: str | None = None,
) -> np.ndarray:
    """What attacks of a kind, at a place or area, are of the weekly intensity, (cells, weeks).

    Without a kind it is all kinds, without a place all of the cell. Of an attack on a place that
    lies in both only in part, the smaller part counts.
    """
    weeks = intensity.weekly.index
    rows = newest_attacks(crisis.attacks[crisis.attacks["source"] == crisis.attack_source])
    if kind is not None:
        rows = rows[rows["kind"] == kind]
    spread = _spread_over_weeks(rows, weeks[0])
    spread = spread[(spread["week"] >= 0) & (spread["week"] < len(weeks))]
    most = 1.0 if within is None else share_of_places(crisis, [within], spread["place_id"])
    found = []
    for areas in drivers.values():
        share = np.minimum(share_of_places(crisis, areas, spread["place_id"]), most)
        found.append(np.bincount(spread["week"], spread["amount"] * share, minlength=len(weeks)))
    return np.array(found, dtype=np.float64)


def newest_attacks(rows: pd.DataFrame) -> pd.DataFrame:
    """The newest revision of each attack row; rows published on one day stand side by side."""
    newest = rows.groupby(list(KEY))["published"].transform("max")
    return rows[rows["published"] == newest]


def _told_until(rows: pd.DataFrame, crisis: Crisis, day: pd.Timestamp | None) -> pd.Timestamp:
    """Last day that a source tells of: its last row, or later where it falls silent in peace.

    Only a source that let whole weeks pass in silence before is taken to mean peace by it; from any
    other, silence is a report not yet there.
    """
    last = rows["end"].max()
    if day is None or not _lets_weeks_pass(rows):
        return last
    delay = np.ceil(crisis.sources["delay_days"].get(crisis.attack_source, 0.0))
    return max(last, day - delay * DAY)


def _lets_weeks_pass(rows: pd.DataFrame) -> bool:
    ordered = rows.sort_values("start")
    reached = ordered["end"].cummax().shift()
    return bool((ordered["start"] - reached > 14 * DAY).any())


def on_weeks(intensity: Intensity, weeks: pd.DatetimeIndex) -> np.ndarray:
    """Intensity (cells, weeks) as known; its log mean before, a slow return to that mean after."""
    weekly = intensity.weekly.to_numpy(dtype=np.float64).T
    path = weekly[:, np.maximum(intensity.weekly.index.get_indexer(weeks), 0)]
    logged = np.log1p(weekly / intensity.half)
    mean = logged.mean(axis=1, keepdims=True)
    path[:, weeks < intensity.weekly.index[0]] = intensity.half * np.expm1(mean)
    late = weeks > intensity.weekly.index[-1]
    ahead = np.arange(1, int(late.sum()) + 1)
    level = logged[:, -START_WEEKS:].mean(axis=1, keepdims=True)
    path[:, late] = intensity.half * np.expm1(mean + (level - mean) * (1.0 - REVERSION) ** ahead)
    return path


def log_intensity(amount: np.ndarray, half: float) -> np.ndarray:
    """`log(1 + A/half)`, averaged over each week and the one before along the last axis."""
    logged = np.log1p(amount / half)
    before = np.concatenate([logged[..., :1], logged[..., :-1]], axis=-1)
    return 0.5 * (logged + before)


def _half(weekly: pd.DataFrame) -> float:
    driven = weekly.loc[:, weekly.sum() > 0].to_numpy()
    return 0.25 * float(driven.mean()) if driven.size else 1.0


def _amounts(rows: pd.DataFrame) -> np.ndarray:
    events = rows["events"].fillna(1.0).to_numpy(dtype=np.float64)
    return events * rows["kind"].map(KIND_WEIGHTS).to_numpy(dtype=np.float64)


def _spread_over_weeks(rows: pd.DataFrame, first: pd.Timestamp) -> pd.DataFrame:
    """Rows repeated for each week they touch, their amount split by days."""
    start = np.asarray((rows["start"] - first) // DAY, dtype=np.int64)
    end = np.asarray((rows["end"] - first) // DAY, dtype=np.int64)
    touched = end // 7 - start // 7 + 1
    row = np.repeat(np.arange(len(rows)), touched)
    nth = np.arange(len(row)) - np.repeat(np.cumsum(touched) - touched, touched)
    week = start[row] // 7 + nth
    days = np.minimum(end[row], week * 7 + 6) - np.maximum(start[row], week * 7) + 1
    share = days / (end - start + 1)[row]
    return pd.DataFrame(
        {
            "week": week,
            "place_id": rows["place_id"].to_numpy()[row],
            "amount": _amounts(rows)[row] * share,
        }
    )


def share_of_places(crisis: Crisis, areas: Sequence[str], places: pd.Series) -> np.ndarray:
    """Share of each row's attacks that counts: that of the area its place lies in.

    Of a place larger than the areas, as where a source tells of governorates and the areas are
    districts, the part counts that they cover, each place inside it weighing the same.
    """
    members = [pair for area in areas for pair in crisis.members(area).items()]

    def share(place: str) -> float:
        inside = [part for member, part in members if crisis.places.within(place, member)]
        children = crisis.places.children(place)
        if inside or not children:
            return max(inside, default=0.0)
        if not any(crisis.places.within(member, place) for member, _ in members):
            return 0.0
        return sum(share(child) for child in children) / len(children)

    of_place = {place: share(place) for place in places.unique()}
    return places.map(of_place).to_numpy(dtype=np.float64)
