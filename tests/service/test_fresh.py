"""What is stale of a stored crisis is what is stale of the crisis read whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from service.errors import StaleSource
from service.fresh import stale_sources, stale_stored
from service.store.folders import import_folder
from service.store.ingest import ingest
from service.store.store import Store
from tests.folders import header_only, write_crisis
from tests.service.store.given_rows import reports

LAST = "2018-12-31"
Opened = Callable[[Path], Store]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """Opens a store that holds a folder."""
    made: list[Store] = []

    def open_(folder: Path) -> Store:
        made.append(Store(f"sqlite:///{tmp_path / f'{len(made)}.db'}"))
        import_folder(made[-1], folder, author="tester")
        return made[-1]

    yield open_
    for store in made:
        store.close()


def stale(store: Store, day: date) -> list[StaleSource]:
    """What is stale on a day, which both ways agree about."""
    [id_] = store.crises()
    found = stale_stored(store, id_, day)
    assert found == stale_sources(store.crisis(id_, pd.Timestamp(day)), day)
    return found


def stale_on(store: Store, days: range) -> set[tuple[str, ...]]:
    """The sources that are stale together, on days since 2017."""
    told = (stale(store, date(2017, 1, 1) + timedelta(at)) for at in days)
    return {tuple(one.source for one in found) for found in told}


def task_force(**change: Any) -> Any:
    """A report of the reference."""
    row = {"source": "Task Force", "place_id": "N0102", "start": "2018-12-01", "end": LAST}
    return reports({**row, "published": None, **change})


def test_on_all_days_of_a_land(opened: Opened, folder: Path) -> None:
    found = stale_on(opened(folder), range(-20, 900, 23))
    assert found == {(), ("Task Force",), ("Event Data",), ("Task Force", "Event Data")}


def test_to_the_day_at_the_limit(opened: Opened, folder: Path) -> None:
    store = opened(folder)
    [attacked] = stale(store, date(2019, 3, 16))
    assert attacked.source == "Event Data"
    reported, _ = stale(store, date(2019, 3, 17))
    assert str(reported) == f"Task Force (reports) reaches {LAST}, 76 days ago; its limit is 75"


def test_without_attacks_and_before_all(opened: Opened, tmp_path: Path) -> None:
    def nothing_drives(text: str) -> str:
        return text.replace('[drivers]\nattacks = "Event Data"\n', "")

    calm = write_crisis(tmp_path / "made-up", crisis=nothing_drives, attacks=header_only)
    store = opened(calm)
    assert stale_on(store, range(-400, 900, 97)) == {(), ("Task Force",)}
    assert stale(store, date(2016, 1, 1)) == [
        StaleSource("Task Force", "reports", None, None, 75.0)
    ]


@pytest.mark.parametrize("published", [None, "2018-12-15", "2019-02-20"])
def test_with_rows_taken_back_later(opened: Opened, folder: Path, published: str | None) -> None:
    """A window that nobody else tells of: known from its day on, until its status is known."""
    store, around = opened(folder), range(700, 900, 19)
    window = {"start": "2018-12-10", "end": "2019-02-10", "published": published}
    before = store.recorded("made-up")
    ingest(store, "made-up", task_force(**window), author="tester")
    stale_on(store, around)
    hidden = {"persons": None, "status": "deleted", "reason": "erratum", "published": "2019-03-20"}
    ingest(store, "made-up", task_force(**window | hidden), author="tester")
    stale_on(store, around)
    hidden |= {"status": "withheld", "published": published}
    ingest(store, "made-up", task_force(**window | hidden), author="tester")
    stale_on(store, around)
    assert not stale_stored(store, "made-up", date(2018, 10, 1), before)


def test_where_all_but_the_first_of_a_source_is_taken_back(opened: Opened, tmp_path: Path) -> None:
    def first(text: str) -> str:
        return "".join(text.splitlines(keepends=True)[:2])

    store = opened(write_crisis(tmp_path / "made-up", months=6))
    assert not stale(store, date(2017, 7, 1))
    left = write_crisis(tmp_path / "left" / "made-up", months=6, attacks=first)
    import_folder(store, left, author="tester", reason="asked by the source")
    [row] = store.rows("made-up", "attacks.csv").to_dict("records")
    [found] = stale(store, date(2017, 7, 1))
    assert found.data_through == str(row["end"].date())


def test_of_the_bundled_crisis(opened: Opened, root: Path) -> None:
    found = stale_on(opened(root / "features" / "crises" / "nw-syria"), range(0, 1100, 220))
    assert len(found) > 1
