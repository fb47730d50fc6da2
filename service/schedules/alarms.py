"""Triggers looked at after rows came and when a window moves on, and what they say told at once.

Every day it is seen to, too, that a watch is kept at all: sources grow old without a row coming.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from features.errors import InputError
from forecast.periods import periods
from service.answers import Told
from service.jobs.steps import opened_again
from service.schedules.clock import AGAIN
from service.store.store import Store
from service.triggers.book import StoredTriggers, changed, crises_with_triggers, noted
from service.triggers.kept import Kept
from service.triggers.letters import letters_due
from service.triggers.look import check_all, failed, no_watch

Ask = Callable[[str, str, Sequence[Any]], None]
CHECK, ALARM = "check", "alarm"


class Lookout:
    """Looks at the triggers of a store and asks for what is due: `ask(task, name, arguments)`."""

    def __init__(self, store: Store, ask: Ask) -> None:
        self._store, self._ask = store, ask
        self._asked: dict[str, str] = {}

    def look(self, now: datetime) -> None:
        """Ask for a check of what changed, once a day of all else; and for letters to be sent."""
        for crisis_id in crises_with_triggers(self._store):
            day = now.astimezone(UTC).date().isoformat()
            name = f"{CHECK}:{crisis_id}:{day}:{changed(self._store, crisis_id).isoformat()}"
            if self._asked.get(crisis_id) != name:
                recorded = self._store.recorded(crisis_id).isoformat()
                self._ask(CHECK, name, [crisis_id, day, recorded])
                self._asked[crisis_id] = name
        for one in letters_due(self._store, now):
            attempts = 0 if one.last is None else one.last.attempt
            if one.last is None or one.last.again is None or one.last.again <= now:
                round_ = (now - one.created) // AGAIN
                name = f"{ALARM}:{one.trigger_id}:{one.of}:{one.recipient}:{attempts}:{round_}"
                self._ask(ALARM, name, [one.trigger_id, one.of, str(one.recipient)])


def check_stored(url: str, crisis_id: str, day: str, recorded: str, *, told: Told) -> list[str]:
    """Look at the triggers of a crisis in a process of its own, and note what each says.

    Nothing is said from sources that are too old: then no watch is kept, which is noted. Returns
    why a trigger could not be looked at.
    """
    told(0.0, "reading")
    stamp = pd.Timestamp(day)
    with opened_again(url) as store:
        crisis = store.crisis(crisis_id, recorded=datetime.fromisoformat(recorded))
        told(0.1, "forecasting")
        due = _due(store, crisis_id, stamp)
        found = check_all(StoredTriggers(store, crisis_id), crisis, stamp, due=due)
    return [str(finding) for finding in found.findings]


def note_failure(store: Store, crisis_id: str, day: str, error: Exception) -> None:
    """Note that no watch was kept on a day, for the check of a crisis as a whole failed."""
    triggers = StoredTriggers(store, crisis_id)
    for name in triggers.names():
        with suppress(InputError):
            kept = triggers.get(name)
            if kept.ready and f"{kept.history.standing.day}" != day:
                no_watch(triggers, kept, date.fromisoformat(day), failed(error))


def _due(store: Store, crisis_id: str, day: pd.Timestamp) -> Callable[[Kept], bool]:
    """Whether a trigger has something new to look at: rows, or a window that has moved on."""
    last, came = noted(store, crisis_id), changed(store, crisis_id)

    def due(kept: Kept) -> bool:
        if kept.name not in last or kept.history.unwatched is not None:
            return True
        start = periods(day, 1, kept.file.trigger.ahead[1])["start"].iloc[0].date()
        return came > last[kept.name] or start != kept.history.checks[-1].line.start

    return due
