"""Schedules, and editions that are there already, so that nothing need be printed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from service.delivery.letter import Letter
from service.schedules.book import Kept, add_schedule
from service.schedules.diary import Tick
from service.schedules.editions import edition_of, keep, wanted
from service.schedules.schedule import read_schedule
from service.store.store import Store

GIVEN: dict[str, Any] = {
    "id": "monday",
    "crisis_id": "made-up",
    "cron": "0 7 * * 1",
    "audience": "restricted",
    "recipients": [{"way": "email", "address": "reader0@ngo.example.org"}],
}
SUNDAY = datetime(2019, 5, 5, 12, tzinfo=UTC)
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
