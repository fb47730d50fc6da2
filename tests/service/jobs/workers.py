"""Workers as processes, to be watched and killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from service.jobs.jobs import Job, Jobs
from tests.conftest import ROOT

REQUEST = {"as_of": "2018-11-20", "horizon": 2, "draws": 100, "seed": 7}
LONG = {**REQUEST, "draws": 8_000}
# A worker with short leases, so that a takeover needs no long wait.
QUICK = """
from service.jobs import leases
leases.LEASE_SECONDS, leases.BEAT_SECONDS = 1.5, 0.2
"""
WORKER = """
from service.cli import main
import sys
sys.argv[1:] = ["worker"]
main()
"""


class Killable:
    """`nuzuh worker` on a database; in `with`, and killed at its end if it still runs."""

    def __init__(self, url: str, before: str = QUICK, **settings: str) -> None:
        named = {f"NUZUH_{name.upper()}": value for name, value in settings.items()}
        self._process = subprocess.Popen(
            [sys.executable, "-c", before + WORKER],
            cwd=ROOT,
            env={**os.environ, "NUZUH_DATABASE": url, **named},
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Killable:
        assert self._process.stdout is not None
        self.name = self._process.stdout.readline().split()[0]
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def kill(self) -> None:
        """As the kernel does when memory is short."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def terminate(self) -> int:
        """As whoever runs it does; what it ended with."""
        self._process.send_signal(signal.SIGTERM)
        return self.died()

    def died(self) -> int:
        """What it ended with, once it ended."""
        return self._process.wait(60)


def until(found: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What is found, once it is something."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "nothing within the time"
        time.sleep(0.02)
    return value


def ended(jobs: Jobs, id_: str, seconds: float = 60.0) -> Job:
    """The job, once it ended."""
    until(lambda: jobs.job(id_).ended, seconds)
    return jobs.job(id_)


def fitting(jobs: Jobs, id_: str) -> Job:
    """The job, in the middle of its fit."""
    until(lambda: jobs.job(id_).step == "fitting and simulating")
    return jobs.job(id_)


def holder(jobs: Jobs, id_: str) -> str | None:
    """The name of the worker that has the job."""
    [found] = jobs._client.list_workflows(workflow_ids=[id_])
    return found.executor_id
