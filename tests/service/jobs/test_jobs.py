"""Jobs: queued, done by a worker, seen from anywhere, each ending once."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

import pytest

from features.errors import InputError
from service.answers import replay
from service.errors import Conflict, NotFound
from service.jobs.jobs import Jobs
from service.jobs.steps import document_id
from service.jobs.worker import Worker
from service.store.store import Store
from tests.service.jobs.workers import LONG, REQUEST, ended, fitting


def submit(jobs: Jobs, author: str = "planner", **changes: object) -> str:
    return jobs.submit("forecast", "made-up", {**REQUEST, **changes}, author)


def test_a_forecast_is_made_kept_and_made_again(jobs: Jobs, store: Store, worker: Worker) -> None:
    before = datetime.now(UTC)
    done = ended(jobs, submit(jobs))
    assert (done.status, done.progress, done.error) == ("done", 1.0, None)
    assert (done.kind, done.crisis_id, done.author) == ("forecast", "made-up", "planner")
    assert before <= done.created <= datetime.now(UTC)
    assert done.result == document_id(done.id)
    document = store.document(done.result)
    assert (document.kind, document.author, document.seed) == ("forecast", "planner", 7)
    assert document.request == done.request
    assert replay(store, done.result) == document.contents


def test_what_dbos_logs_goes_where_all_lines_go_and_nowhere_else(
    worker: Worker, caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("dbos").warning("the queue stumbled")
    assert "the queue stumbled" in caplog.text
    assert not logging.getLogger("dbos").handlers


def test_what_cannot_be_forecast_fails_and_says_why(jobs: Jobs, worker: Worker) -> None:
    failed = ended(jobs, submit(jobs, as_of="2010-01-01"))
    assert (failed.status, failed.result) == ("failed", None)
    assert failed.error is not None
    assert "at least 4 are needed" in failed.error
    unknown = ended(jobs, jobs.submit("forecast", "nowhere", REQUEST, "planner"))
    assert "the store holds no such crisis" in str(unknown.error)


def test_a_request_that_cannot_be_is_never_queued(jobs: Jobs) -> None:
    listed = jobs.jobs(None, 1000)
    with pytest.raises(InputError, match="did you mean 'forecast'") as caught:
        jobs.submit("forecats", "made-up", REQUEST, "planner")
    with pytest.raises(InputError) as caught:
        submit(jobs, horizon=99, plaec="N")
    assert [finding.column for finding in caught.value.findings] == ["horizon", "plaec"]
    assert jobs.jobs(None, 1000) == listed


def test_a_running_job_is_cancelled_at_once_and_leaves_nothing(
    jobs: Jobs, store: Store, worker: Worker
) -> None:
    id_ = submit(jobs, **LONG)
    running = fitting(jobs, id_)
    assert 0.0 < running.progress < 1.0
    assert jobs.cancel(id_).status == "cancelled"
    done = ended(jobs, submit(jobs))
    assert done.status == "done"
    assert jobs.job(id_).status == "cancelled"
    with pytest.raises(InputError, match="holds none of this id"):
        store.document(document_id(id_))


def test_a_job_that_ended_is_not_cancelled(jobs: Jobs, worker: Worker) -> None:
    done = ended(jobs, submit(jobs))
    assert jobs.cancel(done.id) == done


def test_an_unknown_job_is_not_found(jobs: Jobs) -> None:
    for ask in (jobs.job, jobs.cancel, lambda id_: jobs.jobs(None, 5, id_)):
        with pytest.raises(NotFound, match="there is no job 'x'"):
            ask("x")


def test_the_same_idempotency_is_the_same_job(jobs: Jobs, worker: Worker) -> None:
    first = jobs.submit("forecast", "made-up", REQUEST, "planner", "key")
    assert jobs.submit("forecast", "made-up", REQUEST, "planner", "key") == first
    assert jobs.submit("forecast", "made-up", REQUEST, "another", "key") != first
    with pytest.raises(Conflict, match="stands for another request"):
        jobs.submit("forecast", "made-up", {**REQUEST, "seed": 8}, "planner", "key")
    assert ended(jobs, first).status == "done"
    assert jobs.submit("forecast", "made-up", REQUEST, "planner", "key") == first


def test_jobs_are_listed_page_by_page_the_newest_first(jobs: Jobs, worker: Worker) -> None:
    ids = [submit(jobs, author="lister", as_of="2010-01-01") for _ in range(7)]
    for id_ in ids:
        ended(jobs, id_)
    paged, before = [], None
    while page := jobs.jobs("lister", 3, before):
        paged += [job.id for job in page]
        before = page[-1].id
    assert paged == ids[::-1]
    assert {job.author for job in jobs.jobs("lister", 100)} == {"lister"}
    assert len(jobs.jobs(None, 100)) > 7


SCENARIO = {
    "as_of": "2018-11-20",
    "horizon": 2,
    "draws": 100,
    "scenarios": [
        'title = "More"\nauthor = "planner"\n[[attacks]]\nmultiply = 2.0\n',
        {"title": "Fewer", "author": "planner", "attacks": [{"multiply": 0.5}]},
    ],
}


def test_scenarios_become_a_projection_that_is_made_again(
    jobs: Jobs, store: Store, worker: Worker
) -> None:
    done = ended(jobs, jobs.submit("scenario", "made-up", SCENARIO, "planner"))
    assert done.error is None
    document = store.document(done.result)
    assert (document.kind, set(document.contents)) == (
        "projection",
        {"json", "csv", "html", "ledger"},
    )
    told = json.loads(document.contents["json"])
    assert told["kind"] == "projection"
    assert [each["title"] for each in told["scenarios"]] == ["More", "Fewer"]
    [more, _] = json.loads(document.contents["ledger"])["entries"]
    assert more["condition"]["attacks"]
    assert replay(store, document.id) == document.contents


def test_scenarios_that_cannot_be_are_refused_at_once(jobs: Jobs) -> None:
    twice = {**SCENARIO, "scenarios": SCENARIO["scenarios"][:1] * 2}
    with pytest.raises(InputError, match="title of another scenario"):
        jobs.submit("scenario", "made-up", twice, "planner")
    wrong = ['title = "x"\nauthor = "y"\n[[attacks]]\nmultiplied = 2.0\n']
    with pytest.raises(InputError, match=r"scenario 1:4: attacks\[1\].multiplied: no such key"):
        jobs.submit("scenario", "made-up", {**SCENARIO, "scenarios": wrong}, "planner")


@pytest.mark.slow
def test_a_backtest_becomes_a_track_record(jobs: Jobs, store: Store, worker: Worker) -> None:
    request = {"from": "2018-06", "to": "2018-06", "draws": 100, "members": ["pool"]}
    done = ended(jobs, jobs.submit("backtest", "made-up", request, "planner"), 60)
    assert done.error is None
    document = store.document(done.result)
    assert document.kind == "track_record"
    assert {"json", "html", "parquet", "scores.csv"} <= set(document.contents)
    assert replay(store, document.id) == document.contents
