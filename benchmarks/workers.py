"""A backtest of a made-up crisis of 1,000 places, here and in one and two worker processes.

The seconds hold the start of the workers, about as long as importing the libraries takes. Two
workers on two free cores would halve the rest.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import features._threads  # noqa: F401  before numpy loads, which pandas does

# isort: split
import pandas as pd

from benchmarks._measure import timed
from benchmarks._synthetic import write_crisis
from features.crisis import load_crisis
from forecast.backtest import backtest
from forecast.members import SERVED
from forecast.parallel import Executor, Processes, Serial

PLACES = 1000
FROM, TO = pd.Timestamp("2020-10-31"), pd.Timestamp("2022-03-31")
DRAWS = 2000


def main() -> None:
    """Print a line each, over one worker; stop where one gives another result."""
    with tempfile.TemporaryDirectory() as scratch:
        crisis = load_crisis(write_crisis(Path(scratch), PLACES))
    executors: dict[str, Executor] = {
        "one worker": Processes(1),
        "two workers": Processes(2),
        "none, in this process": Serial(),
    }
    base, same = None, None
    print(f"{FROM:%Y-%m} … {TO:%Y-%m}, what is served, {DRAWS} draws")
    print(f"{'':<23}   s  ratio")
    for name, executor in executors.items():
        found, seconds = timed(
            backtest, crisis, FROM, TO, members=(SERVED,), executor=executor, draws=DRAWS
        )
        base, same = base or seconds, found.scores if same is None else same
        if not found.scores.equals(same):
            raise AssertionError(f"{name}: another result than one worker's")
        print(f"{name:<23}{seconds:4.0f}{seconds / base:7.2f}", flush=True)


if __name__ == "__main__":
    main()
