"""People who leave because a scenario says so, beside those whom attacks drive out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm

from features.overlap import DAY
from features.panel import FLOWS
from forecast.placing import days_within
from forecast.scenario import Scenario, Territory
from forecast.scenario_ground import Ground
from forecast.scenario_numbers import Numbers

Floats = NDArray[np.float64]

# When ground changes hands half of those who leave do so in the first week, half of the rest in
# the next, until the last of these weeks; how large a share leaves is uncertain by so much (logit).
LEAVING_WEEKS = 4
LEAVING_SD = 0.5
LEAST_SHARE = 1e-6
RETURNS = FLOWS.index("returns")


@dataclass(frozen=True, eq=False)
class Leaving:
    """People (draws, steps) who leave a place from one day to another.

    `trapped` when they find no way out. They go to the sites weighted by `destinations` (sites,),
    or if that is None where all others go, the near before the far.
    """

    place: str
    people: Floats
    first: pd.Timestamp
    last: pd.Timestamp
    trapped: bool = False
    destinations: Floats | None = None


def leaving(
    scenario: Scenario, ground: Ground, steps: pd.DataFrame, numbers: Numbers
) -> list[Leaving]:
    """Who leaves by the outflows and changes of territory of a settled scenario."""
    found = []
    for outflow in scenario.outflow:
        first, last = pd.Timestamp(str(outflow.from_)), pd.Timestamp(str(outflow.to))
        days = days_within(steps, first, last) / ((last - first) / DAY + 1.0)
        people = np.tile(outflow.people * days, (numbers.draws, 1))
        to = sum(ground.sites_in(place) for place in outflow.destinations)
        chosen = np.minimum(to, 1.0) if outflow.destinations else None
        found.append(Leaving(outflow.place, people, first, last, outflow.isolated, chosen))
    for number, territory in enumerate(scenario.territory):
        found += _of_territory(territory, number, ground, steps, numbers)
    return found


def _of_territory(
    clause: Territory, number: int, ground: Ground, steps: pd.DataFrame, numbers: Numbers
) -> list[Leaving]:
    uniform = numbers.uniform(f"territory {number}")[:, 0]
    middle = logit(np.clip(clause.leaving, LEAST_SHARE, 1.0 - LEAST_SHARE))
    share = expit(middle + LEAVING_SD * norm.ppf(uniform))
    if clause.leaving in (0.0, 1.0):
        share = np.full_like(share, clause.leaving)
    timing = _timing(clause, steps)
    first = pd.Timestamp(str(clause.date))
    last = min(first + (7 * LEAVING_WEEKS - 1) * DAY, steps["end"].iloc[-1])
    return [
        Leaving(place, people * share[:, None] * timing, first, last)
        for place, people in population_of(clause, ground).items()
    ]


def population_of(clause: Territory, ground: Ground) -> dict[str, float]:
    """People of each place; evenly where only all of them together are known."""
    if clause.population is not None:
        return dict.fromkeys(clause.places, clause.population / len(clause.places))
    return {place: ground.population((place,)) or 0.0 for place in clause.places}


def _timing(clause: Territory, steps: pd.DataFrame) -> Floats:
    """Share of those who leave that does so in each step, (steps,)."""
    weights = 0.5 ** np.arange(LEAVING_WEEKS)
    day = pd.Timestamp(str(clause.date))
    weeks = [(day + 7 * k * DAY, day + (7 * k + 6) * DAY) for k in range(LEAVING_WEEKS)]
    by_week = np.array([days_within(steps, *week) for week in weeks]) / 7.0
    return np.asarray(weights @ by_week / weights.sum())


def returning(scenario: Scenario, ground: Ground, weeks: pd.DatetimeIndex) -> Floats | None:
    """Log factor on returns to the cells of lost ground, (1, flows, cells, weeks).

    A cell counts by the part of its people who lived on that ground; where its population is not
    known, its returns stay as they are. None where no ground is lost.
    """
    if not scenario.territory:
        return None
    found = np.zeros((1, len(FLOWS), len(ground.panel.cells) + 1, len(weeks)))
    for clause in scenario.territory:
        kept = np.ones(found.shape[2])
        for place, people in population_of(clause, ground).items():
            for at, part in enumerate(ground.cells_of(place)):
                whole = ground.population((ground.panel.cells[at],))
                if whole:
                    kept[at] -= (1.0 - clause.returning) * min(part * people / whole, 1.0)
        day = pd.Timestamp(str(clause.date))
        after = np.clip(np.asarray((weeks + 7 * DAY - day) / DAY, dtype=np.float64), 0.0, 7.0)
        log_kept = np.log(np.maximum(kept, LEAST_SHARE))[:, None]
        found[0, RETURNS] += log_kept * after / 7.0
    return found
