"""The states of a trigger: watch → met → stood down, a function of days and values alone.

- `watch`: it is looked at, and nothing is asked for;
- `met`: the alarm is in force. It begins with an activation, the one message that is sent, and
  lasts until the value falls under the stand-down level, which lies below the one that it was met
  at, so that a value about the level does not turn the alarm off and on;
- `stood down`: the alarm is over. Until the suppression window after the activation has passed,
  no other is given however high the value (`held_back`); from then on it is watched again.

A value is a probability, or a share of the maximum; None, where nothing can be said, changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from forecast.trigger import Trigger

WATCH, MET, STOOD_DOWN = "watch", "met", "stood down"


@dataclass(frozen=True)
class Levels:
    """At which value it is met, under which it stands down, and days without another activation."""

    met: float
    stand_down: float
    suppress_days: int

    def at(self, met: float) -> Levels:
        """The same with another level, the stand-down level in proportion."""
        return Levels(met, self.stand_down * met / self.met, self.suppress_days)


@dataclass(frozen=True)
class Standing:
    """Where a trigger stands after a day; `activated_on` is the day of its last activation."""

    day: date | None = None
    value: float | None = None
    state: str = WATCH
    activated_on: date | None = None
    held_back: bool = False

    @property
    def activates(self) -> bool:
        """Whether this day is an activation."""
        return self.day is not None and self.activated_on == self.day


def levels_of(trigger: Trigger) -> Levels:
    """The levels of a trigger."""
    return Levels(trigger.met_at, trigger.stand_down, trigger.suppress_days)


def advance(before: Standing, day: date, value: float | None, levels: Levels) -> Standing:
    """Where it stands after another day. Raises ValueError for a day that is not a later one."""
    if before.day is not None and day <= before.day:
        raise ValueError(f"{day} is not after {before.day}")
    activated = before.activated_on
    quiet = activated is not None and (day - activated).days < levels.suppress_days
    state, over = before.state, value is not None and value >= levels.met
    if value is not None and state == MET:
        state = STOOD_DOWN if value < levels.stand_down else MET
    elif over and not quiet:
        state, activated = MET, day
    elif value is not None and not quiet:
        state = WATCH
    return Standing(day, value, state, activated, over and quiet and state == STOOD_DOWN)


def walk(
    values: Iterable[tuple[date, float | None]], levels: Levels, before: Standing | None = None
) -> list[Standing]:
    """Where it stands after each day. Raises ValueError for days out of order."""
    found, standing = [], before or Standing()
    for day, value in values:
        standing = advance(standing, day, value, levels)
        found.append(standing)
    return found
