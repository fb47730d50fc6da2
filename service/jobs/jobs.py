"""Jobs, as whoever asks sees them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4, uuid5

from dbos import WorkflowStatus
from pydantic import ValidationError

from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed
from service.answers import Request
from service.errors import Conflict, NotFound
from service.jobs.database import QUEUE, STEPS_VERSION, WORKFLOW, JobsDatabase, answering
from service.jobs.glance import Glance, glance, unfinished
from service.jobs.steps import PROGRESS
from service.kinds import KINDS
from service.store.store import Store

Status = Literal["queued", "running", "done", "failed", "cancelled"]
STATUSES: Mapping[str, Status] = {
    "ENQUEUED": "queued",
    "DELAYED": "queued",
    "PENDING": "running",
    "SUCCESS": "done",
    "CANCELLED": "cancelled",
}
GIVEN_UP = "workers died of it again and again; is there enough memory?"
IDS = UUID("0d8be0a5-55a7-4f36-9a5c-2c4f4b1c7f0e")
# A page may begin among so many jobs of one second, all that SQLite keeps of their times.
AT_ONCE = 100


@dataclass(frozen=True)
class Job:
    """A job: what was asked by whom, how far it is, and the id of the document it became."""

    id: str
    kind: str
    crisis_id: str
    request: Mapping[str, Any]
    author: str
    status: Status
    progress: float
    step: str
    result: str | None
    error: str | None
    created: datetime
    started: datetime | None
    ended: datetime | None


class Jobs:
    """The queue of jobs beside a store. Every method raises StoreError when it does not answer."""

    def __init__(self, store: Store) -> None:
        self._database = JobsDatabase(store)
        self._client = self._database.client

    def close(self) -> None:
        """Give all connections back."""
        self._database.close()

    def submit(
        self,
        kind: str,
        crisis_id: str,
        request: Mapping[str, Any],
        author: str,
        idempotency: str | None = None,
    ) -> str:
        """Queue a job; its id. The same `idempotency` of an author is the same job.

        Raises InputError for a request that cannot be, Conflict when the `idempotency` stands for
        another.
        """
        asked = validated(kind, request).model_dump(mode="json")
        id_ = uuid4().hex
        if idempotency is not None:
            id_ = uuid5(IDS, json.dumps([author, idempotency])).hex
        with answering():
            self._client.enqueue(
                {
                    "workflow_name": WORKFLOW,
                    "queue_name": QUEUE,
                    "workflow_id": id_,
                    "app_version": STEPS_VERSION,
                    "authenticated_user": author,
                },
                kind,
                crisis_id,
                asked,
                author,
                datetime.now(UTC).isoformat(),
            )
        if idempotency is not None:
            held = self.job(id_)
            if (held.kind, held.crisis_id, held.request) != (kind, crisis_id, asked):
                raise Conflict(f"{idempotency!r} stands for another request already")
        return id_

    def job(self, id_: str) -> Job:
        """The job of an id. Raises NotFound."""
        with answering():
            found = self._client.list_workflows(workflow_ids=[id_], name=WORKFLOW)
        if not found:
            raise NotFound(f"there is no job {id_!r}")
        return self._job(found[0])

    def jobs(self, author: str | None, limit: int, before: str | None = None) -> list[Job]:
        """The newest jobs, of all or one author; those listed after the job `before`.

        Raises NotFound when there is no such job.
        """
        end = None if before is None else _second_after(self.job(before).created)
        with answering():
            found = self._client.list_workflows(
                name=WORKFLOW,
                user=author,
                end_time=end,
                limit=limit + AT_ONCE,
                sort_desc=True,
                load_output=True,
            )
        found.sort(key=lambda each: (_args(each)[4], each.workflow_id), reverse=True)
        ids = [each.workflow_id for each in found]
        first = ids.index(before) + 1 if before in ids else 0
        return [self._job(each) for each in found[first : first + limit]]

    def cancel(self, id_: str) -> Job:
        """End a job that has not ended; the job. Raises NotFound."""
        self.job(id_)
        with answering():
            self._client.cancel_workflow(id_)
        return self.job(id_)

    def glance(self) -> Glance:
        """The queue as it is now, of all authors and workers."""
        with answering():
            return glance(self._database, lambda status: STATUSES.get(status, "failed"))

    def unfinished(self, author: str) -> int:
        """How many jobs of an author wait or run."""
        with answering():
            return unfinished(self._database, author)

    def _job(self, found: WorkflowStatus) -> Job:
        kind, crisis_id, request, author, created = _args(found)
        status = STATUSES.get(found.status, "failed")
        share, step = self._progress(found.workflow_id, status)
        return Job(
            id=found.workflow_id,
            kind=kind,
            crisis_id=crisis_id,
            request=request,
            author=author,
            status=status,
            progress=share,
            step=step,
            result=found.output if status == "done" else None,
            error=_error(found) if status == "failed" else None,
            created=datetime.fromisoformat(created),
            started=_time(found.dequeued_at),
            ended=_time(found.completed_at),
        )

    def _progress(self, id_: str, status: Status) -> tuple[float, str]:
        if status != "running":
            return float(status == "done"), {"queued": "waiting"}.get(status, status)
        with answering():
            told = self._client.get_event(id_, PROGRESS, timeout_seconds=0)
        return (told[0], told[1]) if told else (0.0, "starting")


def validated(kind: str, request: Mapping[str, Any]) -> Request:
    """The request of a kind. Raises InputError with everything wrong in it."""
    if kind not in KINDS:
        why = f"no such kind of job{did_you_mean(kind, KINDS)}; there are {listed(KINDS)}"
        raise InputError(Finding("job", why, value=kind))
    try:
        found = KINDS[kind](**request)
    except ValidationError as error:
        findings = [
            Finding(kind, wrong["msg"], column=".".join(map(str, wrong["loc"])))
            for wrong in error.errors()
        ]
        raise InputError(findings) from None
    found.check()
    return found


def _args(found: WorkflowStatus) -> tuple[str, str, dict[str, Any], str, str]:
    """What the job was submitted with."""
    return found.input["args"] if found.input else ("", "", {}, "", "")


def _error(found: WorkflowStatus) -> str:
    return GIVEN_UP if found.error is None else str(found.error)


def _second_after(moment: datetime) -> str:
    return (moment + timedelta(seconds=1)).isoformat()


def _time(milliseconds: int | None) -> datetime | None:
    return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
