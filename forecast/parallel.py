"""One way to do many tasks: here and now, in processes, or on a Dask cluster.

A task is a pure, importable function of what all tasks share and of one item. Its result must not
depend on where or in which order it runs, so results are the same on every executor.
"""

from __future__ import annotations

import asyncio
import importlib
import multiprocessing
import os
import sys
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from functools import partial
from typing import Any, Generic, Protocol, Self, TypeVar

from threadpoolctl import threadpool_limits

from features.errors import Finding, InputError, NuzuhError

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")
Progress = Callable[[int, int], None]

EXECUTORS = ("serial", "processes", "dask=ADDRESS")
DEATHS_FORGIVEN = 3  # as many as Dask does unless told otherwise
DIED = "four workers died of one task, one after the other; is there enough memory?"
CONNECT_SECONDS = 10.0


class WorkersLost(NuzuhError):
    """Workers died again and again of the same task, or whoever led them is gone."""


class Executor(Protocol):
    """Does tasks."""

    def map(
        self,
        task: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Sequence[Item],
        progress: Progress | None = None,
    ) -> list[Result]:
        """Results in the order of the items; `progress` is told (done, all) after each."""
        ...


def make_executor(name: str) -> Executor:
    """The executor of a name: serial, processes, or dask=ADDRESS of a running scheduler.

    Raises:
        InputError: an unknown name, Dask not installed, or a scheduler that does not answer.
    """
    if name == "serial":
        return Serial()
    if name == "processes":
        return Processes()
    if name.startswith("dask="):
        return Dask(name.removeprefix("dask="))
    why = f"no such executor; there are: {', '.join(EXECUTORS)}"
    raise InputError(Finding("--executor", why, value=name))


class Serial:
    """One task after the other, in this process."""

    def map(
        self,
        task: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Sequence[Item],
        progress: Progress | None = None,
    ) -> list[Result]:
        """See Executor."""
        results = []
        for item in items:
            results.append(task(shared, item))
            _tell(progress, len(results), len(items))
        return results


class Processes:
    """Fresh worker processes, one a core; what tasks share goes to each of them once.

    A worker that is killed is replaced and its task done again.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))

    def map(
        self,
        task: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Sequence[Item],
        progress: Progress | None = None,
    ) -> list[Result]:
        """See Executor. Raises WorkersLost when a fourth worker dies of one task."""
        done: dict[int, Result] = {}
        with _Crew(task, shared, items) as crew:
            for _ in range(self.workers):
                crew.hand_out(crew.hire())
            while crew.running:
                for future in wait(crew.running, return_when=FIRST_COMPLETED).done:
                    index, worker = crew.running.pop(future)
                    try:
                        done[index] = future.result()
                    except BrokenProcessPool as lost:
                        crew.bury(index, lost)
                        worker = crew.hire()
                    else:
                        _tell(progress, len(done), len(items))
                    crew.hand_out(worker)
        return [done[index] for index in range(len(items))]


class Dask:
    """A running Dask cluster; what tasks share goes to it once, then from worker to worker.

    Its scheduler and its workers need the same checkout and the same packages. Dask itself does the
    tasks of a lost worker again. WorkersLost is raised when a fourth worker dies of one task, and
    when the scheduler is lost.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        try:
            self._distributed = importlib.import_module("distributed")
        except ImportError:
            raise self._refused("install the extra `dask` (pip install -e '.[dask]')") from None
        try:
            asyncio.run(self._greet())
        except (OSError, ValueError, TypeError, MemoryError) as error:
            why = str(error) or f"nothing within {CONNECT_SECONDS:g} seconds"
            raise self._refused(f"no Dask scheduler answers there: {why}") from error
        with self._connected() as client:
            self._check(client)

    def map(
        self,
        task: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Sequence[Item],
        progress: Progress | None = None,
    ) -> list[Result]:
        """See Executor."""
        done: dict[str, Result] = {}
        with self._connected() as client:
            everywhere = self._share(client, shared)
            pinned = partial(_with_one_thread, task)
            futures = client.map(pinned, [everywhere] * len(items), list(items), pure=False)
            order = [future.key for future in futures]
            finished = self._distributed.as_completed(futures, with_results=True, loop=client.loop)
            del futures
            try:
                for future, result in finished:
                    if future.cancelled():
                        raise self._lost()
                    done[future.key] = result
                    _tell(progress, len(done), len(items))
            except self._distributed.KilledWorker as error:
                raise WorkersLost(DIED) from error
        return [done[key] for key in order]

    def _share(self, client: Any, shared: Any) -> Any:
        """A future of what tasks share, made by a task: scattered data die with their workers."""
        any_size = {"distributed.admin.large-graph-warning-threshold": sys.maxsize}
        with self._distributed.dask.config.set(any_size):
            return client.submit(_same, shared, pure=False)

    async def _greet(self) -> None:
        """Ask the scheduler who it is: a client that finds none leaves a thread behind."""
        security = self._distributed.Security().get_connection_args("client")
        async with asyncio.timeout(CONNECT_SECONDS):
            async with self._distributed.rpc(self.address, connection_args=security) as scheduler:
                await scheduler.identity()

    def _connected(self) -> Any:
        """A client, to be used in `with`. Raises WorkersLost where the scheduler is gone."""
        connect = partial(self._distributed.Client, timeout=CONNECT_SECONDS, set_as_default=False)
        try:
            return connect(self.address)
        except OSError as error:
            raise self._lost() from error

    def _check(self, client: Any) -> None:
        """Refuse a cluster that has no worker, or where nuzuh is not installed."""
        try:
            client.wait_for_workers(1, timeout=CONNECT_SECONDS)
            client.run_on_scheduler(_same, None)
        except TimeoutError as error:
            why = f"has no worker; start one: dask worker {self.address}"
            raise self._refused(why) from error
        except ImportError as error:
            raise self._refused(f"runs without this checkout: {error}") from error
        for worker, found in client.run(_same, None, on_error="return").items():
            if found is not None:
                raise self._refused(f"the worker {worker} runs without this checkout: {found}")

    def _lost(self) -> WorkersLost:
        return WorkersLost(f"the Dask scheduler at {self.address} is there no more; run it again")

    def _refused(self, why: str) -> InputError:
        return InputError(Finding("--executor", why, value=f"dask={self.address}"))


def _same(value: Shared) -> Shared:
    return value


def _with_one_thread(task: Callable[[Shared, Item], Result], shared: Shared, item: Item) -> Result:
    """Do a task with one BLAS thread, for a worker may have loaded numpy before nuzuh."""
    with threadpool_limits(1):
        return task(shared, item)


class _Crew(Generic[Shared, Item, Result]):
    """Workers and the tasks left; each worker is a pool of its own, so that it alone can break."""

    def __init__(
        self, task: Callable[[Shared, Item], Result], shared: Shared, items: Sequence[Item]
    ) -> None:
        self.task, self.shared, self.items = task, shared, items
        self.left = deque(range(len(items)))
        self.deaths: Counter[int] = Counter()
        self.running: dict[Future[Result], tuple[int, ProcessPoolExecutor]] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def hire(self) -> ProcessPoolExecutor:
        """A worker; its process starts with its first task."""
        spawn = multiprocessing.get_context("spawn")
        worker = ProcessPoolExecutor(1, spawn, initializer=_receive, initargs=(self.shared,))
        return self._stack.enter_context(worker)

    def hand_out(self, worker: ProcessPoolExecutor) -> None:
        """Give a worker the next task, or another worker if this one died in between."""
        if self.left:
            item = self.items[self.left[0]]
            try:
                future = worker.submit(_do, self.task, item)
            except BrokenProcessPool:
                self.hand_out(self.hire())
            else:
                self.running[future] = self.left.popleft(), worker

    def bury(self, index: int, lost: BrokenProcessPool) -> None:
        """Put the task of a dead worker back. Raises WorkersLost when it was the fourth."""
        self.deaths[index] += 1
        if self.deaths[index] > DEATHS_FORGIVEN:
            raise WorkersLost(DIED) from lost
        self.left.appendleft(index)


_SHARED: Any = None


def _receive(shared: Any) -> None:
    """Keep, in a worker, what all its tasks share."""
    global _SHARED  # noqa: PLW0603  a worker process serves one map and nothing else
    _SHARED = shared


def _do(task: Callable[[Any, Any], Any], item: Any) -> Any:
    return task(_SHARED, item)


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
