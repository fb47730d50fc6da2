"""Schedules: kept, paused, run out of turn, and what became of each of their ticks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from features.errors import Finding, InputError
from service.access.audit import Deed, record_deeds
from service.access.keys import AUDIENCES, Key
from service.api.bodies import as_model, documented, json_body
from service.api.deps import Id, Planner, Service, Svc
from service.api.paging import OurDay
from service.api.ticks import Past, TickShown, kept_of, may_see, past_shown, tick_shown
from service.errors import Conflict, Forbidden
from service.schedules.book import (
    Kept,
    add_schedule,
    all_schedules,
    change_schedule,
    pause_schedule,
    read_kept,
    resume_schedule,
)
from service.schedules.checks import check_fit
from service.schedules.diary import read_tick, read_ticks
from service.schedules.opening import ask_tick
from service.schedules.schedule import Schedule
from service.schedules.ticks import next_tick

router = APIRouter(prefix="/v1", tags=["schedules"])
MOST_SCHEDULES = 100
EXAMPLE = {
    "id": "monday",
    "crisis_id": "nw-syria",
    "cron": "0 7 * * 1",
    "audience": "restricted",
    "languages": ["en", "ar"],
    "recipients": [{"way": "email", "address": "me@ngo.org", "language": "ar"}],
}


class ScheduleShown(BaseModel):
    """A schedule as it stands."""

    id: str
    schedule: dict[str, Any]
    version: int
    paused: bool
    author: str
    created: datetime
    next: datetime | None = Field(description="When it comes next; null while it is paused.")


class Schedules(BaseModel):
    """The schedules that the key may know of."""

    schedules: list[ScheduleShown]


class History(BaseModel):
    """Ticks, the newest first."""

    ticks: list[Past]


class Replacing(BaseModel):
    """Whether it takes the place of another."""

    model_config = ConfigDict(extra="forbid")

    replace: bool = Field(False, description="Change the schedule of this id for ticks to come.")


class OnDay(BaseModel):
    """The day to stand on."""

    model_config = ConfigDict(extra="forbid")

    as_of: OurDay | None = Field(None, description="The day to stand on; yesterday without it.")


class Last(BaseModel):
    """How many."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=1000)


@router.post("/schedules", status_code=201, openapi_extra=documented(Schedule, EXAMPLE))
def add(
    request: Request,
    service: Svc,
    key: Planner,
    body: Annotated[Any, Depends(json_body)],
    wanted: Annotated[Replacing, Query()],
) -> ScheduleShown:
    """Keep a schedule. One that releases by itself, or did, needs the scope `publish`, too."""
    schedule = as_model(Schedule, body)
    _refuse(service, key, schedule)
    check_fit(service.store, schedule)
    if wanted.replace:
        refuse_automatic(key, kept_of(service, key, schedule.id).schedule)
    else:
        _refuse_many(service, key)
    keep = change_schedule if wanted.replace else add_schedule
    kept = keep(service.store, schedule, key.id)
    _log(request, service, key, "keep schedule", schedule.id, kept.schedule.model_dump(mode="json"))
    return _shown(kept)


@router.get("/schedules")
def list_schedules(service: Svc, key: Planner) -> Schedules:
    """The schedules of outlooks that the key may read."""
    found = [kept for kept in all_schedules(service.store) if may_see(service, key, kept)]
    return Schedules(schedules=[_shown(kept) for kept in found])


@router.get("/schedules/{schedule_id}")
def read_one(schedule_id: Id, service: Svc, key: Planner) -> ScheduleShown:
    """A schedule with its recipients, and when it comes next."""
    return _shown(kept_of(service, key, schedule_id))


@router.post("/schedules/{schedule_id}/pause")
def pause(request: Request, schedule_id: Id, service: Svc, key: Planner) -> ScheduleShown:
    """No outlooks from now on; those that would have come are not caught up.

    One that releases by itself needs the scope `publish`, too.
    """
    refuse_automatic(key, kept_of(service, key, schedule_id).schedule)
    _log(request, service, key, "pause schedule", schedule_id)
    return _shown(pause_schedule(service.store, schedule_id, key.id))


@router.post("/schedules/{schedule_id}/resume")
def resume(request: Request, schedule_id: Id, service: Svc, key: Planner) -> ScheduleShown:
    """Outlooks again from now on."""
    refuse_automatic(key, kept_of(service, key, schedule_id).schedule)
    _log(request, service, key, "resume schedule", schedule_id)
    return _shown(resume_schedule(service.store, schedule_id, key.id))


@router.post("/schedules/{schedule_id}/run", status_code=202)
def run(
    request: Request,
    schedule_id: Id,
    service: Svc,
    key: Planner,
    wanted: Annotated[OnDay, Query()],
) -> TickShown:
    """Have an outlook out of turn, now; a worker makes it, and it is released as all others."""
    kept = kept_of(service, key, schedule_id)
    refuse_automatic(key, kept.schedule)
    at = ask_tick(service.store, kept, wanted.as_of, key.id, datetime.now(UTC))
    _log(request, service, key, "run schedule", str(at))
    return tick_shown(service, key, kept, read_tick(service.store, at))


@router.get("/schedules/{schedule_id}/history")
def read_history(
    schedule_id: Id, service: Svc, key: Planner, wanted: Annotated[Last, Query()]
) -> History:
    """What became of each tick: its outlook, or why there was none, and who got it."""
    kept_of(service, key, schedule_id)
    ticks = read_ticks(service.store, schedule_id, limit=wanted.limit)
    found = [(read_kept(service.store, schedule_id, tick.version), tick) for tick in ticks]
    past = [past_shown(service, key, *one) for one in found if may_see(service, key, one[0])]
    return History(ticks=past)


def refuse_automatic(key: Key, schedule: Schedule) -> None:
    """Refuse to set off or stop what is released unseen, without the scope for it."""
    if schedule.release == "automatic" and not key.may("publish"):
        raise Forbidden("outlooks that release themselves need a key with the scope publish")


def _refuse(service: Service, key: Key, schedule: Schedule) -> None:
    """Refuse what the key may not have sent. Raises InputError and Forbidden."""
    if schedule.crisis_id not in service.store.crises():
        why = "the store holds no such crisis; see /v1/crises"
        raise InputError(Finding("crisis_id", why, value=schedule.crisis_id))
    if AUDIENCES.index(schedule.audience) > AUDIENCES.index(key.audience):
        raise Forbidden("a key schedules outlooks for its own audience or a wider one")
    refuse_automatic(key, schedule)
    disclosure = service.disclosure(schedule.crisis_id, schedule.audience)
    unknown = [place for place in schedule.places if not disclosure.tells_of(place)]
    why = "there is no such place for this audience; see the places of the crisis"
    if unknown:
        raise InputError([Finding("places", why, value=place) for place in unknown])


def _refuse_many(service: Service, key: Key) -> None:
    """Refuse a further schedule to a key that keeps the most it may. Raises Conflict."""
    kept = [one for one in all_schedules(service.store) if one.author == key.id]
    if len(kept) >= MOST_SCHEDULES:
        raise Conflict(f"a key keeps at most {MOST_SCHEDULES} schedules; replace one of yours")


def _log(
    request: Request, service: Service, key: Key, action: str, subject: str, detail: Any = None
) -> None:
    deed = Deed(key.id, action, f"schedule/{subject}", request.state.request_id, detail or {})
    record_deeds(service.store, deed)


def _shown(kept: Kept) -> ScheduleShown:
    schedule = kept.schedule
    following = None
    if not kept.paused:
        following = next_tick(schedule.cron, schedule.zone, datetime.now(UTC))
    return ScheduleShown(
        id=schedule.id,
        schedule=schedule.model_dump(mode="json"),
        version=kept.version,
        paused=kept.paused,
        author=kept.author,
        created=kept.created,
        next=following,
    )
