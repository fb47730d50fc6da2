from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.cells import Column, read_date, read_number


@pytest.mark.parametrize("cell", ["2019-05-04", "2016-02-29", "1900-01-01", "2100-12-31"])
def test_iso_day_reads_as_it_stands(cell: str) -> None:
    assert read_date(cell) == cell


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("04/05/2019", "write it as YYYY-MM-DD"),
        ("2019-5-4", "write it as YYYY-MM-DD"),
        ("20190504", "write it as YYYY-MM-DD"),
        ("2019-W18-6", "write it as YYYY-MM-DD"),
        ("2019-05-04T00:00", "write it as YYYY-MM-DD"),
        ("٢٠١٩-٠٥-٠٤", "write it as YYYY-MM-DD"),
        ("2019-02-30", "no day of the calendar"),
        ("2019-13-01", "no day of the calendar"),
        ("0219-05-04", "correct the year"),
        ("2910-05-04", "correct the year"),
    ],
)
def test_no_iso_day_says_how_to_write_it(cell: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_date(cell)


@pytest.mark.parametrize(
    ("cell", "number"), [("0", 0), ("12500", 12500), ("-3.5", -3.5), (".4", 0.4), ("1e3", 1000)]
)
def test_number_is_read(cell: str, number: float) -> None:
    assert read_number(cell) == number


@pytest.mark.parametrize(
    "cell", ["nan", "inf", "-Infinity", "1e999", "many", "1_000", "0x1F", "١٢"]
)
def test_no_finite_number_is_refused(cell: str) -> None:
    with pytest.raises(ValueError, match="write digits only"):
        read_number(cell)


@pytest.mark.parametrize("cell", ["12,500", "12.500.000", "12 500", "12'500", "1\u202f250"])
def test_grouped_digits_are_refused_with_the_remedy(cell: str) -> None:
    with pytest.raises(ValueError, match="without separators"):
        read_number(cell)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_reads_back(number: float) -> None:
    assert read_number(repr(number)) == number


def test_blank_cell_needs_leave() -> None:
    with pytest.raises(ValueError, match="is blank; fill it in"):
        Column("persons", "number").read("")
    assert math.isnan(float(Column("low", "number", blank=True).read("")))
    assert Column("published", "date", blank=True).read("") == "NaT"
    assert Column("window", choices=("stated",), default="stated").read("") == "stated"


def test_word_outside_the_choices_names_the_nearest_and_all() -> None:
    with pytest.raises(ValueError, match=r"did you mean 'arrivals'.*use one of arrivals, returns"):
        Column("measure", choices=("arrivals", "returns")).read("Arrival")


@pytest.mark.parametrize(
    ("column", "cell", "why"),
    [
        (Column("share", "number", above=0, most=1), "0", "is not above 0; correct it"),
        (Column("share", "number", above=0, most=1), "1.01", "is above 1; correct it"),
        (Column("lat", "number", least=-90, most=90), "-90.5", "is below -90; correct it"),
        (Column("capacity", "number", blank=True, above=0), "0", "or leave it blank"),
        (Column("persons", "number", least=0), "2e10", "is above 1e.10"),
    ],
)
def test_number_out_of_bounds_says_the_bound(column: Column, cell: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        column.read(cell)


@pytest.mark.parametrize("cell", ["-90", "90", "0"])
def test_bounds_themselves_are_in(cell: str) -> None:
    assert Column("lat", "number", least=-90, most=90).read(cell) == float(cell)
