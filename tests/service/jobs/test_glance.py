"""The queue at a glance, on both databases."""

from __future__ import annotations

import sqlalchemy as sa

from service.jobs.database import STEPS_VERSION
from service.jobs.jobs import Jobs
from service.jobs.worker import Worker
from service.schedules.alarms import CHECK
from tests.service.jobs.workers import REQUEST, ended


def test_what_waits_is_counted_by_author_and_waits_longer_and_longer(jobs: Jobs) -> None:
    before = jobs.glance()
    ids = [jobs.submit("forecast", "made-up", REQUEST, who) for who in ("a", "a", "b")]
    waiting = jobs.glance()
    assert waiting.by_status["queued"] == before.by_status.get("queued", 0) + 3
    assert 0 <= waiting.waited <= jobs.glance().waited
    assert [jobs.unfinished(who) for who in ("a", "b", "nobody")] == [2, 1, 0]
    for id_ in ids:
        jobs.cancel(id_)
    assert [jobs.unfinished(who) for who in ("a", "b")] == [0, 0]
    cancelled = jobs.glance().by_status["cancelled"]
    assert cancelled == before.by_status.get("cancelled", 0) + 3


def test_fits_are_counted_with_their_seconds(jobs: Jobs, worker: Worker) -> None:
    before = jobs.glance()
    done = ended(jobs, jobs.submit("forecast", "made-up", REQUEST, "planner"))
    after = jobs.glance()
    assert done.ended is not None
    assert after.fits == before.fits + 1
    took = after.fit_seconds - before.fit_seconds
    assert 0 < took <= (done.ended - done.created).total_seconds() + 1  # SQLite keeps seconds
    assert after.by_status["done"] == before.by_status.get("done", 0) + 1


def test_the_last_look_at_the_triggers_of_a_crisis_is_told(jobs: Jobs) -> None:
    client = jobs._database.client
    tasks = client._sys_db.tables.workflow_status
    assert jobs.glance().looked == {}
    for day, status in (("01", "SUCCESS"), ("02", "SUCCESS"), ("03", "ERROR")):
        name = f"{CHECK}:made-up:2019-05-{day}:2019-05-01T00:00:00+00:00"
        client.enqueue(
            {"workflow_name": CHECK, "queue_name": CHECK, "workflow_id": name,
             "app_version": STEPS_VERSION}, "made-up", f"2019-05-{day}", "",
        )  # fmt: skip
        ended = sa.update(tasks).where(tasks.c.workflow_uuid == name)
        with client._sys_db.engine.begin() as connection:
            connection.execute(ended.values(status=status, updated_at=int(day) * 1000))
    looked = jobs.glance().looked
    assert {crisis: at.timestamp() for crisis, at in looked.items()} == {"made-up": 2.0}
