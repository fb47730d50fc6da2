"""The clock in a worker: looks every few seconds, and has the workers do what it asks for.

The tasks stand in DBOS beside the jobs, under the names the clock gives them, so that one that was
asked for twice is done once and one whose worker died is done by another. Each of them can be done
again without harm.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from threading import Event, Thread
from typing import Any, Self

from dbos import DBOS, DBOSClient

from features.errors import NuzuhError, StoreError
from service.delivery.post import Post, post_of
from service.errors import Ended
from service.jobs import steps
from service.jobs.database import STEPS_VERSION, JobsDatabase, answering
from service.schedules import alarms, press
from service.schedules.alarms import ALARM, CHECK, Lookout
from service.schedules.clock import PRINT, SEND, Clock
from service.schedules.diary import Key
from service.schedules.editions import Edition, keep, keep_refusal
from service.schedules.proof import FORECAST, PROOF, print_proven
from service.schedules.sending import send
from service.settings import Settings
from service.store.store import Store
from service.triggers.letters import tell

LOOK_SECONDS = 3.0
POLL_SECONDS = 0.5
SENDING = 4
LONGEST = 300
log = logging.getLogger(__name__)
_POST: list[Post] = []
_RETRIES: Any = {
    "retries_allowed": True,
    "should_retry": lambda error: isinstance(error, StoreError),
    "interval_seconds": 1.0,
    "backoff_rate": 2.0,
    "max_attempts": 8,
}


@DBOS.step(name="print_page", **_RETRIES)
def _print(document: Mapping[str, Any], language: str, format_: str) -> None:
    """Print a page and keep it, or why it cannot be printed.

    Raises Ended on a worker that lost the task: another has it, and may well print the page.
    """
    here, edition = steps._HERE[0], Edition.of_document(document)
    url = here.store.engine.url.render_as_string(hide_password=False)
    task = (print_proven, url, document, language, format_)
    try:
        with here.fitters.lent(str(DBOS.workflow_id), PRINT) as fitter:
            found = fitter.do(*task, told=_unheard, seconds=here.seconds)
    except StoreError:
        raise
    except NuzuhError as error:
        if isinstance(error, Ended) and _is_lost(str(DBOS.workflow_id)):
            raise
        titles = {"en": press.facts_of(here.store, edition.crisis_id).title}
        found = {press.TITLE: titles, "failed": " ".join(str(error).split())[:LONGEST]}
    if press.CONTENT not in found:
        keep_refusal(here.store, edition.key, found)
        return
    if PROOF in found:
        keep(here.store, edition.key, *FORECAST, base64.b64decode(found[PROOF]))
    keep(here.store, edition.key, language, format_, base64.b64decode(found[press.CONTENT]))


def _is_lost(task: str) -> bool:
    """Whether another worker has a task that is done here."""
    status = DBOS.get_workflow_status(task)
    return status is None or status.executor_id != DBOS.executor_id


@DBOS.step(name="send_letters", **_RETRIES)
def _send(schedule_id: str, at: str, event: Any, names: Sequence[str]) -> None:
    key = Key(schedule_id, datetime.fromisoformat(at))
    lost = partial(_is_lost, str(DBOS.workflow_id))
    send(steps._HERE[0].store, _POST[0], key, event, names, lost)


@DBOS.step(name="check_triggers", **_RETRIES)
def _check(crisis_id: str, day: str, recorded: str) -> None:
    here = steps._HERE[0]
    url = here.store.engine.url.render_as_string(hide_password=False)
    task = (alarms.check_stored, url, crisis_id, day, recorded)
    try:
        with here.fitters.lent(str(DBOS.workflow_id), CHECK) as fitter:
            findings = fitter.do(*task, told=_unheard, seconds=here.seconds)
    except StoreError:
        raise
    except NuzuhError as error:
        alarms.note_failure(here.store, crisis_id, day, error)
        findings = [str(error)]
    for finding in findings:
        log.error("triggers of %s as of %s: %s", crisis_id, day, finding)


@DBOS.step(name="raise_alarm", **_RETRIES)
def _alarm(trigger_id: str, of: str, recipient: str) -> None:
    tell(steps._HERE[0].store, _POST[0], trigger_id, of, recipient)


@contextmanager
def _doing() -> Iterator[None]:
    """Tell the lease that this worker is at it, or others would take it."""
    doing, id_ = steps._HERE[0].doing, str(DBOS.workflow_id)
    doing.add(id_)
    try:
        yield
    finally:
        doing.discard(id_)


@DBOS.workflow(name=PRINT)
def print_page(document: dict[str, Any], language: str, format_: str) -> None:
    """One language and format of an edition."""
    with _doing():
        _print(document, language, format_)


@DBOS.workflow(name=SEND)
def send_letters(schedule_id: str, at: str, event: str, names: list[str]) -> None:
    """Letters of one event of a tick."""
    with _doing():
        _send(schedule_id, at, event, names)


@DBOS.workflow(name=CHECK)
def check_triggers(crisis_id: str, day: str, recorded: str) -> None:
    """All triggers of a crisis on a day."""
    with _doing():
        _check(crisis_id, day, recorded)


@DBOS.workflow(name=ALARM)
def raise_alarm(trigger_id: str, of: str, recipient: str) -> None:
    """One recipient told of an activation, or of what became of the watch."""
    with _doing():
        _alarm(trigger_id, of, recipient)


class Clockwork:
    """The clock and its queues, inside a worker: entered after it, left before it."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._settings = settings
        self._database = JobsDatabase(store)
        ask = asker(self._database.client)
        self._clock, self._lookout = Clock(store, ask), Lookout(store, ask)
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="clock", daemon=True)

    def __enter__(self) -> Self:
        _POST[:] = [post_of(self._settings)]
        queues = {PRINT: 1, CHECK: 1, SEND: SENDING, ALARM: SENDING}
        for name, at_once in queues.items():
            DBOS.register_queue(
                name,
                worker_concurrency=at_once,
                polling_interval_sec=POLL_SECONDS,
                on_conflict="always_update",
            )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        self._database.close()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._clock.look(datetime.now(UTC))
                self._lookout.look(datetime.now(UTC))
            except StoreError as error:
                log.warning("the clock could not look: %s", error)
            except Exception:
                log.exception("the clock stumbled, and goes on")
            self._stopped.wait(LOOK_SECONDS)


def asker(client: DBOSClient) -> Any:
    """Asks the workers for a task, under a name that stands for it for good."""

    def ask(task: str, name: str, arguments: Sequence[Any]) -> None:
        with answering():
            client.enqueue(
                {
                    "workflow_name": task,
                    "queue_name": task,
                    "workflow_id": name,
                    "app_version": STEPS_VERSION,
                },
                *arguments,
            )

    return ask


def _unheard(share: float, step: str) -> None:
    pass
