"""Ticks opened: by the clock once they are due, and by whoever asks for one out of turn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import sqlalchemy as sa

from features.errors import Finding, InputError
from service.access.policy import Policy
from service.access.stored import policy_of
from service.errors import TooMany
from service.schedules.book import Kept
from service.schedules.diary import SERVICE, Key, Step, insert_step, same_tick, tick_row
from service.schedules.schema import tick_steps, ticks
from service.schedules.ticks import Due, day_of
from service.store.schema import Utc, row_versions
from service.store.store import Store

MISSED = "missed while nothing was running; the schedule does not catch it up"
MOST_ASKED, ASKED_WITHIN = 10, timedelta(hours=1)


def open_ticks(store: Store, kept: Kept, found: Sequence[Due]) -> None:
    """Note ticks of a schedule that are not noted yet; those not to be served as skipped."""
    recorded = store.recorded(kept.schedule.crisis_id)
    policy = policy_of(store, kept.schedule.crisis_id, kept.schedule.audience)
    id_ = kept.schedule.id
    with store.writing(id_) as connection:
        of_schedule = sa.select(ticks.c.at).where(ticks.c.schedule_id == id_)
        known = set(connection.scalars(of_schedule.where(ticks.c.at >= found[0].at)))
        for due in [due for due in found if due.at not in known]:
            as_of = _told_by(due.at, policy, day_of(due.at, kept.schedule.zone))
            _open(connection, kept, due.at, as_of, recorded, SERVICE)
            if not due.served:
                skipped = Step("skipped", SERVICE, datetime.now(UTC), MISSED)
                insert_step(connection, Key(id_, due.at), skipped)


def ask_tick(store: Store, kept: Kept, as_of: date | None, author: str, now: datetime) -> Key:
    """Note a tick that somebody asks for out of turn, in the first free second from `now`.

    Raises InputError for a day of which nothing can be known, and TooMany.
    """
    _refuse_day(store, kept, as_of, now)
    recorded = store.recorded(kept.schedule.crisis_id)
    policy = policy_of(store, kept.schedule.crisis_id, kept.schedule.audience)
    id_, at = kept.schedule.id, now.astimezone(UTC).replace(microsecond=0)
    with store.writing(id_) as connection:
        _refuse_flood(connection, id_)
        while tick_row(connection, Key(id_, at)) is not None:
            at += timedelta(seconds=1)
        day = _told_by(at, policy, as_of or day_of(at, kept.schedule.zone))
        _open(connection, kept, at, day, recorded, author)
    return Key(id_, at)


def last_tick(store: Store, schedule_id: str) -> datetime | None:
    """When the schedule last ticked of itself; None before its first tick."""
    of_clock = (ticks.c.schedule_id == schedule_id) & (ticks.c.author == SERVICE)
    with store.reading() as connection:
        return connection.scalar(sa.select(sa.func.max(ticks.c.at, type_=Utc)).where(of_clock))


def _refuse_day(store: Store, kept: Kept, as_of: date | None, now: datetime) -> None:
    """Refuse a day to come, and one before the first report of the crisis."""
    if as_of is None:
        return
    rows, today = row_versions.c, day_of(now, kept.schedule.zone) + timedelta(days=1)
    of_crisis = sa.select(sa.func.min(rows.published)).where(
        rows.crisis_id == kept.schedule.crisis_id, rows.code == 0
    )
    with store.reading() as connection:
        first = connection.scalar(of_crisis) or today
    if not first <= as_of <= today:
        why = f"lies outside of what is known; give a day from {first} to {today}"
        raise InputError(Finding("as_of", why, value=f"{as_of}"))


def _refuse_flood(connection: sa.Connection, schedule_id: str) -> None:
    """Refuse a tick out of turn after so many within an hour."""
    since = datetime.now(UTC) - ASKED_WITHIN
    of_people = (ticks.c.author != SERVICE) & (ticks.c.created > since)
    query = sa.select(ticks.c.created).where(ticks.c.schedule_id == schedule_id, of_people)
    asked = connection.scalars(query.order_by(ticks.c.created)).all()
    if len(asked) >= MOST_ASKED:
        wait = asked[-MOST_ASKED] - since
        why = f"a schedule is run out of turn {MOST_ASKED} times an hour at most; wait"
        raise TooMany(why, int(wait.total_seconds()) + 1)


def _told_by(at: datetime, policy: Policy, day: date) -> date:
    """The day, or the last one that the embargo of the audience lets an outlook stand on."""
    return min(day, at.date() - timedelta(days=policy.embargo_days)) if policy.embargo_days else day


def _open(
    connection: sa.Connection,
    kept: Kept,
    at: datetime,
    as_of: date,
    recorded: datetime,
    author: str,
) -> None:
    row = {
        "schedule_id": kept.schedule.id,
        "at": at,
        "version": kept.version,
        "as_of": as_of,
        "since": _released_before(connection, kept.schedule.id, as_of),
        "recorded": recorded,
        "author": author,
        "created": datetime.now(UTC),
    }
    connection.execute(sa.insert(ticks), row)


def _released_before(connection: sa.Connection, schedule_id: str, as_of: date) -> date | None:
    """The day of the last outlook that stands, before a day."""
    released = sa.exists().where(same_tick(), tick_steps.c.state == "released")
    withdrawn = sa.exists().where(same_tick(), tick_steps.c.state == "withdrawn")
    earlier = (ticks.c.schedule_id == schedule_id) & (ticks.c.as_of < as_of)
    query = sa.select(sa.func.max(ticks.c.as_of)).where(earlier, released, ~withdrawn)
    return connection.scalar(query)
