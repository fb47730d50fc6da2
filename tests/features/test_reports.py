from __future__ import annotations

from collections.abc import Callable

import pytest

from features.crisis import Crisis
from features.errors import Finding
from features.reports import KEY
from tests.folders import Change, header_only, replaced, with_cell, with_row

STOCK = with_row(
    measure="stock", place_id="N01C", direction="within", start="2017-01-31", end="2017-01-31"
)


@pytest.mark.parametrize(
    ("change", "line", "column", "why"),
    [
        (None, None, None, "the file is missing"),
        (b"", None, None, "the file is empty; its header is start, end, measure"),
        (header_only, 1, None, "add at least one"),
        (with_cell(0, "start", "01.01.2017"), 2, "start", "write it as YYYY-MM-DD"),
        (with_cell(0, "end", "2017-02-30"), 2, "end", "no day of the calendar"),
        (with_cell(0, "end", "2016-12-31"), 2, "end", "ends before it starts (2017-01-01)"),
        (with_cell(0, "published", "2016-12-31"), 2, "published", "before the window starts"),
        (with_cell(0, "persons", ""), 2, "persons", "is blank"),
        (with_cell(0, "persons", "-1"), 2, "persons", "is below 0"),
        (with_cell(0, "persons", "NaN"), 2, "persons", "no finite number"),
        (with_cell(0, "persons", "inf"), 2, "persons", "no finite number"),
        (with_cell(0, "persons", "12,500"), 2, "persons", "without separators"),
        (with_cell(0, "low", "1e9"), 2, "persons", "is below low (1e+09)"),
        (with_cell(0, "high", "10"), 2, "persons", "is above high (10)"),
        (with_cell(2, "low", "1e9"), 4, "low", "is above high (156600); swap them"),
        (with_cell(0, "measure", "arivals"), 2, "measure", "did you mean 'arrivals'"),
        (with_cell(0, "direction", "to"), 2, "direction", "use one of origin, destination"),
        (with_cell(0, "place_id", "N1"), 2, "place_id", "did you mean"),
        (with_cell(0, "place_id", "asessed"), 2, "place_id", "did you mean 'assessed'"),
        (with_cell(0, "place_id", "Wadi"), 2, "place_id", "did you mean 'N02' (Wadi)"),
        (with_cell(0, "place_id", "X"), 2, "place_id", "add it to places.csv or areas.csv"),
        (with_cell(3, "from_id", "NO2"), 5, "from_id", "did you mean"),
        (with_row(like=3, place_id="N01X", from_id="N01X"), 102, "from_id", "too small to move"),
        (with_cell(3, "direction", "within"), 5, "from_id", "leave it blank or correct the"),
        (with_cell(0, "source", "Task Forse"), 2, "source", "did you mean 'Task Force'"),
        (with_cell(0, "source", "Nobody"), 2, "source", "add it to sources.csv"),
        (with_cell(0, "window", "guessed"), 2, "window", "use one of stated, inferred"),
        (with_cell(0, "coverage", "0"), 2, "coverage", "is not above 0"),
        (with_row(measure="stock"), 102, "direction", "write within"),
        (with_row(), 102, None, "wholly identical to line 2; take one of them out"),
    ],
)
def test_bad_reports(
    findings_of: Callable[..., list[Finding]],
    change: Change,
    line: int | None,
    column: str | None,
    why: str,
) -> None:
    findings = findings_of(displacement=change)
    assert [finding.file for finding in findings] == ["displacement.csv"]
    assert (findings[0].line, findings[0].column) == (line, column)
    assert why in findings[0].why


@pytest.mark.parametrize(
    "change",
    [
        with_cell(0, "persons", "0"),
        with_cell(0, "published", "2017-01-02"),
        with_cell(0, "end", "2017-01-01"),
        with_cell(3, "from_id", "N01"),
        with_cell(3, "from_id", "front-south"),
        with_cell(1, "measure", "stock"),
        STOCK,
        with_row(note="the same figure, told again"),
    ],
    ids=[
        "zero",
        "early",
        "one day",
        "inside a place",
        "from an area",
        "stock over a month",
        "stock",
        "again",
    ],
)
def test_what_is_allowed(findings_of: Callable[..., list[Finding]], change: Change) -> None:
    assert not findings_of(displacement=change)


def test_a_renamed_column_is_both_unknown_and_missing(
    findings_of: Callable[..., list[Finding]],
) -> None:
    findings = findings_of(displacement=replaced("persons", "person"))
    assert [(finding.line, finding.column) for finding in findings] == [
        (1, "person"),
        (1, "persons"),
    ]
    assert "did you mean 'persons'" in findings[0].why


def test_a_revision_stays_beside_what_it_revises(loaded: Callable[..., Crisis]) -> None:
    crisis = loaded(displacement=with_row(persons="99", published="2018-06-01"))
    key = crisis.reports.loc[crisis.reports["line"] == 2, list(KEY)].iloc[0]
    told = crisis.reports[(crisis.reports[list(KEY)] == key).all(axis=1)]
    assert told["persons"].tolist() == [156600, 99]
    assert told["published"].is_monotonic_increasing


def test_window_is_stated_and_coverage_missing_unless_told(
    loaded: Callable[..., Crisis],
) -> None:
    reports = loaded().reports.set_index("line")
    assert reports.loc[2, "window"] == "stated"
    assert reports.loc[4, "window"] == "inferred"
    assert reports.loc[4, "coverage"] == 400
    assert reports["coverage"].isna().any()


def test_optional_columns_may_be_absent(loaded: Callable[..., Crisis]) -> None:
    row = "2017-01-01,2017-01-31,arrivals,N01,destination,,5,,,Task Force,,,"
    header = "start,end,measure,place_id,direction,from_id,persons,low,high,source,published,url"
    reports = loaded(displacement=f"{header},note\n{row}\n").reports
    assert reports["window"].tolist() == ["stated"]
    assert reports["coverage"].isna().all()
