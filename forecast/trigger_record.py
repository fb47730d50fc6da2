"""What a trigger would have said on past days, and what came: the file that `nuzuh` keeps of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from features.errors import Finding, InputError
from forecast.trigger import Frozen, Trigger

RECONCILED = "reconciled"
UNSURE = 0.1
Chance = Annotated[float, Field(ge=0.0, le=1.0)]
People = Annotated[float, Field(ge=0.0)]


class Came(Frozen):
    """Arrivals of a window as known later: `by` their source, or reconciled with an 80 % interval.

    `chance` is how likely the threshold was passed, 0 or 1 where a figure was published.
    """

    persons: People
    low: People
    high: People
    chance: Chance
    by: str

    @property
    def passed(self) -> bool:
        """Whether the threshold was passed, more likely than not."""
        return self.chance >= 0.5

    @property
    def sure(self) -> bool:
        """Whether that is known at nine in ten."""
        return not UNSURE < self.chance < 1.0 - UNSURE


class Line(Frozen):
    """One day: the window ahead, what was said of it then, and what came where that is known.

    `probability` is the served forecast's, `ewm_6` that of a mean of past reports; `observed` is
    the share of the maximum that published arrivals had reached, None where no source could say.
    """

    as_of: date
    start: date
    end: date
    probability: Chance
    ewm_6: Chance
    observed: People | None
    came: Came | None = None

    def value(self, trigger: Trigger) -> float | None:
        """What the trigger looks at."""
        return self.probability if trigger.kind == "forecast" else self.observed

    def lead_days(self, over: float) -> int | None:
        """Days from the day to the one on which arrivals, taken as even, passed the threshold."""
        if self.came is None or not self.came.passed or self.came.persons <= over:
            return None
        days = (self.end - self.start).days + 1
        needed = -int(-days * over // self.came.persons)
        return (self.start - self.as_of).days + needed - 1


class Vintage(Frozen):
    """How far days of publication were assumed, so that lines are not quite of their day.

    `reports` and `attacks` are the shares without one of those known by the last line; attacks, of
    `attack_source`, were then taken as known `attack_days` after they ended.
    """

    reports: Chance
    attacks: Chance
    attack_source: str | None
    attack_days: People

    @property
    def pseudo(self) -> bool:
        """Whether any day was assumed."""
        return self.reports > 0.0 or self.attacks > 0.0


class Record(Frozen):
    """The lines of one trigger, each from what was published by its day.

    `known_by` is the day whose knowledge says what came; `models`, `nuzuh`, `draws` and `seed` say
    how to make it again, `vintage` what was assumed, None where nobody noted it.
    """

    crisis: str
    trigger: Trigger
    known_by: date
    nuzuh: str
    models: Mapping[str, str]
    draws: int
    seed: int
    vintage: Vintage | None = None
    lines: Annotated[tuple[Line, ...], Field(min_length=1)]

    def write(self) -> bytes:
        """The record as JSON text, without whom its trigger tells: records are passed on."""
        own = {"trigger": {"recipients", "language"}}
        return (self.model_dump_json(indent=1, exclude=own) + "\n").encode()


def read_record(path: Path) -> Record:
    """The record of a file. Raises InputError where it is none."""
    try:
        return Record.model_validate_json(path.read_bytes())
    except OSError as error:
        why = f"cannot be read: {error.strerror}; make one with nuzuh trigger try … --out FILE"
        raise InputError(Finding(str(path), why)) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or None
        why = f"is no record of a trigger ({first['msg']}); make one with nuzuh trigger try"
        raise InputError(Finding(str(path), why, column=where)) from None
