"""Outlooks: the written product of a day, told at once where it is there, or made by a job."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from features.errors import Finding, InputError
from service.access.audit import Deed
from service.access.disclosure import Disclosure
from service.access.keys import Key
from service.api.answers import MEDIA, answer
from service.api.deps import Asked, Id, OfCrisis, Reader, Service, Svc, today
from service.api.routes.asked import ACCEPTED, Plan, submit
from service.api.routes.forecasts import STALE
from service.api.stored import Head, find, newest, refuse_stale
from service.errors import Forbidden
from service.fresh import stale_sources
from service.outlooks import OutlookRequest
from service.store.schema import documents

router = APIRouter(prefix="/v1", tags=["outlooks"])
FORMATS = ("html", "pdf", "txt", "sms")
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
    304: {"description": "What was asked for has not changed."},
}


class Unmarked(BaseModel):
    """Whether stale sources will do."""

    model_config = ConfigDict(extra="forbid")

    stale: Literal["allow", "refuse"] = Field(
        "refuse", description="allow: also where a source was stale, which is then marked."
    )


class OutlookWanted(Unmarked):
    """Which outlook."""

    as_of: date | None = Field(None, description="The day to stand on; the latest without it.")
    format: Literal["html", "pdf", "txt", "sms"] = "html"
    lang: Literal["en", "tr", "ar"] = Field("en", description="English, Turkish or Arabic.")


@router.get(
    "/crises/{crisis_id}/outlook",
    responses={**WRITTEN, 202: ACCEPTED[202]},
    response_class=Response,
)
def read_outlook(
    request: Request, asked: OfCrisis, wanted: Annotated[OutlookWanted, Query()]
) -> Response:
    """The outlook of a day for the audience of the key; where there is none yet, a job makes it.

    To have one made needs the scope `plan`. Asked again, the job is the same.
    """
    service, key, crisis_id = asked.service, asked.key, asked.crisis_id
    day = _day(asked.disclosure, wanted.as_of)
    crisis = service.crisis(crisis_id, day)
    if (stale := stale_sources(crisis, day)) and wanted.stale != "allow":
        refuse_stale(service, key, crisis_id, day, stale)
    options = {"format": wanted.format, "lang": wanted.lang, "audience": key.audience}
    marked = "allow" if stale else "refuse"
    found = OutlookRequest.model_validate({"as_of": day, "stale": marked, **options})
    if (head := _made_before(asked, found)) is not None:
        told = _tell(request, service, key, head)
        told.headers["Content-Location"] = f"/v1/outlooks/{head.id}"
        return told
    if not key.may("plan"):
        raise Forbidden("nobody has had it made yet; to have it made needs a key with plan")
    return submit(Plan(asked, _once(asked, found)), "outlook", found.model_dump(mode="json"))


@router.get("/outlooks/{outlook_id}", responses=WRITTEN, response_class=Response)
def read_written(
    request: Request,
    outlook_id: Id,
    service: Svc,
    key: Reader,
    wanted: Annotated[Unmarked, Query()],
) -> Response:
    """An outlook that was made, to the byte."""
    head, _ = find(service, key, outlook_id, "outlook")
    assert head.as_of is not None
    if wanted.stale != "allow" and (stale := _stale_of(service, head)):
        refuse_stale(service, key, head.crisis_id, head.as_of, stale)
    return _tell(request, service, key, head)


def _day(disclosure: Disclosure, as_of: date | None) -> date:
    """The day asked for. Raises InputError for one that the audience is not told of yet."""
    last = disclosure.latest(as_of or today(), today())
    assert last is not None
    if as_of is not None and last != as_of:
        why = f"is too recent for this key; ask for {last} or earlier"
        raise InputError(Finding("as_of", why, value=str(as_of)))
    return last


def _made_before(asked: Asked, wanted: OutlookRequest) -> Head | None:
    """The outlook of the same request from the same rows by this nuzuh's models."""
    from features.fingerprint import fingerprint
    from forecast.run import MODELS
    from service.version import nuzuh_version

    crisis = asked.service.crisis(asked.crisis_id, wanted.as_of)
    same = [
        documents.c.crisis_id == asked.crisis_id,
        documents.c.fingerprint == fingerprint(crisis),
        documents.c.nuzuh == nuzuh_version(),
        documents.c.as_of == wanted.as_of,
    ]
    request = wanted.model_dump(mode="json")

    def fits(head: Head) -> bool:
        return head.request == request and head.models == MODELS

    found = newest(asked.service, asked.key, "outlook", 1, *same, fit=fits)
    return found[0] if found else None


def _once(asked: Asked, wanted: OutlookRequest) -> str:
    """The same within an hour, while no rows come: who asks again and again has one job."""
    hour = datetime.now(UTC).strftime("%Y-%m-%dT%H")
    parts = asked.crisis_id, asked.disclosure.ground.recorded.isoformat(), hour
    text = "\0".join([*parts, wanted.model_dump_json()])
    return f"outlook {hashlib.sha256(text.encode()).hexdigest()}"


def _stale_of(service: Service, head: Head) -> list[Any]:
    """The sources that were stale on the day of an outlook, by the rows that it stands on."""
    assert head.as_of is not None
    crisis = service.crisis(head.crisis_id, head.as_of, head.recorded)
    return list(stale_sources(crisis, head.as_of))


def _tell(request: Request, service: Service, key: Key, head: Head) -> Response:
    format_ = str(head.request["format"])
    content = service.store.document(head.id).contents[format_]
    subject = f"{head.crisis_id}/outlook/{head.id}"
    detail = {"format": format_, "audience": key.audience}
    service.audit.note(Deed(key.id, "read", subject, request.state.request_id, detail))
    headers = {"Content-Security-Policy": POLICY} if format_ == "html" else {}
    if stale := _stale_of(service, head):
        headers["Nuzuh-Stale"] = ", ".join(one.source for one in stale)
    return answer(request, content, format_, headers)
