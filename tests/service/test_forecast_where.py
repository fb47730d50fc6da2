from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.command import Said, nuzuh
from tests.folders import Change, replaced, write_crisis


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    no_capacity = replaced(",20000,,Monitor 2018", ",,,")
    where = tmp_path_factory.mktemp("where")
    return write_crisis(where / "made-up", routes=None, places=no_capacity)


def forecast(folder: Path, *words: object) -> Said:
    head = ("forecast", "--crisis", folder, "--as-of", "2018-06-15", "--draws", 100)
    return nuzuh(*head, "--horizon", 2, *words)


def test_all_places_of_a_level_are_listed_and_marked(folder: Path) -> None:
    said = forecast(folder, "--by", "admin3")
    assert said.code == 0, said.err
    for name in ("Marj", "Salq", "Kafr Nabuda", "Al-Habit"):
        assert f"{name} (low evidence)" in said.out
    assert "Low evidence: fewer than four reports" in said.out
    assert "is modelled from who lives there and is attacked" in " ".join(said.out.split())


def test_json_says_what_is_of_low_evidence_and_modelled(folder: Path) -> None:
    document = json.loads(forecast(folder, "--by", "admin3", "--format", "json").out)
    first = document["places"][0]
    assert (first["low_evidence"], first["modelled"]) == (True, ["departures", "returns"])
    assert {one["location"] for one in document["pressure"]} >= {"N0101", "N0102"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--place", "N01X"), "--place: 'N01X': is finer than the admin3 places"),
        (("--by", "admin1", "--place", "N"), "--by: 'admin1': stands beside --place"),
        (("--capacity", "N0101=0"), "a capacity of nobody is none"),
        (("--capacity", "N0101=many"), "write PLACE=PEOPLE"),
        (("--capacity", "N0101=1", "--capacity", "N0101=2"), "is given twice"),
        (("--capacity", "N01X=10"), "is finer than the admin3 places"),
        (("--close", "N0101:2018-07-01"), "write PLACE:FROM:TO"),
        (("--close", "N0101:2020-07-01:2020-07-31"), "outside the horizon, 2018-06-01 to 2018-07"),
        (("--close", "N0101:2018-05-01:2018-05-31"), "outside the horizon"),
        (("--daily", "nowhere/day.csv"), "--daily: 'nowhere/day.csv': there is no folder"),
        (("--close", "N0101:1 July:2018-07-02"), "no ISO date"),
        (("--close", "N0101/N0101:2018-07-01:2018-07-02"), "two different ones"),
        (("--close", "Nowhere:2018-07-01:2018-07-02"), "--close: 'Nowhere'"),
        (("--close", "N0101:2018-07-03:2018-07-02"), "ends before it starts"),
        (("--gate", "-1"), "--gate: '-1'"),
        (("--gate", "1", "--onward", "2"), "no share from 0 to 1"),
        (("--onward", "0.5"), "give --gate as well"),
        (("--given-outflow", "nowhere.csv"), "there is no such file"),
    ],
)
def test_what_cannot_be_assumed_is_told(folder: Path, words: tuple[str, ...], told: str) -> None:
    said = forecast(folder, *words)
    assert said.code == 2
    assert any(told in error for error in said.errors), said.errors


@pytest.mark.parametrize(
    ("file", "edit", "words", "told"),
    [
        (
            "places",
            lambda text: text.replace("36.15,36.3,", ",,"),
            ("--capacity", "N0101=9"),
            "places.csv:6: place_id 'N0102': has neither coordinates nor a route",
        ),
        (
            "places",
            lambda text: text.replace("36.15,36.3,", ",,"),
            ("--close", "N0101:2018-07-01:2018-07-02"),
            "places.csv:6: place_id 'N0102': has neither coordinates nor a route",
        ),
        (
            "places",
            lambda text: text.replace("20000,,Monitor 2018", "0,,Monitor 2018"),
            (),
            "places.csv:7: capacity '0': is not above 0",
        ),
        (
            "places",
            lambda text: text.replace("20000,,Monitor 2018", "20000,,"),
            (),
            "places.csv:7: capacity '20000': has no source",
        ),
        (
            "routes",
            "from_id,to_id,distance_km,open_from,open_to\nN02,N01,68,,\nN01,N01,3,,\n",
            (),
            "routes.csv:3: to_id 'N01': the route leads to where it starts",
        ),
        (
            "displacement",
            lambda text: text.replace("N01,destination,N02", "N01C,destination,N01C", 1),
            (),
            "displacement.csv:5: from_id 'N01C': is the place_id itself",
        ),
    ],
)
def test_what_is_wrong_with_a_destination_is_told_by_its_row(
    tmp_path: Path, file: str, edit: Change, words: tuple[str, ...], told: str
) -> None:
    changes: dict[str, Change] = {"routes": None, file: edit}
    said = forecast(write_crisis(tmp_path / "made-up", **changes), *words)
    assert said.code == 2
    assert any(told in error for error in said.errors), said.errors


def test_closures_that_overlap_and_totals_without_an_origin_are_told_by_row(
    folder: Path, tmp_path: Path
) -> None:
    one = ("--close", "N0101:2018-07-01:2018-07-09")
    said = forecast(folder, *one, "--close", "N0101:2018-07-09:2018-07-12")
    assert (said.code, "--close:2: " in said.err) == (2, True)
    assert "overlaps closure 1 of the same" in said.err
    file = tmp_path / "given.csv"
    file.write_text("start,end,place_id,persons\n2018-06-20,2018-06-29,,5000\n")
    said = forecast(folder, "--given-outflow", file)
    assert (said.code, "given.csv:2: place_id" in said.err) == (2, True)
    assert "a total needs an origin" in said.err


def test_six_months_by_week_are_told_and_csv_says_what_is_taken_of_the_gate(folder: Path) -> None:
    head = ("forecast", "--crisis", folder, "--as-of", "2018-06-15", "--draws", 100)
    said = nuzuh(*head, "--horizon", 26, "--step", "week", "--format", "csv")
    assert said.code == 0, said.err
    assert "The border gate is taken as shut" in said.err
    assert {row["horizon"] for row in csv.DictReader(said.out.splitlines())} >= {"26"}
    assert nuzuh(*head, "--horizon", 25).code == 2
    assert "at most 53 weeks" in nuzuh(*head, "--horizon", 54, "--step", "week").err


def test_a_full_place_passes_people_on_in_the_figures_of_all(folder: Path) -> None:
    def means(*words: object) -> dict[str, float]:
        document = json.loads(forecast(folder, "--by", "admin3", "--format", "json", *words).out)
        return {
            place["location"]: sum(one["mean"] for one in place["arrivals"]["periods"])
            for place in document["places"]
        }

    plain, full = means(), means("--capacity", "N0101=100")
    assert full["N0101"] < 0.7 * plain["N0101"]
    assert full["N0102"] > plain["N0102"]
    assert sum(full.values()) == pytest.approx(sum(plain.values()), abs=10)


def test_camps_of_a_sub_district_are_told_day_by_day(tmp_path: Path) -> None:
    daily = tmp_path / "daily.csv"
    where = write_crisis(tmp_path / "made-up", routes=None)
    said = forecast(where, "--by", "camp", "--daily", daily)
    assert said.code == 0, said.err
    assert "Camp One (low evidence)" in said.out
    assert "Camp One, which holds 20,000 (Monitor 2018), is full:" in " ".join(said.out.split())
    assert {row["place_id"] for row in csv.DictReader(daily.read_text().splitlines())} == {"N01C"}


def test_a_capacity_gives_the_day_by_which_a_place_is_full(folder: Path) -> None:
    said = forecast(folder, "--place", "N0101", "--capacity", "N0101=100")
    words = " ".join(said.out.split())
    assert "Marj, which holds 100 (given by the user), is full: 50% by " in words
    assert "People beyond it by then:" in words
    assert "they go to" in words


def test_without_a_capacity_no_day_is_told(folder: Path) -> None:
    words = " ".join(forecast(folder, "--by", "admin3").out.split())
    assert ", is full:" not in words
    assert "No day is told by which a place without a sourced capacity is full" in words
    assert "The border gate is taken as shut" in words


def test_a_closure_makes_a_projection_that_tells_who_is_trapped(folder: Path) -> None:
    said = forecast(folder, "--close", "Kafr Nabuda:2018-06-16:2018-07-31")
    assert "projection of 15 June 2018" in said.out
    assert "assumed: Kafr Nabuda is shut from 2018-06-16 to 2018-07-31" in said.out
    assert "Trapped, without an open way to any place:" in said.out
    assert "any place: 0 " not in said.out


def test_a_given_total_is_allocated_and_told_day_by_day(folder: Path, tmp_path: Path) -> None:
    file, daily = tmp_path / "given.csv", tmp_path / "daily.csv"
    file.write_text("start,end,place_id,persons\n2018-06-20,2018-06-29,N0201,5000\n")
    said = forecast(folder, "--by", "admin3", "--given-outflow", file, "--daily", daily)
    assert said.code == 0, said.err
    assert "projection" in said.out
    assert "5,000 people leave, as given" in said.out
    rows = list(csv.DictReader(daily.read_text().splitlines()))
    before = [row for row in rows if row["date"] == "2018-06-19"]
    assert {row["mean"] for row in before} == {"0"}
    last = [row for row in rows if row["date"] == "2018-07-31"]
    assert {row["kind"] for row in rows} == {"projection"}
    assert len(last) == 4
    assert sum(float(row["mean"]) for row in last) == pytest.approx(5000, abs=4)


def test_camps_of_a_flee_conflict_take_a_given_total(shared: Path, tmp_path: Path) -> None:
    from features.crises.builders.flee.convert import build

    folder = tmp_path / "mali"
    folder.mkdir()
    for name, text in build(shared / "flee" / "mali", "mali").items():
        (folder / name).write_text(text, encoding="utf-8")
    file = tmp_path / "given.csv"
    file.write_text("start,end,place_id,persons\n2012-07-01,2012-07-31,gao,20000\n")
    said = nuzuh(
        "forecast", "--crisis", folder, "--as-of", "2012-06-30", "--by", "camp", "--draws", 100,
        "--given-outflow", file, "--format", "json", "--horizon", 2,
    )  # fmt: skip
    assert said.code == 0, said.err
    document = json.loads(said.out)
    assert (document["kind"], len(document["places"])) == ("projection", 7)
    july = [place["arrivals"]["periods"][0]["mean"] for place in document["places"]]
    assert sum(july) + document["trapped"][0]["mean"] == pytest.approx(20000, abs=5)
    assert not any(place["arrivals"]["periods"][1]["mean"] for place in document["places"])
