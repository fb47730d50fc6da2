"""Time and peak memory of a backtest of the bundled crisis: what is served, and every member.

A backtest of what is served runs the pool and the members it falls back to. Each runs in a process
of its own; reading the crisis and writing the results are left out of the seconds.
"""

from __future__ import annotations

import features._threads  # noqa: F401  before numpy loads, which pandas does

# isort: split
import pandas as pd

from benchmarks._measure import alone, peak_gigabytes, timed
from features.crisis import load_crisis
from forecast import backtest as judged
from forecast.members import MEMBERS, SERVED

FROM, TO = pd.Timestamp("2019-02-28"), pd.Timestamp("2019-05-31")
DRAWS = 1000


def cost(members: tuple[str, ...]) -> tuple[int, int, float, float]:
    """Members run, months, seconds and peak gigabytes."""
    crisis = load_crisis("nw-syria")
    found, seconds = timed(judged.backtest, crisis, FROM, TO, members=members, draws=DRAWS)
    return len(found.draws), found.targets["as_of"].nunique(), seconds, peak_gigabytes()


def main() -> None:
    """Print a line each, the second over the first."""
    runs = {"what is served": alone(cost, (SERVED,)), "every member": alone(cost, tuple(MEMBERS))}
    _, _, base, held = runs["what is served"]
    print(f"nw-syria, {FROM:%Y-%m} … {TO:%Y-%m}, {DRAWS:,} draws")
    print(f"{'backtest of':<16}members  s/month  ratio     GB  ratio")
    for name, (members, months, seconds, gigabytes) in runs.items():
        print(
            f"{name:<16}{members:7d}{seconds / months:9.2f}{seconds / base:7.2f}"
            f"{gigabytes:7.2f}{gigabytes / held:7.2f}"
        )


if __name__ == "__main__":
    main()
