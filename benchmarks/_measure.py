"""Time and memory of a task in a process of its own, so that none is heir to another's memory."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

STATUS = Path("/proc/self/status")


def alone(task: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """What an importable task gives in a fresh process."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, spawn) as process:
        return process.submit(task, *args, **kwargs).result()


def timed(
    task: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
) -> tuple[Result, float]:
    """What a task gives, and its wall-clock seconds."""
    start = time.perf_counter()
    found = task(*args, **kwargs)
    return found, time.perf_counter() - start


def peak_gigabytes() -> float:
    """Highest resident memory of this process so far, its imports included.

    Linux counts in `getrusage` what the parent held when it started this process, so ask `/proc`
    where there is one.
    """
    if STATUS.exists():
        [line] = [line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:")]
        return int(line.split()[1]) * 1024 / 1e9
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9
