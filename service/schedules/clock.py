"""The clock: what is due now, whoever looks. It changes nothing that a second look would change.

What is heavy or slow is only asked for here, by a name that stays the same however often it is
asked for; a job queue does it once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from features.errors import InputError
from service.access.keys import list_keys
from service.schedules.book import Kept, all_schedules, read_kept
from service.schedules.diary import SERVICE, Attempt, Key, Step, Tick, enter, moment, read_ticks
from service.schedules.editions import (
    REFUSED,
    Edition,
    edition_of,
    keep_refusal,
    made,
    read_refusal,
    wanted,
)
from service.schedules.opening import last_tick, open_ticks
from service.schedules.press import TITLE, facts_of
from service.schedules.release import let_out
from service.schedules.sending import EVENTS, to_send
from service.schedules.ticks import due
from service.schedules.words import why
from service.store.store import Store

Ask = Callable[[str, str, Sequence[Any]], None]
PRINT, SEND = "print", "send"
TOGETHER = 50
# What was asked for and never came is asked for again after this time, and given up after that.
AGAIN = timedelta(hours=1)
GIVEN_UP = timedelta(days=2)
# Pages that were asked for so often and never came: whoever waits for them is told.
MOST_ROUNDS = 3
NEVER_PRINTED = {"failed": f"asked for {MOST_ROUNDS} times, it was never printed; see the log"}
log = logging.getLogger(__name__)


class Clock:
    """Looks at the schedules of a store and asks for what is due: `ask(task, name, arguments)`."""

    def __init__(self, store: Store, ask: Ask) -> None:
        self._store, self._ask = store, ask
        self._finished: dict[Key, str] = {}
        self._rounds: dict[Key, set[int]] = {}

    def look(self, now: datetime) -> None:
        """Note the ticks that are due, and take every tick a step on."""
        for kept in all_schedules(self._store):
            if not kept.paused:
                self._open(kept, now)
        for tick in reversed(read_ticks(self._store, since=now - GIVEN_UP)):
            if self._finished.get(tick.key) != tick.state:
                self._go_on(tick, now)

    def _open(self, kept: Kept, now: datetime) -> None:
        schedule = kept.schedule
        last = max(last_tick(self._store, schedule.id) or kept.since, kept.since)
        found = due(schedule.cron, schedule.zone, schedule.catch_up, last, now)
        if not found:
            return
        try:
            open_ticks(self._store, kept, found)
        except InputError as error:
            log.error("schedule %s cannot tick: %s", schedule.id, error)

    def _go_on(self, tick: Tick, now: datetime) -> None:
        kept = read_kept(self._store, tick.key.schedule_id, tick.version)
        if tick.state == "due":
            self._prepare(kept, tick, now)
        elif tick.state == "drafted" and kept.schedule.release == "automatic":
            if tick.steps[-1].reason is None and _why_held(self._store, kept, tick, now) is None:
                let_out(self._store, kept, tick, _releaser(kept, tick))
        elif tick.state in EVENTS:
            self._send(kept, tick, now)
        elif tick.state == "skipped":
            self._finished[tick.key] = tick.state

    def _prepare(self, kept: Kept, tick: Tick, now: datetime) -> None:
        """Ask for the missing pages; with none missing, draft, or refuse what cannot be made."""
        edition = edition_of(kept.schedule, tick)
        there = made(self._store, edition.key)
        if REFUSED in there:
            reason = why(read_refusal(self._store, edition.key), "en")
            enter(self._store, tick.key, Step("refused", SERVICE, now, reason, edition.key))
            return
        missing = [pair for pair in wanted(kept.schedule) if pair not in there]
        if not missing:
            held = _why_held(self._store, kept, tick, now)
            enter(self._store, tick.key, Step("drafted", SERVICE, now, held, edition.key))
            return
        rounds = self._rounds.setdefault(tick.key, set())
        rounds.add(_round(tick.created, now))
        if len(rounds) > MOST_ROUNDS:
            title = {"en": facts_of(self._store, edition.crisis_id).title}
            keep_refusal(self._store, edition.key, NEVER_PRINTED | {TITLE: title})
            return
        for language, format_ in missing:
            self._ask_print(edition, language, format_, max(rounds))

    def _ask_print(self, edition: Edition, language: str, format_: str, round_: int) -> None:
        name = f"{PRINT}:{edition.key}:{language}:{format_}:{round_}"
        self._ask(PRINT, name, [edition.document(), language, format_])

    def _send(self, kept: Kept, tick: Tick, now: datetime) -> None:
        open_ = to_send(self._store, kept, tick)
        if not open_:
            self._finished[tick.key] = tick.state
        event, round_ = EVENTS[tick.state], _round(tick.steps[-1].created, now)
        start = [tick.key.schedule_id, moment(tick.key.at), event]
        every = [str(one) for one in kept.schedule.recipients]
        for first in range(0, len(every), TOGETHER):
            names = [name for name in every[first : first + TOGETHER] if name in open_]
            if any(open_[name] is None for name in names):
                name = f"{SEND}:{tick.key}:{event}:{round_}:{first}"
                self._ask(SEND, name, [*start, names])
        for one, attempt in open_.items():
            if attempt is not None and _is_due(attempt, now):
                name = f"{SEND}:{tick.key}:{event}:{one}:{attempt.attempt}:{round_}"
                self._ask(SEND, name, [*start, [one]])


def _releaser(kept: Kept, tick: Tick) -> str:
    """In whose name a draft goes out by itself: who asked for it, or keeps the schedule."""
    return kept.author if tick.author == SERVICE else tick.author


def _why_held(store: Store, kept: Kept, tick: Tick, now: datetime) -> str | None:
    """Why a draft that would go out by itself waits for approval; None where it does not.

    Authors that are no keys are users of this machine.
    """
    author = _releaser(kept, tick)
    keys = [key for key in list_keys(store) if key.id == author]
    if kept.schedule.release != "automatic" or all(
        key.valid(now) and key.may("publish") for key in keys
    ):
        return None
    return f"waits for approval: the key {author} is revoked, expired or may not publish"


def _round(since: datetime, now: datetime) -> int:
    return max(0, (now - since) // AGAIN)


def _is_due(attempt: Attempt, now: datetime) -> bool:
    return attempt.again is None or attempt.again <= now
