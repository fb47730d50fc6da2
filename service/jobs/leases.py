"""Leases: a worker that is heard of no more loses its jobs to the others."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from threading import Event, Thread
from time import monotonic

import sqlalchemy as sa

from features.errors import StoreError
from service.jobs.database import QUEUE, JobsDatabase, answering, workers
from service.jobs.retention import Retention
from service.jobs.steps import Here

LEASE_SECONDS = 10.0
BEAT_SECONDS = 2.0
FORGOTTEN_SECONDS = 3600.0
log = logging.getLogger(__name__)


class Lease:
    """The heartbeat of one worker, which also looks after the jobs of those that are gone, and old.

    A worker that could not tell of itself for a while does not judge others before a whole lease
    has passed: it may be the database that was gone. Jobs that are no longer this worker's, taken
    over or cancelled, are ended.
    """

    def __init__(self, database: JobsDatabase, name: str, here: Here) -> None:
        self._database, self._name, self._here = database, name, here
        self._retention = Retention(database)
        self._dropped: dict[str, float] = {}
        self._stopped = Event()
        self._last = self._steady_since = monotonic()
        self._thread = Thread(target=self._run, name="lease", daemon=True)

    def start(self) -> None:
        """Beat for the first time, here, and then beside."""
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        """Beat no more, and leave what is unfinished to the others at once."""
        self._stopped.set()
        self._thread.join()
        try:
            with answering(), self._database.writing() as connection:
                connection.execute(sa.delete(workers).where(workers.c.name == self._name))
        except StoreError as error:
            log.warning("not signed off, others will wait: %s", error)

    def _run(self) -> None:
        while not self._stopped.wait(BEAT_SECONDS):
            try:
                self._beat()
                self._retention.look()
            except StoreError as error:
                log.warning("no heartbeat: %s", error)
            except Exception:
                log.exception("the heartbeat stumbled, and goes on")

    def _beat(self) -> None:
        busy = self._here.fitters.busy
        with answering():
            living = self._tell()
            holders = self._holders()
        for job in busy:
            if holders.get(job) != self._name:
                self._here.fitters.end(job)
        steady = self._is_steady()
        dropped = self._long_dropped(holders)
        for job, holder in holders.items():
            if job in dropped or (steady and holder not in living):
                self._take_over(job, holder)

    def _long_dropped(self, holders: Mapping[str, str]) -> set[str]:
        """Jobs that this worker holds but has not been doing for a whole lease.

        It lost them where the database was lost in the wrong moment.
        """
        now = monotonic()
        held = {job for job, holder in holders.items() if holder == self._name}
        idle = held - self._here.doing
        self._dropped = {job: self._dropped.get(job, now) for job in idle}
        return {job for job, since in self._dropped.items() if now - since >= LEASE_SECONDS}

    def _holders(self) -> dict[str, str]:
        """The jobs that are being done, and the workers that do them."""
        listed = self._database.client.list_workflows(
            status="PENDING", load_input=False, load_output=False
        )
        return {each.workflow_id: str(each.executor_id) for each in listed}

    def _take_over(self, job: str, gone: str) -> None:
        """Queue a job again unless another has done so; DBOS has no public call that is safe twice.

        `resume_workflow` would take it from a worker that has it by now, and never give it up.
        """
        log.warning("job %s is taken from %s, which is gone or lost it", job, gone)
        with answering():
            self._database.client._sys_db.reenqueue_for_recovery(job, [gone], QUEUE)

    def _tell(self) -> set[str]:
        """Tell of this worker, and hear of the others."""
        now = self._database.now
        mine = workers.c.name == self._name
        with self._database.writing() as connection:
            if connection.execute(sa.update(workers).where(mine).values(seen=now)).rowcount == 0:
                connection.execute(sa.insert(workers).values(name=self._name, seen=now))
            connection.execute(sa.delete(workers).where(workers.c.seen < now - FORGOTTEN_SECONDS))
            heard = workers.c.seen >= now - LEASE_SECONDS
            return set(connection.scalars(sa.select(workers.c.name).where(heard)))

    def _is_steady(self) -> bool:
        now = monotonic()
        if now - self._last > LEASE_SECONDS / 2:
            self._steady_since = now
        self._last = now
        return now - self._steady_since >= LEASE_SECONDS
