"""`nuzuh backtest`: what it writes, what it prints, what it refuses."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forecast.members import MEMBERS
from models.baselines import BASELINES
from service.emit import progress_bar
from tests.command import Said, nuzuh
from tests.service.test_cli import assert_refused
from tests.service.test_outlook import Tags

MONTHS = ("--from", "2018-02", "--to", "2018-05")
GIVEN = ("--to", "2018-03", "--members", "attacks_only", "--attacks", "observed")
GIVEN += ("--horizons", "2, 1,2")
FILES = [
    "attacks.csv",
    "forecasts.parquet",
    "report.html",
    "scores.csv",
    "summary.json",
    "targets.csv",
    "track_record.parquet",
]


def backtest(folder: Path | str, out: Path, *words: object) -> Said:
    """Run it over MONTHS, unless words that come later say otherwise."""
    return nuzuh("backtest", "--crisis", folder, "--draws", 100, "--out", out, *MONTHS, *words)


@dataclass(frozen=True)
class Made:
    """What one run said and wrote."""

    said: Said
    out: Path

    @property
    def summary(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.out / "summary.json").read_text())
        return found

    @property
    def page(self) -> str:
        return (self.out / "report.html").read_text()


@pytest.fixture(scope="module")
def made(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    out = tmp_path_factory.mktemp("backtest") / "new" / "folder"
    return Made(backtest(folder, out, "--members", "served"), out)


@pytest.fixture(scope="module")
def given(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    out = tmp_path_factory.mktemp("given")
    return Made(backtest(folder, out, *GIVEN), out)


def test_everything_is_written_and_nothing_else(made: Made) -> None:
    assert made.said.code == 0, made.said.err
    assert sorted(path.name for path in made.out.iterdir()) == FILES
    assert made.said.err.startswith("wrote ")
    assert len(made.said.err.splitlines()) == 1


def test_months_are_their_last_days(made: Made) -> None:
    as_of = pd.read_csv(made.out / "targets.csv")["as_of"].unique().tolist()
    assert as_of == ["2018-02-28", "2018-03-31", "2018-04-30", "2018-05-31"]


def test_baselines_are_scored_whoever_is_asked_for(made: Made) -> None:
    assert set(made.summary["members"]) == {"served", "pool", *BASELINES}


def test_the_summary_says_how_good_what_is_served_is(made: Made) -> None:
    served = made.summary["served"]
    assert served == made.summary["members"]["served"]
    pooled = served["relative_wis_log"]["pooled"]
    assert 0.0 < pooled["low"] < pooled["value"] < pooled["high"]
    assert pooled["against"] in BASELINES
    assert set(served["relative_wis_log"]["horizon"]) == {"1", "2", "3"}
    assert served["relative_wis_log"]["horizon"]["1"]["value"] > 0.0
    assert set(served["relative_wis_log_to"]) == set(BASELINES)
    assert {"50", "80", "90", "95"} < set(served["coverage"]["pooled"])
    assert {"50", "80", "90", "95"} < set(served["coverage"]["horizon"]["2"])


def test_means_by_horizon_are_those_of_the_scores(made: Made) -> None:
    scores = pd.read_csv(made.out / "scores.csv")
    scores = scores[(scores["member"] == "served") & scores["pooled"]]
    mean = made.summary["served"]["mean"]
    assert mean["pooled"]["wis_log"] == pytest.approx(scores["wis_log"].mean())
    second = scores[scores["horizon"] == 2]
    assert mean["horizon"]["2"]["crps"] == pytest.approx(second["crps"].mean())
    assert mean["horizon"]["2"]["n"] == len(second)


def test_the_table_says_what_the_summary_says(made: Made) -> None:
    pooled = made.summary["served"]["relative_wis_log"]["pooled"]
    coverage = made.summary["served"]["coverage"]["pooled"]
    line = next(line for line in made.said.out.splitlines() if line.startswith("served  "))
    words = line.split()
    assert words[:3] == ["served", "all", f"{pooled['value']:.2f}"]
    assert words[3] == f"{pooled['low']:.2f}–{pooled['high']:.2f}"
    shares = [f"{coverage[level]['value']:.2f}" for level in ("50", "80", "95")]
    assert words[6:] == [*shares, str(pooled["n"])]
    assert f"Best single baseline: {pooled['against']} (pooled)" in made.said.out


def test_the_text_fits_a_terminal_and_has_its_parts(made: Made) -> None:
    lines = made.said.out.splitlines()
    assert max(map(len, lines)) <= 100
    for part in ("Scores", "Episodes", "Coverage", "Failures"):
        assert part in lines
    assert "projection" not in made.said.out


def test_the_page_stands_alone(made: Made) -> None:
    tags = Tags(made.page).tags
    assert not {"script", "link", "img", "iframe"} & {tag for tag, _ in tags}
    for _, attributes in tags:
        assert not (attributes.get("href") or attributes.get("src") or "").startswith("http")
    assert "url(http" not in made.page
    assert "@import" not in made.page
    assert len(made.page.encode()) < 400_000
    assert sum(tag == "svg" for tag, _ in tags) == 3


def test_the_page_has_every_part(made: Made) -> None:
    for part in (
        "Scores",
        "Skill against each baseline",
        "Coverage",
        "PIT histogram of served",
        "Worst misses",
        "Episodes",
        "Routine and event-triggered streams",
        "Failures",
    ):
        assert part in made.page
    assert 'class="projection"' not in made.page


def test_the_worst_misses_are_the_worst_each_report_once() -> None:
    from features.crisis import load_crisis
    from forecast.backtest import backtest as run
    from service.backtest_misses import worst

    day, crisis = pd.Timestamp("2018-03-31"), load_crisis("nw-syria")
    found = run(crisis, day, day + pd.offsets.MonthEnd(3), members=("ewm_6",), draws=100)
    rows = worst(found, "ewm_6", 5)
    assert len(rows) == 5
    assert rows["line"].is_unique
    assert rows["pooled"].all()
    pooled = found.scores[found.scores["pooled"]]
    assert rows["wis_log"].is_monotonic_decreasing
    assert rows["wis_log"].iat[0] == pooled["wis_log"].max()
    assert (rows["low_95"] <= rows["low_80"]).all()
    assert (rows["low_80"] <= rows["median"]).all()
    assert (rows["median"] <= rows["high_80"]).all()
    assert (rows["high_80"] <= rows["high_95"]).all()


def test_observed_attacks_make_a_projection_that_says_what_it_is(given: Made) -> None:
    assert given.said.code == 0, given.said.err
    assert given.summary["kind"] == "projection"
    assert given.summary["served"] is None
    for text in (given.said.out, given.page):
        assert "This is a projection, not a forecast" in " ".join(text.split())
    assert given.summary["targets"]["horizons"] == [1, 2]
    assert set(given.summary["members"]) == set(BASELINES)
    assert set(pd.read_csv(given.out / "scores.csv")["kind"]) == {"projection"}


def test_processes_write_the_same_bytes(folder: Path, given: Made, tmp_path: Path) -> None:
    said = backtest(folder, tmp_path, *GIVEN, "--executor", "processes")
    assert said.raw == given.said.raw
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (given.out / name).read_bytes()


def test_few_forecasts_are_no_score_and_months_without_a_target_are_told(
    folder: Path, tmp_path: Path
) -> None:
    words = ("--from", "2018-11", "--to", "2019-01", "--horizons", 1, "--members", "ewm_6")
    said = backtest(folder, tmp_path, *words)
    assert said.code == 0, said.err
    assert "from the end of 2018-12, 2019-01" in said.err
    assert "too few to set against a baseline" in said.out
    assert "Worst misses" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("option", "value", "why"),
    [
        ("--from", "2018-13", "write YYYY-MM"),
        ("--from", "March 2018", "write YYYY-MM"),
        ("--from", "2018-03-31", "write YYYY-MM"),
        ("--from", "2019-03", "is after --to (2018-05)"),
        ("--to", "", "write YYYY-MM"),
        ("--to", "2018-00", "write YYYY-MM"),
        ("--horizons", "0,1", "not '0'"),
        ("--horizons", "13", "1 to 12"),
        ("--horizons", "1,two", "not 'two'"),
        ("--horizons", "", "not ''"),
        ("--members", "servd", "did you mean 'served'?"),
        ("--members", "", "no such member"),
        ("--executor", "threads", "serial, processes, dask=ADDRESS"),
        ("--draws", "10", "at least 100"),
        ("--draws", "10001", "at most 10000"),
        ("--seed", "-1", "from 0 up"),
        ("--crisis", "nw-syri", "did you mean 'nw-syria'?"),
    ],
)
def test_a_wrong_option_is_named_before_any_work(
    folder: Path, tmp_path: Path, option: str, value: str, why: str
) -> None:
    said = backtest(folder, tmp_path / "out", option, value)
    assert_refused(said, why)
    assert value in said.err
    assert option == "--crisis" or said.errors[0].startswith(option)
    assert list(tmp_path.iterdir()) == []


def test_all_wrong_options_are_told_at_once(folder: Path, tmp_path: Path) -> None:
    words = ("--from", "x", "--to", "y", "--horizons", "z", "--members", "a,b", "--seed", -1)
    said = backtest(folder, tmp_path, *words, "--executor", "none")
    assert_refused(said)
    assert len(said.errors) == 7


def test_a_range_without_data_is_refused(folder: Path, tmp_path: Path) -> None:
    said = backtest(folder, tmp_path / "out", "--from", "2030-01", "--to", "2030-02")
    assert_refused(said, "no report to judge a forecast by")
    assert "2030-01 … 2030-02" in said.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("place", ["file", "file/out"])
def test_a_folder_that_cannot_be_written_is_refused(
    folder: Path, tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").touch()
    assert_refused(backtest(folder, tmp_path / place), "cannot be made a folder")


def test_a_folder_that_takes_no_file_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(**_: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("forecast.backtest.TemporaryFile", full)
    assert_refused(backtest(folder, tmp_path), "cannot be written to: Read-only file system")


def test_without_dask_the_extra_is_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    said = backtest(folder, tmp_path / "out", "--executor", "dask=tcp://127.0.0.1:8786")
    assert_refused(said, "install the extra `dask`")
    assert list(tmp_path.iterdir()) == []


def test_a_scheduler_that_does_not_answer_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="needs the extra `dask`")
    monkeypatch.setattr("forecast.parallel.CONNECT_SECONDS", 0.3)
    said = backtest(folder, tmp_path / "out", "--executor", "dask=tcp://127.0.0.1:1")
    assert_refused(said, "no Dask scheduler answers there")
    assert list(tmp_path.iterdir()) == []


def test_a_bar_is_drawn_on_a_terminal_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress_bar("months") as told:
        assert told is None
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress_bar("months") as told:
        assert told is not None
        told(3, 4)
    said = capsys.readouterr()
    assert "3/4" in said.err
    assert said.out == ""


def test_help_has_examples_and_without_members_all_are_asked() -> None:
    from service.commands.backtest import _members

    assert "nuzuh backtest --crisis nw-syria" in nuzuh("backtest", "--help").out
    assert _members(None) == list(MEMBERS)
    assert _members(" flow_state , ewm_6")[:2] == ["flow_state", "ewm_6"]
