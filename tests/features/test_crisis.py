from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.crisis import CRISES, Crisis, bundled, load_crisis
from features.errors import Finding, InputError
from tests.folders import (
    FILES,
    as_csv,
    header_only,
    replaced,
    texts,
    with_cell,
    write_crisis,
    wrong_in,
)

REPORTS = {
    "start": "datetime64[us]",
    "end": "datetime64[us]",
    "measure": "str",
    "place_id": "str",
    "direction": "str",
    "from_id": "str",
    "persons": "float64",
    "low": "float64",
    "high": "float64",
    "source": "str",
    "published": "datetime64[us]",
    "published_assumed": "bool",
    "url": "str",
    "note": "str",
    "window": "str",
    "coverage": "float64",
    "line": "int64",
}
ATTACKS = {
    "start": "datetime64[us]",
    "end": "datetime64[us]",
    "place_id": "str",
    "kind": "str",
    "events": "float64",
    "fatalities": "float64",
    "civilians_killed": "float64",
    "source": "str",
    "published": "datetime64[us]",
    "published_assumed": "bool",
    "target": "str",
    "line": "int64",
}
DAYS = st.dates(pd.Timestamp("2016-12-01").date(), pd.Timestamp("2019-06-01").date())


@pytest.fixture(scope="module")
def crisis(tmp_path_factory: pytest.TempPathFactory) -> Crisis:
    return load_crisis(write_crisis(tmp_path_factory.mktemp("sound")))


def _dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {str(name): str(dtype) for name, dtype in frame.dtypes.items()}


def test_frames_have_the_agreed_columns_and_types(crisis: Crisis) -> None:
    assert _dtypes(crisis.reports) == REPORTS
    assert _dtypes(crisis.attacks) == ATTACKS
    assert _dtypes(crisis.sources) == {
        "delay_days": "float64",
        "basis": "str",
        "max_age_days": "float64",
    }
    assert crisis.sources.index.name == "source"
    assert list(crisis.areas) == ["area_id", "name", "place_id", "share"]
    assert list(crisis.agreements) == [
        "announced", "effective", "collapsed", "kind", "place_id", "title", "url",
    ]  # fmt: skip


def test_rows_come_in_the_order_of_publication(crisis: Crisis) -> None:
    for frame in (crisis.reports, crisis.attacks):
        order = frame[["published", "start", "end", "line"]]
        assert order.equals(order.sort_values(list(order)))
        assert frame.index.tolist() == list(range(len(frame)))


def test_missing_publication_is_assumed_from_the_delay(crisis: Crisis) -> None:
    told = crisis.reports.set_index("line")
    assert not told.loc[2, "published_assumed"]
    assert told.loc[4, "published_assumed"]
    assert told.loc[4, "published"] == told.loc[4, "end"] + pd.Timedelta(days=21)
    assert crisis.attacks["published_assumed"].all()
    assert (crisis.attacks["published"] - crisis.attacks["end"] == pd.Timedelta(days=7)).all()


def test_members_of_a_place_and_of_an_area(crisis: Crisis) -> None:
    assert crisis.members("N01") == {"N01": 1.0}
    assert crisis.members("assessed") == {"N01": 0.9, "N02": 0.4}
    with pytest.raises(InputError, match="did you mean 'assessed'"):
        crisis.members("Assesed communities")


@given(day=DAYS)
def test_nothing_published_later_is_seen(crisis: Crisis, day: object) -> None:
    then = pd.Timestamp(str(day))
    known = crisis.as_of(then)
    for seen, whole in ((known.reports, crisis.reports), (known.attacks, crisis.attacks)):
        assert (seen["published"] <= then).all()
        assert len(seen) == (whole["published"] <= then).sum()
        assert _dtypes(seen) == _dtypes(whole)
    assert (known.agreements["announced"] <= then).all()
    assert not (known.agreements["collapsed"] > then).any()
    assert not (known.routes[["open_from", "open_to"]] > then).any(axis=None)


@given(day=DAYS, later=DAYS)
def test_what_was_known_on_a_day_never_changes(crisis: Crisis, day: object, later: object) -> None:
    first, second = sorted([pd.Timestamp(str(day)), pd.Timestamp(str(later))])
    once, twice = crisis.as_of(first), crisis.as_of(second).as_of(first)
    for name in ("reports", "attacks", "agreements", "routes"):
        pd.testing.assert_frame_equal(getattr(once, name), getattr(twice, name))


def test_as_of_leaves_the_crisis_itself_alone(crisis: Crisis) -> None:
    before = len(crisis.reports), crisis.agreements["collapsed"].notna().sum()
    crisis.as_of(pd.Timestamp("2017-06-01"))
    assert (len(crisis.reports), crisis.agreements["collapsed"].notna().sum()) == before


def test_a_crisis_travels_between_processes(crisis: Crisis) -> None:
    copy = pickle.loads(pickle.dumps(crisis))
    pd.testing.assert_frame_equal(copy.reports, crisis.reports)
    assert copy.places.ancestors("N01C") == crisis.places.ancestors("N01C")


def test_faults_of_all_files_come_at_once_in_order(tmp_path: Path) -> None:
    write_crisis(
        tmp_path,
        crisis=replaced("title", "titel"),
        places=with_cell(2, "population", "-1"),
        areas=with_cell(0, "share", "2"),
        sources=with_cell(0, "basis", "guess"),
        attacks=with_cell(3, "kind", "bombs"),
        displacement=with_cell(1, "persons", "many"),
        routes=with_cell(0, "distance_km", "0"),
        agreements=with_cell(0, "announced", "yesterday"),
    )
    findings = wrong_in(tmp_path)
    assert list(dict.fromkeys(finding.file for finding in findings)) == list(FILES.values())
    assert len(findings) == 9
    with pytest.raises(InputError) as caught:
        load_crisis(tmp_path)
    assert caught.value.findings == findings
    assert caught.value.exit_code == 2


def test_findings_of_a_file_come_line_by_line(findings_of: Callable[..., list[Finding]]) -> None:
    spoilt = lambda text: text.replace("arrivals", "arrival").replace("Monitor", "Monitr")  # noqa: E731
    lines = [finding.line for finding in findings_of(displacement=spoilt, months=3)]
    assert lines == sorted(lines, key=lambda line: line or 0)
    assert len(lines) == 15


def test_an_empty_folder_lists_the_files_it_needs(tmp_path: Path) -> None:
    assert [finding.file for finding in wrong_in(tmp_path)] == [
        "crisis.toml",
        "places.csv",
        "sources.csv",
        "attacks.csv",
        "displacement.csv",
    ]


def test_files_that_lean_on_an_unreadable_one_are_not_blamed(
    findings_of: Callable[..., list[Finding]],
) -> None:
    assert [finding.file for finding in findings_of(areas=b"\xff")] == ["areas.csv"]
    assert [finding.file for finding in findings_of(sources="")] == ["sources.csv"]
    renamed = findings_of(sources=replaced("source", "name"))
    assert {finding.file for finding in renamed} == {"sources.csv"}


def test_other_files_are_left_alone_with_a_note(tmp_path: Path) -> None:
    write_crisis(tmp_path)
    expected = ["SOURCES.md", "README.txt", "build.py", ".gitignore"]
    for name in [*expected, "agreement.csv", "photo.jpg"]:
        (tmp_path / name).write_text("")
    assert load_crisis(tmp_path).notes == (
        "agreement.csv: left alone, no file of a crisis folder; did you mean 'agreements.csv'?",
        "photo.jpg: left alone, no file of a crisis folder",
    )


@pytest.mark.parametrize("name", ["nw-siria", "no/such/folder"])
def test_unknown_crisis_is_an_input_error(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such crisis folder, nor a bundled crisis"):
        load_crisis(name)
    [finding] = wrong_in(tmp_path / name)
    assert finding.file.endswith(name)


def test_bundled_crises_are_named_by_their_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("features.crisis.CRISES", tmp_path)
    write_crisis(tmp_path / "one")
    (tmp_path / "unfinished").mkdir()
    assert bundled() == ["one"]
    assert load_crisis("one").id == "made-up"
    with pytest.raises(InputError, match="did you mean 'one'"):
        load_crisis("onne")


def test_a_folder_may_be_given_as_text_or_path(tmp_path: Path) -> None:
    write_crisis(tmp_path)
    assert load_crisis(str(tmp_path)).id == load_crisis(tmp_path).id


@pytest.mark.parametrize("name", bundled())
def test_every_bundled_crisis_loads(name: str) -> None:
    assert not [str(finding) for finding in wrong_in(CRISES / name)]
    assert load_crisis(name).id == name


def _load(folder: Path) -> list[Finding]:
    """What is found wrong with the folder; nothing when it loads and can be looked back at."""
    try:
        load_crisis(folder).as_of(pd.Timestamp("2017-06-01"))
    except InputError as error:
        return error.findings or [Finding("", "")]
    return []


CELLS = [
    (stem, row, column)
    for stem, text in texts(months=1).items()
    if stem != "crisis"
    for row in range(min(4, len(text.splitlines()) - 1))
    for column in text.splitlines()[0].split(",")
]
WORDS = [
    *("", " ", "nan", "inf", "-1", "0", "1e400", "1e300", "12,5", "2019-02-30", "9999-12-31"),
    *("0001-01-01", "N", "N01", "L", "T", "assessed", "within", "stock", "Monitor", '"', "a\nb"),
]


@settings(max_examples=100)
@given(cell=st.sampled_from(CELLS), value=st.sampled_from(WORDS) | st.text(max_size=6))
def test_one_spoilt_cell_is_taken_or_found_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, cell: tuple[str, int, str], value: str
) -> None:
    stem, row, column = cell
    folder = tmp_path_factory.getbasetemp() / "spoilt"
    edit = with_cell(row, column, value.encode("utf-8", "ignore").decode())
    write_crisis(folder, months=1, **{stem: edit})
    findings = _load(folder)
    assert all(finding.file and finding.why for finding in findings)
    assert not findings or any(finding.line is not None for finding in findings)


@settings(max_examples=40)
@given(
    stem=st.sampled_from(list(FILES)),
    where=st.floats(0, 1),
    length=st.integers(0, 40),
    patch=st.binary(max_size=12),
)
def test_spoilt_bytes_are_taken_or_found_never_a_crash(
    tmp_path_factory: pytest.TempPathFactory, stem: str, where: float, length: int, patch: bytes
) -> None:
    raw = texts(months=1)[stem].encode()
    start = int(where * len(raw))
    folder = tmp_path_factory.getbasetemp() / "spoilt-bytes"
    write_crisis(folder, months=1, **{stem: raw[:start] + patch + raw[start + length :]})
    assert all(finding.file and finding.why for finding in _load(folder))


def test_a_hundred_thousand_rows_load_in_five_seconds(tmp_path: Path) -> None:
    header = header_only(texts()["displacement"]).strip().split(",")
    days = pd.date_range("2000-01-01", periods=5000).strftime("%Y-%m-%d")
    rows = [
        [day, day, "arrivals", "N01", "destination", "", str(i), "", "", "Task Force", "",
         f"https://example.org/{i}/{day}", "a note, quoted", "", ""]
        for i in range(20)
        for day in days
    ]  # fmt: skip
    write_crisis(tmp_path, displacement=as_csv([header, *rows]))
    start = time.process_time()
    crisis = load_crisis(tmp_path)
    assert len(crisis.reports) == 100_000
    assert time.process_time() - start < 5
