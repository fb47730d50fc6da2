"""`nuzuh serve` as it is run, asked over HTTP with an admin key, and killed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import sqlalchemy as sa

from service.access.keys import create_key
from service.api.replies import GIVEN_UP, WRITING
from service.store.folders import import_folder
from service.store.schema import replies
from service.store.store import Store
from tests.conftest import ROOT
from tests.folders import replaced, write_crisis
from tests.journeys.test_image import free_port
from tests.service.store.given_rows import REPORT

SECONDS = 90.0
ROWS = 2000
SERVE = "import sys\nfrom service.cli import main\nsys.argv[1:] = ['serve']\nmain()\n"


def new_land(url: str, folder: Path) -> str:
    """Two crises, `made-up` for jobs and `fed` for rows, in a store; an admin key."""
    fed = write_crisis(folder / "fed", crisis=replaced('"made-up"', '"fed"'))
    with Store(url) as store:
        import_folder(store, write_crisis(folder / "made-up"), author="tester")
        import_folder(store, fed, author="tester")
        return create_key(store, "tester", ["admin"], "restricted")[1]


@dataclass(frozen=True)
class Told:
    """An answer; without a status where there was none."""

    status: int | None = None
    body: Any = None


class Served:
    """`nuzuh serve` on a database, in `with`; `before` is run before it, in its process."""

    def __init__(self, url: str, shown: str, log: Path, workers: int = 0, before: str = "") -> None:
        self.url, self.log, self._port = url, log, free_port()
        named = {"DATABASE": url, "PORT": self._port, "WORKERS": workers, "RATE": "999999/minute"}
        self._env = os.environ | {f"NUZUH_{name}": str(value) for name, value in named.items()}
        self._how = ["-c", before + SERVE] if before else ["-m", "service", "serve"]
        self._headers = {"Authorization": f"Bearer {shown}"}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Served:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it and wait until it is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self._how], cwd=ROOT, env=self._env, stderr=log
            )
        self.until(lambda: self.ask("GET", "/readyz").status == 200)

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """With -9, if it still runs."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def ask(self, method: str, path: str, key: str | None = None, **given: Any) -> Told:
        """One request on a connection of its own."""
        headers = self._headers | ({} if key is None else {"Idempotency-Key": key})
        address = f"http://127.0.0.1:{self._port}{path}"
        try:
            found = httpx2.request(method, address, headers=headers, timeout=SECONDS, **given)
        except httpx2.TransportError:
            return Told()
        return Told(found.status_code, found.json())

    def told(self, method: str, path: str, key: str | None = None, **given: Any) -> Told:
        """The answer, asked for again and again while there is none, as a patient client does."""
        answers: list[Told] = []

        def answered() -> bool:
            answers.append(self.ask(method, path, key, **given))
            if answers[-1].status == 409:
                assert "still under way" in answers[-1].body["detail"]
                self._as_if_later()
            return answers[-1].status not in (None, 409, 503)

        self.until(answered)
        return answers[-1]

    def until(self, found: Callable[[], Any], seconds: float = SECONDS) -> None:
        """Wait for what must come true."""
        assert self._process is not None
        last = time.monotonic() + seconds
        while not found():
            assert self._process.poll() is None, f"the service ended: {self.log.read_text()}"
            assert time.monotonic() < last, "nothing within the time"
            time.sleep(0.02)

    def _as_if_later(self) -> None:
        """So much later that requests are given up which nobody answered: what was killed."""
        past = sa.update(replies).where(replies.c.status.is_(None))
        with Store(self.url) as store, store.writing(WRITING) as connection:
            connection.execute(past.values(claimed=datetime.now(UTC) - GIVEN_UP))

    def forecast(self, seed: int, **changes: Any) -> str:
        """Ask for a forecast of a seed, as often as it takes; the one job that it is."""
        body = {"as_of": "2018-11-20", "horizon": 2, "draws": 2000, "seed": seed, **changes}
        told = self.told("POST", "/v1/crises/made-up/forecasts", f"seed-{seed}", json=body)
        assert told.status == 202, told
        return str(told.body["id"])

    def job(self, id_: str) -> dict[str, Any]:
        """A job as it is now."""
        told: dict[str, Any] = self.told("GET", f"/v1/jobs/{id_}").body
        return told

    def ended(self, id_: str) -> dict[str, Any]:
        """The job, once it ended."""
        self.until(lambda: self.job(id_)["ended"])
        return self.job(id_)

    def fitting(self, id_: str) -> None:
        """Wait for the middle of the fit."""
        self.until(lambda: self.job(id_)["step"] == "fitting and simulating")

    def take_in(self, number: int, patient: bool = True, **changes: Any) -> Told:
        """Hand in a batch of rows; `changes` are those of its last row."""
        rows = [
            {**REPORT, **_month(number), "persons": at + 1, "coverage": at + 1}
            for at in range(ROWS)
        ]
        rows[-1] |= changes
        ask = self.told if patient else self.ask
        key = f"batch-{number}" + "-wrong" * bool(changes)
        return ask("POST", "/v1/crises/fed/displacement", key, json=rows)

    def rows_of(self, number: int) -> list[dict[str, Any]]:
        """What is stored of a batch."""
        month = _month(number)
        wanted = {"from": month["start"], "to": month["end"], "limit": 10_000}
        told = self.told("GET", "/v1/crises/fed/reports", params=wanted)
        rows: list[dict[str, Any]] = told.body["rows"]
        return rows


def _month(number: int) -> dict[str, str]:
    """A month that no other batch tells of, long before the others of the crisis."""
    month = f"{2005 + number // 12}-{1 + number % 12:02}"
    return {"start": f"{month}-01", "end": f"{month}-28", "published": "2019-01-01"}
