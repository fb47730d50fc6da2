"""Whether the service lives, can work, and what it has done."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials
from pydantic import BaseModel

from features.errors import StoreError
from service.api.deps import Svc, ages, bearer, caller, today
from service.api.watch import Watch
from service.errors import Forbidden

router = APIRouter(tags=["health"])
LOOPBACK = ("127.0.0.1", "::1")
PROXIED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")


class Alive(BaseModel):
    """The process answers."""

    alive: bool = True


class Ready(BaseModel):
    """The service can work; `stale` names by crisis the sources too old to forecast from."""

    database: str
    migration: str
    waiting_jobs: int
    stale: dict[str, list[str]]


@router.get("/healthz")
def healthz() -> Alive:
    """Whether the process answers."""
    return Alive()


@router.get("/readyz")
def readyz(service: Svc) -> Ready:
    """Whether database, tables and queue answer; 503 where they do not."""
    from service.store.migrations import revision

    with service.store.reading() as connection:
        found = revision(connection)
    if found is None:
        raise StoreError("the database has no tables; restore a backup or restart the service")
    return Ready(
        database=service.store.engine.dialect.name,
        migration=found,
        waiting_jobs=service.jobs.glance().by_status.get("queued", 0),
        stale={
            id_: [one.source for one in service.stale(id_, today())]
            for id_ in service.store.crises()
        },
    )


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Metrics.", "content": {"text/plain": {"schema": {}}}}},
)
def metrics(
    request: Request,
    service: Svc,
    shown: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Response:
    """Requests, jobs, looks and the age of sources, for Prometheus.

    From loopback, or with a key of the scope `read`.
    """
    direct = request.client is not None and request.client.host in LOOPBACK
    direct &= request.url.hostname in ("localhost", *LOOPBACK)
    direct &= not any(name in request.headers for name in PROXIED)
    if (shown is not None or not direct) and not caller(request, service, shown).may("read"):
        raise Forbidden("this needs a key with the scope read")
    body = service.metrics.text(service.jobs.glance(), ages(service), Watch(service).longest())
    return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")
