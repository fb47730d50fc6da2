"""What the clauses of a scenario make of the attack paths of a forecast.

Regimes and replays say what all attacks of a cell are; factors and counts then change a part of
them, each reckoned from what stood before, so that their order does not matter; an agreement that
holds comes last. A week that lies in a window in part is changed in that part.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.agreements import prior_of_holding
from features.intensity import KIND_WEIGHTS
from features.overlap import DAY, week_of
from features.panel import FLOWS
from forecast.scenario import Agreement, Attacks, Regimes, Scenario
from forecast.scenario_ground import Ground
from forecast.scenario_numbers import Numbers
from forecast.scenario_ratio import FLEEING
from models import regimes
from models.attack_paths import HIGHEST

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Weeks in which, under an agreement that holds, attacks come half of the way down to the calm.
CALMING_WEEKS = 2.0
# Flight stops sooner than shelling: on observed attacks the model runs 1.5 to 1.9 times too high
# after a truce (`../shared/TRIALS.md`, "Where the loss was", 6).
TRUCE_FACTOR = 1.0 / 1.7


class AttackChanges:
    """Paths `base` (draws, cells and rest, weeks) at `weeks` (Saturdays), and what becomes of them.

    Nothing is drawn but by `numbers`, so that scenarios share their random numbers.
    """

    def __init__(
        self, ground: Ground, base: Floats, weeks: pd.DatetimeIndex, numbers: Numbers
    ) -> None:
        self.ground = ground
        self.base = base
        self.weeks = weeks
        self.numbers = numbers
        self._regimes: dict[bytes, Mapping[str, Floats]] = {}

    def under(self, scenario: Scenario, times: float = 1.0) -> Floats:
        """Paths under a settled scenario, all its attacks `times` as many, shaped as `base`."""
        path = self.base
        if scenario.regimes is not None:
            path = self._in_regimes(path, scenario.regimes)
        for clause in scenario.attacks:
            if clause.replay is not None:
                path = self._replayed(path, clause)
        path = self._changed(path, scenario.attacks)
        for number, agreement in enumerate(scenario.agreement):
            path = self._calmed(path, agreement, number)
        if times != 1.0:
            ahead = self._within((self.ground.panel.day + DAY).date(), None)
            path = path * (1.0 + ahead * (times - 1.0))
        if path is self.base:
            return path
        return np.minimum(path, np.maximum(self.base, self._half * np.expm1(HIGHEST)))

    def log_factor(self, scenario: Scenario) -> Floats | None:
        """What agreements do to flight besides, (draws, flows, cells, weeks); None for nothing."""
        found = None
        for number, agreement in enumerate(scenario.agreement):
            held = self.holds(agreement, number)[:, None, None, None]
            within = self._within(agreement.date, None)
            cells = self._cells(agreement.place)[:, None]
            fleeing = np.isin(np.arange(len(FLOWS)), FLEEING)[:, None, None]
            change = held * np.log(TRUCE_FACTOR) * fleeing * cells * within
            found = change if found is None else np.minimum(found, change)
        return found

    def holds(self, agreement: Agreement, number: int) -> Flags:
        """In which draws the agreement of this number holds."""
        probability = agreement.probability
        if probability is None:
            crisis = self.ground.crisis
            probability = prior_of_holding(crisis.agreements, self.ground.panel.day).probability
        return self.numbers.uniform(f"agreement {number}")[:, 0] < probability

    @property
    def _half(self) -> float:
        return self.ground.panel.intensity.half if self.ground.panel.intensity else 1.0

    def _within(self, first: object, last: object | None) -> Floats:
        """Share of the days of each week that lie in a window, (weeks,)."""
        saturdays = _day_numbers(self.weeks)
        start = _day_number(first)
        end = saturdays[-1] + 6 if last is None else _day_number(last)
        days = np.minimum(end, saturdays + 6) - np.maximum(start, saturdays) + 1
        return np.clip(days, 0, 7) / 7.0

    def _cells(self, place: str | None) -> Flags:
        """Cells whose attacks, or people, a place has a part in."""
        if place is not None and self.ground.panel.intensity is None:
            return np.append(self.ground.cells_of(place) > 0.0, False)
        return self.ground.reach(place) > 0.0

    def _in_regimes(self, path: Floats, clause: Regimes) -> Floats:
        cells = self._cells(clause.place)
        paths = self._of_regimes(cells)
        bounds = np.cumsum(list(clause.weights.values()))
        form = np.searchsorted(bounds[:-1], self.numbers.uniform("regime")[:, 0], side="right")
        drawn = np.stack(list(paths.values()))[form, np.arange(len(form))]
        share = self._within(clause.from_, clause.to) * cells[:, None]
        return path + share * (drawn - path)

    def _of_regimes(self, cells: Flags) -> Mapping[str, Floats]:
        key = cells.tobytes()
        if key not in self._regimes:
            stretches = -(-len(self.weeks) // regimes.STRETCH)
            ground_lost = self.ground.weekly("territory", None)
            model = regimes.Regimes(self.ground.intensity, cells, ground_lost)
            uniform = self.numbers.uniform("stretches", stretches)
            self._regimes[key] = model.paths(uniform, len(self.weeks))
        return self._regimes[key]

    def _replayed(self, path: Floats, clause: Attacks) -> Floats:
        assert clause.replay is not None
        past = self.ground.weekly(None, clause.place)
        known = self.ground.intensity.weekly.index
        begins = int(known.get_indexer(pd.Index([week_of(pd.Timestamp(clause.replay.from_))]))[0])
        first = int(np.argmax(self._within(clause.from_, clause.to) > 0.0))
        count = min(clause.replay.weeks or len(known), len(known) - begins, len(self.weeks) - first)
        again = np.zeros((len(past), len(self.weeks)))
        again[:, first : first + count] = past[:, begins : begins + count]
        share = self._within(clause.from_, clause.to)
        share[first + count :] = 0.0
        part = self.ground.part(None, clause.place)[:, None]
        return path + share * (again - part * path)

    def _changed(self, path: Floats, clauses: tuple[Attacks, ...]) -> Floats:
        """With the factors and counts of the clauses."""
        changes = []
        for clause in clauses:
            share = self._within(clause.from_, clause.to)
            if clause.multiply is not None:
                part = self.ground.part(clause.kind, clause.place)[:, None]
                changes.append(share * (clause.multiply - 1.0) * part * path)
            elif clause.set_ is not None:
                assert clause.kind is not None
                part = self.ground.part(clause.kind, clause.place)[:, None]
                amount = clause.set_ * KIND_WEIGHTS[clause.kind]
                amounts = amount * self.ground.reach(clause.place)[:, None]
                changes.append(share * (amounts - part * path))
        return np.maximum(path + sum(changes), 0.0) if changes else path

    def _calmed(self, path: Floats, agreement: Agreement, number: int) -> Floats:
        if self.ground.panel.intensity is None:
            return path
        cells = self._cells(agreement.place)
        held = self.holds(agreement, number)
        half, within = self._half, self._within(agreement.date, None)
        level = np.log1p(path[held] / half)
        calm = np.minimum(level, np.log1p(self._of_regimes(cells)["holds"][held] / half))
        age = np.cumsum(within) - within
        left = 0.5 ** (age / CALMING_WEEKS)
        down = half * np.expm1(calm + (level - calm) * left)
        found = path.copy()
        found[held] += within * cells[:, None] * (np.minimum(down, path[held]) - path[held])
        return found


def _day_numbers(days: pd.DatetimeIndex) -> NDArray[np.int64]:
    return np.asarray(days, dtype="datetime64[D]").astype(np.int64)


def _day_number(day: object) -> int:
    return int(np.datetime64(str(day), "D").astype(np.int64))
