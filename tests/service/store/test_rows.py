"""Cells as they are stored: any text comes back, and equal figures are one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.tables import parse_csv, table_of
from service.store.given import json_records
from service.store.rows import MODULES, csv_line, csv_text, given_rows, joined, subject_of
from tests.service.store.given_rows import ATTACK, KEY, REPORT

FILE = "agreements.csv"
KINDS = (("announced", "kind", "title"), ("title", "announced"), ("url", "title", "kind"))
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
ROWS = st.lists(
    st.sampled_from(KINDS).flatmap(
        lambda names: st.tuples(st.just(names), st.lists(TEXTS, min_size=3, max_size=3))
    ),
    max_size=5,
)


@given(rows=ROWS)
def test_any_cells_come_back_under_any_headers(
    rows: list[tuple[tuple[str, ...], list[str]]],
) -> None:
    cells = [dict(zip(names, texts, strict=False)) for names, texts in rows]
    for one, (names, _) in zip(cells, rows, strict=True):
        one[names[0]] += "x"  # no row of a file is blank
    written = [csv_line(one.values()) for one in cells]
    found = joined(FILE, written, [names for names, _ in rows])
    back = [dict(zip(found.header, row, strict=True)) for row in found.rows]
    told = [{name: one[name] for name in own} for one, own in zip(back, cells, strict=True)]
    assert told == cells
    if text := csv_text(found):
        again = parse_csv(FILE, text)
        assert (again.header, again.rows) == (found.header, found.rows)


def digests(file: str, *rows: dict[str, object]) -> list[bytes]:
    table = table_of(json_records(file, rows), MODULES[file].COLUMNS)
    assert not table.findings
    count = len(rows)
    return [row.digest for row in given_rows(file, table, [0] * count, [""] * count)]


@pytest.mark.parametrize("persons", [1200.0, "1200", "1200.000", "1.2e3", "+1200", " 1200 "])
def test_a_figure_spelled_otherwise_says_the_same(persons: object) -> None:
    one, other = digests("displacement.csv", REPORT, {**REPORT, "persons": persons})
    assert one == other


@pytest.mark.parametrize(
    "change",
    [
        {"persons": 1200.5},
        {"persons": 0, "low": 0},
        {"note": "12"},
        {"url": "12"},
        {"window": "inferred"},
    ],
)
def test_any_other_cell_says_something_else(change: dict[str, object]) -> None:
    one, other = digests("displacement.csv", REPORT, {**REPORT, **change})
    assert one != other


def test_blank_is_not_zero_and_a_default_is_what_it_stands_for() -> None:
    blank, zero = digests("attacks.csv", ATTACK, {**ATTACK, "fatalities": 0})
    assert blank != zero
    one, other = digests("displacement.csv", REPORT, {**REPORT, "window": "stated"})
    assert one == other


def test_a_subject_is_that_of_one_file_and_its_columns_do_not_run_together() -> None:
    key = list(KEY.values())
    assert subject_of("displacement.csv", key) != subject_of("attacks.csv", key)
    assert subject_of(FILE, ["ab", "c"]) != subject_of(FILE, ["a", "bc"])
