"""Workers with a clock as processes of their own, to be killed."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.conftest import ROOT

# A worker with short leases, so that a takeover needs no long wait.
WORKER = """
import time
from service.jobs import leases
leases.LEASE_SECONDS, leases.BEAT_SECONDS = 3.0, 0.5
from service.jobs.worker import Worker
from service.schedules import clockwork
clockwork.LOOK_SECONDS = 0.5
from service.settings import load_settings
from service.store.store import Store
settings = load_settings()
with Store(settings.database) as store, Worker(store, settings, grace=1) as found:
    with clockwork.Clockwork(store, settings):
        print(found.name, flush=True)
        while True:
            time.sleep(1)
"""


class Killable:
    """A worker on a database that hands e-mail in at a port; killed at the end of `with`."""

    def __init__(self, url: str, port: int) -> None:
        named = {
            "NUZUH_DATABASE": url,
            "NUZUH_SMTP_HOST": "127.0.0.1",
            "NUZUH_SMTP_PORT": str(port),
            "NUZUH_SMTP_SECURITY": "none",
            "NUZUH_SMTP_SENDER": "outlook@nuzuh.example.org",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            cwd=ROOT,
            env={**os.environ, **named},
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Killable:
        assert self._process.stdout is not None
        self.name = self._process.stdout.readline().strip()
        assert self.name
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """At once, as a machine that loses its power."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
