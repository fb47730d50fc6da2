"""Many writers at once, and one that is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from features.errors import InputError
from service.store.ingest import ingest
from service.store.schema import intakes, row_versions
from service.store.store import Store
from tests.service.store.given_rows import reports

ROWS = 400
WRITER = """
import sys, time
from service.store import ingest as module, writing
from service.store.store import Store
from tests.service.store.given_rows import reports
from tests.service.store.test_writers import many

writing.CHUNK = 50
def told(done, all_):
    print(done, flush=True)
    time.sleep(0.05)
module.ingest(Store(sys.argv[1]), "made-up", many(), author="killed", told=told)
print("stored", flush=True)
"""


def many() -> dict[str, object]:
    return reports(*({"persons": at, "coverage": at + 1, "start": f"2018-01-{1 + at % 30:02}",
                      "place_id": "N0102", "note": str(at)} for at in range(ROWS)))  # fmt: skip


def counts(store: Store) -> tuple[int, int]:
    """Rows of the store and its intakes."""
    with store.reading() as connection:
        return tuple(
            connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (row_versions, intakes)
        )


def test_writers_at_once_lose_nothing_and_store_nothing_twice(filled: Store) -> None:
    rows, first = counts(filled)
    url = filled.engine.url.render_as_string(hide_password=False)

    def write(number: int) -> None:
        store = Store(url)
        own = [{"persons": number * 10 + at, "start": f"2018-01-{1 + at:02}",
                "published": f"2018-03-{1 + number:02}"} for at in range(5)]  # fmt: skip
        ingest(store, "made-up", reports(*own, {"place_id": "N0102"}), author=f"writer {number}")
        store.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert counts(filled) == (rows + 8 * 5 + 1, first + 8)
    with filled.reading() as connection:
        numbers = connection.execute(sa.select(intakes.c.intake, intakes.c.recorded)).all()
    ordered = sorted(numbers)
    assert [number for number, _ in ordered] == list(range(1, first + 9))
    assert len({recorded for _, recorded in ordered}) == len(ordered)
    assert [at for _, at in ordered] == sorted(at for _, at in ordered)


def test_of_two_who_correct_the_same_figure_one_is_told(filled: Store) -> None:
    ingest(filled, "made-up", reports({}), author="first")
    with pytest.raises(InputError, match="persons '1200' → '9'"):
        ingest(filled, "made-up", reports({"persons": 9}), author="second")


@pytest.mark.parametrize("after", [1, 4, 8])
def test_a_writer_that_is_killed_stores_all_or_nothing(
    filled: Store, root: Path, after: int
) -> None:
    rows, first = counts(filled)
    url = filled.engine.url.set(drivername=filled.engine.dialect.name)
    command = [sys.executable, "-c", WRITER, url.render_as_string(hide_password=False)]
    writer = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    with writer:
        for _ in range(after):
            assert writer.stdout.readline()
        os.kill(writer.pid, signal.SIGKILL)
    assert counts(filled) in [(rows, first), (rows + ROWS, first + 1)]
    assert counts(filled) == (rows, first) or after == 8
    done = ingest(filled, "made-up", many(), author="again")
    assert done.added + done.unchanged == ROWS
    assert counts(filled) == (rows + ROWS, first + 1)
