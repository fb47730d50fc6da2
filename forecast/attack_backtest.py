"""Forecasts of weekly attack counts by front, each from what was published by its day.

The paths that drive the served forecast are fitted to counts here (`forecast.attack_counts`) and
stand beside naive ones. They are judged by what came to be known of the weeks in the end. Week 1
holds the day after the as-of day; weeks that were over by then but not yet told of are forecast on
the way and not scored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from features.crisis import Crisis
from features.intensity import Intensity
from features.overlap import DAY, week_of
from forecast.attack_counts import MEASURES, Fronts, fronts_of, weekly_counts
from forecast.scores import covered, crps
from forecast.seeds import random_state
from models.attack_baselines import ATTACK_BASELINES, CountPaths
from models.attack_paths import AttackPaths

WEEKS_AHEAD = 13
WEEK = 7 * DAY
COVERAGES = (80, 95)
TAILS = (0.025, 0.1, 0.9, 0.975)
COLUMNS = ["as_of", "front", "measure", "ahead", "member", "observed", "crps", "crps_log"]
COLUMNS += [f"covers_{level}" for level in COVERAGES]


def simulated(known: Intensity, weeks: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Poisson counts (draws, fronts, weeks) along the paths that drive the served forecast."""
    paths = AttackPaths().fit(known).simulate(weeks, draws, rng)
    return rng.poisson(paths).astype(np.float64)


MEMBERS: Mapping[str, CountPaths] = {AttackPaths.name: simulated, **ATTACK_BASELINES}


def attack_scores(crisis: Crisis, days: pd.DatetimeIndex, *, draws: int, seed: int) -> pd.DataFrame:
    """A row a measure, as-of day, member, front and week ahead; no row without a count of attacks.

    Columns as in COLUMNS: `ahead` in weeks, 1 to 13; `observed` and `crps` in events or deaths a
    week, `crps_log` on log(1 + x); `covers_80` is whether the central 80 % held what came. Fronts
    that were never attacked are left out.
    """
    parts = [
        rows for measure in MEASURES for rows in _of_measure(crisis, measure, days, draws, seed)
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def predict_attacks(
    crisis: Crisis,
    fronts: Fronts,
    measure: str,
    day: pd.Timestamp,
    weeks: pd.DatetimeIndex,
    *,
    draws: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """Counts (draws, fronts, weeks) of each member, from what was published by `day`.

    `weeks` follow one another, from any week after those told of by then. No member gives a count
    where no earlier week was told of.
    """
    known = _known(crisis, fronts, measure, day, weeks[0])
    if known is None:
        return {}
    ahead = int((weeks[-1] - known.weekly.index[-1]) / WEEK)
    late = slice(ahead - len(weeks), ahead)
    return {
        member: paths(known, ahead, draws, random_state(seed, day, f"{member} {measure}"))[
            ..., late
        ]
        for member, paths in MEMBERS.items()
    }


def _known(
    crisis: Crisis, fronts: Fronts, measure: str, day: pd.Timestamp, first: pd.Timestamp
) -> Intensity | None:
    """Counts told of by `day`, without weeks from `first` on: a row may be told before it ends."""
    told = weekly_counts(crisis.as_of(day), fronts, measure, day)
    if told is None or told.weekly.index[0] >= first:
        return None
    return Intensity(told.weekly[told.weekly.index < first], told.half)


def _of_measure(
    crisis: Crisis, measure: str, days: pd.DatetimeIndex, draws: int, seed: int
) -> Iterator[pd.DataFrame]:
    fronts = fronts_of(crisis)
    came = weekly_counts(crisis, fronts, measure)
    if came is None:
        return
    attacked = came.weekly.loc[:, came.weekly.gt(0.0).any()]
    fronts = {front: fronts[front] for front in map(str, attacked)}
    for day in days:
        ahead = attacked[attacked.index >= week_of(day + DAY)].iloc[:WEEKS_AHEAD]
        if ahead.empty:
            return
        weeks = pd.DatetimeIndex(ahead.index)
        counts = predict_attacks(crisis, fronts, measure, day, weeks, draws=draws, seed=seed)
        for member, mine in counts.items():
            yield _rows(ahead, mine).assign(as_of=day, measure=measure, member=member)


def _rows(came: pd.DataFrame, counts: np.ndarray) -> pd.DataFrame:
    """Scores of counts (draws, fronts, weeks) beside those that came, (weeks, fronts)."""
    observed = came.to_numpy(dtype=np.float64).T.ravel()
    flat = counts.reshape(len(counts), -1)
    quantiles = np.quantile(flat, TAILS, axis=0).T
    return pd.DataFrame(
        {
            "front": np.repeat(came.columns.to_numpy(), len(came)),
            "ahead": np.tile(np.arange(1, len(came) + 1), came.shape[1]),
            "observed": observed,
            "crps": crps(observed, flat),
            "crps_log": crps(np.log1p(observed), np.log1p(flat)),
            **{f"covers_{at}": covered(observed, quantiles, at, TAILS) for at in COVERAGES},
        }
    )
