"""A look at triggers on a day: what each says is noted, or that no watch is kept, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.errors import Finding, InputError, TooLittleData
from forecast.trigger import Trigger
from forecast.trigger_record import Line
from forecast.trigger_states import advance, levels_of
from service.fresh import stale_sources
from service.schedules.diary import SERVICE
from service.triggers.kept import Check, Keeper, Kept, Step
from service.triggers.run import DRAWS, settled

if TYPE_CHECKING:
    from features.crisis import Crisis
    from forecast.situation import Situation

LONGEST = 300


@dataclass(frozen=True)
class Looked:
    """One trigger that was looked at; not `new` where the day had been noted before."""

    kept: Kept
    trigger: Trigger
    check: Check
    new: bool


@dataclass(frozen=True)
class Round:
    """What came of a look at several triggers.

    On those `blind` no watch is kept, with whether that is new; those `seeing` are watched again.
    """

    looked: list[Looked] = field(default_factory=list)
    blind: list[tuple[Kept, bool]] = field(default_factory=list)
    seeing: list[Kept] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def check_all(
    triggers: Keeper,
    crisis: Crisis,
    day: pd.Timestamp,
    *,
    due: Callable[[Kept], bool] = lambda _: True,
    draws: int = DRAWS,
    seed: int = 1,
) -> Round:
    """Look at every trigger kept that is `due`, and note what it says.

    Those of one window share a forecast. Past the limit of a source nothing is said: all triggers
    go blind. So does one that cannot be looked at, which is in the findings and keeps none of the
    others back. One without a record, and of which nobody said why, is not looked at, nor one that
    is retired. A day that was noted before is told again as it was said.
    """
    lookout, found = _Lookout(crisis, day, draws, seed), Round()
    for name in triggers.names():
        try:
            kept = triggers.get(name)
            if kept.ready and not kept.retired and (lookout.stale or due(kept)):
                _check(triggers, kept, lookout, found)
        except InputError as error:
            found.findings.extend(error.findings)
    return found


def no_watch(triggers: Keeper, kept: Kept, day: date, why: dict[str, Any]) -> bool:
    """Note that no watch is kept on a trigger, and why; False where that was noted before."""
    return triggers.enter(kept, Step(state="blind", day=day, author=SERVICE, why=why))


def failed(error: Exception) -> dict[str, Any]:
    """Why no watch is kept where a fit failed."""
    return {"failed": " ".join(str(error).split())[:LONGEST]}


class _Lookout:
    """Looks at triggers on one day; makes one forecast a window."""

    def __init__(self, crisis: Crisis, day: pd.Timestamp, draws: int, seed: int) -> None:
        self.crisis, self.day = crisis, day
        self._known, self._draws, self._seed = crisis.as_of(day), draws, seed
        self._situations: dict[tuple[int, str], Situation] = {}
        sources = stale_sources(self._known, day.date())
        self.stale = {"stale": [asdict(source) for source in sources]} if sources else {}

    def look(self, kept: Kept) -> Looked:
        """What a trigger says. Raises InputError and TooLittleData."""
        from forecast.trigger_replay import line_of

        trigger = settled(kept.file, self.crisis)
        line = line_of(self._known, self._situation(trigger), trigger)
        return Looked(kept, trigger, _checked(kept, trigger, line), True)

    def _situation(self, trigger: Trigger) -> Situation:
        from forecast.situation import situate

        steps, step = ahead = trigger.ahead
        if ahead not in self._situations:
            self._situations[ahead] = situate(
                self._known, self.day, steps, step=step, draws=self._draws, seed=self._seed
            )
        return self._situations[ahead]


def _check(triggers: Keeper, kept: Kept, lookout: _Lookout, found: Round) -> None:
    day, history = lookout.day.date(), kept.history
    if history.standing.day == day:
        trigger = settled(kept.file, lookout.crisis)
        found.looked.append(Looked(kept, trigger, history.checks[-1], False))
        return
    _refuse_earlier(kept, lookout.day)
    why = lookout.stale or _said(triggers, kept, lookout, found)
    if why:
        new = no_watch(triggers, kept, day, why)
        found.blind.append((triggers.get(kept.name), new))
    elif history.unwatched is not None:
        triggers.enter(kept, Step(state="watched", day=day, author=SERVICE, why={}))
        found.seeing.append(triggers.get(kept.name))


def _said(triggers: Keeper, kept: Kept, lookout: _Lookout, found: Round) -> dict[str, Any]:
    """Look at a trigger and note what it says; why it says nothing, if so."""
    try:
        looked = lookout.look(kept)
    except (InputError, TooLittleData) as error:
        found.findings.extend(getattr(error, "findings", [Finding(kept.name, str(error))]))
        return failed(error)
    triggers.note(kept, looked.check)
    found.looked.append(looked)
    return {"silent": True} if looked.check.line.value(looked.trigger) is None else {}


def _checked(kept: Kept, trigger: Trigger, line: Line) -> Check:
    before = kept.history.standing
    stands = advance(before, line.as_of, line.value(trigger), levels_of(trigger))
    return Check(
        line=line,
        state=stands.state,
        activated_on=stands.activated_on,
        held_back=stands.held_back,
    )


def _refuse_earlier(kept: Kept, day: pd.Timestamp) -> None:
    days = [kept.history.standing.day, *(step.day for step in kept.history.steps)]
    last = max((one for one in days if one is not None), default=None)
    if last is not None and day.date() < last:
        why = f"lies before the last day noted of {kept.name!r} ({last}); give that or later"
        raise InputError(Finding("--as-of", why, value=f"{day:%Y-%m-%d}"))
