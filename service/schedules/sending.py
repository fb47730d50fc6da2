"""Letters sent: each once, every attempt noted, none held up by another."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Protocol

from features.errors import StoreError
from service.delivery.failures import TryLater, Undelivered, wait_before_next
from service.delivery.letter import Event, Letter
from service.schedules.book import Kept, read_kept
from service.schedules.diary import (
    SERVICE,
    Attempt,
    Key,
    Tick,
    note_attempt,
    read_attempts,
    read_tick,
)
from service.schedules.letters import Letters, write_letters
from service.schedules.schedule import Recipient
from service.store.store import Store

AT_ONCE = 8
EVENTS: dict[str, Event] = {
    "released": "outlook",
    "refused": "refusal",
    "withdrawn": "correction",
}
log = logging.getLogger(__name__)


class Ways(Protocol):
    """What takes a letter, as `service.delivery.post.Post` does."""

    def deliver(self, letter: Letter, way: str, address: str) -> None:
        """Hand a letter over. Raises TryLater or Refused when it was not taken."""


def to_send(store: Store, kept: Kept, tick: Tick) -> dict[str, Attempt | None]:
    """The recipients whose letter is still to be sent, each with the last attempt at it.

    A correction goes to those that got the outlook. Nothing goes out that nobody approved: of a
    tick that somebody asked for out of turn, a refusal goes out only where all do by themselves.
    """
    event = EVENTS.get(tick.state)
    unapproved = tick.author != SERVICE and kept.schedule.release != "automatic"
    if event is None or (event == "refusal" and unapproved):
        return {}
    noted = read_attempts(store, tick.key)
    names = [str(one) for one in kept.schedule.recipients]
    if event == "correction":
        got = noted.get("outlook", {})
        names = [name for name in names if name in got and got[name].outcome == "sent"]
    last = noted.get(event, {})
    open_ = {name: last.get(name) for name in names}
    return {name: one for name, one in open_.items() if one is None or one.outcome == "later"}


def send(
    store: Store,
    ways: Ways,
    key: Key,
    event: Event,
    names: Sequence[str],
    lost: Callable[[], bool] = lambda: False,
) -> None:
    """Send these recipients' letters of an event, unless they have them or it is over.

    It ends once the task is `lost` to another worker, which sends what is left.

    Raises StoreError when an attempt cannot be noted.
    """
    tick = read_tick(store, key)
    if EVENTS.get(tick.state) != event:
        return
    kept = read_kept(store, key.schedule_id, tick.version)
    letters = write_letters(store, kept, tick, event)
    recipients = [one for one in kept.schedule.recipients if str(one) in names]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        send_one = partial(_send_one, store, ways, kept, letters)
        done = [pool.submit(lambda to: lost() or send_one(to), one) for one in recipients]
    for one in done:
        one.result()


def attempted(ways: Ways, letter: Letter, recipient: Recipient, attempts: int) -> Attempt:
    """Hand a letter over; what became of that attempt, the `attempts`-th."""
    error = _error(ways, letter, recipient)
    now = datetime.now(UTC)
    if error is None:
        return Attempt(letter.event, str(recipient), "sent", now)
    asked = error.after if isinstance(error, TryLater) else timedelta(0)
    wait = wait_before_next(attempts, asked) if isinstance(error, TryLater) else None
    if wait is None:
        return Attempt(letter.event, str(recipient), "failed", now, str(error))
    return Attempt(letter.event, str(recipient), "later", now, str(error), now + wait)


def _send_one(store: Store, ways: Ways, kept: Kept, letters: Letters, recipient: Recipient) -> None:
    """Send one letter and note how it went; nothing when it was sent, or is not to be any more."""
    key, name = letters.tick.key, str(recipient)
    tick = read_tick(store, key)
    open_ = to_send(store, kept, tick) if EVENTS.get(tick.state) == letters.event else {}
    if name not in open_:
        return
    before = open_[name]
    if before is not None and before.again is not None and before.again > datetime.now(UTC):
        return
    letter = letters.to(recipient, kept.schedule.language_of(recipient))
    attempts = 1 if before is None else before.attempt + 1
    note_attempt(store, key, attempted(ways, letter, recipient, attempts))


def _error(ways: Ways, letter: Letter, recipient: Recipient) -> Undelivered | None:
    try:
        ways.deliver(letter, recipient.way, recipient.address)
    except (Undelivered, StoreError) as error:
        return error if isinstance(error, Undelivered) else TryLater(str(error))
    except Exception as error:
        log.exception("letter %s could not be sent by %s", letter.id, recipient.way)
        return Undelivered(f"{type(error).__name__}: {error}")
    return None
