"""`nuzuh worker`: do the jobs that others ask for."""

from __future__ import annotations

import signal
from threading import Event

import typer

from service.emit import progress


def worker() -> None:
    """Take jobs from the queue beside the store and do them, until it is ended.

    Any number of workers, on any number of machines, share one PostgreSQL; workers of one machine
    share a SQLite file. Ended by Ctrl-C or SIGTERM, a worker takes no more jobs, finishes what it
    can within 20 seconds and leaves the rest to others. When a worker dies, others take its jobs
    over within 30 seconds.

    NUZUH_DATABASE names the store, NUZUH_WORKERS how many jobs are done at once, NUZUH_DASK a Dask
    scheduler to fit on.

    Examples:

      nuzuh worker

      NUZUH_DATABASE=postgresql://nuzuh@db/nuzuh NUZUH_WORKERS=2 nuzuh worker
    """
    with progress("starting"):
        from features.errors import Finding, InputError
        from service.jobs.worker import Worker
        from service.schedules.clockwork import Clockwork
        from service.settings import load_settings
        from service.store.store import Store
        from service.telemetry import log_json

    settings = load_settings()
    if settings.workers == 0:
        raise InputError(Finding("NUZUH_WORKERS", "a worker that does none; set 1 or more"))
    log_json()
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with (
        Store(settings.database) as store,
        Worker(store, settings) as found,
        Clockwork(store, settings),
    ):
        typer.echo(f"{found.name} takes jobs, {settings.workers} at once; end it by Ctrl-C")
        ended.wait()
        typer.echo("ending; no more jobs are taken")
