"""The app: routes, problems, and an OpenAPI document that declares both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from fastapi import Depends, FastAPI
from fastapi.openapi.utils import get_openapi

from service.access.audit import AuditWriter
from service.access.limits import Rates
from service.api import problems
from service.api.deps import Jobs, Service, only_known
from service.api.examples import exemplify
from service.api.metrics import Metrics
from service.api.middleware import Requests
from service.api.routes import (
    asked,
    crises,
    forecasts,
    health,
    ingest,
    keys,
    ledger,
    outlooks,
    releases,
    rows,
    scenarios,
    schedules,
    sources,
    triggers,
)
from service.api.routes import jobs as job_routes
from service.settings import Settings
from service.store.store import Store
from service.version import nuzuh_version

if TYPE_CHECKING:
    from service.jobs.warm import Warm

ROUTES = (
    *(crises, sources, rows, ingest, forecasts, scenarios, asked, outlooks, schedules, releases),
    *(triggers, ledger, job_routes, keys, health),
)
ALWAYS = [404, 422, 429, 500, 503]
WITH_KEY = [401, 403]
UNCHANGED = {"description": "What was asked for has not changed since the ETag that was shown."}
WITH_BODY = [400, 408, 409, 413, 415]
ABOUT = """\
Forecasts how many people attacks drive from their homes, and where they go. Every error is
`application/problem+json`; every figure says whether it is a forecast or a projection; what a key
is told of where people are depends on its audience.
"""


def create_app(settings: Settings, store: Store, jobs: Jobs, warm: Warm | None = None) -> FastAPI:
    """The app on an open store and on jobs that somebody runs. Raises InputError for bad settings.

    Scenarios are answered at once on `warm` fits. It closes none of them.
    """
    rates = Rates(settings.rate, settings.failure_rate)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        app.state.service.audit.close()

    app = FastAPI(
        title="nuzuh",
        version=nuzuh_version(),
        description=ABOUT,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/v1/openapi.json",
        redirect_slashes=False,
        dependencies=[Depends(only_known)],
    )
    app.state.service = Service(settings, store, jobs, rates, AuditWriter(store), metrics, warm)
    for module in ROUTES:
        app.include_router(module.router)
    problems.install(app)
    app.add_middleware(Requests, metrics=metrics, most_bytes=settings.most_megabytes * 1_000_000)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _openapi(app: FastAPI) -> dict[str, Any]:
    """The document of FastAPI, with the problems of every operation."""
    if app.openapi_schema is None:
        found = get_openapi(
            title=app.title, version=app.version, description=ABOUT, routes=app.routes
        )
        schemas = found.setdefault("components", {}).setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        schemas["Problem"] = problems.schema()
        schemas.setdefault("JobState", job_routes.JobState.model_json_schema())
        for path, operations in found["paths"].items():
            for method, operation in operations.items():
                exemplify(path, operation)
                statuses = [*ALWAYS]
                statuses += WITH_KEY if "security" in operation else []
                statuses += WITH_BODY if "requestBody" in operation else []
                operation["responses"] |= problems.declared(statuses)
                if method == "get":
                    operation["responses"]["304"] = UNCHANGED
        app.openapi_schema = found
    return app.openapi_schema
