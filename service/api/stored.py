"""Stored answers: who may know of one, and lists of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field

from service.access.disclosure import Disclosure
from service.access.keys import AUDIENCES, Key
from service.api.deps import Service, latest_of, today
from service.api.paging import cursor_of, place_of, time_of
from service.errors import NotFound, Stale, StaleSource
from service.store.schema import documents, intakes

NAMES = ("id", "kind", "crisis_id", "as_of", "fingerprint", "request", "models", "nuzuh", "seed")
STOOD_ON = intakes.alias("stood_on")
AT_ONCE = 100


class MayBeStale(BaseModel):
    """Whether stale sources will do."""

    model_config = ConfigDict(extra="forbid")

    stale: Literal["allow", "refuse"] = Field(
        "refuse", description="allow: also where a source is stale, which is then marked."
    )


@dataclass(frozen=True)
class Head:
    """A stored answer without its bytes; the latest rows of its crisis came at `latest`."""

    id: str
    kind: str
    crisis_id: str
    as_of: date | None
    fingerprint: str
    request: dict[str, Any]
    models: dict[str, str]
    nuzuh: str
    seed: int | None
    author: str
    created: datetime
    recorded: datetime
    latest: datetime


def _query() -> sa.Select[Any]:
    """The query of the heads of all answers."""
    columns = [documents.c[name] for name in (*NAMES, "author", "created")]
    latest = latest_of(documents.c.crisis_id).label("latest")
    of_intake = (documents.c.crisis_id == STOOD_ON.c.crisis_id) & (
        documents.c.intake == STOOD_ON.c.intake
    )
    return sa.select(*columns, STOOD_ON.c.recorded, latest).join(STOOD_ON, of_intake)


def visible(head: Head, disclosure: Disclosure, key: Key) -> bool:
    """Whether the bearer of a key may know of an answer.

    Nobody does before the embargo on its day is over, nor of one that was asked for places that
    are finer than told. What rests on someone's assumptions is told to its author and to those who
    are told all; a backtest, which speaks of single reports, and the record of a trigger to the
    latter. An outlook is told to the audience it was written for, and to those told more.
    """
    if disclosure.embargoed(head.as_of, today()):
        return False
    if not all(disclosure.tells_of(place) for place in head.request.get("places") or ()):
        return False
    if head.kind == "forecast" or disclosure.policy.unlimited:
        return True
    if head.kind == "outlook":
        return tells(key, head.request["audience"])
    return head.kind == "projection" and head.author == key.id


def tells(key: Key, audience: str) -> bool:
    """Whether what an audience is told is told to a key: of its own, or of one told less."""
    return AUDIENCES.index(audience) <= AUDIENCES.index(key.audience)


def find(service: Service, key: Key, id_: str, kind: str) -> tuple[Head, Disclosure]:
    """The answer of an id, and what the bearer of the key is told of its crisis.

    Raises NotFound, alike for one that is not and for one that the bearer may not know of.
    """
    query = _query().where(documents.c.id == id_)
    with service.store.reading() as connection:
        row = connection.execute(query.where(documents.c.kind == kind)).one_or_none()
    if row is not None:
        head = Head(**row._mapping)
        disclosure = service.disclosure(head.crisis_id, key.audience, head.latest)
        if visible(head, disclosure, key):
            return head, disclosure
    raise NotFound(f"there is no {kind.replace('_', ' ')} of this id")


def newest(
    service: Service,
    key: Key,
    kind: str,
    limit: int,
    *where: sa.ColumnElement[bool],
    after: tuple[datetime, str] | None = None,
    fit: Callable[[Head], bool] = lambda head: True,
) -> list[Head]:
    """The newest answers that the bearer may know of and that fit, those older than `after`."""
    order = documents.c.created.desc(), documents.c.id.desc()
    query = _query().order_by(*order).limit(AT_ONCE)
    query = query.where(documents.c.kind == kind, *where)
    found: list[Head] = []
    while len(found) < limit:
        page = query if after is None else query.where(_older(*after))
        with service.store.reading() as connection:
            heads = [Head(**row._mapping) for row in connection.execute(page)]
        for head in heads:
            disclosure = service.disclosure(head.crisis_id, key.audience, head.latest)
            if visible(head, disclosure, key) and fit(head):
                found.append(head)
        if len(heads) < AT_ONCE:
            break
        after = heads[-1].created, heads[-1].id
    return found[:limit]


def page(
    service: Service, key: Key, kind: str, crisis_id: str | None, limit: int, cursor: str | None
) -> tuple[Sequence[Head], str | None]:
    """A page of answers, the newest first, and the cursor of the next. Raises InputError."""
    after = None
    if cursor is not None:
        place = place_of(cursor, {"created": str, "id": str})
        after = time_of(place["created"]), place["id"]
    where = [] if crisis_id is None else [documents.c.crisis_id == crisis_id]
    found = newest(service, key, kind, limit + 1, *where, after=after)
    if len(found) <= limit:
        return found, None
    last = found[limit - 1]
    return found[:limit], cursor_of(created=last.created.isoformat(), id=last.id)


def refuse_stale(
    service: Service, key: Key, crisis_id: str, day: date, found: Sequence[StaleSource]
) -> None:
    """Raise Stale when any source is found so, with the newest forecast that rests on none such."""
    if found:
        good = last_good(service, key, crisis_id, day)
        raise Stale(found, *(() if good is None else (good.id, good.as_of)))


def last_good(service: Service, key: Key, crisis_id: str, day: date) -> Head | None:
    """The newest forecast up to a day whose sources were fresh, as the key may know."""
    attack_source = service.ground(crisis_id).facts.attack_source

    def fresh(head: Head) -> bool:
        return service.fresh(head.id, attack_source)

    good = newest(service, key, "forecast", 1, *_up_to(crisis_id, day), fit=fresh)
    return good[0] if good else None


def latest_forecast(service: Service, key: Key, crisis_id: str, day: date) -> Head | None:
    """Of the newest forecasts up to a day that the key may know of, that of the latest day."""
    found = newest(service, key, "forecast", AT_ONCE, *_up_to(crisis_id, day))
    return max(found, key=lambda head: head.as_of or day, default=None)


def _up_to(crisis_id: str, day: date) -> tuple[sa.ColumnElement[bool], ...]:
    return documents.c.crisis_id == crisis_id, documents.c.as_of <= day


def _older(created: datetime, id_: str) -> sa.ColumnElement[bool]:
    same = (documents.c.created == created) & (documents.c.id < id_)
    return (documents.c.created < created) | same
