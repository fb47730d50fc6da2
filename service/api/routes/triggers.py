"""Triggers: kept, tried on the past, and what each has said since; for keys that are told all."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from features.errors import Finding, InputError
from forecast.trigger import Trigger
from forecast.trigger_file import TriggerFile, parse_trigger, trigger_of
from service.access.audit import Deed, record_deeds
from service.access.keys import Key
from service.api.answers import answer, json_bytes
from service.api.bodies import as_model, documented, json_body
from service.api.deps import PLAIN, Id, Planner, Reader, Service, Svc, Text, asked, today
from service.api.routes.asked import ACCEPTED, Once, Plan, submit
from service.api.watch import Watch
from service.backtests import Month
from service.errors import Forbidden, NotFound
from service.schedules.diary import Attempt
from service.triggers.asked import TriggerRequest
from service.triggers.book import (
    StoredTriggers,
    add_trigger,
    crises_with_triggers,
    read_rule,
    read_trigger,
    retire_trigger,
    rule_text,
)
from service.triggers.kept import Kept
from service.triggers.letters import because, read_attempts
from service.triggers.run import scored, settled

router = APIRouter(prefix="/v1", tags=["triggers"])
RULE = {
    "title": "50,000 arrivals in the border belt next month",
    "kind": "forecast",
    "place": "border_belt",
    "over": 50000,
    "within": "1 month",
    "probability": 0.4,
    "stand_down": 0.3,
    "suppress_days": 90,
    "cost_miss": 10.0,
    "cost_false_alarm": 3.0,
    "recipients": ["email:me@ngo.org"],
    "language": "en",
}
SHOWN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "As it stands.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
}


class NewTrigger(BaseModel):
    """A trigger to keep. It is looked at once it was tried, or `untested` says why it was not."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    crisis_id: Text
    rule: str | dict[str, Any] = Field(description="The text of a trigger file, or its keys.")
    untested: str = Field("", max_length=1000, pattern=PLAIN)


class Trial(BaseModel):
    """The months that a trigger is tried on, at the end of `every` month or week."""

    model_config = ConfigDict(extra="forbid")

    from_: Month = Field(alias="from")
    to: Month
    every: Literal["month", "week"] = "month"


class Retirement(BaseModel):
    """Why a trigger is watched no more."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        min_length=1, max_length=1000, pattern=PLAIN, description="Its recipients are told."
    )


class TriggerHead(BaseModel):
    """A trigger and where it stands: watch, met or stood down; blind or retired."""

    id: str
    crisis_id: str
    title: str
    state: str
    tested: bool
    untested: str
    ready: bool = Field(description="Whether it is looked at.")
    checked: date | None
    activated_on: date | None
    since: date | None = Field(description="Since when no watch is kept; null where one is.")
    because: str | None = Field(description="Why none is.")


class Triggers(BaseModel):
    """The triggers of the crises that the key is told all of."""

    triggers: list[TriggerHead]


class AlarmShown(BaseModel):
    """The last attempt at telling a recipient of an activation."""

    day: date
    recipient: str
    outcome: str
    attempt: int
    reason: str | None
    again: datetime | None


class StepShown(BaseModel):
    """What became of the watch on a day: blind, watched again, or retired."""

    state: str
    day: date
    because: str
    author: str


class NoticeShown(AlarmShown):
    """The last attempt at telling a recipient what became of the watch."""

    state: str


class CheckShown(BaseModel):
    """What was said on a day."""

    as_of: date
    start: date
    end: date
    probability: float
    observed: float | None
    state: str
    activates: bool
    held_back: bool


class TriggerHistory(BaseModel):
    """All that a trigger has said and what became of the watch, and who was told."""

    checks: list[CheckShown]
    alarms: list[AlarmShown]
    steps: list[StepShown]
    notices: list[NoticeShown]


@router.post(
    "/triggers",
    status_code=201,
    openapi_extra=documented(
        NewTrigger, {"id": "belt-50000", "crisis_id": "nw-syria", "rule": RULE}
    ),
)
def add(
    request: Request, service: Svc, key: Planner, body: Annotated[Any, Depends(json_body)]
) -> TriggerHead:
    """Keep a trigger. It is looked at once it was tried, or where `untested` says why it was not.

    One with `recipients` needs the scope `publish`, too.
    """
    wanted = as_model(NewTrigger, body)
    if wanted.crisis_id not in service.store.crises():
        why = "the store holds no such crisis; see /v1/crises"
        raise InputError(Finding("crisis_id", why, value=wanted.crisis_id))
    if not _told_all(service, key, wanted.crisis_id):
        raise Forbidden("a trigger speaks of single figures; it needs the audience restricted")
    text, file = _rule(wanted.rule)
    trigger = settled(file, service.crisis(wanted.crisis_id, today()))
    _refuse_recipients(key, trigger)
    untested = wanted.untested.strip()
    add_trigger(service.store, wanted.id, wanted.crisis_id, text, untested, key.id)
    _log(request, service, key, "keep trigger", wanted.id, {"rule": text, "untested": untested})
    return _head(read_trigger(service.store, wanted.id))


@router.get("/triggers")
def list_triggers(service: Svc, key: Reader) -> Triggers:
    """The triggers kept, with where each stands."""
    watch = Watch(service)
    found = [
        _head(watch.told(read_trigger(service.store, id_)))
        for crisis_id in sorted(crises_with_triggers(service.store))
        if _told_all(service, key, crisis_id)
        for id_ in StoredTriggers(service.store, crisis_id).names()
    ]
    return Triggers(triggers=found)


@router.delete("/triggers/{trigger_id}")
def retire(
    request: Request,
    trigger_id: Id,
    service: Svc,
    key: Planner,
    wanted: Annotated[Retirement, Query()],
) -> TriggerHead:
    """End the watch of a trigger for good; nothing of it is deleted. Its recipients are told why.

    One with `recipients` needs the scope `publish`, too.
    """
    kept, trigger = _kept(service, key, trigger_id)
    _refuse_recipients(key, trigger)
    _log(request, service, key, "retire trigger", kept.name, wanted.model_dump())
    return _head(retire_trigger(service.store, kept.name, wanted.reason, key.id))


@router.get("/triggers/{trigger_id}", responses=SHOWN, response_class=Response)
def show(request: Request, trigger_id: Id, service: Svc, key: Planner) -> Response:
    """A trigger: its rule, its record from before judged by it, and all it has said since."""
    from service.triggers.answers import show_document

    kept, trigger = _kept(service, key, trigger_id)
    return _answer(request, service, key, kept, "trigger", show_document(kept, trigger))


@router.post(
    "/triggers/{trigger_id}/try",
    status_code=202,
    responses={202: ACCEPTED[202]},
    response_class=Response,
    openapi_extra=documented(Trial, {"from": "2018-03", "to": "2019-11"}),
)
def try_it(
    request: Request,
    trigger_id: Id,
    service: Svc,
    key: Planner,
    body: Annotated[Any, Depends(json_body)],
    once: Once = None,
) -> Response:
    """Replay a trigger on the past, from what was published by each day; the record is kept."""
    wanted = as_model(Trial, body)
    kept, _ = _kept(service, key, trigger_id)
    found = TriggerRequest.model_validate(
        {
            "trigger": kept.name,
            "rule": read_rule(service.store, kept.name),
            **wanted.model_dump(by_alias=True),
        }
    )
    plan = Plan(asked(request, kept.history.crisis, key, service), once)
    return submit(plan, "trigger", found.model_dump(mode="json"))


@router.get("/triggers/{trigger_id}/record", responses=SHOWN, response_class=Response)
def read_record(request: Request, trigger_id: Id, service: Svc, key: Reader) -> Response:
    """What a trigger would have said of the past and what came, judged by its levels and costs."""
    from service.triggers.answers import record_document

    kept, trigger = _kept(service, key, trigger_id)
    if kept.record is None:
        raise NotFound("the trigger was not tried yet; POST …/try does")
    document = record_document(kept.record, trigger)
    return _answer(request, service, key, kept, "trigger record", document)


@router.get("/triggers/{trigger_id}/history")
def read_history(request: Request, trigger_id: Id, service: Svc, key: Planner) -> TriggerHistory:
    """All that a trigger has said since it was added, and who was told."""
    kept, _ = _kept(service, key, trigger_id)
    _note(request, service, key, kept, "trigger history")
    checks = [
        CheckShown(
            **one.line.model_dump(include={"as_of", "start", "end", "probability", "observed"}),
            state=one.state,
            activates=one.standing.activates,
            held_back=one.held_back,
        )
        for one in kept.history.checks
    ]
    steps, attempts = kept.history.steps, read_attempts(service.store, kept.name)
    return TriggerHistory(
        checks=checks,
        alarms=[
            AlarmShown(day=date.fromisoformat(of), **_attempt(last))
            for of, by_name in attempts.items()
            if not of.isdigit()
            for last in by_name.values()
        ],
        steps=[
            StepShown(state=x.state, day=x.day, because=because(x, "en"), author=x.author)
            for x in steps
        ],
        notices=[
            NoticeShown(state=step.state, day=step.day, **_attempt(last))
            for number, step in enumerate(steps, start=1)
            for last in attempts.get(f"{number}", {}).values()
        ],
    )


@router.get("/triggers/{trigger_id}/score", responses=SHOWN, response_class=Response)
def score(request: Request, trigger_id: Id, service: Svc, key: Reader) -> Response:
    """What came after every activation, and after all that was said since it was added."""
    from service.triggers.answers import score_document

    kept, trigger = _kept(service, key, trigger_id)
    crisis = service.crisis(kept.history.crisis, today())
    lines = scored(kept.history.checks, trigger, crisis)
    document = score_document([(kept, trigger, lines)])["triggers"][0]
    return _answer(request, service, key, kept, "trigger score", document)


def _kept(service: Service, key: Key, id_: str) -> tuple[Kept, Trigger]:
    """A trigger as it is watched now, and its rule with the id of its place.

    Raises NotFound, alike for hidden ones.
    """
    kept = read_trigger(service.store, id_)
    crisis_id = kept.history.crisis
    if not _told_all(service, key, crisis_id):
        raise NotFound("there is no trigger of this id")
    return Watch(service).told(kept), settled(kept.file, service.crisis(crisis_id, today()))


def _rule(rule: str | dict[str, Any]) -> tuple[str, TriggerFile]:
    """A rule as the text of a file, and read. Raises InputError with everything wrong in it."""
    if isinstance(rule, str):
        return rule, parse_trigger(rule, "rule")
    told = {key: value for key, value in rule.items() if value is not None}
    return rule_text(told), trigger_of(told, "rule", {})


def _refuse_recipients(key: Key, trigger: Trigger) -> None:
    if trigger.recipients and not key.may("publish"):
        raise Forbidden("what tells others by itself needs a key with the scope publish")


def _attempt(last: Attempt) -> dict[str, Any]:
    return {name: value for name, value in asdict(last).items() if name in AlarmShown.model_fields}


def _told_all(service: Service, key: Key, crisis_id: str) -> bool:
    return service.disclosure(crisis_id, key.audience).policy.unlimited


def _head(kept: Kept) -> TriggerHead:
    standing, step = kept.history.standing, kept.history.unwatched
    return TriggerHead(
        id=kept.name,
        crisis_id=kept.history.crisis,
        title=kept.file.trigger.title,
        state=kept.history.state,
        tested=kept.record is not None,
        untested=kept.history.untested,
        ready=kept.ready,
        checked=standing.day,
        activated_on=standing.activated_on,
        since=None if step is None else step.day,
        because=None if step is None else because(step, "en"),
    )


def _answer(
    request: Request, service: Service, key: Key, kept: Kept, subject: str, document: Any
) -> Response:
    _note(request, service, key, kept, subject)
    return answer(json_bytes(document), "json")


def _note(request: Request, service: Service, key: Key, kept: Kept, subject: str) -> None:
    told = f"{kept.history.crisis}/{subject}/{kept.name}"
    service.audit.note(Deed(key.id, "read", told, request.state.request_id))


def _log(
    request: Request, service: Service, key: Key, action: str, id_: str, detail: dict[str, Any]
) -> None:
    deed = Deed(key.id, action, f"trigger/{id_}", request.state.request_id, detail)
    record_deeds(service.store, deed)
