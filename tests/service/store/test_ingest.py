"""Rows handed in: once, whole or not at all, and with what looks wrong beside them."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.errors import InputError
from features.tables import Records
from service.store import writing
from service.store.folders import import_folder
from service.store.given import json_records, read_given
from service.store.ingest import ingest
from service.store.store import Store
from service.store.writing import Outcome
from tests.folders import as_csv, header_only, texts, with_row, write_crisis
from tests.service.store.given_rows import KEY, PLACE, REPORT, attacks, places, reports

REPORTS = "displacement.csv"
TODAY = pd.Timestamp("2018-06-01")


def take(store: Store, given: dict[str, Records], **options: Any) -> Outcome:
    return ingest(store, "made-up", given, author="tester", today=TODAY, **options)


def refused(store: Store, given: dict[str, Records], **options: Any) -> list[str]:
    """Why rows were refused; that nothing was stored."""
    before = store.recorded("made-up")
    with pytest.raises(InputError) as caught:
        take(store, given, **options)
    assert store.recorded("made-up") == before
    return [str(finding) for finding in caught.value.findings]


def persons(store: Store, **when: Any) -> list[float]:
    """The figures for the key of REPORT."""
    found = store.rows("made-up", REPORTS, "N0101", **when)
    return found.loc[found["start"] == REPORT["start"], "persons"].tolist()


def test_the_same_rows_twice_are_one(filled: Store) -> None:
    given = reports({}, {"persons": 77, "start": "2018-01-02"}) | attacks({})
    first = take(filled, given)
    assert (first.added, first.changed, first.unchanged) == (3, 0, 0)
    again = take(filled, given)
    assert (again.intake, again.added, again.unchanged) == (None, 0, 3)
    spelled_otherwise = reports({"persons": "1200.0"}, {"persons": "7.7e1", "start": "2018-01-02"})
    assert take(filled, spelled_otherwise).unchanged == 2
    assert persons(filled) == [1200]


def test_more_rows_than_a_chunk_are_all_stored_and_told_of(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "CHUNK", 3)
    told: list[tuple[int, int]] = []
    rows = [{"persons": at, "start": f"2018-01-{at:02}"} for at in range(1, 9)]
    take(filled, reports(*rows), told=lambda done, total: told.append((done, total)))
    found = filled.rows("made-up", REPORTS, "N0101")
    assert sorted(found["persons"]) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert told == [(3, 8), (6, 8), (8, 8)]


def test_a_file_of_the_folder_itself_is_nothing_new(filled: Store, folder: Path) -> None:
    done = take(filled, read_given(folder))
    assert done.intake is None
    assert done.unchanged == sum(
        len(frame) for frame in (
            filled.crisis("made-up").reports, filled.crisis("made-up").attacks,
            filled.crisis("made-up").places.frame, filled.crisis("made-up").areas,
            filled.crisis("made-up").sources, filled.crisis("made-up").routes,
            filled.crisis("made-up").agreements,
        )
    )  # fmt: skip


def test_one_bad_row_rejects_all_and_every_error_is_told(filled: Store) -> None:
    given = reports(
        {},
        {"persons": -5, "start": "2018-01-02"},
        {"place_id": "N9", "source": "Moniter"},
        {"persons": None, "end": "2017-01-01"},
    ) | attacks({"kind": "air-strike"}, {"events": None, "fatalities": None})
    told = refused(filled, given)
    for why in (
        "displacement.csv:2: persons '-5': is below 0",
        "displacement.csv:3: place_id 'N9': no place or area",
        "displacement.csv:3: source 'Moniter'",
        "displacement.csv:4: persons '': is blank",
        "displacement.csv:4: end '2017-01-01': the window ends before",
        "attacks.csv:1: kind 'air-strike'",
    ):
        assert any(line.startswith(why) for line in told), (why, told)
    assert persons(filled) == []


def test_partial_stores_the_good_rows_and_lists_the_others(filled: Store) -> None:
    given = reports({}, {"persons": -5, "start": "2018-01-02"}, {"start": "2018-01-03"})
    done = take(filled, given, partial=True)
    assert (done.added, [finding.line for finding in done.rejected]) == (2, [2])
    assert take(filled, given, partial=True).intake is None


def test_partial_rejects_what_rests_on_a_rejected_place(filled: Store) -> None:
    given = places({"parent_id": "N77"}, {"place_id": "N0104", "parent_id": "N0103"}) | reports(
        {"place_id": "N0104"}, {}
    )
    done = take(filled, given, partial=True)
    assert done.added == 1
    assert [(finding.file, finding.line) for finding in done.rejected] == [
        ("places.csv", 1), ("places.csv", 2), ("displacement.csv", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "the file is empty"),
        ("start,end\n", "measure: the column is missing"),
        ("start;end;measure\n", "not separated by commas"),
        ('start,end\n"open\n', "no row can be read from here on"),
        (header_only(texts(2)["displacement"]).replace("note", "nota"), "did you mean 'note'"),
    ],
)
def test_a_header_that_is_wrong_rejects_the_file_even_in_part(
    filled: Store, tmp_path: Path, text: str, why: str, partial: bool
) -> None:
    (tmp_path / REPORTS).write_text(text)
    told = refused(filled, read_given(tmp_path / REPORTS), partial=partial)
    assert any(why in line for line in told), told


def test_another_figure_for_the_same_day_needs_a_reason(filled: Store) -> None:
    take(filled, reports({}))
    before = filled.recorded("made-up")
    [told] = refused(filled, reports({"persons": 1300}))
    assert "persons '1200' → '1300'" in told
    assert "give a reason" in told
    assert take(filled, reports({"persons": 1300}), reason="typing slip").changed == 1
    assert persons(filled) == [1300]
    assert persons(filled, recorded=before) == [1200]
    own = reports({"persons": 1400, "reason": "second slip"})
    assert take(filled, own, reason="typing slip").changed == 1
    history = filled.history("made-up", REPORTS, KEY)
    assert history["persons"].tolist() == [1200, 1300, 1400]
    assert history["reason"].tolist() == ["", "typing slip", "second slip"]
    assert history["author"].unique().tolist() == ["tester"]
    assert history["recorded"].is_monotonic_increasing


def test_a_figure_published_later_is_a_revision_and_stands_beside(filled: Store) -> None:
    take(filled, reports({}))
    take(filled, reports({"persons": 1500, "published": "2018-03-20"}))
    assert persons(filled) == [1200, 1500]
    assert persons(filled, as_of=pd.Timestamp("2018-03-19")) == [1200]
    assert persons(filled, as_of=pd.Timestamp("2018-02-19")) == []


def test_attacks_of_one_key_and_day_stand_side_by_side(filled: Store) -> None:
    both = attacks({}, {"fatalities": 9})
    assert take(filled, both).added == 2
    assert take(filled, both).unchanged == 2
    assert take(filled, attacks({"fatalities": 9})).unchanged == 1
    [told] = refused(filled, attacks({"fatalities": 10}))
    assert "give a reason" in told


@pytest.mark.parametrize("status", ["missing", "withheld", "deleted"])
def test_a_status_takes_the_figure_away_and_says_why(filled: Store, status: str) -> None:
    take(filled, reports({}))
    before = filled.recorded("made-up")
    coded = {"persons": None, "status": status, "reason": "asked by the source"}
    assert take(filled, reports(coded)).changed == 1
    assert take(filled, reports(coded)).intake is None
    assert persons(filled) == []
    assert persons(filled, recorded=before) == [1200]
    history = filled.history("made-up", REPORTS, KEY)
    assert history["status"].tolist() == ["present", status]
    [told] = refused(filled, reports({}))
    assert f"stored as {status} (asked by the source); give a reason to put it back" in told
    take(filled, reports({}), reason="a mistake of ours")
    assert persons(filled) == [1200]


def test_a_status_published_later_hides_from_that_day_on(filled: Store) -> None:
    take(filled, reports({}, {"persons": 1500, "published": "2018-03-20"}))
    taken_back = {
        "persons": None, "status": "deleted", "published": "2018-04-01", "reason": "erratum",
    }  # fmt: skip
    assert take(filled, reports(taken_back)).added == 1
    assert persons(filled) == []
    assert persons(filled, as_of=pd.Timestamp("2018-03-31")) == [1200, 1500]
    take(filled, reports({"persons": 1600, "published": "2018-05-01"}))
    assert persons(filled) == [1600]
    assert len(filled.crisis("made-up", as_of=pd.Timestamp("2018-03-31")).reports) == len(
        filled.crisis("made-up", as_of=pd.Timestamp("2018-04-01")).reports
    ) + 2  # fmt: skip


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"status": "gone", "reason": "x"}, "status 'gone': is no known status"),
        ({"status": "deleted", "reason": "x"}, "no such row is stored; check start, end, measure"),
        ({"status": "withheld", "persons": None}, "needs a reason beside it"),
        ({"status": "withheld", "reason": "x"}, "persons '1200': stands beside withheld"),
        ({"status": "missing", "persons": None, "place_id": "N9", "reason": "x"}, "place_id 'N9'"),
        ({"status": "missing", "persons": None, "from_id": "N8", "reason": "x"}, "from_id 'N8'"),
        ({"status": "missing", "persons": None, "published": "1999-01-01", "reason": "x"},
         "published before the window starts"),
    ],
)  # fmt: skip
def test_a_status_that_cannot_be_is_refused(filled: Store, row: dict[str, Any], why: str) -> None:
    told = refused(filled, reports(row))
    assert any(why in line for line in told), told


def test_a_missing_figure_is_kept_where_there_never_was_one(filled: Store) -> None:
    take(filled, reports({"persons": None, "status": "missing"}), reason="page says n/a")
    assert persons(filled) == []
    history = filled.history("made-up", REPORTS, KEY)
    assert history["status"].tolist() == ["missing"]
    assert history["persons"].isna().all()


def test_a_new_place_may_come_with_rows_that_name_it(filled: Store) -> None:
    done = take(filled, reports({"place_id": "N0103"}) | places({}))
    assert done.added == 2
    assert filled.crisis("made-up").places.parent("N0103") == "N01"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"parent_id": "N0103"}, "the tree runs in a circle"),
        ({"parent_id": "N9"}, "no place of places.csv is called so"),
        ({"place_id": "assessed"}, "is the id of a place already"),
        ({"lat": 91}, "is above 90"),
        ({"place_id": "N01", "level": "camp", "parent_id": "N"}, "give a reason to correct it"),
        ({"status": "withheld", "reason": "x"}, "only a figure can be missing or withheld"),
    ],
)
def test_a_place_that_cannot_be_is_refused(filled: Store, change: dict[str, Any], why: str) -> None:
    told = refused(filled, places(change))
    assert any(why in line for line in told), told


def test_a_place_that_rows_rest_on_cannot_be_taken_away(filled: Store) -> None:
    gone = {**dict.fromkeys(PLACE), "place_id": "N0201", "status": "deleted", "reason": "x"}
    told = refused(filled, places(gone), partial=True)
    assert any("areas.csv after this: place_id 'N0201'" in line for line in told), told


def test_a_place_that_rows_rest_on_cannot_be_made_another(filled: Store) -> None:
    take(filled, reports({"place_id": "N01", "from_id": "N01"}))
    camp = {**PLACE, "place_id": "N01", "name": "Marj", "parent_id": "N", "level": "camp"}
    told = refused(filled, places(camp), reason="x")
    assert any("too small to move inside" in line for line in told), told


def test_a_route_may_not_run_into_one_that_is_stored(filled: Store) -> None:
    row = {"from_id": "N02", "to_id": "N01", "distance_km": 60, "open_from": "2018-01-01",
           "open_to": None}  # fmt: skip
    told = refused(filled, {"routes.csv": json_records("routes.csv", [row])})
    assert any("routes.csv after this" in line and "overlaps" in line for line in told), told


def test_the_rows_of_the_reference_source_cannot_all_be_taken_away(
    filled: Store, folder: Path
) -> None:
    rows = list(csv.DictReader(io.StringIO((folder / REPORTS).read_text())))
    gone = [{**row, "status": "deleted"} for row in rows if row["source"] == "Task Force"]
    told = refused(filled, {REPORTS: json_records(REPORTS, gone)}, reason="x")
    assert told == [
        "displacement.csv after this: 'Task Force': no row is left of this source, "
        "which crisis.toml names"
    ]


def test_a_correction_of_a_place_is_a_version_too(filled: Store) -> None:
    place = {**PLACE, "place_id": "N0102", "name": "Salq"}
    take(filled, places({**place, "population": 55000}), reason="counted anew")
    assert filled.crisis("made-up").places.frame.at["N0102", "population"] == 55000
    history = filled.history("made-up", "places.csv", {"place_id": "N0102"})
    assert history["population"].tolist() == [40000, 55000]


def test_a_collapse_is_a_correction_that_earlier_days_do_not_see(filled: Store) -> None:
    row = {
        "announced": "2018-09-17", "effective": "2018-09-17", "collapsed": "2019-04-29",
        "kind": "ceasefire", "place_id": "front-south", "title": "Second truce", "url": None,
    }  # fmt: skip
    given = {"agreements.csv": json_records("agreements.csv", [row])}
    assert take(filled, given, reason="it fell apart").changed == 1
    for day, known in (("2019-04-28", False), ("2019-04-29", True)):
        crisis = filled.crisis("made-up", as_of=pd.Timestamp(day))
        assert crisis.agreements["collapsed"].notna().tolist() == [True, known]


def test_what_looks_wrong_is_told_and_stays_beside_the_row(filled: Store) -> None:
    done = take(filled, reports({"note": "500 families"}, {"start": "2018-01-02"}))
    [warning] = done.warnings
    assert (warning.line, warning.column) == (1, "persons")
    assert "500 families" in warning.why
    [kept] = filled.history("made-up", REPORTS, KEY)["warnings"]
    assert kept == [f"persons: {warning.why}"]


def test_a_figure_is_judged_beside_what_is_stored_of_its_stream(filled: Store) -> None:
    months = [
        {"start": f"2017-{month:02}-01", "end": f"2017-{month:02}-28", "published": "2018-01-05"}
        for month in range(6, 12)
    ]
    assert take(filled, reports(*months)).warnings == []
    [warning] = take(filled, reports({"persons": 1_200_000})).warnings
    assert "times the middle of its stream" in warning.why


def test_a_file_of_another_name_is_known_by_its_header(filled: Store, tmp_path: Path) -> None:
    path = tmp_path / "ismi-january.csv"
    path.write_text(with_row(start="2017-01-02", persons="5")(texts(2)["displacement"]))
    assert take(filled, read_given(path)).added == 1
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="neither the name nor the columns"):
        read_given(path)
    with pytest.raises(InputError, match="there is no such file"):
        read_given(tmp_path / "nowhere.csv")
    with pytest.raises(InputError, match="holds none of"):
        read_given(tmp_path)


@pytest.mark.parametrize(
    "value",
    [True, [1], {"a": 1}, float("nan"), float("inf"), "half \ud800", "nul \0", "x" * 140_000],
)
def test_json_that_is_no_text_number_or_null_is_refused_by_row(value: object) -> None:
    with pytest.raises(InputError) as caught:
        json_records(REPORTS, [REPORT, {**REPORT, "persons": value}, "row"])
    assert [(finding.line, finding.column) for finding in caught.value.findings] == [
        (2, "persons"), (3, None),
    ]  # fmt: skip


def test_an_unknown_crisis_and_an_unknown_column_are_named(filled: Store) -> None:
    with pytest.raises(InputError, match="did you mean 'made-up'"):
        ingest(filled, "made-op", reports({}), author="tester")
    [told] = refused(filled, reports({"persns": 1}))
    assert told.startswith("displacement.csv: persns: no such column; did you mean 'persons'?")


def test_columns_that_come_later_stand_after_the_others(store: Store, tmp_path: Path) -> None:
    def without_optional(text: str) -> str:
        rows = [row[:13] for row in csv.reader(io.StringIO(text))]
        rows[1][12] = 'two\nlines, "quoted"'
        return as_csv(rows)

    folder = write_crisis(tmp_path / "in", months=2, displacement=without_optional)
    import_folder(store, folder, author="tester")
    take(store, reports({"coverage": 7, "note": "one\nmore", "window": "inferred"}))
    text = store.files("made-up")[REPORTS].decode()
    before = (folder / REPORTS).read_text()
    assert text.splitlines()[0] == before.splitlines()[0] + ",coverage,window"
    found = store.crisis("made-up").reports.sort_values("line")
    assert found["note"].tolist()[0] == 'two\nlines, "quoted"'
    assert found.iloc[-1][["coverage", "note", "window"]].tolist() == [7, "one\nmore", "inferred"]
    assert found["window"].tolist()[:-1] == ["stated"] * (len(found) - 1)


def test_two_crises_do_not_see_each_other(filled: Store, tmp_path: Path) -> None:
    other = write_crisis(
        tmp_path / "b", months=3, crisis=lambda text: text.replace('"made-up"', '"other"', 1)
    )
    import_folder(filled, other, author="tester")
    take(filled, reports({}))
    assert filled.crises() == ["made-up", "other"]
    assert len(filled.crisis("other").reports) < len(filled.crisis("made-up").reports)
