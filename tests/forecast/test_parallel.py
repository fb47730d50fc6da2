"""One map, whoever does the work, and whoever dies while doing it."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from features.errors import InputError
from forecast.parallel import Dask, Processes, Serial, WorkersLost, make_executor


def scaled(factor: int, item: int) -> tuple[int, int]:
    return factor * item, os.getpid()


def killed_once(folder: Path, item: int) -> int:
    """Kills its worker the first time that item 2 is met."""
    mark = folder / "killed"
    if item == 2 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item * item


def always_killed(_: None, item: int) -> int:
    if item == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def failing(_: None, item: int) -> int:
    raise KeyError(item)


def test_results_come_in_the_order_of_the_items_and_progress_is_told():
    told: list[tuple[int, int]] = []
    results = Serial().map(scaled, 10, [3, 1, 2], lambda done, all_: told.append((done, all_)))
    assert [value for value, _ in results] == [30, 10, 20]
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_processes_give_the_same_in_other_processes():
    told: list[tuple[int, int]] = []
    results = Processes(2).map(scaled, 10, [3, 1, 2, 5], lambda *count: told.append(count))
    assert [value for value, _ in results] == [30, 10, 20, 50]
    assert os.getpid() not in {worker for _, worker in results}
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_killed_worker_is_replaced_and_its_tasks_are_done_again(tmp_path):
    assert Processes(2).map(killed_once, tmp_path, [1, 2, 3, 4]) == [1, 4, 9, 16]
    assert (tmp_path / "killed").exists()


def test_a_task_that_always_kills_its_worker_ends_in_an_error():
    with pytest.raises(WorkersLost, match=r"died 4 times.*2 of 3 tasks left.*memory"):
        Processes(1).map(always_killed, None, [0, 1, 2])


@pytest.mark.parametrize("executor", [Serial(), Processes(1)])
def test_what_a_task_raises_is_raised(executor):
    with pytest.raises(KeyError, match="7"):
        executor.map(failing, None, [7])


@pytest.mark.parametrize("executor", [Serial(), Processes(1)])
def test_no_items_are_no_work(executor):
    assert executor.map(scaled, 1, []) == []


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


class Client:
    """What of a Dask client is used, done at once."""

    def __init__(self, address: str, timeout: float) -> None:
        if address.endswith(":1"):
            raise OSError(f"Timed out trying to connect to {address} after {timeout} s")
        self.scattered: list[Any] = []

    def scatter(self, shared: Any, broadcast: bool) -> Any:
        assert broadcast
        self.scattered.append(shared)
        return shared

    def map(self, task: Any, *columns: list[Any], pure: bool) -> list[Any]:
        assert not pure
        return [task(*row) for row in zip(*columns, strict=True)]

    def gather(self, futures: list[Any]) -> list[Any]:
        return futures


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("distributed")
    module.Client = Client  # type: ignore[attr-defined]
    module.as_completed = reversed  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "distributed", module)


@pytest.mark.usefixtures("cluster")
def test_dask_scatters_what_is_shared_once_and_keeps_the_order():
    executor = make_executor("dask=tcp://10.0.0.1:8786")
    assert isinstance(executor, Dask)
    told: list[tuple[int, int]] = []
    results = executor.map(scaled, 10, [3, 1, 2], lambda *count: told.append(count))
    assert [value for value, _ in results] == [30, 10, 20]
    assert executor._client.scattered == [10]
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.usefixtures("cluster")
def test_a_scheduler_that_does_not_answer_is_an_input_error():
    with pytest.raises(InputError, match=r"no Dask scheduler answers.*10\.0\.0\.1:1"):
        make_executor("dask=tcp://10.0.0.1:1")
