"""Releases: drafts let out, taken back, and checked by their fingerprint."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service.access.audit import Deed
from service.access.keys import AUDIENCES, Key
from service.api.answers import MEDIA, answer
from service.api.bodies import as_model, documented, json_body
from service.api.deps import PLAIN, Publisher, Reader, Service, Svc
from service.api.routes.outlooks import FORMATS, POLICY
from service.api.routes.schedules import Last
from service.api.ticks import TickShown, kept_of, tick_shown
from service.errors import Conflict, NotFound
from service.schedules.diary import Tick, read_tick
from service.schedules.release import approve, read_pages, releases, tick_key, withdraw
from service.schedules.release import verify as verify_

router = APIRouter(prefix="/v1", tags=["releases"])
NONE = "there is no release of this id"
TickId = Annotated[str, Path(pattern=PLAIN, max_length=100)]
FileName = Annotated[str, Path(pattern=rf"^(en|tr|ar)\.({'|'.join(FORMATS)})$", max_length=8)]
STATE = "Nuzuh-State"
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "As it is sent.",
        "headers": {
            STATE: {
                "description": "drafted, released or withdrawn",
                "schema": {"type": "string"},
            }
        },
        "content": {
            MEDIA[name].partition(";")[0]: {"schema": {"type": "string"}} for name in FORMATS
        },
    },
}


class Releases(BaseModel):
    """Drafts that wait, and what was released and withdrawn; the newest first."""

    releases: list[TickShown]


class Withdrawal(BaseModel):
    """Why an outlook is taken back."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(
        min_length=1, max_length=1000, pattern=PLAIN, description="Those who got it are told."
    )


class Print(BaseModel):
    """The fingerprint of a file, or the one that an outlook prints."""

    model_config = ConfigDict(extra="forbid")

    sha256: str = Field(
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 of a file, or the fingerprint that an outlook prints; hexadecimal.",
    )


class Verified(BaseModel):
    """A released outlook that the file is, to the byte, and whether it still stands."""

    tick: str
    as_of: date
    language: str = Field(description="Empty for a forecast.")
    format: str = Field(description="That of the file; forecast for the one that pages print.")
    state: str
    author: str
    reason: str | None


class Verdict(BaseModel):
    """Every released outlook that the file is; none where it is none of this store."""

    verified: bool
    outlooks: list[Verified]
    note: str = Field(description="Which releases were looked at.")


@router.get("/releases")
def list_releases(service: Svc, key: Reader, wanted: Annotated[Last, Query()]) -> Releases:
    """Drafts that wait for approval, and what was released and withdrawn."""
    found = []
    for tick in releases(service.store, wanted.limit):
        try:
            found.append(_shown(service, key, tick))
        except NotFound:
            continue
    return Releases(releases=found)


@router.get("/releases/verify")
def verify(service: Svc, key: Reader, wanted: Annotated[Print, Query()]) -> Verdict:
    """Whether a file is an outlook released from this store, to the byte, and still stands.

    Releases to audiences that are told more than that of the key are not looked at.
    """
    found = []
    for one in verify_(service.store, wanted.sha256):
        try:
            shown = _shown(service, key, one.tick)
        except NotFound:
            continue
        last = shown.steps[-1]
        found.append(
            Verified(
                tick=shown.tick,
                as_of=shown.as_of,
                language=one.language,
                format=one.format,
                state=last.state,
                author=last.author,
                reason=last.reason,
            )
        )
    stands = any(one.state == "released" for one in found)
    return Verdict(verified=stands, outlooks=found, note=_looked_at(key))


@router.get("/releases/{tick}")
def read_release(tick: TickId, service: Svc, key: Reader) -> TickShown:
    """A draft or a release, who let it out, and the SHA-256 of its files."""
    return _shown(service, key, _tick(service, tick))


@router.get("/releases/{tick}/files/{name}", responses=FILE, response_class=Response)
def read_file(
    request: Request, tick: TickId, name: FileName, service: Svc, key: Reader
) -> Response:
    """A file of a draft or a release, to the byte; `name` is as in `files`, such as en.pdf."""
    found = _tick(service, tick)
    _shown(service, key, found)
    language, _, format_ = name.partition(".")
    try:
        file = read_pages(service.store, found)[language][format_]
    except (Conflict, KeyError):
        raise NotFound("this release has no such file; see its `files`") from None
    detail = {"file": name, "audience": key.audience}
    subject = f"release/{found.key}"
    service.audit.note(Deed(key.id, "read", subject, request.state.request_id, detail))
    policy = {"Content-Security-Policy": POLICY} if format_ == "html" else {}
    return answer(file.content, format_, {STATE: found.state, **policy})


@router.post("/releases/{tick}/approve")
def let_out(tick: TickId, service: Svc, key: Publisher) -> TickShown:
    """Let a draft out; workers send it. The key stands in the audit log."""
    found = _tick(service, tick)
    _shown(service, key, found)
    return _shown(service, key, approve(service.store, found.key, key.id))


@router.post(
    "/releases/{tick}/withdraw",
    openapi_extra=documented(Withdrawal, {"reason": "Two camps were counted twice."}),
)
def take_back(
    tick: TickId, service: Svc, key: Publisher, body: Annotated[Any, Depends(json_body)]
) -> TickShown:
    """Take an outlook back; all who got it are told why, the others get nothing."""
    wanted = as_model(Withdrawal, body)
    found = _tick(service, tick)
    _shown(service, key, found)
    return _shown(service, key, withdraw(service.store, found.key, wanted.reason, key.id))


def _looked_at(key: Key) -> str:
    """What a verdict does not tell of: the same for a forgery and for what the key may not see."""
    unseen = AUDIENCES[AUDIENCES.index(key.audience) + 1 :]
    if not unseen:
        return "releases to all audiences were looked at"
    others = " and ".join(unseen)
    return f"releases to {others} were not looked at: they need a key of that audience"


def _tick(service: Service, text: str) -> Tick:
    try:
        return read_tick(service.store, tick_key(text))
    except NotFound:
        raise NotFound(NONE) from None


def _shown(service: Service, key: Key, tick: Tick) -> TickShown:
    """The tick. Raises NotFound for one of a schedule that the key may not know of."""
    try:
        kept = kept_of(service, key, tick.key.schedule_id, tick.version)
    except NotFound:
        raise NotFound(NONE) from None
    return tick_shown(service, key, kept, tick)
