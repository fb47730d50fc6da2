"""Any sequence of intakes, read as of any day and time, is what replaying it by hand gives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.store.folders import import_folder
from service.store.given import json_records
from service.store.ingest import ingest
from service.store.store import Store
from tests.folders import write_crisis
from tests.service.store.conftest import NewUrl
from tests.service.store.given_rows import REPORT

FILE = "displacement.csv"
DELAY = pd.Timedelta(days=21)
END = pd.Timestamp("2018-01-31")
PLACES = ("N0101", "N0102")
PUBLISHED = (None, "2018-02-10", "2018-02-21", "2018-03-15")
STATUSES = ("present", "present", "deleted", "withheld", "missing")
NUMBERS = count()


class Told(NamedTuple):
    """One row of an intake."""

    place: str
    published: str | None
    status: str
    persons: int


def identity(told: Told) -> tuple[str, str | None]:
    return told.place, told.published


ROWS = st.builds(
    Told,
    st.sampled_from(PLACES),
    st.sampled_from(PUBLISHED),
    st.sampled_from(STATUSES),
    st.integers(1, 4),
)
INTAKES = st.lists(st.lists(ROWS, min_size=1, max_size=5, unique_by=identity), max_size=5)
DAYS = (None, *map(pd.Timestamp, ("2018-02-09", "2018-02-10", "2018-02-21", "2018-12-31")))


class Replay:
    """What the rows mean, by the rule: the last word on a place and day of publication counts, and
    a status hides all that was published of its place up to its day.
    """

    def __init__(self) -> None:
        self.last: dict[tuple[str, str | None], Told] = {}

    def take(self, rows: list[Told]) -> None:
        known = {place for place, _ in self.last}
        for row in rows:
            never_told = identity(row) not in self.last
            if row.status == "deleted" and never_told and row.place not in known:
                continue
            self.last[identity(row)] = row

    def at(self, day: pd.Timestamp | None) -> list[tuple[str, int]]:
        told = [(row, effective(row)) for row in self.last.values()]
        told = [(row, when) for row, when in told if day is None or when <= day]
        hidden = [(row.place, when) for row, when in told if row.status != "present"]
        return sorted(
            (row.place, row.persons)
            for row, when in told
            if row.status == "present"
            and not any(place == row.place and when <= until for place, until in hidden)
        )


def effective(row: Told) -> pd.Timestamp:
    return END + DELAY if row.published is None else pd.Timestamp(row.published)


def as_cells(row: Told) -> dict[str, Any]:
    figure = row.persons if row.status == "present" else None
    status = None if row.status == "present" else row.status
    changes = {"place_id": row.place, "published": row.published, "persons": figure}
    return {**REPORT, **changes, "status": status}


@pytest.fixture(scope="module")
def shared_store(new_url: NewUrl) -> Iterator[Store]:
    store = Store(new_url())
    yield store
    store.close()


def new_crisis(store: Store, directory: Path) -> str:
    """A crisis of its own for each example."""
    id_ = f"crisis-{next(NUMBERS)}"
    folder = write_crisis(
        directory / id_, months=1, crisis=lambda text: text.replace("made-up", id_, 1)
    )
    return import_folder(store, folder, author="tester")[0]


def seen(
    store: Store, crisis: str, day: pd.Timestamp | None, recorded: datetime | None
) -> list[tuple[str, int]]:
    return figures_of(store.rows(crisis, FILE, as_of=day, recorded=recorded))


def figures_of(rows: pd.DataFrame) -> list[tuple[str, int]]:
    rows = rows[rows["place_id"].isin(PLACES)]
    return sorted(zip(rows["place_id"], rows["persons"].astype(int), strict=True))


@settings(max_examples=4)
@given(intakes=INTAKES)
def test_reads_equal_a_replay_by_hand(
    shared_store: Store, tmp_path_factory: pytest.TempPathFactory, intakes: list[list[Told]]
) -> None:
    check(shared_store, tmp_path_factory.mktemp("replay"), intakes)


@pytest.mark.slow
@settings(max_examples=60)
@given(intakes=INTAKES)
def test_many_reads_equal_a_replay_by_hand(
    shared_store: Store, tmp_path_factory: pytest.TempPathFactory, intakes: list[list[Told]]
) -> None:
    check(shared_store, tmp_path_factory.mktemp("replay"), intakes)


def check(store: Store, directory: Path, intakes: list[list[Told]]) -> None:
    crisis = new_crisis(store, directory)
    replay = Replay()
    moments = [(store.recorded(crisis), {day: replay.at(day) for day in DAYS})]
    for rows in intakes:
        given = {FILE: json_records(FILE, [as_cells(row) for row in rows])}
        ingest(store, crisis, given, author="tester", reason="because", partial=True)
        replay.take(rows)
        moments.append((store.recorded(crisis), {day: replay.at(day) for day in DAYS}))
    for recorded, expected in moments:
        for day, figures in expected.items():
            assert seen(store, crisis, day, recorded) == figures
    for day, figures in moments[-1][1].items():
        assert seen(store, crisis, day, None) == figures
        assert figures_of(store.crisis(crisis, as_of=day).reports) == figures
