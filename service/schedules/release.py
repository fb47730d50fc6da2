"""Release: a draft is let out, and taken back, by somebody whose name stays with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from features.errors import Finding, InputError
from service.access.audit import Deed
from service.delivery.letter import File
from service.errors import Conflict
from service.schedules.book import Kept, read_kept
from service.schedules.diary import Key, Step, Tick, insert_step, read_tick, read_ticks
from service.schedules.editions import fingerprints, read_files
from service.schedules.proof import fingerprint
from service.schedules.schema import editions, tick_steps
from service.store.schema import audit
from service.store.store import Store


@dataclass(frozen=True)
class Verified:
    """An outlook that a file is, to the byte; without a language, the forecast behind it."""

    tick: Tick
    language: str
    format: str


def tick_key(text: str) -> Key:
    """The key of a tick from how it is written. Raises InputError."""
    id_, _, at = text.partition("@")
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        found = datetime.min
    if found.tzinfo is None:
        why = "is no tick; write it as nuzuh release list does: ID@2019-05-06T04:00:00Z"
        raise InputError(Finding("TICK", why, value=text))
    return Key(id_, found)


def approve(store: Store, key: Key, author: str) -> Tick:
    """Let a draft out; the workers send it. Raises NotFound, and Conflict where there is none."""
    tick = read_tick(store, key)
    if tick.state == "released":
        return tick
    if tick.state != "drafted":
        raise Conflict(f"{key} is {tick.state}; only a draft can be approved")
    return let_out(store, read_kept(store, key.schedule_id, tick.version), tick, author)


def let_out(store: Store, kept: Kept, tick: Tick, author: str) -> Tick:
    """Release a draft, once, with its line in the audit log."""
    told = {
        "release": kept.schedule.release,
        "audience": kept.schedule.audience,
        "edition": tick.edition,
        "forecast": fingerprint(store, tick.edition),
        "sha256": fingerprints(store, tick.edition, kept.schedule),
    }
    step = Step("released", author, datetime.now(UTC))
    return _take(store, tick.key, step, "outlook.release", told)


def withdraw(store: Store, key: Key, reason: str, author: str) -> Tick:
    """Take a released outlook back; who got it is told why.

    Raises NotFound, InputError without a reason, Conflict where nothing was released.
    """
    if not reason.strip():
        raise InputError(Finding("reason", "say why, for those who got the outlook will read it"))
    tick = read_tick(store, key)
    if tick.state == "withdrawn":
        return tick
    if tick.state != "released":
        raise Conflict(f"{key} is {tick.state}; only what was released can be withdrawn")
    step = Step("withdrawn", author, datetime.now(UTC), reason.strip())
    return _take(store, key, step, "outlook.withdraw", {"reason": reason.strip()})


def releases(store: Store, limit: int) -> list[Tick]:
    """Drafts that wait, and what was released and withdrawn, the newest first."""
    found = read_ticks(store, limit=None)
    return [tick for tick in found if tick.step("drafted")][:limit]


def read_pages(store: Store, tick: Tick) -> dict[str, dict[str, File]]:
    """The files of a draft or a release, by language and format.

    Raises Conflict for a tick that has none: none yet, or none at all.
    """
    kept = read_kept(store, tick.key.schedule_id, tick.version)
    if found := read_files(store, kept.schedule, tick):
        return found
    raise Conflict(f"{tick.key} is {tick.state} and has no files; see its history")


def verify(store: Store, sha256: str) -> list[Verified]:
    """Every released outlook that a file of this SHA-256 is; none where it is of another store.

    That of the forecast behind it, which every page prints, is known, too.
    """
    query = (
        sa.select(editions.c.language, editions.c.format, tick_steps.c.schedule_id, tick_steps.c.at)
        .join(tick_steps, tick_steps.c.edition == editions.c.edition)
        .where(editions.c.sha256 == sha256, tick_steps.c.state == "drafted")
        .order_by(tick_steps.c.at, tick_steps.c.schedule_id)
    )
    with store.reading() as connection:
        rows = connection.execute(query).all()
    found = [
        Verified(read_tick(store, Key(row.schedule_id, row.at)), row.language, row.format)
        for row in rows
    ]
    return [one for one in found if one.tick.step("released")]


def _take(store: Store, key: Key, step: Step, action: str, told: Mapping[str, Any]) -> Tick:
    """The step and its line in the audit log, both or neither."""
    deed = Deed(author=step.author, action=action, subject=str(key), detail=dict(told))
    with store.writing(key.schedule_id) as connection:
        if insert_step(connection, key, step):
            connection.execute(sa.insert(audit), asdict(deed))
    return read_tick(store, key)
