"""What happened: ticks, the steps they took, and every attempt at sending."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple

import sqlalchemy as sa

from service.delivery.letter import Event
from service.errors import NotFound
from service.schedules.schema import attempts, tick_steps, ticks
from service.store.store import Store

State = Literal["drafted", "refused", "skipped", "released", "withdrawn"]
STEPS: Mapping[State, int] = {
    "drafted": 1,
    "refused": 1,
    "skipped": 1,
    "released": 2,
    "withdrawn": 3,
}
SERVICE = "nuzuh"


class Key(NamedTuple):
    """Which tick; written `monday@2019-05-06T04:00:00Z`."""

    schedule_id: str
    at: datetime

    def __str__(self) -> str:
        return f"{self.schedule_id}@{moment(self.at)}"


@dataclass(frozen=True)
class Step:
    """A step of a tick. One drafted or refused has its `edition`, every other but a release why.

    A draft has a `reason` where it would go out by itself, and may not.
    """

    state: State
    author: str
    created: datetime
    reason: str | None = None
    edition: str | None = None


@dataclass(frozen=True)
class Tick:
    """A tick with the steps it took, in their order.

    Its outlook stands on the day `as_of`, on rows as they were `recorded`, and tells what changed
    `since` the one released before.
    """

    key: Key
    version: int
    as_of: date
    since: date | None
    recorded: datetime
    author: str
    created: datetime
    steps: tuple[Step, ...] = ()

    @property
    def state(self) -> State | Literal["due"]:
        """The last step, or due."""
        return self.steps[-1].state if self.steps else "due"

    @property
    def edition(self) -> str:
        """The key of its edition, empty where it has none yet."""
        return next((step.edition for step in self.steps if step.edition), "")

    def step(self, state: State) -> Step | None:
        """The step it took into a state."""
        return next((step for step in self.steps if step.state == state), None)


@dataclass(frozen=True)
class Attempt:
    """One attempt at sending a letter; one that is to be repeated tells when it may be, `again`."""

    event: Event
    recipient: str
    outcome: Literal["sent", "later", "failed"]
    created: datetime
    reason: str | None = None
    again: datetime | None = None
    attempt: int = 0


def moment(at: datetime) -> str:
    """A time in UTC, to the second."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def enter(store: Store, key: Key, step: Step) -> bool:
    """Take a step; False, and nothing changes, when the tick took one of its number before."""
    with store.writing(key.schedule_id) as connection:
        return insert_step(connection, key, step)


def read_tick(store: Store, key: Key) -> Tick:
    """The tick. Raises NotFound."""
    with store.reading() as connection:
        row = tick_row(connection, key)
        if row is None:
            raise NotFound(f"there is no tick {key}; see: nuzuh schedule history")
        return _with_steps(connection, [row])[0]


def read_ticks(
    store: Store,
    schedule_id: str | None = None,
    *,
    since: datetime | None = None,
    limit: int | None = None,
) -> list[Tick]:
    """Ticks, the newest first: of a schedule, or noted or with a step `since` a time."""
    query = sa.select(ticks).order_by(ticks.c.at.desc(), ticks.c.schedule_id).limit(limit)
    if schedule_id is not None:
        query = query.where(ticks.c.schedule_id == schedule_id)
    if since is not None:
        stepped = sa.exists().where(same_tick(), tick_steps.c.created >= since)
        query = query.where((ticks.c.created >= since) | stepped)
    with store.reading() as connection:
        return _with_steps(connection, connection.execute(query).all())


def note_attempt(store: Store, key: Key, attempt: Attempt) -> Attempt:
    """Note an attempt, under the next number of its letter."""
    of_letter = [
        attempts.c.schedule_id == key.schedule_id,
        attempts.c.at == key.at,
        attempts.c.event == attempt.event,
        attempts.c.recipient == attempt.recipient,
    ]
    with store.writing(key.schedule_id) as connection:
        last = connection.scalar(sa.select(sa.func.max(attempts.c.attempt)).where(*of_letter))
        numbered = replace(attempt, attempt=(last or 0) + 1)
        connection.execute(sa.insert(attempts), {**key._asdict(), **asdict(numbered)})
    return numbered


def read_attempts(store: Store, key: Key) -> dict[Event, dict[str, Attempt]]:
    """The last attempt at each letter of a tick, by event and recipient."""
    of_tick = (attempts.c.schedule_id == key.schedule_id) & (attempts.c.at == key.at)
    columns = [column for column in attempts.c if column.name not in Key._fields]
    query = sa.select(*columns).where(of_tick).order_by(attempts.c.attempt)
    found: dict[Event, dict[str, Attempt]] = {}
    with store.reading() as connection:
        for row in connection.execute(query):
            found.setdefault(row.event, {})[row.recipient] = Attempt(**row._mapping)
    return found


def insert_step(connection: sa.Connection, key: Key, step: Step) -> bool:
    """Take a step in the transaction of its schedule; False when its number was taken before."""
    number = STEPS[step.state]
    of_tick = (tick_steps.c.schedule_id == key.schedule_id) & (tick_steps.c.at == key.at)
    if number in set(connection.scalars(sa.select(tick_steps.c.step).where(of_tick))):
        return False
    connection.execute(sa.insert(tick_steps), {**key._asdict(), "step": number, **asdict(step)})
    return True


def same_tick() -> sa.ColumnElement[bool]:
    """That a step is one of the tick."""
    return (tick_steps.c.schedule_id == ticks.c.schedule_id) & (tick_steps.c.at == ticks.c.at)


def tick_row(connection: sa.Connection, key: Key) -> Any:
    """The tick as its table has it; None where there is none."""
    of_key = (ticks.c.schedule_id == key.schedule_id) & (ticks.c.at == key.at)
    return connection.execute(sa.select(ticks).where(of_key)).one_or_none()


def _with_steps(connection: sa.Connection, rows: Iterable[Any]) -> list[Tick]:
    found = {Key(row.schedule_id, row.at): row for row in rows}
    steps: dict[Key, list[Step]] = {}
    if found:
        times = [key.at for key in found]
        near = [
            tick_steps.c.at.between(min(times), max(times)),
            tick_steps.c.schedule_id.in_({key.schedule_id for key in found}),
        ]
        query = sa.select(tick_steps).where(*near).order_by(tick_steps.c.step)
        for row in connection.execute(query):
            step = Step(row.state, row.author, row.created, row.reason, row.edition)
            steps.setdefault(Key(row.schedule_id, row.at), []).append(step)
    return [
        Tick(
            key=key,
            version=row.version,
            as_of=row.as_of,
            since=row.since,
            recorded=row.recorded,
            author=row.author,
            created=row.created,
            steps=tuple(steps.get(key, ())),
        )
        for key, row in found.items()
    ]
