"""Seconds and memory of sharing a forecast out among places; two minutes.

    python -m benchmarks.many_places

All sub-districts of north-west Syria with 2,000 draws by week, on top of the fit and the draws of
the flows; and a made-up crisis of up to 5,000 sub-districts with 200 draws and 6 months, in all.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import features._threads  # noqa: F401  before numpy loads

# isort: split
import numpy as np
import pandas as pd

from features.crisis import load_crisis
from forecast.run import forecast_of, run
from forecast.sites import places_at
from forecast.situation import situate
from tests.folders import PLACES, write_crisis

SIZES = (1250, 2500, 5000)


def main() -> None:
    """Print a line a crisis; each of the made-up ones runs in a process of its own."""
    if len(sys.argv) > 1:
        print(made_up(int(sys.argv[1])))
        return
    for size in SIZES:
        subprocess.run([sys.executable, "-m", "benchmarks.many_places", str(size)], check=True)
    print(syria())


def syria() -> str:
    """All sub-districts of the bundled crisis, twice, for the first time loads libraries."""
    situation = situate(load_crisis("nw-syria"), pd.Timestamp("2019-05-04"), 26, step="week")
    panel = situation.panel
    places = places_at(panel.crisis, panel.cells, "admin3")
    for _ in range(2):
        start = time.perf_counter()
        forecast_of(situation, places)
        took = time.perf_counter() - start
    return f"nw-syria, {len(places)} sub-districts, 26 weeks, 2,000 draws: {took:.1f} s"


def made_up(size: int) -> str:
    """A land with so many sub-districts more."""
    rng = np.random.default_rng(1)
    rows = [
        f"B{at},Place {at},N01,admin3,{lat:.4f},{lon:.4f},,,,\n"
        for at, (lat, lon) in enumerate(36.0 + rng.random((size, 2)))
    ]
    with tempfile.TemporaryDirectory() as folder:
        crisis = load_crisis(
            write_crisis(Path(folder) / "big", places=PLACES + "".join(rows), routes=None)
        )
    places = crisis.places.at_level("admin3", under=crisis.focus)
    start = time.perf_counter()
    run(crisis, pd.Timestamp("2018-06-15"), 6, places=places, draws=200)
    took = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"made-up, {len(places)} places, 6 months, 200 draws: {took:.1f} s, {memory:,.0f} MB"


if __name__ == "__main__":
    main()
