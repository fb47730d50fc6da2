from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import Finding, InputError
from features.places import COLUMNS, FILE, LEVELS, Places
from features.tables import read_table
from tests.folders import PLACES, Change, header_only, replaced, with_cell, with_row, write_crisis

TheFinding = Callable[..., Finding]


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(read_table(write_crisis(tmp_path) / FILE, COLUMNS).frame)


def test_the_tree_is_asked_by_id(places: Places) -> None:
    assert places.roots == ["L", "T"]
    assert places.parent("N0101") == "N01"
    assert places.parent("L") is None
    assert places.children("N01") == ["N0101", "N0102"]
    assert places.ancestors("N0101") == ["N01", "N", "L"]
    assert places.descendants("N01") == ["N0101", "N0102", "N01C", "N01X"]
    assert places.descendants("T") == []
    assert places.level("N01C") == "camp"
    assert places.name("N01C") == "Camp One"
    assert len(places) == len(PLACES.splitlines()) - 1
    assert "N01" in places
    assert "assessed" not in places


def test_within_takes_the_place_itself(places: Places) -> None:
    assert places.within("N01C", "N")
    assert places.within("N", "N")
    assert not places.within("N", "N01C")
    assert not places.within("N02", "N01")


def test_places_of_a_level_are_listed_all_or_under_one(places: Places) -> None:
    assert places.at_level("admin3") == ["N0101", "N0102", "N0201", "N0202"]
    assert places.at_level("admin3", under="N02") == ["N0201", "N0202"]
    assert places.at_level("admin1", under="N01") == ["N01"]
    assert places.at_level("community") == []


def test_frame_is_indexed_by_id_and_typed(places: Places) -> None:
    assert places.frame.index.name == "place_id"
    assert places.frame.loc["N01C", "capacity"] == 20000
    assert pd.isna(places.frame.loc["L", "lat"])
    assert "line" not in places.frame


@pytest.mark.parametrize(
    ("text", "level", "found"),
    [
        ("marj", None, ["N01", "N0101"]),
        ("Marj", "admin3", ["N0101"]),
        ("El Marj", None, ["N01"]),
        ("المَرج", None, ["N01"]),
        ("KAFRANBUDE", None, ["N0201"]),
        ("Alhabit", None, ["N0202"]),
        ("bab ash-shamal", "crossing", ["N01X"]),
        ("bab ash-shamal", "camp", []),
        ("Latemne", None, []),
        ("—", None, []),
    ],
)
def test_a_spelling_resolves_by_name_or_alias(
    places: Places, text: str, level: str | None, found: list[str]
) -> None:
    assert places.resolve(text, level) == found


@pytest.mark.parametrize(
    "ask",
    [
        Places.parent,
        Places.children,
        Places.ancestors,
        Places.descendants,
        Places.level,
        Places.name,
        lambda places, id_: places.within("N01", id_),
        lambda places, id_: places.within(id_, "N01"),
        lambda places, id_: places.at_level("admin1", under=id_),
    ],
)
def test_unknown_id_is_an_input_error(places: Places, ask: Callable[[Places, str], object]) -> None:
    with pytest.raises(InputError, match="did you mean 'N0202'") as caught:
        ask(places, "Al-Habit")
    assert caught.value.exit_code == 2


@given(st.data())
def test_ancestors_and_descendants_mirror_each_other(data: st.DataObject) -> None:
    number = data.draw(st.integers(1, 12))
    parents = [data.draw(st.sampled_from(["", *map(str, range(i))])) for i in range(number)]
    ids = [str(i) for i in range(number)]
    places = Places(
        pd.DataFrame({"place_id": ids, "name": ids, "parent_id": parents}).assign(
            level="region",
            lat=0.0,
            lon=0.0,
            population=1.0,
            capacity=1.0,
            aliases="",
            capacity_source="",
        )
    )
    for one in ids:
        assert len(places.ancestors(one)) == len(set(places.ancestors(one)))
        for other in ids:
            below = one in places.descendants(other)
            assert below == (other in places.ancestors(one))
            assert places.within(one, other) == (below or one == other)


@pytest.mark.parametrize(
    ("change", "line", "column", "why"),
    [
        (None, None, None, "the file is missing"),
        ("", None, None, "the file is empty"),
        (header_only, 1, None, "add at least one"),
        (with_row(place_id="N01"), 14, "place_id", "there already in line 4; use each id once"),
        (with_cell(2, "parent_id", "NN"), 4, "parent_id", "did you mean 'N'"),
        (with_cell(2, "parent_id", "Nowhere"), 4, "parent_id", "add it to places.csv"),
        (with_cell(2, "level", "admin 1"), 4, "level", "did you mean 'admin1'"),
        (with_cell(2, "lat", "91"), 4, "lat", "is above 90"),
        (with_cell(2, "lon", "-180.1"), 4, "lon", "is below -180"),
        (with_cell(2, "lat", ""), 4, "lat", "is blank beside a lon; give both or none"),
        (with_cell(2, "lon", ""), 4, "lon", "is blank beside a lat; give both or none"),
        (with_cell(2, "population", "-1"), 4, "population", "is below 0"),
        (with_cell(2, "population", "NaN"), 4, "population", "no finite number"),
        (with_cell(6, "capacity", "0"), 8, "capacity", "above 0; correct it or leave it blank"),
        (with_cell(6, "capacity", "-5"), 8, "capacity", "is not above 0"),
        (with_cell(2, "name", " "), 4, "name", "is blank; fill it in"),
        (replaced("parent_id,", "parent,"), 1, "parent", "did you mean 'parent_id'"),
    ],
)
def test_bad_places(
    findings_of: Callable[..., list[Finding]],
    change: Change,
    line: int | None,
    column: str | None,
    why: str,
) -> None:
    first = findings_of(places=change)[0]
    assert (first.file, first.line, first.column) == ("places.csv", line, column)
    assert why in first.why


@pytest.mark.parametrize("level", LEVELS)
def test_every_level_is_known(findings_of: Callable[..., list[Finding]], level: str) -> None:
    assert not findings_of(places=with_cell(6, "level", level))


def test_a_circle_is_shown_on_each_of_its_places(
    findings_of: Callable[..., list[Finding]],
) -> None:
    findings = findings_of(places=with_cell(1, "parent_id", "N0101"))
    assert [(finding.line, finding.column) for finding in findings] == [
        (3, "parent_id"),
        (4, "parent_id"),
        (5, "parent_id"),
    ]
    assert "N → N0101 → N01 → N" in findings[0].why
    assert "another parent or none" in findings[0].why


def test_a_place_that_is_its_own_parent_is_a_circle(the_finding: TheFinding) -> None:
    finding = the_finding(places=with_cell(11, "parent_id", "T"))
    assert finding.line == 13
    assert "T → T" in finding.why


def test_unreadable_places_are_the_only_fault_told(the_finding: TheFinding) -> None:
    assert the_finding(places=b"\xff").file == "places.csv"
