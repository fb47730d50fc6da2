"""Schedules in the store: each change is a further version, and the last one counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from service.errors import Conflict, NotFound
from service.schedules.schedule import Schedule
from service.schedules.schema import schedules
from service.store.store import Store

WRITING = "schedules"


@dataclass(frozen=True)
class Kept:
    """A version of a schedule. Ticks count from `since`, when it was made or last resumed."""

    schedule: Schedule
    version: int
    paused: bool
    since: datetime
    author: str
    created: datetime


def add_schedule(store: Store, schedule: Schedule, author: str) -> Kept:
    """Keep a new schedule. Raises Conflict when there is one of its id."""
    now = datetime.now(UTC)
    kept = Kept(schedule, 1, False, now, author, now)
    with store.writing(WRITING) as connection:
        if _versions(connection, schedule.id):
            raise Conflict(f"there is a schedule {schedule.id} already; take another id")
        _insert(connection, kept)
    return kept


def change_schedule(store: Store, schedule: Schedule, author: str) -> Kept:
    """Keep another version of a schedule; ticks to come stand on it. Raises NotFound."""
    with store.writing(WRITING) as connection:
        last = _last(connection, schedule.id)
        kept = Kept(schedule, last.version + 1, last.paused, last.since, author, datetime.now(UTC))
        _insert(connection, kept)
    return kept


def pause_schedule(store: Store, id_: str, author: str) -> Kept:
    """No further ticks from now on. Raises NotFound."""
    return _switch(store, id_, author, paused=True)


def resume_schedule(store: Store, id_: str, author: str) -> Kept:
    """Ticks again from now on; those of the pause never come. Raises NotFound."""
    return _switch(store, id_, author, paused=False)


def read_kept(store: Store, id_: str, version: int | None = None) -> Kept:
    """A version of a schedule, the last one if none is named. Raises NotFound."""
    with store.reading() as connection:
        return _last(connection, id_, version)


def all_schedules(store: Store) -> list[Kept]:
    """Every schedule as it stands, by id."""
    last = (
        sa.select(schedules.c.id, sa.func.max(schedules.c.version).label("version"))
        .group_by(schedules.c.id)
        .subquery()
    )
    same = (schedules.c.id == last.c.id) & (schedules.c.version == last.c.version)
    with store.reading() as connection:
        rows = connection.execute(sa.select(schedules).join(last, same).order_by(schedules.c.id))
        return [_kept(row) for row in rows]


def _switch(store: Store, id_: str, author: str, *, paused: bool) -> Kept:
    now = datetime.now(UTC)
    with store.writing(WRITING) as connection:
        last = _last(connection, id_)
        if last.paused == paused:
            return last
        kept = Kept(last.schedule, last.version + 1, paused, now, author, now)
        _insert(connection, kept)
    return kept


def _insert(connection: sa.Connection, kept: Kept) -> None:
    row = {
        "id": kept.schedule.id,
        "crisis_id": kept.schedule.crisis_id,
        "definition": kept.schedule.model_dump(mode="json"),
        "version": kept.version,
        "paused": kept.paused,
        "since": kept.since,
        "author": kept.author,
        "created": kept.created,
    }
    connection.execute(sa.insert(schedules), row)


def _versions(connection: sa.Connection, id_: str) -> int:
    query = sa.select(sa.func.max(schedules.c.version)).where(schedules.c.id == id_)
    return connection.scalar(query) or 0


def _last(connection: sa.Connection, id_: str, version: int | None = None) -> Kept:
    found = _versions(connection, id_) if version is None else version
    query = sa.select(schedules).where(schedules.c.id == id_, schedules.c.version == found)
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no schedule {id_}; see: nuzuh schedule list")
    return _kept(row)


def _kept(row: sa.Row[tuple[object, ...]]) -> Kept:
    return Kept(
        Schedule(**row.definition), row.version, row.paused, row.since, row.author, row.created
    )
