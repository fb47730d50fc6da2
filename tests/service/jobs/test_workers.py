"""Workers as processes: killed, restarted, ended; each job ends once, wherever it began."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa

from service.jobs.jobs import Jobs
from service.jobs.steps import document_id
from service.store.schema import documents
from service.store.store import Store
from tests.service.jobs.workers import LONG, QUICK, REQUEST, Killable, ended, fitting, holder


def submit(jobs: Jobs, **changes: object) -> str:
    return jobs.submit("forecast", "made-up", {**REQUEST, **changes}, "planner")


def copies(store: Store, job: str) -> int:
    """How many documents a job became."""
    of_job = documents.c.id == document_id(job)
    with store.reading() as connection:
        return connection.scalar(sa.select(sa.func.count()).where(of_job)) or 0


@pytest.mark.parametrize(
    "leases", [QUICK, pytest.param("", marks=pytest.mark.slow)], ids=["short", "real"]
)
def test_a_job_of_a_killed_worker_is_done_by_another_and_published_once(
    jobs: Jobs, store: Store, url: str, leases: str
) -> None:
    one, other = Killable(url, leases), Killable(url, leases)
    with one, other:
        id_ = submit(jobs, **LONG)
        fitting(jobs, id_)
        first, second = (one, other) if holder(jobs, id_) == one.name else (other, one)
        first.kill()
        killed = datetime.now()
        done = ended(jobs, id_)
        seconds = (datetime.now() - killed).total_seconds()
        print(f"done {seconds:.1f} seconds after the kill")
        assert seconds < 30.0
        assert (done.status, holder(jobs, id_)) == ("done", second.name)
    assert copies(store, id_) == 1


@pytest.mark.slow
def test_a_worker_that_is_ended_finishes_what_it_does(jobs: Jobs, url: str) -> None:
    with Killable(url) as worker:
        id_ = submit(jobs, **LONG)
        fitting(jobs, id_)
        assert worker.terminate() == 0
    assert jobs.job(id_).status == "done"


IMPATIENT = """
from service.jobs import leases, worker
leases.LEASE_SECONDS, leases.BEAT_SECONDS = 1.5, 0.2
worker.Worker.__init__.__defaults__ = (1,)
"""


@pytest.mark.slow
def test_what_an_ended_worker_cannot_finish_another_does(
    jobs: Jobs, store: Store, url: str
) -> None:
    with Killable(url, IMPATIENT) as worker:
        id_ = submit(jobs, **{**LONG, "draws": 50_000})
        fitting(jobs, id_)
        assert worker.terminate() == 0
    assert (jobs.job(id_).status, copies(store, id_)) == ("running", 0)
    with Killable(url):
        assert ended(jobs, id_, 60).status == "done"
    assert copies(store, id_) == 1


COUNTED = """
from pathlib import Path
from service.jobs import steps
make = steps.Fitters.lent
def lent(self, job):
    with Path({log!r}).open("a") as file: file.write(job + "\\n")
    return make(self, job)
steps.Fitters.lent = lent
"""
DIES = """
import os
from service.jobs import steps
def die(*_): os.kill(os.getpid(), 9)
steps.keep_once = die
"""


@pytest.mark.slow
def test_a_finished_step_is_not_run_again(
    jobs: Jobs, store: Store, url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    log = tmp_path_factory.mktemp("steps") / "fits"
    counted = COUNTED.format(log=str(log))
    with Killable(url, QUICK + counted + DIES) as dying:
        id_ = submit(jobs)
        dying.died()
    assert copies(store, id_) == 0
    with Killable(url, QUICK + counted):
        assert ended(jobs, id_).status == "done"
    assert log.read_text().split() == [id_]
    assert copies(store, id_) == 1


FEW = """
from dbos._registrations import get_func_info
from service.jobs import steps
get_func_info(steps.job).max_recovery_attempts = 1
"""


@pytest.mark.slow
def test_a_job_that_kills_every_worker_is_given_up(jobs: Jobs, url: str) -> None:
    id_ = submit(jobs)
    for _ in range(2):
        with Killable(url, QUICK + FEW + DIES) as dying:
            dying.died()
    with Killable(url, QUICK + FEW):
        given_up = ended(jobs, id_)
    assert given_up.status == "failed"
    assert "died of it" in str(given_up.error)
