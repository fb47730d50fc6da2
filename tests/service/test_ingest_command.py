"""The store on the command line: import, ingest, export, and the warnings of check."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import nuzuh
from tests.folders import with_cell, write_crisis

HEADER = "start,end,measure,place_id,direction,from_id,persons,low,high,source,published,url,note\n"
ROW = "2018-01-01,2018-01-31,arrivals,N0101,destination,,{},,,Monitor,2018-02-20,,{}\n"


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A store of this test alone."""
    path = tmp_path / "data" / "store.db"
    monkeypatch.setenv("NUZUH_DATABASE", f"sqlite:///{path}")
    return path


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """The made-up land, in the store."""
    folder = write_crisis(tmp_path / "made-up", months=4)
    said = nuzuh("crisis", "import", folder)
    assert said.code == 0, said.err
    assert said.out.startswith("made-up: ")
    assert "added" in said.out
    assert "(intake 1)" in said.out
    return folder


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return tmp_path / "rows.csv"


def test_a_folder_goes_in_and_comes_out(made_up: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    said = nuzuh("crisis", "export", "made-up", out)
    assert said.code == 0
    assert said.raw == b""
    assert "wrote 8 files" in said.err
    for path in made_up.iterdir():
        assert (out / path.name).read_bytes() == path.read_bytes()
    assert nuzuh("crisis", "check", out).code == 0
    assert "nothing new" in nuzuh("crisis", "import", out).out


def test_a_bundled_crisis_is_imported_by_its_name() -> None:
    said = nuzuh("crisis", "import", "nw-syria")
    assert said.code == 0
    assert "warning: displacement.csv" in said.err


def test_rows_are_stored_once(made_up: Path, rows: Path) -> None:
    rows.write_text(HEADER + ROW.format(500, ""))
    said = nuzuh("ingest", rows, "--crisis", "made-up")
    assert said.out == "made-up: 1 added, 0 changed, 0 stored before (intake 2)\n"
    said = nuzuh("ingest", rows, "--crisis", "made-up")
    assert said.out == "made-up: 0 added, 0 changed, 1 stored before (nothing new)\n"


def test_a_folder_of_rows_is_taken_in_one_intake(made_up: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    (more / "displacement.csv").write_text(HEADER + ROW.format(500, "").replace("N0101", "N0109"))
    (more / "places.csv").write_text(
        "place_id,name,parent_id,level,lat,lon,population,capacity,aliases\n"
        "N0109,New,N01,admin3,,,,,\n"
    )
    said = nuzuh("ingest", more, "--crisis", "made-up")
    assert said.out == "made-up: 2 added, 0 changed, 0 stored before (intake 2)\n", said.err


def test_every_error_is_told_and_nothing_stored(made_up: Path, rows: Path) -> None:
    rows.write_text(HEADER + ROW.format(500, "") + ROW.format(-1, "") + ROW.format("many", ""))
    said = nuzuh("ingest", rows, "--crisis", "made-up")
    assert said.code == 2
    assert said.raw == b""
    assert [line.split(":")[1] for line in said.errors] == ["3", "4"]
    said = nuzuh("ingest", rows, "--crisis", "made-up", "--partial")
    assert said.code == 0
    assert "1 added" in said.out
    assert "2 rejected" in said.out
    assert said.err.count("rejected: rows.csv:") == 2


def test_a_correction_needs_a_reason(made_up: Path, rows: Path) -> None:
    for figure, words, code in ((5, (), 0), (6, (), 2), (6, ("--reason", "erratum"), 0)):
        rows.write_text(HEADER + ROW.format(figure, ""))
        said = nuzuh("ingest", rows, "--crisis", "made-up", *words)
        assert said.code == code, said.err
    assert "1 changed" in said.out


def test_warnings_are_printed(made_up: Path, rows: Path) -> None:
    rows.write_text(HEADER + ROW.format(500, "moved: 9 families"))
    said = nuzuh("ingest", rows, "--crisis", "made-up")
    assert said.code == 0
    assert "warning: rows.csv:2: persons '500': 9 families in the note" in said.err


def test_check_warns_and_still_takes_the_folder(tmp_path: Path) -> None:
    folder = write_crisis(tmp_path / "noted", displacement=with_cell(0, "note", "9 families"))
    said = nuzuh("crisis", "check", folder)
    assert said.code == 0
    assert "warning: displacement.csv:2: persons" in said.err
    assert "A made-up land" in said.out


def test_another_folder_of_a_stored_crisis_needs_a_reason(made_up: Path, tmp_path: Path) -> None:
    other = write_crisis(tmp_path / "other", months=4, displacement=with_cell(0, "persons", "1"))
    assert nuzuh("crisis", "import", other).code == 2
    said = nuzuh("crisis", "import", other, "--reason", "erratum")
    assert "1 changed" in said.out, said.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("crisis", "export", "made-op", "out"), "did you mean 'made-up'"),
        (("crisis", "import", "nowhere"), "no such crisis folder"),
        (("ingest", "nowhere.csv", "--crisis", "made-up"), "there is no such file"),
    ],
)
def test_a_wrong_word_is_named(made_up: Path, words: tuple[str, ...], why: str) -> None:
    said = nuzuh(*words)
    assert said.code == 2
    assert any(why in line for line in said.errors), said.err


def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUZUH_DATABASE", "mysql://me:secret@localhost/x")
    said = nuzuh("crisis", "export", "made-up", "out")
    assert said.code == 2
    assert "take a SQLite file or PostgreSQL" in said.err
    assert "secret" not in said.err


def test_help_has_examples() -> None:
    for words in (("ingest",), ("crisis", "import"), ("crisis", "export")):
        said = nuzuh(*words, "--help")
        assert said.code == 0
        assert "Example" in said.out
