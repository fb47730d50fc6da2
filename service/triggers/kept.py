"""A trigger that is kept, and all that it has said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, Protocol

from forecast.trigger import Frozen
from forecast.trigger_file import TriggerFile
from forecast.trigger_record import Line, Record
from forecast.trigger_states import Standing

BLIND, WATCHED, RETIRED = "blind", "watched", "retired"


class Check(Frozen):
    """One day on which a trigger was looked at, as it was said then."""

    line: Line
    state: str
    activated_on: date | None
    held_back: bool

    @property
    def standing(self) -> Standing:
        """Where it stood after the day."""
        return Standing(self.line.as_of, None, self.state, self.activated_on, self.held_back)


class Step(Frozen):
    """What became of the watch itself: none is kept (blind), it is again, or never will be.

    `why` holds the sources that were `stale`, how a fit `failed`, that all sources were `silent`,
    or the `reason` that somebody gave; `service.triggers.letters.because` puts it in words.
    """

    state: Literal["blind", "watched", "retired"]
    day: date
    author: str
    why: dict[str, Any]


class History(Frozen):
    """Since when a trigger is kept, why without a record where it has none, and all it has said."""

    crisis: str
    added: date
    untested: str = ""
    checks: tuple[Check, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def standing(self) -> Standing:
        """Where it stood when it was last looked at."""
        return self.checks[-1].standing if self.checks else Standing()

    @property
    def unwatched(self) -> Step | None:
        """The step since which no watch is kept; None where one is."""
        last = self.steps[-1] if self.steps else None
        return None if last is None or last.state == WATCHED else last

    @property
    def state(self) -> str:
        """Where it stands now."""
        return self.standing.state if self.unwatched is None else self.unwatched.state

    def with_step(self, step: Step) -> History:
        """The history with another step; the same where that changes nothing, or it is retired."""
        before = self.unwatched.state if self.unwatched is not None else WATCHED
        if before in (RETIRED, step.state):
            return self
        return self.model_copy(update={"steps": (*self.steps, step)})


@dataclass(frozen=True)
class Kept:
    """One trigger; `record` is None where it was added untested, or never tried."""

    name: str
    file: TriggerFile
    record: Record | None
    history: History

    @property
    def ready(self) -> bool:
        """Whether it has a record, or somebody said why it has none."""
        return self.record is not None or bool(self.history.untested)

    @property
    def retired(self) -> bool:
        """Whether it is never looked at again."""
        return self.history.state == RETIRED


class Keeper(Protocol):
    """What keeps the triggers of a crisis: a folder, or the store (`service.triggers.book`).

    The command line works on crisis folders that no store holds, so it keeps its own files.
    """

    def names(self) -> list[str]: ...  # noqa: D102
    def get(self, name: str) -> Kept: ...  # noqa: D102
    def note(self, kept: Kept, check: Check) -> None: ...  # noqa: D102
    def enter(self, kept: Kept, step: Step) -> bool: ...  # noqa: D102
