"""One way to do many tasks: here and now, in processes, or on a Dask cluster.

A task is a pure, importable function of what all tasks share and of one item. Its result must not
depend on where or in which order it runs, so results are the same on every executor.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol, TypeVar

from features.errors import Finding, InputError, NuzuhError

Shared = TypeVar("Shared")
Item = TypeVar("Item")
Result = TypeVar("Result")
Progress = Callable[[int, int], None]

EXECUTORS = ("serial", "processes", "dask=ADDRESS")
LOSSES_IN_VAIN = 3
CONNECT_SECONDS = 10.0


class WorkersLost(NuzuhError):
    """Workers died again and again before any of them finished a task."""


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
    """Fresh worker processes, one a core; `shared` goes to each of them once.

    A worker that is killed takes its pool with it: the tasks not yet finished are done again in a
    new pool. WorkersLost is raised when that happens four times without a task being finished.
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
        """See Executor."""
        done: dict[int, Result] = {}
        in_vain = 0
        while len(done) < len(items):
            before = len(done)
            try:
                self._round(task, shared, items, done, progress)
            except BrokenProcessPool as lost:
                in_vain = in_vain + 1 if len(done) == before else 0
                if in_vain > LOSSES_IN_VAIN:
                    left = len(items) - len(done)
                    raise WorkersLost(
                        f"worker processes died {in_vain} times in a row with {left} of "
                        f"{len(items)} tasks left; is there enough memory?"
                    ) from lost
        return [done[index] for index in range(len(items))]

    def _round(
        self,
        task: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Sequence[Item],
        done: dict[int, Result],
        progress: Progress | None,
    ) -> None:
        """Add to `done` what one pool finishes of the items left."""
        left = [index for index in range(len(items)) if index not in done]
        pool = ProcessPoolExecutor(
            max_workers=min(self.workers, len(left)),
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_receive,
            initargs=(shared,),
        )
        with pool:
            try:
                futures = {pool.submit(_do, task, items[index]): index for index in left}
                _collect(futures, done, len(items), progress)
            finally:
                pool.shutdown(cancel_futures=True)


class Dask:
    """A running Dask cluster; `shared` is scattered to its workers once.

    Its workers need the same checkout and the same packages. Dask itself repeats the tasks of a
    worker that is lost.
    """

    def __init__(self, address: str) -> None:
        try:
            self._distributed = importlib.import_module("distributed")
        except ImportError:
            why = "needs Dask: install the extra `dask` (pip install -e '.[dask]')"
            raise InputError(Finding("--executor", why, value=f"dask={address}")) from None
        try:
            self._client = self._distributed.Client(address, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            why = f"no Dask scheduler answers there: {error}"
            raise InputError(Finding("--executor", why, value=f"dask={address}")) from error

    def map(
        self,
        task: Callable[[Shared, Item], Result],
        shared: Shared,
        items: Sequence[Item],
        progress: Progress | None = None,
    ) -> list[Result]:
        """See Executor."""
        everywhere = self._client.scatter(shared, broadcast=True)
        futures = self._client.map(task, [everywhere] * len(items), list(items), pure=False)
        for count, _ in enumerate(self._distributed.as_completed(futures), start=1):
            _tell(progress, count, len(items))
        return list(self._client.gather(futures))


_SHARED: Any = None


def _receive(shared: Any) -> None:
    """Keep, in a worker, what all its tasks share."""
    global _SHARED  # noqa: PLW0603  a worker process serves one map and nothing else
    _SHARED = shared


def _do(task: Callable[[Any, Any], Any], item: Any) -> Any:
    return task(_SHARED, item)


def _collect(
    futures: dict[Future[Result], int],
    done: dict[int, Result],
    total: int,
    progress: Progress | None,
) -> None:
    """Keep every result there is before an exception is raised."""
    lost: BrokenProcessPool | None = None
    for future in as_completed(futures):
        try:
            done[futures[future]] = future.result()
        except BrokenProcessPool as error:
            lost = error
        else:
            _tell(progress, len(done), total)
    if lost is not None:
        raise lost


def _tell(progress: Progress | None, done: int, total: int) -> None:
    if progress is not None:
        progress(done, total)
