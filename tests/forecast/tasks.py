"""Tasks for executors; their workers import nothing else, and so start at once."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import threadpoolctl


def scaled(factor: int, item: int) -> tuple[int, int]:
    return factor * item, os.getpid()


def each_killed_once(shared: tuple[Path, bytes], item: int) -> int:
    """Kills its worker the first time that item 2 or 3 is met."""
    mark = shared[0] / str(item)
    if item in (2, 3) and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item * item


def always_killed(_: None, item: int) -> int:
    if item == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return item


def failing(_: None, item: int) -> int:
    raise KeyError(item)


def threads(_: None, item: int) -> set[int]:
    import scipy.linalg  # noqa: F401

    return {pool["num_threads"] for pool in threadpoolctl.threadpool_info()}
