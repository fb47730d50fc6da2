"""The steps of a job. What a step returned is kept, and a job taken over goes on after it."""

from __future__ import annotations

import base64
import logging
import zlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from dbos import DBOS

from features.errors import InputError, NuzuhError, StoreError
from service.answers import Made, Source, Told, document_of, keep_once
from service.jobs.database import WORKFLOW
from service.jobs.process import Fitters
from service.kinds import KINDS
from service.store.store import Store

log = logging.getLogger(__name__)
PROGRESS = "progress"
# Each is a worker that died of the job, or with it.
MOST_TAKEOVERS = 10
DOCUMENTS = UUID("6a0e32c1-0f0b-4d1c-9d3f-8c7a1c0c3f52")


@dataclass(frozen=True)
class Here:
    """What the steps have at hand in this process, and the jobs that it is doing.

    `dask` is the address of a scheduler, `seconds` how long a fit may take.
    """

    store: Store
    fitters: Fitters
    dask: str | None
    seconds: float
    doing: set[str] = field(default_factory=set)


_HERE: list[Here] = []


def be_here(here: Here | None) -> None:
    """Set what the steps have at hand; DBOS too is one a process."""
    _HERE[:] = [] if here is None else [here]


def unexpected(record: logging.LogRecord) -> bool:
    """Whether a line of DBOS's log tells more than that a job failed as a job may."""
    return not (record.exc_info and isinstance(record.exc_info[1], NuzuhError))


def document_id(job_id: str) -> str:
    """The id of the one document that a job becomes, however often its steps are run."""
    return uuid5(DOCUMENTS, job_id).hex


def _worth_another(error: BaseException) -> bool:
    return isinstance(error, StoreError)


_RETRIES: Any = {
    "retries_allowed": True,
    "should_retry": _worth_another,
    "interval_seconds": 1.0,
    "backoff_rate": 2.0,
    "max_attempts": 8,
}


@DBOS.step(name="read", **_RETRIES)
def _read(crisis_id: str) -> str:
    """When the rows were recorded that the answer will stand on, whoever makes it."""
    return _HERE[0].store.recorded(crisis_id).isoformat()


@DBOS.step(name="fit", **_RETRIES)
def _fit(kind: str, crisis_id: str, recorded: str, request: dict[str, Any]) -> dict[str, Any]:
    here = _HERE[0]
    url = here.store.engine.url.render_as_string(hide_password=False)
    asked = (url, kind, crisis_id, recorded, request, here.dask)
    with here.fitters.lent(str(DBOS.workflow_id)) as fitter:
        packed: dict[str, Any] = fitter.do(make, *asked, told=_tell, seconds=here.seconds)
    return packed


@DBOS.step(name="publish", **_RETRIES)
def _publish(
    kind: str,
    crisis_id: str,
    recorded: str,
    request: dict[str, Any],
    author: str,
    packed: dict[str, Any],
) -> str:
    store = _HERE[0].store
    source = Source(store, crisis_id, datetime.fromisoformat(recorded))
    asked = KINDS[kind](**request)
    document = document_of(source, asked, unpacked(packed), author)
    return keep_once(store, replace(document, id=document_id(str(DBOS.workflow_id))))


@DBOS.workflow(name=WORKFLOW, max_recovery_attempts=MOST_TAKEOVERS)
def job(kind: str, crisis_id: str, request: dict[str, Any], author: str, asked_at: str) -> str:
    """The id of the document that holds the answer; `asked_at` is kept for whoever looks."""
    here, id_ = _HERE[0], str(DBOS.workflow_id)
    here.doing.add(id_)
    try:
        recorded = _read(crisis_id)
        packed = _fit(kind, crisis_id, recorded, request)
        return _publish(kind, crisis_id, recorded, request, author, packed)
    except NuzuhError as error:
        log.warning("job %s (%s of %s) failed: %s", id_, kind, crisis_id, error)
        raise
    finally:
        here.doing.discard(id_)


def make(
    url: str,
    kind: str,
    crisis_id: str,
    recorded: str,
    request: dict[str, Any],
    dask: str | None,
    *,
    told: Told,
) -> dict[str, Any]:
    """Make an answer in a process of its own, packed for the way back."""
    from forecast.parallel import Serial, make_executor

    executor = Serial() if dask is None else make_executor(f"dask={dask}")
    with opened_again(url) as store:
        source = Source(store, crisis_id, datetime.fromisoformat(recorded))
        return packed(KINDS[kind](**request).make(source, executor, told))


def opened_again(url: str) -> Store:
    """A store that another process has open. Raises StoreError when it does not answer now."""
    try:
        return Store(url)
    except InputError as error:
        raise StoreError(str(error)) from error


def packed(made: Made) -> dict[str, Any]:
    """An answer as JSON."""
    contents = {
        format_: base64.b64encode(zlib.compress(content)).decode()
        for format_, content in made.contents.items()
    }
    return {"fingerprint": made.fingerprint, "models": dict(made.models), "contents": contents}


def unpacked(found: dict[str, Any]) -> Made:
    """An answer from JSON."""
    contents = {
        format_: zlib.decompress(base64.b64decode(text))
        for format_, text in found["contents"].items()
    }
    return Made(found["fingerprint"], found["models"], contents)


def _tell(share: float, step: str) -> None:
    DBOS.set_event(PROGRESS, [share, step])
