"""Processes that fit: each does one task at a time, and can be ended at any time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from queue import LifoQueue
from threading import Thread
from time import monotonic
from typing import Any

from features.errors import InputError, NuzuhError
from service.answers import Told
from service.errors import Broke, Ended, TookTooLong

SPAWN = multiprocessing.get_context("spawn")
SECONDS_TO_END = 10.0
IDLE_SECONDS = 600.0
JOBS = "jobs"


class Fitter:
    """A process that is started with its first task, and anew after it was ended.

    It ends by itself when it was idle for IDLE_SECONDS, and gives back the memory of all it kept.
    """

    def __init__(self) -> None:
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None

    def do(self, task: Callable[..., Any], *args: Any, told: Told, seconds: float) -> Any:
        """What the importable `task(*args, told=…)` returns.

        Raises InputError, TooLittleData and StoreError as the task does, Ended, TookTooLong and
        Broke. Whatever is raised here, by `told` too, ends the task.
        """
        deadline = monotonic() + seconds
        try:
            pipe = self._given(task, args)
            while True:
                if not pipe.poll(max(deadline - monotonic(), 0.0)):
                    why = f"took longer than {seconds:g} seconds; ask for less, or raise the limit"
                    raise TookTooLong(why)
                word, what = pipe.recv()
                if word == "told":
                    told(*what)
                elif word == "idle":
                    self.end()
                    pipe = self._given(task, args)
                else:
                    break
        except (EOFError, OSError):
            self.end()
            raise Ended("the process was ended; was it cancelled, or is memory short?") from None
        except BaseException:
            self.end()
            raise
        if word == "raised":
            raise _rebuilt(*what)
        return what

    @property
    def alive(self) -> bool:
        """Whether the process runs, with all that it keeps."""
        return self._process is not None and self._process.is_alive()

    def end(self) -> None:
        """End the process at once, with what it does."""
        if (process := self._process) is not None:
            process.kill()
            process.join(SECONDS_TO_END)

    def _given(self, *work: Any) -> Connection:
        """The pipe to a process that has the work, or has said why it ends and not taken it."""
        pipe = self._running()
        with suppress(ConnectionError):
            pipe.send(work)
        return pipe

    def _running(self) -> Connection:
        if self._process is None or self._pipe is None or not self._process.is_alive():
            if self._pipe is not None:
                self._pipe.close()
            self._pipe, theirs = SPAWN.Pipe()
            self._process = SPAWN.Process(target=_serve, args=(theirs, IDLE_SECONDS), daemon=True)
            self._process.start()
            theirs.close()
        return self._pipe

    def close(self) -> None:
        """End the process for good."""
        self.end()
        if self._pipe is not None:
            self._pipe.close()


class Fitters:
    """Processes lent to tasks by id: `count` for jobs, and one for each queue `apart` from them.

    No job holds up a task of a queue apart. The one used last is lent first, for it is warm.
    """

    def __init__(self, count: int, *apart: str) -> None:
        self._all: list[Fitter] = []
        self._free: dict[str, LifoQueue[Fitter]] = {}
        self._lent: dict[str, Fitter] = {}
        for queue, many in {JOBS: count, **dict.fromkeys(apart, 1)}.items():
            self._free[queue] = LifoQueue()
            for _ in range(many):
                self._all.append(Fitter())
                self._free[queue].put(self._all[-1])

    @property
    def busy(self) -> set[str]:
        """The tasks that have one."""
        return set(self._lent)

    @contextmanager
    def lent(self, job: str, queue: str = JOBS) -> Iterator[Fitter]:
        """A process for a task of a queue, as soon as one is free."""
        fitter = self._free[queue].get()
        self._lent[job] = fitter
        try:
            yield fitter
        finally:
            del self._lent[job]
            self._free[queue].put(fitter)

    def end(self, job: str) -> None:
        """End what is done for a job, if anything is."""
        if (fitter := self._lent.get(job)) is not None:
            fitter.end()

    def close(self) -> None:
        """End all that is done."""
        for fitter in self._all:
            fitter.close()


def _serve(pipe: Connection, idle: float) -> None:
    """Do tasks as they come, until whoever sends them is gone or sends none for `idle` seconds."""
    import features  # noqa: F401  it pins the BLAS threads

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, daemon=True).start()

    def told(share: float, step: str) -> None:
        pipe.send(("told", (share, step)))

    while pipe.poll(idle):
        try:
            task, args = pipe.recv()
        except EOFError:
            return
        pipe.send(_outcome(task, args, told))
    pipe.send(("idle", None))


def _outcome(task: Callable[..., Any], args: tuple[Any, ...], told: Told) -> tuple[str, Any]:
    try:
        return "done", task(*args, told=told)
    except InputError as error:
        return "raised", (InputError, error.findings)
    except NuzuhError as error:
        return "raised", (type(error), str(error))
    except Exception as error:
        traceback.print_exc()
        return "raised", (Broke, f"{type(error).__name__}: {error}")


def _rebuilt(kind: type[NuzuhError], what: Any) -> NuzuhError:
    return kind(what)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
