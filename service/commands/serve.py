"""`nuzuh serve`: the HTTP service."""

from __future__ import annotations

import gc
import signal
from contextlib import ExitStack
from typing import TYPE_CHECKING

import typer

from service.emit import progress

if TYPE_CHECKING:
    from service.settings import Settings
    from service.store.store import Store

BUNDLED = "nw-syria"
GRACE_SECONDS = 20
GARBAGE = 50_000


def serve() -> None:
    """Serve the HTTP API, do the jobs that it is asked for, and send outlooks on schedule.

    Needs no configuration: the store is a SQLite file, it listens on 127.0.0.1:8000, brings in the
    bundled crisis where the store holds none, and prints an admin key when it starts for the first
    time. Beyond loopback it listens only when a key was made before, by: nuzuh key create. Put a
    proxy with TLS before it there.

    NUZUH_DATABASE, NUZUH_HOST, NUZUH_PORT and NUZUH_WORKERS (0: others do the jobs) set the rest.
    Ended by Ctrl-C or SIGTERM, it answers what it was asked and finishes jobs for 20 seconds.

    Example:

      nuzuh serve
    """
    with progress("starting"):
        import uvicorn

        from service.api.app import create_app
        from service.jobs.jobs import Jobs
        from service.jobs.warm import Warm
        from service.jobs.worker import Worker
        from service.schedules.clockwork import Clockwork
        from service.settings import load_settings
        from service.store.store import Store
        from service.telemetry import log_json

    settings = load_settings()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)  # uvicorn has its own, and raises them anew after
    with Store(settings.database) as store, ExitStack() as ended:
        prepare(store, settings)
        log_json()
        jobs, warm = Jobs(store), Warm(store)
        ended.callback(jobs.close)
        ended.callback(warm.close)
        if settings.workers:
            ended.enter_context(Worker(store, settings, GRACE_SECONDS))
            ended.enter_context(Clockwork(store, settings))
        gc.collect()
        gc.set_threshold(GARBAGE)  # an answer of thousands of rows is no garbage
        gc.freeze()  # what stays for good is not looked through again while somebody waits
        typer.echo(f"serving {where_served(settings)}; end it by Ctrl-C")
        uvicorn.run(
            create_app(settings, store, jobs, warm),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )


def prepare(store: Store, settings: Settings) -> None:
    """The first key and the first crisis, where there are none.

    Raises InputError rather than to listen beyond loopback with a key that was printed unasked.
    """
    from features.errors import Finding, InputError
    from service.access.keys import any_key, create_key

    if not any_key(store):
        if not _loopback(settings.host):
            why = "is beyond loopback and nobody has a key yet; make one by: nuzuh key create"
            raise InputError(Finding("NUZUH_HOST", why, value=settings.host))
        _, shown = create_key(store, "first start", ["admin"], "restricted")
        typer.echo(f"admin key, not shown again: {shown}", err=True)
    if not store.crises():
        from features.crisis import crisis_folder
        from service.store.folders import import_folder

        import_folder(store, crisis_folder(BUNDLED), author="first start")
        typer.echo(f"brought in the bundled crisis {BUNDLED}", err=True)


def where_served(settings: Settings) -> str:
    """Where it is asked, from which database, without its password, and where that is told."""
    from service.store.engine import shown_address

    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    url = f"http://{host}:{settings.port}"
    docs = f"the API is told in docs/api.md and at {url}/v1/openapi.json"
    return f"{url} from {shown_address(settings.database)}; {docs}"


def _loopback(host: str) -> bool:
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
