"""Keys and the audit log, for admins."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from service.access.audit import Deed, read_audit, record_deeds
from service.access.keys import AUDIENCES, Key, create_key, list_keys, revoke_key
from service.api.bodies import as_model, documented, json_body
from service.api.deps import Admin, Id, Svc
from service.api.paging import Moment
from service.errors import Forbidden

router = APIRouter(prefix="/v1", tags=["access"])
Scope = Literal["read", "plan", "publish", "admin"]
Audience = Literal["public", "partner", "restricted"]


class NewKey(BaseModel):
    """A key to make."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=100, description="Whose key it is.")
    scopes: list[Scope] = Field(min_length=1, max_length=4)
    audience: Audience = "public"
    expires: Moment | None = None


class KeyShown(BaseModel):
    """A key without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    audience: Audience
    created: datetime
    expires: datetime | None
    revoked: datetime | None


class KeyMade(KeyShown):
    """A key with its text, which is never shown again."""

    key: str


class Keys(BaseModel):
    """All keys."""

    keys: list[KeyShown]


class AuditLine(BaseModel):
    """Who did what to what."""

    entry: int
    at: datetime
    author: str
    action: str
    subject: str
    request_id: str | None
    detail: dict[str, Any]


class AuditPage(BaseModel):
    """Lines of the audit log, the newest first."""

    lines: list[AuditLine]
    next: int | None


class AuditWanted(BaseModel):
    """Which lines."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000)
    before: int | None = Field(None, ge=1, le=2**31 - 1, description="`next` of the page before.")


@router.post(
    "/keys",
    status_code=201,
    openapi_extra=documented(
        NewKey, {"name": "Planning team", "scopes": ["read", "plan"], "audience": "partner"}
    ),
)
def make_key(
    request: Request, service: Svc, key: Admin, body: Annotated[Any, Depends(json_body)]
) -> KeyMade:
    """Make a key; its text is in this answer and nowhere else, ever."""
    wanted = as_model(NewKey, body)
    if AUDIENCES.index(wanted.audience) > AUDIENCES.index(key.audience):
        raise Forbidden("a key makes keys of its own audience or a wider one")
    made, shown = create_key(
        service.store, wanted.name, wanted.scopes, wanted.audience, wanted.expires
    )
    detail = {"scopes": wanted.scopes, "audience": wanted.audience}
    deed = Deed(key.id, "make key", f"key/{made.id}", request.state.request_id, detail)
    record_deeds(service.store, deed)
    return KeyMade(**_shown(made), key=shown)


@router.get("/keys")
def read_keys(service: Svc, key: Admin) -> Keys:
    """All keys, without their secrets."""
    return Keys(keys=[KeyShown(**_shown(one)) for one in list_keys(service.store)])


@router.delete("/keys/{key_id}")
def end_key(request: Request, key_id: Id, service: Svc, key: Admin) -> KeyShown:
    """Revoke a key at once and for good. Outlooks of its schedules then wait for approval."""
    revoked = revoke_key(service.store, key_id)
    deed = Deed(key.id, "revoke key", f"key/{key_id}", request.state.request_id)
    record_deeds(service.store, deed)
    return KeyShown(**_shown(revoked))


@router.get("/audit")
def list_audit(service: Svc, key: Admin, wanted: Annotated[AuditWanted, Query()]) -> AuditPage:
    """Who asked for what and what was told to whom; for admins who are told all."""
    if not key.oversees:
        raise Forbidden("the log tells what all others ask for; it needs the audience restricted")
    found = read_audit(service.store, wanted.limit + 1, wanted.before)
    lines = [AuditLine(**line) for line in found[: wanted.limit]]
    return AuditPage(lines=lines, next=lines[-1].entry if len(found) > wanted.limit else None)


def _shown(key: Key) -> dict[str, Any]:
    return vars(key) | {"scopes": list(key.scopes)}
