"""Resident megabytes of a `nuzuh serve` while reads of many kinds come, again and again.

    python -m benchmarks.service_soak [sqlite] [postgresql]

Each round asks as often for the same things. What is kept in mind fills in the first; a service
that leaks grows from the second to the last as well.
"""

from __future__ import annotations

import os
import sys
from itertools import cycle, islice
from pathlib import Path

import features._threads  # noqa: F401  before numpy loads, which pandas does

# isort: split
import httpx2

from benchmarks._measure import timed
from benchmarks.service import Served, verdict, with_databases
from features.crisis import crisis_folder
from service.access.keys import create_key
from service.store.folders import import_folder
from service.store.store import Store

CRISIS = "nw-syria"
ROUNDS, READS = 5, 600
MOST_GROWTH = 0.05


def paths() -> list[str]:
    """What is asked, in turn."""
    of_crisis = f"/v1/crises/{CRISIS}"
    days = [f"2019-{month:02}-28" for month in range(1, 13)]
    return [
        "/healthz",
        "/readyz",
        "/metrics",
        "/v1/crises",
        f"{of_crisis}/places",
        f"{of_crisis}/places?level=admin3&format=csv",
        f"{of_crisis}/agreements",
        f"{of_crisis}/sources",
        f"{of_crisis}/nothing",
        *(f"{of_crisis}/reports?as_of={day}&limit=10000" for day in days),
        *(f"{of_crisis}/attacks?as_of={day}&limit=200" for day in days),
    ]


def measure(name: str, url: str, _: Path) -> None:
    """Print the figures of one database."""
    print(f"{name}, load {os.getloadavg()[0]:.1f}", flush=True)
    with Store(url) as store:
        import_folder(store, crisis_folder(CRISIS), author="benchmark")
        served = Served(url, create_key(store, "benchmark", ["admin"], "restricted")[1])
    with served.running() as process, served.client() as client:
        held = [process.memory_info().rss / 1e6]
        verdict("memory before", held[0], "MB")
        for turn in range(ROUNDS):
            seconds = timed(ask, client)[1]
            held.append(process.memory_info().rss / 1e6)
            verdict(f"after {(turn + 1) * READS:,} reads ({seconds:.0f} s)", held[-1], "MB")
        verdict("growth, second round to last", held[-1] / held[2] - 1, "", MOST_GROWTH)
        print(f"  {process.num_threads()} threads and {process.num_fds()} open files at the end")


def ask(client: httpx2.Client) -> None:
    """One round of reads. Raises RuntimeError for an answer that none should be given."""
    for path in islice(cycle(paths()), READS):
        answer = client.get(path)
        if answer.status_code != (404 if path.endswith("nothing") else 200):
            raise RuntimeError(f"{path} was answered with {answer.status_code}")


if __name__ == "__main__":
    with_databases(sys.argv[1:], measure)
