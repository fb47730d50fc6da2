"""Seconds and peak memory of one fit and 2,000 draws for all places of the bundled crisis.

Imports and the reading of the crisis folder are left out of the seconds; the memory is the highest
that the process ever held, the imports included, so that it is never too low.
"""

from __future__ import annotations

import time

import features._threads  # noqa: F401  before numpy loads, which pandas does

# isort: split
import pandas as pd

from benchmarks._measure import peak_gigabytes
from features.crisis import Crisis, load_crisis
from features.overlap import REST, cell_weights
from features.panel import Panel, build_panel
from forecast.result import Forecast
from forecast.run import default_places, run
from models.allocation import LEVEL

AS_OF = pd.Timestamp("2019-05-04")
MONTHS = 6
DRAWS = 2000
MOST_SECONDS = 5.0
MOST_GIGABYTES = 1.0


def all_places(crisis: Crisis, panel: Panel) -> list[str]:
    """What is forecast by default, and every place inside its cells down to sub-districts."""
    places, found = crisis.places, default_places(panel)
    for cell in panel.cells:
        finer = [cell, *places.descendants(cell)]
        found += [place for place in finer if places.at_level(LEVEL, under=place)]
    whole = [place for place in crisis.areas["area_id"].unique() if _is_whole(panel, place)]
    return list(dict.fromkeys([*found, *whole]))


def _is_whole(panel: Panel, area: str) -> bool:
    members = panel.crisis.members(area)
    inside = all(place in panel.cells for place in members)
    return inside and REST not in cell_weights(panel.crisis, panel.cells, area)


def timed(crisis: Crisis, places: list[str]) -> tuple[Forecast, float, float]:
    """The forecast, its wall-clock seconds and its seconds of computing."""
    wall, computing = time.perf_counter(), time.process_time()
    found = run(crisis, AS_OF, MONTHS, places=places, draws=DRAWS)
    return found, time.perf_counter() - wall, time.process_time() - computing


def main() -> None:
    """Print both figures beside their targets."""
    imports = peak_gigabytes()
    crisis = load_crisis("nw-syria")
    places = all_places(crisis, build_panel(crisis, AS_OF, AS_OF))
    found, seconds, computing = timed(crisis, places)
    peak = peak_gigabytes()
    shape = dict(zip(found.draws["arrivals"].dims, found.draws["arrivals"].shape, strict=True))
    print(f"{crisis.id} as of {AS_OF:%Y-%m-%d}, {shape}")
    print(_line("seconds", seconds, MOST_SECONDS, "s"))
    print(f"{'of it computing':<16}{computing:8.2f} s")
    print(_line("peak memory", peak, MOST_GIGABYTES, "GB"))
    print(f"{'of it imports':<16}{imports:8.2f} GB")


def _line(what: str, figure: float, most: float, unit: str) -> str:
    verdict = "met" if figure < most else "MISSED"
    part = f"{figure / most:.2f} of {most:g} {unit}"
    return f"{what:<16}{figure:8.2f} {unit:<3} target under {most:g} {unit}: {verdict}, {part}"


if __name__ == "__main__":
    main()
