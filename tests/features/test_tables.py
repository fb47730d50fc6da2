from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.cells import Column
from features.tables import Table, read_table

COLUMNS = (
    Column("day", "date"),
    Column("place"),
    Column("persons", "number", blank=True, least=0),
    Column("note", optional=True, blank=True),
)
HEADER = "day,place,persons\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "table.csv"


def _read(path: Path, content: str | bytes, *, rows: bool = False) -> Table:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path, COLUMNS, rows=rows)


def test_columns_come_typed_with_their_lines(path: Path) -> None:
    frame = _read(path, HEADER + "2019-05-04, Dana ,12\n\n2019-05-05,Harim,\n").frame
    assert frame["day"].dtype == np.dtype("datetime64[us]")
    assert str(frame["place"].dtype) == str(frame["note"].dtype) == "str"
    assert frame["place"].tolist() == ["Dana", "Harim"]
    assert frame["persons"].dtype == np.float64
    assert frame["persons"].isna().tolist() == [False, True]
    assert frame["note"].tolist() == ["", ""]
    assert frame["line"].tolist() == [2, 4]


def test_line_of_a_row_is_where_it_starts(path: Path) -> None:
    text = 'day,place,persons,note\n2019-05-04,Dana,1,"two\nlines"\n2019-05-05,Harim,x,\n'
    table = _read(path, text)
    assert table.frame["note"].iloc[0] == "two\nlines"
    assert [finding.line for finding in table.findings] == [4]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end_and_a_byte_order_mark_are_accepted(path: Path, end: str) -> None:
    text = "\ufeff" + (HEADER + "2019-05-04,Dana,12\n2019-05-05,A'zaz,3\n").replace("\n", end)
    table = _read(path, text)
    assert not table.findings
    assert table.frame["persons"].tolist() == [12, 3]
    assert table.frame["line"].tolist() == [2, 3]


def test_columns_may_stand_in_any_order(path: Path) -> None:
    table = _read(path, "persons,day,place\n7,2019-05-04,Dana\n")
    assert not table.findings
    assert table.frame["persons"].tolist() == [7]


@pytest.mark.parametrize(
    ("content", "line", "column", "why"),
    [
        (b"", None, None, "the file is empty; its header is day, place, persons"),
        (b"\xef\xbb\xbf \n\n", None, None, "the file is empty"),
        (HEADER.encode() + "2019-05-04,Harém,1\n".encode("latin-1"), 2, None, "save the file as"),
        ((HEADER + "2019-05-04,Dana,1\n").encode("utf-16"), 1, None, "is not UTF-8"),
        ((HEADER + "2019-05-04,Dana,1\n").encode("utf-16-le"), 1, None, "save the file as UTF-8"),
        (b"day;place;persons\n2019-05-04;Dana;1\n", 1, None, "save the file as comma-separated"),
        (b"day,place,persons,plaec\n", 1, "plaec", "did you mean 'place'?; rename it"),
        (b"day,place,persons,\n", 1, None, "column 4 has no name; name it or take it out"),
        (b"day,place,persons,day\n", 1, "day", "there twice; keep one"),
        (b"day,persons\n", 1, "place", "is missing; the header is day, place, persons"),
        (HEADER.encode() + b"2019-05-04,Dana\n", 2, None, "2 cells, the header 3; add or remove"),
        (HEADER.encode() + b"2019-05-04,Dana,1,2\n", 2, None, "4 cells, the header 3"),
        (HEADER.encode() + b'2019-05-04,"Dana,1\n2019-05-05,', 2, None, "check the quotes"),
        (HEADER.encode() + b'2019-05-04,"Da"na,1\n', 2, None, "check the quotes"),
        (HEADER.encode() + b"2019-05-04,,1\n", 2, "place", "is blank; fill it in"),
        (HEADER.encode() + b"2019-06-31,Dana,1\n", 2, "day", "no day of the calendar"),
        (HEADER.encode() + b"2019-06-30,Dana,-1\n", 2, "persons", "is below 0"),
    ],
)
def test_each_fault_is_found_once_where_it_is(
    path: Path, content: bytes, line: int | None, column: str | None, why: str
) -> None:
    [finding] = _read(path, content).findings
    assert (finding.file, finding.line, finding.column) == ("table.csv", line, column)
    assert why in finding.why


def test_faults_of_all_rows_and_columns_come_at_once(path: Path) -> None:
    text = "day,place,persons,extra\n2019-02-30,,x,\n2019-03-01,Dana,nan,\n2019-03-02,Dana\n"
    found = {(finding.line, finding.column) for finding in _read(path, text).findings}
    assert found == {
        (1, "extra"),
        (2, "day"),
        (2, "place"),
        (2, "persons"),
        (3, "persons"),
        (4, None),
    }


def test_missing_column_brings_no_finding_on_every_row(path: Path) -> None:
    table = _read(path, "day,persons\n2019-05-04,1\n2019-05-04,1\n")
    table.flag_identical()
    table.flag([True, True], "place", "never")
    assert [finding.column for finding in table.findings] == ["place"]


def test_missing_file(path: Path) -> None:
    table = read_table(path, COLUMNS)
    assert not table.readable
    assert [finding.why for finding in table.findings] == [
        "the file is missing; add it to the folder"
    ]


def test_missing_optional_file_is_a_typed_table_of_no_rows(path: Path) -> None:
    table = read_table(path, COLUMNS, optional=True)
    assert table.readable
    assert not table.findings
    assert list(table.frame) == ["day", "place", "persons", "note", "line"]
    assert table.frame["day"].dtype == np.dtype("datetime64[us]")


def test_folder_in_place_of_a_file(path: Path) -> None:
    path.mkdir()
    [finding] = read_table(path, COLUMNS, optional=True).findings
    assert "cannot be read" in finding.why


def test_header_alone_is_enough_only_where_rows_are_not_needed(path: Path) -> None:
    assert not _read(path, HEADER).findings
    [finding] = _read(path, HEADER, rows=True).findings
    assert "add at least one" in finding.why


def test_identical_rows_name_both_lines(path: Path) -> None:
    rows = "2019-05-04,Dana,\n2019-05-04,Dana,1\n2019-05-04,Dana,\n2019-05-04, Dana,1.0\n"
    table = _read(path, HEADER + rows)
    table.flag_identical()
    assert [(finding.line, finding.why) for finding in table.findings] == [
        (4, "the row is wholly identical to line 2; take one of them out"),
        (5, "the row is wholly identical to line 3; take one of them out"),
    ]


def test_rows_that_could_not_be_read_are_not_called_identical(path: Path) -> None:
    table = _read(path, HEADER + "2019-05-04,Dana,x\n2019-05-04,Dana,y\n")
    table.flag_identical()
    assert [finding.column for finding in table.findings] == ["persons", "persons"]


def test_row_of_wrong_length_is_not_judged_by_its_cells(path: Path) -> None:
    [finding] = _read(path, HEADER + "x\n").findings
    assert finding.column is None


@given(st.binary(max_size=200))
def test_any_bytes_give_a_table_and_findings_never_an_exception(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.csv"
    table = _read(path, content)
    assert table.findings or table.readable
    assert isinstance(table.frame, pd.DataFrame)


@given(st.lists(st.text(alphabet='a,"\n\r; \0é', max_size=8), max_size=12))
def test_any_cells_below_a_good_header_are_read_or_noted(
    tmp_path_factory: pytest.TempPathFactory, cells: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "cells.csv"
    table = _read(path, HEADER + ",".join(cells))
    table.flag_identical()
    sound = table.frame[~table.faulty]
    assert sound["day"].notna().all()


def test_a_long_cell_is_cut_in_its_finding(path: Path) -> None:
    [finding] = _read(path, HEADER + f"2019-05-04,Dana,{'9' * 5000}x\n").findings
    assert finding.value == "9" * 80
