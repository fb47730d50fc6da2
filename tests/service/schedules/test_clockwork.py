"""The clock in a worker: what it asks for is done by the queue, failures too."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa

from service.jobs import leases, steps
from service.jobs.database import JobsDatabase
from service.jobs.process import Fitter, Fitters
from service.jobs.worker import Worker
from service.schedules import clockwork
from service.schedules.alarms import CHECK
from service.schedules.clock import PRINT
from service.schedules.diary import Tick, read_attempts, read_tick
from service.schedules.editions import edition_of
from service.schedules.opening import ask_tick
from service.schedules.proof import print_proven
from service.settings import Settings
from service.store.store import Store
from tests.service.jobs.workers import until
from tests.service.schedules.given import kept

FRESH, TOO_LATE = date(2018, 11, 30), date(2019, 1, 29)


def refused(store: Store, name: str, day: date, *places: str) -> Tick:
    """A tick, once it was refused and its letter was sent."""
    to_folder = [{"way": "folder", "address": name}]
    made = kept(
        store,
        id=name,
        recipients=to_folder,
        formats=["sms"],
        places=places,
        release="automatic",
    )
    key = ask_tick(store, made, day, "tester", datetime.now(UTC))
    end = time.monotonic() + 60
    while not read_attempts(store, key):
        assert time.monotonic() < end
        time.sleep(0.05)
    return read_tick(store, key)


def test_a_job_that_holds_every_fitter_holds_up_no_look_and_no_page(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fitters = Fitters(1, PRINT, CHECK)
    done: list[str] = []

    def do(_fitter: Fitter, task: Callable[..., Any], *_args: Any, **_options: Any) -> Any:
        done.append(task.__name__)
        return {"failed": "no page here"} if task is print_proven else []

    monkeypatch.setattr(Fitter, "do", do)
    made = kept(store)
    key = ask_tick(store, made, FRESH, "tester", datetime.now(UTC))
    document = edition_of(made.schedule, read_tick(store, key)).document()
    steps.be_here(steps.Here(store, fitters, None, 1.0))
    tasks = [
        partial(clockwork._check, "made-up", f"{FRESH}", store.recorded("made-up").isoformat()),
        partial(clockwork._print, document, "en", "txt"),
    ]
    with fitters.lent("a job of 1,800 s"):
        threads = [Thread(target=task, daemon=True) for task in tasks]
        for thread in threads:
            thread.start()
            thread.join(10)
    steps.be_here(None)
    assert done == ["check_stored", "print_proven"]


def taken_away(store: Store) -> bool:
    """Give the print that is being done to a worker that is gone, as a takeover does."""
    database = JobsDatabase(store)
    jobs = database.client._sys_db
    tasks = jobs.tables.workflow_status
    mine = (tasks.c.name == PRINT) & (tasks.c.status == "PENDING")
    lost = sa.update(tasks).where(mine).values(executor_id="gone", owner_xid="gone")
    with jobs.engine.begin() as connection:
        found = connection.execute(lost).rowcount
    database.close()
    return bool(found)


@pytest.mark.slow
def test_a_print_that_another_took_is_no_failure(
    store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clockwork, "LOOK_SECONDS", 0.2)
    monkeypatch.setattr(leases, "LEASE_SECONDS", 1.5)
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.2)
    settings = Settings(database=url, outlooks=tmp_path)
    to_folder = [{"way": "folder", "address": "a"}]
    made = kept(store, recipients=to_folder, formats=["txt"], release="automatic")
    with Worker(store, settings, grace=1), clockwork.Clockwork(store, settings):
        key = ask_tick(store, made, FRESH, "tester", datetime.now(UTC))
        until(lambda: steps._HERE[0].fitters.busy)
        assert taken_away(store)
        until(lambda: read_attempts(store, key))
    assert [step.state for step in read_tick(store, key).steps] == ["drafted", "released"]


@pytest.mark.slow
def test_what_cannot_be_made_is_told_to_its_readers(
    store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clockwork, "LOOK_SECONDS", 0.2)
    settings = Settings(database=url, outlooks=tmp_path)
    with Worker(store, settings, grace=1), clockwork.Clockwork(store, settings):
        stale = refused(store, "stale", TOO_LATE)
        failed = refused(store, "failed", FRESH, "N9999")
    assert stale.state == failed.state == "refused"
    assert "Event Data reaches 14 December 2018 only" in str(stale.steps[0].reason)
    assert "it could not be made (" in str(failed.steps[0].reason)
    for name in ("stale", "failed"):
        [about] = (tmp_path / name).glob("*.json")
        told = json.loads(about.read_text())
        assert told["type"] == "refusal.sent"
        [text] = (tmp_path / name).glob("*.txt")
        assert "There is no outlook of A made-up land" in text.read_text()
