"""What a key is told of ticks: of none of a schedule that it may not know of."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, Field

from service.access.keys import AUDIENCES, Key
from service.api.deps import Service
from service.errors import NotFound
from service.schedules.book import Kept, read_kept
from service.schedules.diary import Tick
from service.schedules.editions import fingerprints
from service.schedules.history import letters_of
from service.schedules.proof import fingerprint

HIDDEN = "over a place that this key is not told of"


class StepShown(BaseModel):
    """A step that a tick took."""

    state: str
    author: str
    created: datetime
    reason: str | None


class TickShown(BaseModel):
    """A tick: due, drafted, refused, skipped, released or withdrawn."""

    tick: str = Field(examples=["monday@2019-05-06T04:00:00Z"])
    schedule: str
    crisis_id: str
    audience: str
    as_of: date
    since: date | None
    state: str
    author: str
    steps: list[StepShown]
    files: dict[str, str] = Field(description="SHA-256 by language and format.")
    forecast: str | None = Field(description="SHA-256 of forecast.json, which the pages print.")


class LetterShown(BaseModel):
    """The last attempt at one letter; `given up` after 48 hours."""

    event: str
    recipient: str
    outcome: str
    attempt: int
    created: datetime | None = Field(description="When it was tried; null before the first time.")
    reason: str | None
    again: datetime | None


class Past(TickShown):
    """A tick and its letters."""

    letters: list[LetterShown]


def kept_of(service: Service, key: Key, id_: str, version: int | None = None) -> Kept:
    """A schedule that the key may know of. Raises NotFound, alike for one that is not there."""
    try:
        kept = read_kept(service.store, id_, version)
    except NotFound:
        kept = None
    if kept is None or not may_see(service, key, kept):
        raise NotFound("there is no schedule of this id")
    return kept


def may_see(service: Service, key: Key, kept: Kept) -> bool:
    """Whether outlooks of a schedule are told to the audience of a key, or to one told less."""
    if AUDIENCES.index(kept.schedule.audience) > AUDIENCES.index(key.audience):
        return False
    disclosure = service.disclosure(kept.schedule.crisis_id, key.audience)
    return all(map(disclosure.tells_of, kept.schedule.places))


def tick_shown(service: Service, key: Key, kept: Kept, tick: Tick) -> TickShown:
    """A tick as the key may know of it."""
    return TickShown(**_told(service, key, kept, tick))


def past_shown(service: Service, key: Key, kept: Kept, tick: Tick) -> Past:
    """A tick and its letters as the key may know of them."""
    told = _told(service, key, kept, tick)
    return Past(**told, letters=[LetterShown(**one) for one in letters_of(service.store, tick)])


def _told(service: Service, key: Key, kept: Kept, tick: Tick) -> dict[str, Any]:
    schedule = kept.schedule
    disclosure = service.disclosure(schedule.crisis_id, key.audience)
    steps = [
        StepShown(
            state=step.state,
            author=step.author,
            created=step.created,
            reason=None if step.reason is None else disclosure.text(step.reason) or HIDDEN,
        )
        for step in tick.steps
    ]
    return {
        "tick": str(tick.key),
        "schedule": schedule.id,
        "crisis_id": schedule.crisis_id,
        "audience": schedule.audience,
        "as_of": tick.as_of,
        "since": tick.since,
        "state": tick.state,
        "author": tick.author,
        "steps": steps,
        "files": fingerprints(service.store, tick.edition, schedule),
        "forecast": fingerprint(service.store, tick.edition),
    }
