"""Jobs: how far they are, and where their results are."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from service.access.audit import Deed, record_deeds
from service.access.keys import Key
from service.api.deps import ID, Id, Planner, Reader, Service, Svc
from service.errors import NotFound

if TYPE_CHECKING:
    from service.jobs.jobs import Job

router = APIRouter(prefix="/v1", tags=["jobs"])
PLACES_OF = {
    "forecast": "forecasts/{result}",
    "scenario": "scenarios/{result}",
    "backtest": "backtests/{result}",
    "outlook": "outlooks/{result}",
    "trigger": "triggers/{trigger}/record",
}


class JobState(BaseModel):
    """A job: how far it is, and where its result is."""

    id: str
    kind: Literal["forecast", "scenario", "backtest", "outlook", "trigger"]
    crisis_id: str
    request: dict[str, Any]
    status: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: float = Field(ge=0, le=1)
    step: str
    result: str | None = Field(description="The path of the result.")
    error: str | None
    created: datetime
    started: datetime | None
    ended: datetime | None


class JobsList(BaseModel):
    """Jobs, the newest first."""

    jobs: list[JobState]
    next: str | None


class JobsPage(BaseModel):
    """Which jobs."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(100, ge=1, le=1000)
    cursor: str | None = Field(None, pattern=ID, description="`next` of the page before.")


@router.get("/jobs")
def list_jobs(service: Svc, key: Reader, wanted: Annotated[JobsPage, Query()]) -> JobsList:
    """Jobs of the key, or all for an admin who is told all, up to 90 days after they ended."""
    author = None if key.oversees else key.id
    if wanted.cursor is not None:
        _own_job(service, key, wanted.cursor)
    found = service.jobs.jobs(author, wanted.limit + 1, wanted.cursor)
    shown = found[: wanted.limit]
    following = shown[-1].id if len(found) > wanted.limit else None
    return JobsList(jobs=[job_state(service, key, job) for job in shown], next=following)


@router.get("/jobs/{job_id}")
def read_job(job_id: Id, service: Svc, key: Reader) -> JobState:
    """How far a job is, and where its result is."""
    return job_state(service, key, _own_job(service, key, job_id))


@router.delete("/jobs/{job_id}")
def cancel_job(request: Request, job_id: Id, service: Svc, key: Planner) -> JobState:
    """End a job that has not ended."""
    _own_job(service, key, job_id)
    deed = Deed(key.id, "cancel", f"job/{job_id}", request.state.request_id)
    record_deeds(service.store, deed)
    return job_state(service, key, service.jobs.cancel(job_id))


def _own_job(service: Service, key: Key, id_: str) -> Job:
    """The job of an id, of whom it may be shown to. Raises NotFound alike for others."""
    try:
        job = service.jobs.job(id_)
    except NotFound:
        raise NotFound("there is no job of this id") from None
    if job.author != key.id and not key.oversees:
        raise NotFound("there is no job of this id")
    return job


def job_state(service: Service, key: Key, job: Job) -> JobState:
    """The job; what its error tells of places is kept from those who are not told of them."""
    error = job.error
    if error is not None:
        hidden = "it failed over a place that this key is not told of"
        error = service.disclosure(job.crisis_id, key.audience).text(error) or hidden
    values = {name: getattr(job, name) for name in JobState.model_fields}
    result = None
    if job.result is not None:
        where = PLACES_OF[job.kind].format(result=job.result, trigger=job.request.get("trigger"))
        result = f"/v1/{where}"
        if job.request.get("stale") == "allow":
            result += "?stale=allow"
    return JobState.model_validate(values | {"error": error, "result": result})
