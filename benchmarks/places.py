"""Reading and forecasting a made-up crisis of 100, 1,000 and 5,000 places, every place asked for.

`benchmarks/_synthetic.py` makes it: attacks and routes grow with the places, reports do not. Each
size runs in a process of its own. Where time or memory grow as the places do, `growth` is 1; it is
log(ratio) / log(ratio of places), from the size before. Below 1 something does not grow at all.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from math import log
from pathlib import Path

import features._threads  # noqa: F401  before numpy loads, which pandas does

# isort: split
import pandas as pd

from benchmarks._measure import alone, peak_gigabytes, timed
from benchmarks._synthetic import write_crisis
from features.crisis import load_crisis
from forecast.run import run
from models.allocation import LEVEL

SIZES = (100, 1000, 5000)
AS_OF = pd.Timestamp("2022-03-31")
MONTHS = 3
DRAWS = 500


@dataclass(frozen=True)
class Cost:
    """Seconds to read the folder and to forecast, and peak memory."""

    places: int
    reading: float
    forecasting: float
    gigabytes: float


def cost(folder: Path) -> Cost:
    """Cost of the crisis of a folder."""
    crisis, reading = timed(load_crisis, folder)
    places = crisis.places.at_level(LEVEL)
    _, seconds = timed(run, crisis, AS_OF, MONTHS, places=places, draws=DRAWS)
    return Cost(len(places), reading, seconds, peak_gigabytes())


def main() -> None:
    """Print a line a size."""
    print(f"{MONTHS} months, {DRAWS} draws")
    print("places  read s  ratio  growth  forecast s  ratio  growth    GB  ratio  growth")
    with tempfile.TemporaryDirectory() as scratch:
        costs: list[Cost] = []
        for size in SIZES:
            costs.append(alone(cost, write_crisis(Path(scratch) / str(size), size)))
            print(line(costs), flush=True)


def line(costs: list[Cost]) -> str:
    """The last cost beside the first and the one before."""
    first, last = costs[0], costs[-1]
    before = costs[-2] if len(costs) > 1 else None

    def grown(name: str) -> str:
        ratio = f"{getattr(last, name) / getattr(first, name):7.1f}"
        if before is None:
            return f"{ratio}{'':>8}"
        more = log(getattr(last, name) / getattr(before, name))
        return f"{ratio}{more / log(last.places / before.places):8.2f}"

    return (
        f"{last.places:6d}{last.reading:8.2f}{grown('reading')}{last.forecasting:12.2f}"
        f"{grown('forecasting')}{last.gigabytes:6.2f}{grown('gigabytes')}"
    )


if __name__ == "__main__":
    main()
