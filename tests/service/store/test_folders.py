"""A crisis folder goes in and comes out unchanged."""

from __future__ import annotations

import csv
import io
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.crisis import CRISES, Crisis, load_crisis
from features.errors import InputError
from features.fingerprint import fingerprint
from features.places import Places
from features.track_record import COLUMNS, FILE, write_track_record
from service.store.folders import export_folder, import_folder
from service.store.store import Store
from tests.folders import Change, as_csv, header_only, replaced, with_cell, with_row, write_crisis

DAYS = st.dates(pd.Timestamp("2016-12-01").date(), pd.Timestamp("2018-01-01").date())


def contents(directory: Path) -> dict[str, bytes]:
    paths = (path for path in directory.rglob("*") if path.is_file())
    return {path.relative_to(directory).as_posix(): path.read_bytes() for path in paths}


def assert_same(found: Crisis, expected: Crisis) -> None:
    """Every field alike; frames to the type and order of their rows."""
    for field in fields(expected):
        ours, theirs = getattr(found, field.name), getattr(expected, field.name)
        if isinstance(theirs, Places):
            ours, theirs = ours.frame, theirs.frame
        if isinstance(theirs, pd.DataFrame):
            pd.testing.assert_frame_equal(ours, theirs)
        else:
            assert ours == theirs, field.name
    assert fingerprint(found) == fingerprint(expected)


def through(store: Store, folder: Path, out: Path) -> dict[str, bytes]:
    """What a folder comes out as."""
    id_, done = import_folder(store, folder, author="tester")
    assert done.intake == 1
    assert_same(store.crisis(id_), load_crisis(folder))
    export_folder(store, id_, out)
    return contents(out)


def test_a_folder_comes_out_byte_for_byte(store: Store, folder: Path, tmp_path: Path) -> None:
    assert through(store, folder, tmp_path / "out") == contents(folder)


def test_the_bundled_crisis_comes_out_byte_for_byte(store: Store, tmp_path: Path) -> None:
    found = through(store, CRISES / "nw-syria", tmp_path / "out")
    assert found == contents(CRISES / "nw-syria")
    assert len(found) > 10


def test_what_describes_a_folder_and_its_track_record_go_with_it(
    store: Store, tmp_path: Path
) -> None:
    folder = write_crisis(tmp_path / "in", months=4)
    (folder / "README.md").write_text("# about\n\nهذا\n")
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "gate.toml").write_text('title = "A gate" # as in 2015\n')
    (folder / ".hidden").write_text("mine")
    record = pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in COLUMNS.items()})
    write_track_record(folder / FILE, record, "made-up")
    found = through(store, folder, tmp_path / "out")
    expected = contents(folder)
    del expected[".hidden"]
    assert found == expected
    kept = store.document(store_text(store, FILE))
    assert kept.kind == "track_record"
    assert kept.contents == {"parquet": expected[FILE]}
    assert import_folder(store, folder, author="tester")[1].intake is None


def store_text(store: Store, file: str) -> str:
    from service.store.reading import read_whole, view_of

    with store.reading() as connection:
        return read_whole(connection, view_of(connection, "made-up"))[file]


def messy(text: str) -> str:
    """The same cells with Windows line ends, a mark in front, quotes, blank lines and spaces."""
    stream = io.StringIO()
    rows = [[f" {cell} " for cell in row] for row in csv.reader(io.StringIO(text))]
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return "\ufeff" + stream.getvalue().replace("\r\n", "\r\n\r\n", 1)


def other_columns(text: str) -> str:
    """The columns in another order, without the optional ones."""
    rows = list(csv.DictReader(io.StringIO(text)))
    names = [name for name in reversed(rows[0]) if name not in ("window", "coverage")]
    return as_csv([names, *([row[name] for name in names] for row in rows)])


def precise(text: str) -> str:
    return text.replace("35.3,36.4", "35.300000000000004,3.64e1", 1)


CANONICAL: list[dict[str, Change]] = [
    {"displacement": other_columns},
    {"places": precise},
    {"areas": None, "routes": None, "agreements": None},
    {"displacement": with_cell(0, "note", 'two\nlines, and "quotes"')},
    {"displacement": with_row(like=0, persons="1")},
    {"crisis": lambda text: f"# a comment\r\n{text}"},
    {"attacks": header_only, "crisis": replaced('attacks = "Event Data"', 'attacks = ""')},
]


@pytest.mark.parametrize("changes", CANONICAL, ids=["-".join(change) for change in CANONICAL])
def test_order_precision_comments_and_absent_files_stay(
    store: Store, tmp_path: Path, changes: dict[str, Change]
) -> None:
    if changes.get("areas", "") is None:
        changes = {**changes, "crisis": lambda text: text[: text.index("[models")]}
        changes["displacement"] = lambda text: text.replace(",assessed,", ",N01,")
    folder = write_crisis(tmp_path / "in", months=4, **changes)
    assert through(store, folder, tmp_path / "out") == contents(folder)


@pytest.mark.parametrize("file", ["displacement", "attacks", "places", "areas", "agreements"])
def test_another_form_of_csv_comes_out_plain_with_the_same_cells(
    store: Store, tmp_path: Path, file: str
) -> None:
    plain = contents(write_crisis(tmp_path / "plain", months=4))
    folder = write_crisis(tmp_path / "in", months=4, **{file: messy})
    id_, _ = import_folder(store, folder, author="tester")
    export_folder(store, id_, tmp_path / "out")
    assert contents(tmp_path / "out") == plain
    assert fingerprint(store.crisis(id_)) == fingerprint(load_crisis(folder))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=DAYS)
def test_as_of_a_day_the_store_knows_what_the_folder_knew(
    filled: Store, folder: Path, day: object
) -> None:
    then = pd.Timestamp(str(day))
    assert_same(filled.crisis("made-up", as_of=then), load_crisis(folder).as_of(then))


def test_a_folder_that_is_wrong_stores_nothing(store: Store, tmp_path: Path) -> None:
    folder = write_crisis(
        tmp_path / "bad",
        displacement=with_cell(1, "persons", "-5"),
        sources=with_cell(0, "basis", "guessed"),
    )
    with pytest.raises(InputError) as caught:
        import_folder(store, folder, author="tester")
    files = {finding.file for finding in caught.value.findings}
    assert files == {"displacement.csv", "sources.csv"}
    assert store.crises() == []


def test_the_same_folder_again_is_nothing_new(filled: Store, folder: Path) -> None:
    _, again = import_folder(filled, folder, author="tester")
    assert (again.intake, again.added, again.changed) == (None, 0, 0)


def test_another_folder_of_the_crisis_corrects_and_takes_back_for_a_reason(
    filled: Store, folder: Path, tmp_path: Path
) -> None:
    before = filled.recorded("made-up")

    def corrected(text: str) -> str:
        lines = with_cell(0, "persons", "77")(text).splitlines(keepends=True)
        return "".join([*lines[:3], *lines[4:]])

    other = write_crisis(tmp_path / "other", months=6, displacement=corrected)
    with pytest.raises(InputError) as caught:
        import_folder(filled, other, author="tester")
    told = str(caught.value)
    assert "→ '77'" in told
    assert "lacks rows that the store holds: 1" in told
    _, done = import_folder(filled, other, author="tester", reason="erratum")
    assert (done.added, done.changed) == (0, 2)
    assert_same(filled.crisis("made-up"), load_crisis(other))
    assert_same(filled.crisis("made-up", recorded=before), load_crisis(folder))


def test_only_a_new_or_empty_folder_is_written_to(filled: Store, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        export_folder(filled, "made-up", tmp_path)
    with pytest.raises(InputError, match="cannot be made a folder"):
        export_folder(filled, "made-up", tmp_path / "mine.txt")
    with pytest.raises(InputError, match="did you mean 'made-up'"):
        export_folder(filled, "made-op", tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.txt"]
