"""A worker: takes jobs from the queue and does them, one in each of its processes."""

from __future__ import annotations

import logging
import os
import socket
from secrets import token_hex
from typing import Self

from dbos import DBOS, DBOSConfig
from dbos._serialization import DBOSPortableJSON

from service.jobs import steps
from service.jobs.database import APPLICATION, CONNECTIONS, QUEUE, STEPS_VERSION, JobsDatabase
from service.jobs.leases import Lease
from service.jobs.process import Fitters
from service.schedules.alarms import CHECK
from service.schedules.clock import PRINT
from service.settings import Settings
from service.store.store import Store

POLL_SECONDS = 0.5
GRACE_SECONDS = 20


class Worker:
    """Works from `with` to its end; one a process, inside the service or alone.

    At its end it takes no more jobs, waits `grace` seconds for those it has, and leaves the rest to
    other workers.
    """

    def __init__(self, store: Store, settings: Settings, grace: int = GRACE_SECONDS) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}-{token_hex(4)}"
        self._store, self._settings, self._grace = store, settings, grace
        self._database = JobsDatabase(store)
        self._fitters = Fitters(settings.workers, PRINT, CHECK)
        self._here = steps.Here(store, self._fitters, settings.dask, settings.job_seconds)
        self._lease = Lease(self._database, self.name, self._here)

    def __enter__(self) -> Self:
        settings = self._settings
        steps.be_here(self._here)
        self._lease.start()
        DBOS(config=self._config())
        _log_as_all_do()
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=settings.workers,
            polling_interval_sec=POLL_SECONDS,
            on_conflict="always_update",
        )
        return self

    def __exit__(self, *_: object) -> None:
        DBOS.destroy(workflow_completion_timeout_sec=self._grace)
        self._fitters.close()
        self._lease.stop()
        steps.be_here(None)
        self._database.close()

    def _config(self) -> DBOSConfig:
        return {
            "name": APPLICATION,
            "system_database_url": self._database.url,
            "system_database_engine": self._database.shared,
            "dbos_system_schema": self._database.schema,
            "sys_db_pool_size": CONNECTIONS,
            "executor_id": self.name,
            "application_version": STEPS_VERSION,
            "serializer": DBOSPortableJSON,
            "log_level": "WARNING",
        }


def _log_as_all_do() -> None:
    """DBOS writes lines of its own form past the log of the process; those of ours are enough."""
    log = logging.getLogger("dbos")
    log.handlers.clear()
    log.propagate = True
    log.addFilter(steps.unexpected)
