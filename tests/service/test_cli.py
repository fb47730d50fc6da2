"""What the commands take, what they refuse and how they say it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from shutil import copytree
from typing import Any

import pandas as pd
import pytest

from features.track_record import FILE, no_track_record, write_track_record
from service import emit
from service.version import nuzuh_version
from tests.command import Said, nuzuh
from tests.folders import Change, header_only, replaced, with_cell, with_row, write_crisis

DAY = "2018-11-20"
QUICK = ("--draws", 100)


def forecast(folder: Path | str, *words: object, as_of: str = DAY) -> Said:
    return nuzuh("forecast", "--crisis", folder, "--as-of", as_of, *QUICK, *words)


def assert_refused(said: Said, *words: str, code: int = 2) -> None:
    """Nothing but the reason: exit code, each word in one error, no data, no traceback."""
    assert said.code == code, said.err
    assert said.raw == b""
    assert "Traceback" not in said.err
    for word in words:
        assert any(word in line for line in said.errors), said.err


def test_version_and_help() -> None:
    assert nuzuh("--version").out == f"nuzuh {nuzuh_version()}\n"
    for command in ("forecast", "reconcile", "backtest", "demo", "crisis"):
        said = nuzuh(command, "--help")
        assert said.code == 0
        assert "nuzuh " + command in said.out or command == "crisis"


@pytest.mark.parametrize("command", ["forecast", "reconcile", "backtest", "demo"])
def test_every_help_has_an_example(command: str) -> None:
    assert "Example" in nuzuh(command, "--help").out


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("--as-of", "4 May 2019", "YYYY-MM-DD"),
        ("--as-of", "2019-02-30", "no day of the calendar"),
        ("--horizon", "0", "starts at 1"),
        ("--horizon", "-3", "starts at 1"),
        ("--horizon", "25", "at most 24"),
        ("--draws", "99", "at least 100"),
        ("--draws", "100001", "at most 100000"),
        ("--seed", "-1", "from 0 up"),
        ("--format", "parquet", "--out"),
        ("--out", "nowhere/forecast.csv", "make it first"),
        ("--out", ".", "is a folder"),
        ("--crisis", "no-such-land", "bundled are: nw-syria"),
        ("--crisis", "nw-syri", "did you mean 'nw-syria'?"),
        ("--place", "Mari", "did you mean"),
        ("--reports", "no-such.csv", "there is no such file"),
    ],
)
def test_a_wrong_option_is_named_with_its_value_and_a_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, option: str, value: str, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = forecast(folder, option, value)
    assert_refused(said, why)
    named = value if option in ("--crisis", "--reports") else f"{option}: {value!r}"
    assert named in said.err
    assert list(tmp_path.iterdir()) == []


def test_all_wrong_options_are_told_at_once(folder: Path) -> None:
    said = forecast(folder, "--horizon", 0, "--seed", -1, "--format", "parquet", as_of="yesterday")
    assert_refused(said)
    assert len(said.errors) == 4


@pytest.mark.parametrize(("option", "value"), [("--step", "day"), ("--format", "xlsx")])
def test_a_choice_that_is_none_ends_with_the_choices(folder: Path, option: str, value: str) -> None:
    said = forecast(folder, option, value)
    assert said.code == 2
    assert said.raw == b""
    assert value in said.err


def test_a_day_before_any_report_is_wrong_input(folder: Path) -> None:
    said = forecast(folder, as_of="2016-12-31")
    assert_refused(said, "nothing was published", "the first report came out on")


def test_too_little_to_fit_is_refused_as_such(tmp_path: Path) -> None:
    def two_rows(text: str) -> str:
        return "".join(text.splitlines(keepends=True)[:3])

    folder = write_crisis(tmp_path / "poor", displacement=two_rows)
    said = forecast(folder)
    assert_refused(said, "at least 4 are needed", code=3)
    assert_refused(nuzuh("reconcile", "--crisis", folder, "--as-of", DAY), "at least 4", code=3)


BAD_FOLDERS: list[tuple[dict[str, Change], str]] = [
    ({"displacement": with_cell(1, "persons", "-5")}, "displacement.csv:3: persons '-5'"),
    ({"displacement": with_cell(1, "persons", "many")}, "displacement.csv:3: persons 'many'"),
    ({"displacement": with_cell(0, "measure", "arrivels")}, "did you mean 'arrivals'?"),
    ({"displacement": with_cell(0, "start", "1 May 2017")}, "displacement.csv:2: start"),
    ({"displacement": with_cell(0, "end", "2016-01-01")}, "ends before it starts"),
    ({"displacement": with_row(like=0)}, "wholly identical to line 2"),
    ({"displacement": with_cell(0, "place_id", "N09")}, "displacement.csv:2: place_id 'N09'"),
    ({"displacement": replaced("persons", "people")}, "displacement.csv:1: people"),
    ({"displacement": header_only}, "holds a header but no row"),
    ({"displacement": ""}, "displacement.csv: the file is empty"),
    ({"displacement": "ñ".encode("latin-1")}, "is not UTF-8"),
    ({"places": with_cell(0, "parent_id", "N01")}, "runs in a circle"),
    ({"areas": with_cell(0, "share", "1.7")}, "areas.csv:2: share '1.7'"),
    ({"areas": with_cell(0, "share", "0")}, "areas.csv:2: share '0'"),
    ({"attacks": None}, "attacks.csv: the file is missing"),
    ({"crisis": replaced("[reference]", "[referenz]")}, "crisis.toml"),
]


@pytest.mark.parametrize(("changes", "told"), BAD_FOLDERS, ids=[told for _, told in BAD_FOLDERS])
def test_a_bad_folder_is_refused_by_every_command(
    tmp_path: Path, changes: dict[str, Change], told: str
) -> None:
    folder, out = write_crisis(tmp_path / "bad", **changes), tmp_path / "out.csv"
    assert_refused(nuzuh("crisis", "check", folder), told)
    assert_refused(forecast(folder, "--format", "csv", "--out", out), told)
    words = ("--crisis", folder, "--as-of", DAY, "--out", out)
    assert_refused(nuzuh("reconcile", *words), told)
    assert not out.exists()


def test_the_errors_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    folder = write_crisis(
        tmp_path / "bad",
        displacement=with_cell(1, "persons", "-5"),
        areas=with_cell(0, "share", "1.7"),
        sources=with_cell(0, "basis", "guessed"),
    )
    said = nuzuh("crisis", "check", folder)
    assert_refused(said, "displacement.csv:3", "areas.csv:2", "sources.csv:2")


def test_check_tells_what_a_sound_folder_holds(folder: Path) -> None:
    said = nuzuh("crisis", "check", folder)
    assert said.code == 0
    assert "A made-up land" in said.out
    assert "2 sources" in said.out


def test_check_refuses_the_track_record_of_another_crisis(folder: Path, tmp_path: Path) -> None:
    other = copytree(folder, tmp_path / "other")
    write_track_record(other / FILE, no_track_record(), "nw-syria")
    assert_refused(nuzuh("crisis", "check", other), "is of crisis 'nw-syria'")


def test_check_tells_which_files_it_left_alone(folder: Path, tmp_path: Path) -> None:
    other = write_crisis(tmp_path / "noted")
    (other / "notes.txt").write_text("mine")
    said = nuzuh("crisis", "check", other)
    assert said.code == 0
    assert "notes.txt" in said.err


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert_refused(nuzuh("crisis", "check", tmp_path / "nowhere"), "no such crisis folder")


def test_the_bundled_crises_are_listed() -> None:
    said = nuzuh("crisis", "list")
    assert said.code == 0
    assert said.out.startswith("nw-syria: North-west Syria;")


def test_a_place_by_id_name_alias_area_or_as_the_belt(folder: Path) -> None:
    texts = ("N01", "المرج", "salq", "border belt", "assessed")
    words = [word for text in texts for word in ("--place", text)]
    said = forecast(folder, *words, "--format", "csv", "--horizon", 1)
    assert said.code == 0, said.err
    assert list(pd.read_csv(io.StringIO(said.out))["location"].unique()) == [
        "N01",
        "N0102",
        "border_belt",
        "assessed",
    ]


def test_a_name_that_two_places_share_ends_with_their_ids(folder: Path) -> None:
    assert_refused(forecast(folder, "--place", "Marj"), "N01 (Marj, admin1), N0101 (Marj, admin3)")


def test_a_place_that_the_forecast_does_not_reach(folder: Path) -> None:
    said = forecast(folder, "--place", "L-rest", "--place", "Abroad")
    assert_refused(said, "'L-rest': lies outside", "'Abroad': lies outside")


def test_table_is_for_reading(folder: Path) -> None:
    said = forecast(folder, "--horizon", 2)
    assert said.code == 0
    assert "A made-up land: forecast of 20 November 2018" in said.out
    assert "1–20 November 2018 are already past" in " ".join(said.out.split())
    assert "80% interval" in said.out
    assert max(map(len, said.out.splitlines())) <= 100


def test_json_tells_all_that_a_number_stands_on(folder: Path) -> None:
    told: dict[str, Any] = json.loads(forecast(folder, "--format", "json", "--seed", 7).out)
    assert told["kind"] == "forecast"
    assert told["as_of"] == DAY
    assert told["seed"] == 7
    assert told["models"]
    assert isinstance(told["warnings"], list)
    through = {source["source"]: source["data_through"] for source in told["sources"]}
    assert through["Task Force"] <= DAY
    assert [place["location"] for place in told["places"]][:2] == ["N", "border_belt"]


def test_weeks_run_from_saturday_to_friday(folder: Path) -> None:
    said = forecast(folder, "--format", "csv", "--step", "week", "--horizon", 2)
    rows = pd.read_csv(io.StringIO(said.out), parse_dates=["target_start", "target_end"])
    assert set(rows["target_start"].dt.day_name()) == {"Saturday"}
    assert set(rows["target_end"].dt.day_name()) == {"Friday"}


def test_out_holds_what_standard_output_would(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "forecast.csv"
    said = forecast(folder, "--format", "csv", "--out", out)
    assert said.raw == b""
    assert out.read_bytes() == forecast(folder, "--format", "csv").raw
    assert [path.name for path in tmp_path.iterdir()] == ["forecast.csv"]


def test_a_refusal_leaves_an_earlier_file_alone(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "forecast.csv"
    out.write_text("earlier")
    assert_refused(forecast(folder, "--out", out, "--place", "nowhere at all"))
    assert out.read_text() == "earlier"


def test_a_disk_that_fails_leaves_no_half_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(emit.Path, "replace", fail)
    with pytest.raises(emit.InputError, match="No space left"):
        emit.write_whole(tmp_path / "forecast.csv", b"data")
    assert list(tmp_path.iterdir()) == []


def test_a_day_long_after_the_data_warns_of_what_is_stale(folder: Path) -> None:
    said = forecast(folder, "--format", "csv", as_of="2019-06-30")
    assert said.code == 0
    assert "warning: Task Force (reports) is stale" in said.err
    assert "warning: Event Data (attacks) is stale" in said.err
    assert "warning" not in said.out


def test_a_day_years_after_the_data_is_a_slip(folder: Path) -> None:
    assert_refused(forecast(folder, as_of="2091-05-04"), "check the year")


REPORTS = "start,end,measure,place_id,direction,from_id,source\n"


def reports(folder: Path, tmp_path: Path, rows: str, *words: object) -> Said:
    file = tmp_path / "wanted.csv"
    file.write_text(rows)
    return forecast(folder, "--reports", file, *words)


def test_reports_are_numbered_and_keep_their_source(folder: Path, tmp_path: Path) -> None:
    rows = REPORTS + (
        "2018-11-01,2018-11-30,arrivals,N01,destination,,Task Force\n"
        "2018-12-01,2018-12-31,arrivals,assessed,destination,,Monitor\n"
    )
    said = reports(folder, tmp_path, rows, "--format", "csv")
    found = pd.read_csv(io.StringIO(said.out))
    heads = found[["report_id", "source", "location", "horizon"]].drop_duplicates()
    assert heads.to_numpy().tolist() == [
        [1, "Task Force", "N01", 1],
        [2, "Monitor", "assessed", 2],
    ]
    told = json.loads(reports(folder, tmp_path, rows, "--format", "json").out)
    assert [row["report_id"] for row in told["reports"]] == [1, 2]
    assert "Monitor" in reports(folder, tmp_path, rows).out


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (
            REPORTS.replace("source", "source,persons")
            + "2018-11-01,2018-11-30,arrivals,N01,destination,,Monitor,9\n",
            "wanted.csv:1: persons: that is what is forecast",
        ),
        (REPORTS, "holds a header but no row"),
        ("", "the file is empty"),
        (REPORTS + "2018-11-01,2018-11-30,stock,N01,within,,Monitor\n", "only movements"),
        (REPORTS + "2018-11-01,2018-11-30,arivals,N01,within,,Monitor\n", "'arrivals'?"),
        (REPORTS + "2018-11-30,2018-11-01,arrivals,N01,within,,Monitor\n", "before it starts"),
        (REPORTS + "2018-11-01,2018-11-31,arrivals,N01,within,,Monitor\n", "wanted.csv:2: end"),
        (REPORTS + "2018-11-01,2020-11-30,arrivals,N01,within,,Monitor\n", "24 months"),
        (REPORTS + "2012-11-01,2018-11-30,arrivals,N01,within,,Monitor\n", "first window known"),
        (REPORTS + "2018-11-01,2018-11-30,arrivals,N91,within,,Monitor\n", "place_id 'N91'"),
        (REPORTS + "2018-11-01,2018-11-30,arrivals,N01,within,,Moniter\n", "'Monitor'?"),
        (REPORTS + "2018-11-01,2018-11-30,arrivals,N01,origin,N02,Monitor\n", "from_id 'N02'"),
    ],
)
def test_a_wrong_row_of_reports_is_named(
    folder: Path, tmp_path: Path, rows: str, told: str
) -> None:
    out = tmp_path / "out.csv"
    assert_refused(reports(folder, tmp_path, rows, "--format", "csv", "--out", out), told)
    assert not out.exists()


def test_options_without_effect_beside_reports_are_named(folder: Path, tmp_path: Path) -> None:
    rows = REPORTS + "2018-11-01,2018-11-30,arrivals,N01,destination,,Task Force\n"
    said = reports(folder, tmp_path, rows, "--horizon", 2, "--place", "N01")
    assert said.code == 0
    assert "--horizon has no effect" in said.err
    assert "--place has no effect" in said.err


def test_reconcile_gives_weeks_and_factors(folder: Path, tmp_path: Path) -> None:
    words = ("reconcile", "--crisis", folder, "--as-of", DAY, *QUICK)
    rows = pd.read_csv(io.StringIO(nuzuh(*words, "--format", "csv").out))
    assert set(rows["kind"]) == {"reconciled", "factor"}
    told = json.loads(nuzuh(*words, "--format", "json").out)
    assert set(told["flows"]) == {"arrivals", "departures", "returns"}
    assert {row["source"] for row in told["sources"]} == {"Task Force", "Monitor"}
    out = tmp_path / "weeks.parquet"
    assert nuzuh(*words, "--format", "parquet", "--out", out).code == 0
    assert len(pd.read_parquet(out)) == len(rows)
    assert "over Task Force" in nuzuh(*words).out
