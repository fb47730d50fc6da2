"""Schedules, and editions that are there already, so that nothing need be printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

from service.delivery.letter import Letter
from service.schedules.book import Kept, add_schedule
from service.schedules.clock import PRINT, Clock
from service.schedules.diary import Key, Tick
from service.schedules.editions import Edition, edition_of, keep, keep_refusal, wanted
from service.schedules.schedule import read_schedule
from service.schedules.sending import send
from service.store.store import Store

GIVEN: dict[str, Any] = {
    "id": "monday",
    "crisis_id": "made-up",
    "cron": "0 7 * * 1",
    "audience": "restricted",
    "recipients": [{"way": "email", "address": "reader0@ngo.example.org"}],
}
SUNDAY = datetime(2019, 5, 5, 12, tzinfo=UTC)
MONDAY = SUNDAY + timedelta(hours=16, minutes=1)
WEEK = timedelta(days=7)


def readers(count: int) -> list[dict[str, str]]:
    """So many addresses of e-mail."""
    return [{"way": "email", "address": f"reader{n}@ngo.example.org"} for n in range(count)]


def kept(store: Store, **changed: Any) -> Kept:
    """A schedule of the store."""
    return add_schedule(store, read_schedule({**GIVEN, **changed}), "tester")


def print_all(store: Store, kept: Kept, tick: Tick) -> None:
    """All pages of the edition of a tick."""
    key = edition_of(kept.schedule, tick).key
    for language, format_ in wanted(kept.schedule):
        content = f"Outlook of {tick.as_of} in {language}\n\nas {format_}\n"
        keep(store, key, language, format_, content.encode())


class Taken:
    """Takes every letter but those to the addresses in `errors`."""

    def __init__(self, **errors: Exception) -> None:
        self.errors = errors
        self.letters: list[tuple[str, Letter]] = []

    def deliver(self, letter: Letter, way: str, address: str) -> None:
        for start, error in self.errors.items():
            if address.startswith(start):
                raise error
        self.letters.append((address, letter))


class Here:
    """A queue of its own: what is asked for is done at once, each name once.

    Letters go to `taken`, or by any other ways.
    """

    def __init__(self, store: Store, taken: Any = None) -> None:
        self.store, self.taken = store, taken or Taken()
        self.refusal: dict[str, Any] | None = None
        self.asked: Counter[str] = Counter()
        self.clock = Clock(store, self.ask)

    def ask(self, task: str, name: str, arguments: Sequence[Any]) -> None:
        self.asked[name] += 1
        if self.asked[name] == 1 and task == PRINT:
            self._print(*arguments)
        elif self.asked[name] == 1:
            schedule_id, at, event, names = arguments
            send(self.store, self.taken, Key(schedule_id, datetime.fromisoformat(at)), event, names)

    def _print(self, document: dict[str, Any], language: str, format_: str) -> None:
        edition = Edition.of_document(document)
        if self.refusal is not None:
            keep_refusal(self.store, edition.key, self.refusal)
        else:
            content = f"Outlook of {edition.as_of} in {language}\n\nas {format_}\n"
            keep(self.store, edition.key, language, format_, content.encode())

    def look(self, now: datetime, times: int = 4) -> None:
        """Look so often within a second."""
        for _ in range(times):
            with time_machine.travel(now, tick=False):
                self.clock.look(now)


def monday(store: Store, **changed: Any) -> Kept:
    """A schedule that was made on the Sunday before."""
    with time_machine.travel(SUNDAY, tick=False):
        return kept(store, **{"release": "automatic", **changed})
