"""What became of the letters of a tick, for whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from service.schedules.book import read_kept
from service.schedules.clock import GIVEN_UP
from service.schedules.diary import Tick, read_attempts
from service.schedules.sending import EVENTS, to_send
from service.store.store import Store

GIVEN_UP_ON = "given up"
WHY = "not sent within 48 hours"


def letters_of(store: Store, tick: Tick) -> list[dict[str, Any]]:
    """The last attempt at each letter: event, recipient, outcome, attempt, created, reason, again.

    One that nobody will try to send any more, for the clock looks back two days, is `given up`;
    one that was never tried has the attempt 0. The events come in the order they were sent in.
    """
    noted = read_attempts(store, tick.key)
    found = {
        (event, name): {
            "event": event,
            "recipient": name,
            "outcome": last.outcome,
            "attempt": last.attempt,
            "created": last.created,
            "reason": last.reason,
            "again": last.again,
        }
        for event, letters in noted.items()
        for name, last in sorted(letters.items())
    }
    if tick.state in EVENTS and datetime.now(UTC) - tick.steps[-1].created > GIVEN_UP:
        kept = read_kept(store, tick.key.schedule_id, tick.version)
        for name, last in to_send(store, kept, tick).items():
            event = EVENTS[tick.state]
            reason = WHY if last is None else f"{WHY}: {last.reason}"
            found[event, name] = {
                "event": event,
                "recipient": name,
                "outcome": GIVEN_UP_ON,
                "attempt": 0 if last is None else last.attempt,
                "created": None if last is None else last.created,
                "reason": reason,
                "again": None,
            }
    order = list(EVENTS.values())
    return sorted(found.values(), key=lambda one: order.index(one["event"]))
