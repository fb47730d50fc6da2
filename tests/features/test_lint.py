"""What the linter warns of, and what it leaves in peace."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.crisis import CRISES
from features.errors import Finding
from features.folder import parse_folder, read_folder
from features.lint import lint
from tests.folders import FILES, Change, replaced, texts, with_cell, with_row, write_crisis

TODAY = pd.Timestamp("2020-01-01")
JUNE = {"start": "2018-06-01", "end": "2018-06-30", "published": "2018-07-20", "source": "Monitor"}


def report(**cells: str) -> dict[str, str]:
    """A report of June 2018 by the Monitor, unlike any that the made-up land has."""
    blank = {
        "measure": "departures", "place_id": "N0101", "direction": "origin", "persons": "1000",
        "note": "", "url": "", "window": "", "coverage": "",
    }  # fmt: skip
    return {**JUNE, **blank, **cells}


def with_reports(*rows: dict[str, str]) -> Change:
    def edit(text: str) -> str:
        for row in rows:
            text = with_row(**row)(text)
        return text

    return edit


def warnings_on(directory: Path, **changes: Change) -> list[Finding]:
    """The warnings on the sound folder after changes, which none of its own rows gives."""
    folder = read_folder(write_crisis(directory / "crisis", **changes))
    assert not folder.findings
    return lint(folder, TODAY)


def test_a_sound_folder_gives_no_warning(tmp_path: Path) -> None:
    assert warnings_on(tmp_path) == []


def test_the_bundled_crisis_gives_few_warnings_and_a_slip_that_is_in_the_pages() -> None:
    """ISMI's July 2019 page states departures down by 47 %, and its two figures say otherwise."""
    folder = read_folder(CRISES / "nw-syria")
    found = lint(folder, TODAY)
    told = folder.reports.frame["persons"].to_numpy()
    assert len(found) < len(told) / 50
    assert any(finding.value == "33778" and "-47 %" in finding.why for finding in found)


FIGURES = ("900", "1000", "1100", "1200")
STREAM = [
    report(start=f"2018-0{month}-01", end=f"2018-0{month}-28", persons=persons)
    for month, persons in enumerate(FIGURES, 1)
]
REPORTS: list[tuple[str, list[dict[str, str]], str, str]] = [
    ("people in thousands", [report(persons="52.9")], "persons", "no whole number"),
    ("a window that is to come", [report(end="2020-01-02", published="")], "end", "after today"),
    ("a window after its page", [report(end="2018-09-30")], "end", "72 days after it was"),
    ("a window of years", [report(start="2015-06-01")], "end", "the window is 1126 days long"),
    ("a thousand times", [*STREAM, report(persons="1100000")], "persons", "times the middle"),
    ("a thousandth", [*STREAM, report(persons="1")], "persons", "times as much"),
    ("parts above their total",
     [report(place_id="N01"), report(place_id="N0101", persons="700"),
      report(place_id="N0102", persons="400")], "persons", "its 2 parts together (1100)"),
    ("parts of parts count once",
     [report(place_id="N"), report(place_id="N01", persons="900"),
      report(place_id="N0101", persons="800"), report(place_id="N02", persons="200")],
     "persons", "its 2 parts together (1100)"),
    ("parts without a gap below their total",
     [report(place_id="N"), report(place_id="N01", persons="300"),
      report(place_id="N02", persons="200")], "persons", "which leave no gap"),
    ("parts of an area",
     [report(place_id="front-south"), report(place_id="N0201", persons="900"),
      report(place_id="N0202", persons="900")], "persons", "its 2 parts together (1800)"),
    ("origins above their total",
     [report(measure="returns", direction="destination", persons="100"),
      report(measure="returns", direction="destination", from_id="N02", persons="150")],
     "persons", "its 1 parts together (150)"),
    ("people above movements",
     [report(measure="arrivals", direction="destination", persons="100"),
      report(measure="newly_displaced", direction="destination", persons="150")],
     "persons", "only 100 arrivals in all"),
    ("families against persons", [report(note="moved: 1,000 families")], "persons",
     "1,000 families in the note make 1 persons a family, where the crisis has 5.5"),
    ("a change that is none",
     [report(start="2018-05-01", end="2018-05-31", persons="500"), report(note="+43% on May")],
     "persons", "is +100 % on 500 of the window before; the note says +43 %"),
    ("a fall told in words",
     [report(start="2018-05-01", end="2018-05-31", persons="500"), report(note="decrease 47%")],
     "persons", "the note says -47 %"),
    ("the month before", [report(note="page title says 'May 2018'")], "note", "names May 2018"),
    ("the year before", [report(url="https://example.org/movements-june-2017")], "url",
     "names June 2017"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "column", "why"), [case[1:] for case in REPORTS], ids=[case[0] for case in REPORTS]
)
def test_a_slip_in_reports_is_warned_of_once(
    tmp_path: Path, rows: list[dict[str, str]], column: str, why: str
) -> None:
    found = warnings_on(tmp_path, displacement=with_reports(*rows))
    assert [(finding.file, finding.column) for finding in found] == [("displacement.csv", column)]
    assert why in found[0].why


PEACE: dict[str, list[dict[str, str]]] = {
    "zero after figures": [*STREAM, report(persons="0")],
    "an onset": [*STREAM, report(persons="11000")],
    "a slip in a stream of three": [*STREAM[:2], report(persons="1100000")],
    "some parts": [report(place_id="N01"), report(place_id="N0101", persons="300")],
    "rounded parts": [report(place_id="N01"), report(place_id="N0101", persons="1009")],
    "a revision of a part": [
        report(place_id="N01"),
        report(persons="1300", published="2018-07-10"), report(persons="900"),
    ],
    "movements that cross parts": [
        report(place_id="N", direction="within", measure="newly_displaced"),
        report(place_id="N01", direction="within", measure="newly_displaced", persons="300"),
        report(place_id="N02", direction="within", measure="newly_displaced", persons="200"),
    ],
    "shares of an area": [report(place_id="assessed", persons="90"), report(place_id="N01")],
    "families that fit": [report(note="some 180 families")],
    "a change that fits": [
        report(start="2018-05-01", end="2018-05-31", persons="500"), report(note="+99%"),
    ],
    "a change on a quarter": [
        report(start="2018-03-01", end="2018-05-31", persons="500"), report(note="+43%"),
    ],
    "two changes": [
        report(start="2018-05-01", end="2018-05-31", persons="500"),
        report(note="+43% in all, -20% here"),
    ],
    "a page on the next month": [report(url="https://example.org/movements-july-2018")],
    "a month compared with": [report(note="over 60% less than May 2018")],
}  # fmt: skip


@pytest.mark.parametrize("rows", PEACE.values(), ids=PEACE)
def test_what_is_no_slip_gives_no_warning(tmp_path: Path, rows: list[dict[str, str]]) -> None:
    assert warnings_on(tmp_path, displacement=with_reports(*rows)) == []


@pytest.mark.parametrize(
    ("changes", "file", "column", "why"),
    [
        ({"attacks": with_cell(0, "civilians_killed", "99")}, "attacks.csv", "civilians_killed",
         "is above fatalities"),
        ({"attacks": with_cell(3, "events", "19000")}, "attacks.csv", "events",
         "times the middle of its stream"),
        ({"places": with_cell(4, "population", "900000")}, "places.csv", "population",
         "the places right below have 980000 in all"),
        ({"agreements": replaced("2018-09-17,2018-09-17", "2018-09-17,2028-09-17")},
         "agreements.csv", "effective", "lies over a year from announced (2018-09-17)"),
    ],
)  # fmt: skip
def test_a_slip_in_another_file_is_warned_of(
    tmp_path: Path, changes: dict[str, Change], file: str, column: str, why: str
) -> None:
    found = warnings_on(tmp_path, **changes)
    assert (file, column) in [(finding.file, finding.column) for finding in found]
    assert any(why in finding.why for finding in found), found


@settings(max_examples=15)
@given(factor=st.integers(1, 50), month=st.integers(0, 11))
def test_no_factor_that_a_wave_may_have_is_a_slip(factor: int, month: int) -> None:
    found = texts(12)
    rows = found["displacement"].splitlines()
    cells = rows[1 + 4 * month + month // 6].split(",")
    cells[6] = str(int(cells[6]) * factor)
    rows[1 + 4 * month + month // 6] = ",".join(cells)
    found["displacement"] = "\n".join(rows) + "\n"
    folder = parse_folder({FILES[name]: text for name, text in found.items()})
    assert not [warning for warning in lint(folder, TODAY) if "times" in warning.why]
