"""One map, whoever does the work, and whoever dies while doing it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from features._threads import THREAD_VARIABLES
from features.errors import InputError
from features.panel import Panel
from forecast.backtest import backtest
from forecast.members import MEMBERS
from forecast.parallel import Dask, Executor, Processes, Serial, WorkersLost, make_executor
from models.base import FittedReports
from models.baselines import BASELINES
from tests.forecast.tasks import always_killed, each_killed_once, failing, scaled, threads
from tests.strategies import day, made_up


@dataclass
class Deadly:
    """EWM(6), but the first fit of one day takes its process with it."""

    mark: Path
    name: str = "deadly"
    version: str = "1"

    def fit(self, panel: Panel) -> FittedReports:
        if panel.day == day("2018-04-30") and not self.mark.exists():
            self.mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return BASELINES["ewm_6"].fit(panel)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler in this process with two worker processes."""
    distributed = pytest.importorskip("distributed", reason="needs the extra `dask`")
    quiet = {"dashboard_address": ":0", "silence_logs": logging.CRITICAL}
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, **quiet) as cluster:
        yield cluster


@pytest.fixture
def dask(cluster: Any) -> Iterator[Dask]:
    executor = make_executor(f"dask={cluster.scheduler_address}")
    assert isinstance(executor, Dask)
    yield executor
    assert [name for name in cluster.scheduler.clients if name.startswith("Client")] == []


@pytest.fixture(params=["serial", "processes", "dask"])
def executor(request: pytest.FixtureRequest) -> Executor:
    if request.param == "dask":
        found: Executor = request.getfixturevalue("dask")
        return found
    return Serial() if request.param == "serial" else Processes(2)


def test_results_come_in_the_order_of_the_items_and_progress_is_told(executor):
    told: list[tuple[int, int]] = []
    results = executor.map(scaled, 10, [3, 1, 2, 5], lambda *count: told.append(count))
    assert [value for value, _ in results] == [30, 10, 20, 50]
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]
    here = os.getpid() in {worker for _, worker in results}
    assert here is isinstance(executor, Serial)


def test_what_a_task_raises_is_raised_and_no_items_are_no_work(executor):
    with pytest.raises(KeyError, match="7"):
        executor.map(failing, None, [7])
    assert executor.map(scaled, 1, []) == []


@pytest.mark.parametrize("executor", ["processes", "dask"], indirect=True)
def test_workers_that_are_killed_cost_no_task(executor, tmp_path):
    """On Dask both, so that whatever they were given is gone with them."""
    shared = (tmp_path, bytes(11_000_000))
    assert executor.map(each_killed_once, shared, list(range(6))) == [0, 1, 4, 9, 16, 25]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2", "3"]


def test_a_task_that_always_kills_its_worker_ends_in_an_error(dask):
    for executor in (Processes(1), dask):
        with pytest.raises(WorkersLost, match=r"four workers died of one task.*memory"):
            executor.map(always_killed, None, [1])


@pytest.mark.parametrize(
    ("executor", "killed"),
    [
        ("dask", False),
        pytest.param("dask", True, marks=pytest.mark.slow),
        pytest.param("processes", True, marks=pytest.mark.slow),
    ],
    indirect=["executor"],
)
def test_a_backtest_is_the_same_to_the_byte_even_if_a_worker_is_killed(executor, killed, tmp_path):
    mark, done = tmp_path / "mark", tmp_path / "done"
    done.touch()
    here = written(tmp_path / "here", Serial(), done)
    assert written(tmp_path / "there", executor, mark if killed else done) == here
    assert len(here) > 4
    assert mark.exists() is killed


def written(folder: Path, executor: Executor, mark: Path) -> dict[str, bytes]:
    members = {"deadly": Deadly(mark), "flow_state": MEMBERS["flow_state"]}
    months = day("2018-03-31"), day("2018-05-31")
    backtest(made_up(), *months, members=members, executor=executor, draws=60).write(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_worker_process_has_one_blas_thread(monkeypatch):
    for name in THREAD_VARIABLES:
        monkeypatch.delenv(name)
    assert Processes(1).map(threads, None, [0]) == [{1}]


def test_executors_by_name():
    assert isinstance(make_executor("serial"), Serial)
    assert isinstance(make_executor("processes"), Processes)


@pytest.mark.parametrize("name", ["threads", "dask", ""])
def test_an_unknown_executor_is_an_input_error_that_names_those_there_are(name):
    with pytest.raises(InputError, match=r"serial, processes, dask=ADDRESS"):
        make_executor(name)


def test_without_dask_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"extra `dask`"):
        make_executor("dask=tcp://127.0.0.1:8786")


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:1", "nothing within 0.3 seconds"),
        ("tcp://127.0.0.1", "missing port"),
        ("", "missing port"),
        ("http://127.0.0.1:8786", "unknown address scheme"),
        ("tls://127.0.0.1:8786", "ssl_context"),
        ("inproc://nowhere", "not enough"),
    ],
)
def test_an_address_without_a_scheduler_is_refused_in_time(monkeypatch, address, why):
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    monkeypatch.setattr("forecast.parallel.CONNECT_SECONDS", 0.3)
    with pytest.raises(InputError, match=f"no Dask scheduler answers there: .*{why}"):
        make_executor(f"dask={address}")


def test_something_else_that_listens_there_is_refused_in_time(monkeypatch):
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    monkeypatch.setattr("forecast.parallel.CONNECT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        host, port = mute.getsockname()
        with pytest.raises(InputError, match="no Dask scheduler answers there"):
            make_executor(f"dask=tcp://{host}:{port}")


def test_a_scheduler_without_a_worker_is_refused_and_one_that_goes_is_told(monkeypatch, root):
    """Between the two a worker whose BLAS came before nuzuh, and without Dask's nanny."""
    distributed = pytest.importorskip("distributed", reason="needs the extra `dask`")
    with distributed.LocalCluster(n_workers=0, protocol="tcp", dashboard_address=":0") as cluster:
        address = cluster.scheduler_address
        with monkeypatch.context() as patched:
            patched.setattr("forecast.parallel.CONNECT_SECONDS", 0.3)
            with pytest.raises(InputError, match=f"start one: dask worker {address}"):
                make_executor(f"dask={address}")
        for name in THREAD_VARIABLES:
            monkeypatch.delenv(name)
        words = [sys.executable, "-m", "dask", "worker", address, "--no-nanny", "--nthreads=1"]
        with subprocess.Popen(words, cwd=root, stderr=subprocess.DEVNULL) as worker:
            try:
                with cluster.get_client() as client:
                    client.wait_for_workers(1, timeout=60)
                    client.run(threads, None, 0)
                executor = make_executor(f"dask={address}")
                assert executor.map(threads, None, [0]) == [{1}]
            finally:
                worker.terminate()
    monkeypatch.setattr("forecast.parallel.CONNECT_SECONDS", 0.3)
    with pytest.raises(WorkersLost, match="is there no more"):
        executor.map(scaled, 1, [1])
