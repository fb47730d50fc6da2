from __future__ import annotations

import csv
import io
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.command import nuzuh

ON = ("--as-of", "2018-06-15")
QUICK = ("--horizon", 2, "--draws", 100)
SOUND = 'title = "Twice the strikes"\nauthor = "Me"\nnote = "A note."\n[[attacks]]\nmultiply = 2\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "twice.toml"
    path.write_text(SOUND)
    return path


def test_run_prints_baseline_and_scenario_side_by_side(folder: Path, file: Path) -> None:
    said = nuzuh("scenario", "run", file, "--crisis", folder, *ON, *QUICK)
    assert said.code == 0
    assert "A PROJECTION, not a forecast" in said.out
    assert "Baseline (the forecast)" in said.out
    assert "Scenario: Twice the strikes" in said.out
    assert "The attacks everywhere from 16 June 2018 to 31 July 2018 times 2." in said.out
    assert "Author: Me." in said.out
    assert "Difference from the baseline, draw by draw" in said.out


def test_run_is_the_same_bytes_again_and_others_do_not_change_it(folder: Path, file: Path) -> None:
    other = file.with_name("other.toml")
    other.write_text('title = "Other"\n[regimes]\noffensive = 1')
    run = ("--crisis", folder, *ON, *QUICK, "--format", "json")
    alone = json.loads(nuzuh("scenario", "run", file, *run).out)
    both = json.loads(nuzuh("scenario", "run", other, file, *run).out)
    assert alone["scenarios"][0] == both["scenarios"][1]
    assert alone["kind"] == "projection"


def test_csv_is_rows_for_other_programs(folder: Path, file: Path) -> None:
    said = nuzuh("scenario", "run", file, "--crisis", folder, *ON, *QUICK, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert {row["kind"] for row in rows} == {"projection"}
    assert {row["output_type"] for row in rows} == {"quantile", "mean", "probability"}


def test_what_a_target_would_take_is_told(folder: Path, file: Path) -> None:
    asked = '[target]\npeople = {}\nplace = "N"\nvary = ["attacks"]\nmost = 3\n'
    much, little = file.with_name("much.toml"), file.with_name("little.toml")
    much.write_text('title = "Much"\n' + asked.format(10**9))
    little.write_text('title = "Little"\n' + asked.format(1))
    run = ("--crisis", folder, *ON, *QUICK)
    said = nuzuh("scenario", "run", much, little, *run)
    assert (
        "What would it take: 1,000,000,000 arrivals at North and south by 31 July 2018" in said.out
    )
    assert "Not even attacks ×3 would do: the median is" in said.out
    assert "The scenario as it stands would do for an even chance." in said.out
    assert "not reached" in said.out
    found = json.loads(nuzuh("scenario", "run", much, *run, "--format", "json").out)
    [answer] = found["scenarios"][0]["answers"]
    assert answer["reached_with_chance"] == {"0.1": None, "0.5": None, "0.9": None}
    assert answer["most"]["value"] == 3.0


def test_who_crosses_is_told_side_by_side(folder: Path, file: Path) -> None:
    gate = file.with_name("gate.toml")
    gate.write_text('title = "Gate"\n[gate]\npeople_a_day = 4000\nwaiting = 9000\n')
    said = nuzuh("scenario", "run", gate, "--crisis", folder, *ON, *QUICK)
    assert "Across the border and trapped" in said.out
    assert "of them, were in the belt before" in said.out
    assert "no change" in said.out


def test_out_is_a_folder_with_a_page_that_fetches_nothing(folder: Path, file: Path) -> None:
    out = file.parent / "what-if"
    said = nuzuh("scenario", "run", file, "--crisis", folder, *ON, *QUICK, "--out", out)
    assert said.code == 0
    names = {f"scenario.{suffix}" for suffix in ("html", "json", "csv", "txt")}
    assert {path.name for path in out.iterdir()} == names
    page = (out / "scenario.html").read_text()
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org", "")
    assert page.count("<svg") == 1
    assert 'aria-label="Arrivals by month. Baseline (the forecast): median' in page
    HTMLParser().feed(page)


def test_the_ledger_keeps_and_scores_what_was_run(folder: Path, file: Path) -> None:
    ledger = file.parent / "ledger"
    run = ("scenario", "run", file, "--crisis", folder, *ON, *QUICK, "--ledger", ledger)
    assert "kept " in nuzuh(*run).err
    assert "already kept as" in nuzuh(*run).err
    assert len(list(ledger.glob("*.json"))) == 1
    said = nuzuh("scenario", "score", "--crisis", folder, "--ledger", ledger)
    assert said.code == 0
    assert "CONDITION" in said.out
    assert "Twice the strikes" in said.out


def test_nothing_is_run_when_anything_is_wrong(folder: Path, file: Path) -> None:
    wrong = file.with_name("wrong.toml")
    wrong.write_text('title = "W"\n[[attacks]]\nkind = "shelling"\nmultiply = 2\nto = 900\n')
    broken = file.with_name("broken.toml")
    broken.write_text("title = 3\n")
    ledger = file.parent / "ledger"
    run = ("scenario", "run", file, wrong, "--crisis", folder, *ON, *QUICK, "--ledger", ledger)
    said = nuzuh(*run)
    assert (said.code, said.out) == (2, "")
    assert [error.split(": ")[0] for error in said.errors] == [f"{wrong}:3", f"{wrong}:5"]
    assert not ledger.exists()
    wrong.write_text(wrong.read_text() + 'colour = 1\n[[closure]]\nplace = "Nowhere"\n')
    said = nuzuh(*run)
    assert [error.split(": ")[0] for error in said.errors] == [
        f"{wrong}:{line}" for line in (3, 5, 6, 8)
    ]
    said = nuzuh("scenario", "run", broken, file, file, "--crisis", folder, *ON, *QUICK)
    assert len(said.errors) == 2
    assert "is the title of another scenario" in said.err


def test_new_writes_a_template_that_checks(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    assert nuzuh("scenario", "new", mine).code == 0
    said = nuzuh("scenario", "check", mine, "--crisis", folder, *ON)
    assert said.code == 0
    assert "times 2" in said.out
    assert nuzuh("scenario", "new", mine).code == 2


def test_list_and_show_what_is_shipped(tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "twice.toml").write_text(SOUND)
    said = nuzuh("scenario", "list", "--crisis", "nw-syria", "--dir", own)
    assert "ceasefire-holds: The ceasefire holds" in said.out
    assert "twice.toml: Twice the strikes" in said.out
    shown = nuzuh("scenario", "show", "m5-offensive", "--crisis", "nw-syria").out
    assert 'place = "front-s-idleb-n-hama"' in shown
    assert nuzuh("scenario", "show", "m5", "--crisis", "nw-syria").code == 2
    assert nuzuh("scenario", "list", "--crisis", "nw-syria", "--dir", own / "x").code == 2


def test_the_shipped_ledger_is_scored() -> None:
    said = nuzuh("scenario", "score", "--crisis", "nw-syria")
    assert "CONDITION DID NOT OCCUR" in said.out
    assert "176,754" in said.out
    assert "900,000" in said.out
    assert nuzuh("scenario", "score", "--crisis", "nw-syria", "--tolerance", "0.5").code == 2


def test_an_empty_ledger_says_so(folder: Path, tmp_path: Path) -> None:
    assert "The ledger is empty" in nuzuh("scenario", "score", "--crisis", folder).out
    said = nuzuh("scenario", "score", "--crisis", folder, "--ledger", tmp_path / "none")
    assert said.code == 2


def test_analogues_are_told(folder: Path) -> None:
    said = nuzuh("analogues", "--crisis", folder, *ON, "--count", 2)
    assert said.code == 0
    assert "typically off by" in said.out
    assert nuzuh("analogues", "--crisis", folder, *ON, "--weeks", 2).code == 2


def test_a_crisis_folder_may_hold_scenarios_and_a_ledger(folder: Path, tmp_path: Path) -> None:
    from shutil import copytree

    own = Path(copytree(folder, tmp_path / "own"))
    (own / "scenarios").mkdir()
    (own / "ledger").mkdir()
    (own / "scenarios" / "twice.toml").write_text(SOUND)
    said = nuzuh("crisis", "check", own)
    assert said.code == 0
    assert "left alone" not in said.err
    assert "twice: Twice the strikes" in nuzuh("scenario", "list", "--crisis", own).out
