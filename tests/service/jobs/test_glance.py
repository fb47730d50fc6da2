"""The queue at a glance, on both databases."""

from __future__ import annotations

from service.jobs.jobs import Jobs
from service.jobs.worker import Worker
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
