"""What stood on a day, found without reading the cells of rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from service.store.ingest import ingest
from service.store.known import last_day
from service.store.reading import of_entries, only, view_of
from service.store.store import Store
from tests.service.store.given_rows import attacks, reports

DATED = ("displacement.csv", "attacks.csv")
DAYS = (None, "2016-12-01", "2017-03-20", "2018-02-20", "2018-03-15", "2018-04-01")
LATER = {"persons": None, "status": "deleted", "published": "2018-04-01", "reason": "erratum"}
WINDOWS: list[dict[str, Any]] = [
    {},
    {"source": "Monitor"},
    {"source": "Nobody"},
    {"first": date(2017, 3, 1), "last": date(2017, 4, 5)},
]


@pytest.fixture
def marked(filled: Store) -> Store:
    """The land with a figure that was taken back on a later day, one withheld, and one undated."""
    for given in (
        reports({}, {"place_id": "N0102", "published": None}) | attacks({}),
        reports(LATER),
        reports({"place_id": "N0102", "published": None, "persons": None, "status": "withheld"}),
    ):
        ingest(filled, "made-up", given, author="tester", reason="asked by the source")
    return filled


@pytest.mark.parametrize("file", DATED)
def test_the_order_is_that_of_the_rows(marked: Store, file: str) -> None:
    for day in DAYS:
        as_of = None if day is None else pd.Timestamp(day)
        for window in WINDOWS:
            rows = marked.rows("made-up", file, None, as_of, None, *only(**window))
            order = marked.order("made-up", file, as_of, None, *only(**window))
            assert order.tolist() == rows["entry"].tolist()


@pytest.mark.parametrize(
    ("file", "source"), [(DATED[0], "Task Force"), (DATED[0], "Monitor"), (DATED[1], "Event Data")]
)
def test_the_last_day_of_a_source_is_that_of_its_rows(
    marked: Store, file: str, source: str
) -> None:
    with marked.reading() as connection:
        view = view_of(connection, "made-up")
        for day in (*pd.date_range("2017-02-20", "2017-03-14"), *map(pd.Timestamp, DAYS[3:])):
            rows = marked.rows("made-up", file, as_of=day)
            last = rows.loc[rows["source"] == source, "end"].max()
            expected = None if pd.isna(last) else last.date()
            assert last_day(connection, view, file, source, day) == expected


@pytest.mark.parametrize("file", DATED)
def test_a_part_of_the_order_reads_as_that_part_of_all_rows(marked: Store, file: str) -> None:
    for day in (None, pd.Timestamp("2018-03-15")):
        whole = marked.rows("made-up", file, as_of=day)
        order = marked.order("made-up", file, day)
        for part in (slice(0, 5), slice(len(order) - 3, None), slice(len(order), None)):
            rows = marked.rows("made-up", file, None, day, None, of_entries(order[part].tolist()))
            expected = whole.iloc[part].reset_index(drop=True)
            pd.testing.assert_frame_equal(rows, expected)


def test_the_order_is_as_recorded(marked: Store) -> None:
    first = marked.order("made-up", DATED[0])
    recorded = marked.recorded("made-up")
    ingest(marked, "made-up", reports({"place_id": "N01C"}), author="tester")
    np.testing.assert_array_equal(marked.order("made-up", DATED[0], None, recorded), first)
    assert len(marked.order("made-up", DATED[0])) == len(first) + 1
