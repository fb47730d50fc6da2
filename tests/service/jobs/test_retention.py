"""Old jobs are forgotten, with all that DBOS keeps of them; what was counted stays counted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from service.errors import NotFound
from service.jobs import retention
from service.jobs.jobs import Jobs
from service.jobs.retention import KEPT, Retention, forget
from service.store.store import Store
from tests.service.jobs.workers import REQUEST
from tests.service.store.conftest import NewUrl

NOW = datetime.now(UTC).replace(microsecond=0)
FIT_SECONDS = 4
PAYLOADS = ("workflow_status", "workflow_input", "workflow_output", "operation_outputs")


@pytest.fixture
def jobs(new_url: NewUrl) -> Iterator[Jobs]:
    """Jobs that nobody does."""
    with Store(new_url()) as store:
        opened = Jobs(store)
        yield opened
        opened.close()


def submit(jobs: Jobs) -> str:
    return jobs.submit("forecast", "made-up", REQUEST, "planner")


def ended(jobs: Jobs, ago: timedelta) -> str:
    """A job that ended so long ago, as DBOS would have left it."""
    id_, at = submit(jobs), int((NOW - ago).timestamp() * 1000)
    tables = jobs._database.client._sys_db.tables
    status = tables.workflow_status
    done = sa.update(status).where(status.c.workflow_uuid == id_)
    step = {
        "workflow_uuid": id_, "function_id": 1, "function_name": "fit", "retention_timestamp": at,
        "started_at_epoch_ms": at - FIT_SECONDS * 1000, "completed_at_epoch_ms": at,
    }  # fmt: skip
    with jobs._database.client._sys_db.engine.begin() as connection:
        connection.execute(done.values(status="SUCCESS", completed_at=at))
        connection.execute(sa.insert(tables.operation_outputs).values(step))
        output = {"workflow_uuid": id_, "output": '"x"', "retention_timestamp": at}
        connection.execute(sa.insert(tables.workflow_output).values(output))
    return id_


def left_of(jobs: Jobs, id_: str) -> list[str]:
    """The tables of DBOS that tell of a job."""
    system = jobs._database.client._sys_db
    with system.engine.connect() as connection:
        return [
            name
            for name in PAYLOADS
            if connection.execute(
                sa.select(table := getattr(system.tables, name)).where(table.c.workflow_uuid == id_)
            ).first()
        ]


def test_what_ended_long_ago_is_forgotten_and_nothing_else(jobs: Jobs) -> None:
    old, late, waiting = ended(jobs, timedelta(days=91)), ended(jobs, timedelta(1)), submit(jobs)
    assert left_of(jobs, old) == list(PAYLOADS)
    assert forget(jobs._database, NOW - KEPT) == 1
    assert left_of(jobs, old) == []
    with pytest.raises(NotFound):
        jobs.job(old)
    assert {job.id for job in jobs.jobs(None, 10)} == {late, waiting}
    assert forget(jobs._database, NOW - KEPT) == 0


def test_a_job_that_waits_is_never_old(jobs: Jobs) -> None:
    id_ = submit(jobs)
    assert forget(jobs._database, NOW + KEPT) == 0
    assert jobs.job(id_).status == "queued"


def test_fits_stay_counted_with_their_seconds(jobs: Jobs) -> None:
    for days in (200, 100, 95, 91, 10, 1):
        ended(jobs, timedelta(days=days))
    for before, left in ((150, 5), (150, 5), (93, 3), (90, 2), (0.5, 0)):
        forget(jobs._database, NOW - timedelta(days=before))
        told = jobs.glance()
        assert (told.fits, told.fit_seconds) == (6, 6 * FIT_SECONDS)
        assert told.by_status.get("done", 0) == left
    ended(jobs, timedelta(0))
    assert jobs.glance().fits == 7


def test_killed_between_counting_and_forgetting_nothing_is_counted_twice(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(jobs, timedelta(days=91))
    with monkeypatch.context() as dies:
        dies.setattr(jobs._database.client, "delete_workflows", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            forget(jobs._database, NOW - KEPT)
    assert jobs.glance().fits == 1
    assert forget(jobs._database, NOW - KEPT + timedelta(hours=1)) == 1
    assert jobs.glance().fits == 1


def test_it_looks_once_an_hour_and_at_once_again_where_there_is_more(
    jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, asked, clock = [retention.AT_ONCE, 3, 0], [], [1.0]

    def heard(_: object, before: datetime) -> int:
        asked.append(before)
        return found.pop(0)

    monkeypatch.setattr(retention, "monotonic", lambda: clock[0])
    monkeypatch.setattr(retention, "forget", heard)
    looks = Retention(jobs._database)
    for _ in range(4):
        looks.look()
    assert len(asked) == 2
    assert abs(datetime.now(UTC) - KEPT - asked[0]) < timedelta(minutes=5)
    clock[0] += retention.EVERY_SECONDS + 1
    looks.look()
    assert len(asked) == 3
