"""Killed in the middle of anything, ten times each: what was accepted is there, jobs end once.

The service and its workers are processes as they are run, asked over HTTP; the tables are only
looked at, to find the moment and to count.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from service.answers import replay
from service.jobs.jobs import Jobs
from service.store.store import Store
from tests.databases import postgresql
from tests.journeys.serving import ROWS, Served, new_land
from tests.journeys.victims import (
    Postgres,
    Service,
    Victim,
    Workers,
    steps_of,
    stored_forecasts,
)
from tests.service.jobs.workers import QUICK
from tests.service.store.conftest import NewUrl, new_url, server

__all__ = ["new_url", "server"]

TIMES = 10
MOST_TRIES = 6 * TIMES
FIT_SECONDS, PUBLISH_SECONDS = 0.4, 0.006


@dataclass
class Journey:
    """A service that is asked while a victim dies; `tally` is what became of the kills."""

    served: Served
    store: Store
    jobs: Jobs
    victim: Victim
    ids: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    takeovers: list[float] = field(default_factory=list)
    ingest_seconds: float = 0.5
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def in_ingest(self, number: int) -> None:
        """A kill while a batch is taken in: all of it is there afterwards, or nothing."""
        with ThreadPoolExecutor(1) as beside:
            asked = beside.submit(self.served.take_in, number, patient=False)
            self.victim.aimed(None)
            time.sleep(self.chance.uniform(0.0, self.ingest_seconds))
            answered = asked.done()
            self.victim.killed()
            self.victim.back()
        there = len(self.served.rows_of(number))
        assert there in (0, ROWS)
        assert there == ROWS or asked.result().status != 200
        self.tally["ingest, too late" if answered else f"ingest, {there} rows"] += 1
        self.sent_again(number)

    def sent_again(self, number: int) -> None:
        """The same batch again under its key is one; a wrong one leaves nothing."""
        began = time.monotonic()
        told = self.served.take_in(number)
        self.ingest_seconds = time.monotonic() - began
        assert told.status == 200
        assert told.body["added"] + told.body["unchanged"] == ROWS
        self.all_taken_in(number)
        assert self.served.take_in(number + MOST_TRIES, persons=-4).status == 422
        assert self.served.rows_of(number + MOST_TRIES) == []

    def all_taken_in(self, number: int) -> None:
        """Every row of a batch is there once."""
        found = self.served.rows_of(number)
        assert sorted(row["persons"] for row in found) == list(range(1, ROWS + 1))

    def in_fit(self, seed: int) -> None:
        """A kill in the middle of a fit."""
        id_ = self.served.forecast(seed)
        self.served.fitting(id_)
        self.victim.aimed(id_)
        time.sleep(self.chance.uniform(0.0, FIT_SECONDS))
        self.killed("fit", id_, seed)

    def in_publish(self, seed: int) -> None:
        """A kill about when the document is stored."""
        fits = self.jobs.glance().fits
        id_ = self.served.forecast(seed)
        self.served.fitting(id_)
        self.victim.aimed(id_)
        while self.jobs.glance().fits == fits:
            pass
        time.sleep(self.chance.uniform(0.0, PUBLISH_SECONDS))
        self.killed("publish", id_, seed)

    def killed(self, moment: str, id_: str, seed: int) -> None:
        """Kill, and see the job to its end: finished steps stand, the same request is the job."""
        at = self.victim.killed()
        self.victim.back()
        before = steps_of(self.jobs, id_)
        job = self.served.ended(id_)
        assert (job["status"], job["error"]) == ("done", None)
        after = steps_of(self.jobs, id_)
        assert [name for name, _ in after] == ["read", "fit", "publish"]
        assert after[: len(before)] == before
        assert self.served.forecast(seed) == id_
        self.ids.append(id_)
        struck = sum(time_ <= at * 1000 for _, time_ in after)
        self.tally[f"{moment}, {struck} of 3 steps done"] += 1
        taken = datetime.fromisoformat(job["started"]).timestamp() - at
        if taken > 0.0:
            self.takeovers.append(taken)

    def struck(self, moment: str) -> int:
        """Kills that hit the moment, neither before nor after it."""
        if moment == "ingest":
            return sum(self.tally[f"ingest, {rows} rows"] for rows in (0, ROWS))
        return self.tally[f"{moment}, {['fit', 'publish'].index(moment) + 1} of 3 steps done"]

    def again_and_again(self) -> None:
        """Until each moment was hit as often as asked."""
        rounds = {"ingest": self.in_ingest, "fit": self.in_fit, "publish": self.in_publish}
        for begun, (moment, go) in enumerate(rounds.items()):
            for number in range(MOST_TRIES):
                go(number + begun * 1000 * (moment != "ingest"))
                if self.struck(moment) >= TIMES:
                    break
            self.tally[moment] = number + 1
            print(f"{moment}: {self.report()}", flush=True)
            assert self.struck(moment) >= TIMES

    def all_there(self) -> None:
        """Every batch, and one document of each job, whole and made again to the byte."""
        for number in range(self.tally["ingest"]):
            self.all_taken_in(number)
        results = [self.served.job(id_)["result"] for id_ in self.ids]
        kept = stored_forecasts(self.store)
        assert sorted(f"/v1/forecasts/{id_}" for id_ in kept) == sorted(results)
        for path, id_ in zip(results, kept, strict=True):
            assert self.served.told("GET", path).status == 200
            assert set(self.store.document(id_).contents) == {"json", "parquet"}
        for id_ in kept[:TIMES]:
            assert replay(self.store, id_) == self.store.document(id_).contents
        assert max(self.takeovers, default=0.0) < 30.0
        assert '"event": "fault"' not in self.served.log.read_text("utf-8")

    def report(self) -> str:
        """What was counted."""
        slowest = max(self.takeovers, default=0.0)
        told = f"{len(self.ids)} jobs, {self.tally['ingest'] * ROWS} rows, "
        told += f"{len(self.takeovers)} takeovers, the slowest {slowest:.1f} s; "
        return told + f"kills: {dict(self.tally)}"


@contextmanager
def journey(url: str, folder: Path, victim: str) -> Iterator[Journey]:
    """A land, a service and workers beside it."""
    shown = new_land(url, folder)
    with Store(url) as store, Served(url, shown, folder / "log") as served:
        jobs = Jobs(store)
        with Workers(url, 2 if victim == "worker" else 1, jobs) as workers:
            victims = {
                "service": lambda: Service(served),
                "worker": lambda: workers,
                "database": lambda: Postgres(url, served),
            }
            yield Journey(served, store, jobs, victims[victim]())
        jobs.close()


def test_a_service_killed_in_mid_fit_and_mid_ingest_goes_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    shown = new_land(url, tmp_path)
    with (
        Served(url, shown, tmp_path / "log", workers=1, before=QUICK) as served,
        Store(url) as store,
    ):
        jobs = Jobs(store)
        made = Journey(served, store, jobs, Service(served))
        id_ = served.forecast(1)
        served.fitting(id_)
        made.in_ingest(0)
        assert served.ended(id_)["status"] == "done"
        assert served.forecast(1) == id_
        made.ids.append(id_)
        made.tally["ingest"] = 1
        made.all_there()
        jobs.close()


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["service", "worker"])
def test_nothing_is_lost_or_done_twice_when_it_is_killed(
    victim: str, new_url: NewUrl, tmp_path: Path
) -> None:
    with journey(new_url(), tmp_path, victim) as made:
        made.again_and_again()
        made.all_there()
        print(f"{victim} killed on {made.store.engine.dialect.name}: {made.report()}")


@pytest.mark.slow
def test_nothing_is_lost_or_done_twice_when_the_database_is_killed(tmp_path: Path) -> None:
    with postgresql() as url, journey(url, tmp_path, "database") as made:
        made.again_and_again()
        made.all_there()
        print(f"database killed: {made.report()}")
