"""Outlooks: the written product of a day, told at once where it is there, or made by a job."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from features.errors import Finding, InputError
from service.access.audit import Deed
from service.access.disclosure import Disclosure
from service.access.keys import Key
from service.api.answers import MEDIA, answer
from service.api.deps import Asked, Id, OfCrisis, Reader, Service, Svc, Text, today
from service.api.hints import no_such_places
from service.api.made import made_before
from service.api.paging import OurDay
from service.api.routes.asked import ACCEPTED, Plan, accepted, queued
from service.api.routes.forecasts import STALE
from service.api.stored import Head, MayBeStale, find, refuse_stale, tells
from service.errors import Forbidden, NotFound
from service.outlooks import OutlookRequest
from service.projections import MOST_SCENARIOS

if TYPE_CHECKING:
    from service.jobs.jobs import Job

router = APIRouter(prefix="/v1", tags=["outlooks"])
FORMATS = ("html", "pdf", "txt", "sms")
MOST_PLACES = 12
MOST_TRIES = 3
# A page brings its own style and pictures, and nothing else may run or be fetched.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"
WRITTEN: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "As it was written.",
        "headers": STALE,
        "content": {
            MEDIA[name].partition(";")[0]: {"schema": {"type": "string"}} for name in FORMATS
        },
    },
}


class OutlookWanted(MayBeStale):
    """Which outlook."""

    as_of: OurDay | None = Field(None, description="The day to stand on; the latest without it.")
    format: Literal["html", "pdf", "txt", "sms"] = "html"
    lang: Literal["en", "tr", "ar"] = Field("en", description="English, Turkish or Arabic.")
    audience: Literal["public", "partner", "restricted"] | None = Field(
        None,
        description="For whom: an audience that is told less than that of the key, which stands "
        "without it.",
    )
    since: OurDay | None = Field(
        None, description="The day of the last outlook: says what changed since."
    )
    place: list[Text] = Field(
        [], max_length=MOST_PLACES, description="Destinations to tell of; without it the belt."
    )
    scenario: list[Text] | None = Field(
        None,
        max_length=MOST_SCENARIOS,
        description="Ids of stored scenarios, or names of those that come with the crisis to set "
        "beside it; without it, all of these.",
    )


@router.get(
    "/crises/{crisis_id}/outlook",
    responses={**WRITTEN, 202: ACCEPTED[202]},
    response_class=Response,
)
def read_outlook(
    request: Request, asked: OfCrisis, wanted: Annotated[OutlookWanted, Query()]
) -> Response:
    """The outlook of a day for an audience; where there is none yet, a job makes it.

    To have one made needs the scope `plan`. Asked again, the job is the same.
    """
    service, key, crisis_id = asked.service, asked.key, asked.crisis_id
    audience = wanted.audience or key.audience
    asked = _told_as(asked, audience)
    day = _day(asked.disclosure, wanted.as_of)
    if (stale := service.stale(crisis_id, day)) and wanted.stale != "allow":
        refuse_stale(service, key, crisis_id, day, stale)
    options = {
        **wanted.model_dump(include={"format", "lang", "since"}),
        "stale": "allow" if stale else "refuse",
        "audience": audience,
        "last": _last(asked, wanted.since, day),
        "places": _places(asked.disclosure, wanted.place),
        "scenarios": _scenarios(asked, wanted.scenario),
    }
    found = OutlookRequest.model_validate({"as_of": day, **options})
    if (head := made_before(asked, "outlook", found)) is not None:
        told = _tell(request, service, key, head)
        told.headers["Content-Location"] = f"/v1/outlooks/{head.id}"
        return told
    if not key.may("plan"):
        raise Forbidden("nobody has had it made yet; to have it made needs a key with plan")
    return accepted(asked, _job(asked, found))


@router.get("/outlooks/{outlook_id}", responses=WRITTEN, response_class=Response)
def read_written(
    request: Request,
    outlook_id: Id,
    service: Svc,
    key: Reader,
    wanted: Annotated[MayBeStale, Query()],
) -> Response:
    """An outlook that was made, to the byte."""
    head, _ = find(service, key, outlook_id, "outlook")
    assert head.as_of is not None
    for name in _stored(head.crisis_id, head.request.get("scenarios")):
        find(service, key, name, "projection")
    if wanted.stale != "allow" and (
        stale := service.stale(head.crisis_id, head.as_of, head.recorded)
    ):
        refuse_stale(service, key, head.crisis_id, head.as_of, stale)
    return _tell(request, service, key, head)


def _told_as(asked: Asked, audience: str) -> Asked:
    """The crisis as an audience is told it. Raises Forbidden for one that is told more."""
    if not tells(asked.key, audience):
        raise Forbidden("a key has outlooks made for its own audience, or for one told less")
    return replace(asked, disclosure=asked.service.disclosure(asked.crisis_id, audience))


def _day(disclosure: Disclosure, as_of: date | None) -> date:
    """The day asked for. Raises InputError for one that the audience is not told of yet."""
    last = disclosure.latest(as_of or today(), today())
    assert last is not None
    if as_of is not None and last != as_of:
        why = f"is too recent for this key; ask for {last} or earlier"
        raise InputError(Finding("as_of", why, value=str(as_of)))
    return last


def _last(asked: Asked, since: date | None, day: date) -> str | None:
    """The forecast behind the last outlook, where it was kept. Raises InputError."""
    if since is None:
        return None
    import pandas as pd

    from service.outlook.changes import refuse_since
    from service.outlook.stored import first_forecast

    crisis = asked.service.crisis(asked.crisis_id, day)
    refuse_since(crisis, pd.Timestamp(since), pd.Timestamp(day), "since")
    return first_forecast(asked.service.store, asked.crisis_id, since)


def _places(disclosure: Disclosure, places: list[str]) -> tuple[str, ...]:
    """Each place once. Raises InputError for those that there are not for the audience."""
    if findings := no_such_places(disclosure, "place", places):
        raise InputError(findings)
    return tuple(dict.fromkeys(places))


def _scenarios(asked: Asked, names: list[str] | None) -> tuple[str, ...] | None:
    """Each scenario once. Raises InputError for what is none, or none for the key, and for many."""
    if names is None:
        return None
    kept, findings = list(dict.fromkeys(names)), []
    count = len(kept)
    for name in _stored(asked.crisis_id, kept):
        try:
            head, _ = find(asked.service, asked.key, name, "projection")
        except NotFound:
            head = None
        if head is None or head.crisis_id != asked.crisis_id:
            why = "is no scenario of the crisis, and no stored one that this key may read"
            findings.append(Finding("scenario", why, value=name))
        else:
            count += len(head.request["scenarios"]) - 1
    if count > MOST_SCENARIOS:
        why = f"are {count} scenarios; a page has room for {MOST_SCENARIOS}"
        findings.append(Finding("scenario", why))
    if findings:
        raise InputError(findings)
    return tuple(kept)


def _stored(crisis_id: str, names: Sequence[str] | None) -> list[str]:
    """The names that are none of a scenario that comes with the crisis."""
    from forecast.scenario_folder import shipped

    known = shipped(crisis_id)
    return [name for name in names or () if name not in known]


def _job(asked: Asked, wanted: OutlookRequest) -> Job:
    """The job of an outlook; one that came to nothing is begun again, but not without end."""
    name, request = _once(asked, wanted), wanted.model_dump(mode="json")
    for number in range(MOST_TRIES):
        once = f"{name} {number}" if number else name
        job = queued(Plan(asked, once), "outlook", request)
        if job.status not in ("cancelled", "failed"):
            break
    return job


def _once(asked: Asked, wanted: OutlookRequest) -> str:
    """The same within an hour, while no rows come: who asks again and again has one job."""
    hour = datetime.now(UTC).strftime("%Y-%m-%dT%H")
    parts = asked.crisis_id, asked.disclosure.ground.recorded.isoformat(), hour
    text = "\0".join([*parts, wanted.model_dump_json()])
    return f"outlook {hashlib.sha256(text.encode()).hexdigest()}"


def _tell(request: Request, service: Service, key: Key, head: Head) -> Response:
    format_ = str(head.request["format"])
    content = service.store.document(head.id).contents[format_]
    subject = f"{head.crisis_id}/outlook/{head.id}"
    detail = {"format": format_, "audience": head.request["audience"]}
    service.audit.note(Deed(key.id, "read", subject, request.state.request_id, detail))
    headers = {"Content-Security-Policy": POLICY} if format_ == "html" else {}
    assert head.as_of is not None
    if stale := service.stale(head.crisis_id, head.as_of, head.recorded):
        headers["Nuzuh-Stale"] = ", ".join(one.source for one in stale)
    return answer(content, format_, headers)
