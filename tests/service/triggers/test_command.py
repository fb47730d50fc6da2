"""`nuzuh trigger`: try, add, list, show, check, score, and what each refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import Said, nuzuh
from tests.folders import write_crisis
from tests.forecast.triggers import OBSERVED, SOUND

QUICK = ("--draws", 100)
LOW = SOUND.replace("over = 50000", "over = 9000").replace("days = 0", "days = 40")
MONTHS = ("--from", "2018-02", "--to", "2018-04")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "belt.toml"
    path.write_text(LOW)
    return path


@pytest.fixture(scope="module")
def tried(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Said, Path]:
    """A trigger that was tried, and its record beside it."""
    path = tmp_path_factory.mktemp("tried") / "belt.toml"
    path.write_text(LOW)
    out = path.with_suffix(".record.json")
    head = ("trigger", "try", path, "--crisis", folder, *MONTHS, *QUICK)
    return nuzuh(*head, "--out", out), path


@pytest.fixture
def kept(folder: Path, tried: tuple[Said, Path], tmp_path: Path) -> Path:
    """A folder with the tried trigger."""
    added = nuzuh("trigger", "add", tried[1], "--crisis", folder, "--triggers", tmp_path)
    assert added.code == 0, added.err
    return tmp_path


def check(folder: Path, kept: Path, day: str, *words: object) -> Said:
    head = ("trigger", "check", "--crisis", folder, "--triggers", kept)
    return nuzuh(*head, "--as-of", day, *QUICK, *words)


def test_try_prints_the_record(tried: tuple[Said, Path]) -> None:
    said, path = tried
    assert said.code == 0, said.err
    for part in (
        "Met when the chance of more than 9,000 arrivals at Border belt within 1 month is 50%",
        "2018-02-28  March 2018",
        "2018-04-30  May 2018",
        "of 3 days looked at",
        "3 looks are too few to tell",
        "Pseudo-vintage: the attacks (Event Data) carry no day of publication",
        "Looked at every month; the service looks every day",
    ):
        assert part in said.out
    assert max(map(len, said.out.splitlines())) <= 100
    assert path.with_suffix(".record.json").exists()


def test_try_as_json_says_the_same_for_programs(folder: Path, file: Path) -> None:
    head = ("trigger", "try", file, "--crisis", folder, "--from", "2018-02", "--to", "2018-02")
    said = nuzuh(*head, *QUICK, "--format", "json")
    found = json.loads(said.out)
    [line] = found["lines"]
    assert (line["as_of"], line["start"], line["end"]) == ("2018-02-28", "2018-03-01", "2018-03-31")
    assert line["state"] in ("watch", "met")
    assert found["verdict"]["n"] == 1
    assert any("the same model" in note for note in found["notes"])
    assert found["trigger"]["place"] == "border_belt"


def test_try_again_with_attacks_known_later(folder: Path, file: Path) -> None:
    head = ("trigger", "try", file, "--crisis", folder, "--from", "2018-03", "--to", "2018-03")
    file.write_text(LOW.replace("over = 9000", "over = 45000"))
    lines = []
    for words in ((), ("--attack-delay", 60)):
        said = nuzuh(*head, *QUICK, *words, "--format", "json")
        assert said.code == 0, said.err
        found = json.loads(said.out)
        lines.append((found["vintage"]["attack_days"], found["lines"][0]))
    (usual, line), (late, other) = lines
    assert (usual < late, late) == (True, 60.0)
    assert line["came"] == other["came"]
    assert line["probability"] != other["probability"]


def test_add_warns_that_nobody_is_told(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "told.toml"
    path.write_text(LOW + 'recipients = ["email:me@ngo.org"]\n')
    add = ("trigger", "add", path, "--crisis", folder, "--triggers", tmp_path)
    said = nuzuh(*add, "--untested", "why")
    assert said.code == 0, said.err
    assert "warning: its recipients are told nothing" in said.err
    assert "POST /v1/triggers" in said.err
    path.with_name("other.toml").write_text(LOW)
    other = (path.with_name("other.toml") if word == path else word for word in add)
    assert "warning" not in nuzuh(*other, "--untested", "why").err


def test_add_refuses_what_was_never_tried(folder: Path, file: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    add = ("trigger", "add", file, "--crisis", folder, "--triggers", kept)
    said = nuzuh(*add)
    assert said.code == 2
    assert "has no record" in said.err
    assert not kept.exists()
    assert nuzuh(*add, "--untested", " ").code == 2
    said = nuzuh(*add, "--untested", "no report before this year")
    assert (said.code, "kept as belt" in said.err) == (0, True)
    listed = nuzuh("trigger", "list", "--crisis", folder, "--triggers", kept)
    assert "UNTESTED" in listed.out
    shown = nuzuh("trigger", "show", "belt", "--crisis", folder, "--triggers", kept)
    assert "no report before this year" in shown.out


def test_add_refuses_a_record_of_something_else(
    folder: Path, tried: tuple[Said, Path], tmp_path: Path
) -> None:
    other, record = tmp_path / "other.toml", tried[1].with_suffix(".record.json")
    other.write_text(LOW.replace("over = 9000", "over = 8000"))
    add = ("trigger", "add", other, "--crisis", folder, "--triggers", tmp_path)
    said = nuzuh(*add, "--record", record)
    assert said.code == 2
    assert "is a record of more than 9,000" in said.err
    other.write_text("{}")
    assert nuzuh(*add, "--record", record).code == 2
    other.write_text(LOW.replace("probability = 0.5", "probability = 0.9"))
    assert nuzuh(*add, "--record", record).code == 0
    assert "is kept in" in nuzuh(*add, "--record", record).err


def test_show_prints_the_kept_record_not_one_of_today(
    folder: Path, kept: Path, tried: tuple[Said, Path], tmp_path: Path
) -> None:
    said = nuzuh("trigger", "show", "belt", "--crisis", folder, "--triggers", kept)
    assert said.out.startswith(tried[0].out.rstrip())
    assert "Never checked yet" in said.out
    other = write_crisis(tmp_path / "other", displacement=_halved)
    again = nuzuh("trigger", "show", "belt", "--crisis", other, "--triggers", kept)
    assert again.out == said.out


def _halved(text: str) -> str:
    return "\n".join(row for at, row in enumerate(text.splitlines()) if at % 5 != 2) + "\n"


def test_check_notes_each_day_once_and_activates_once(folder: Path, kept: Path) -> None:
    first = check(folder, kept, "2018-03-31", "--format", "json")
    assert first.code == 0, first.err
    [one] = json.loads(first.out)["checks"]
    assert (one["state"], one["activates"], one["new"]) == ("met", True, True)
    [again] = json.loads(check(folder, kept, "2018-03-31", "--format", "json").out)["checks"]
    assert (again["activates"], again["new"]) == (True, False)
    assert again["probability"] == one["probability"]
    said = check(folder, kept, "2018-04-30")
    assert "ACTIVATION" not in said.out
    assert "met" in said.out
    listed = nuzuh("trigger", "list", "--crisis", folder, "--triggers", kept, "--format", "json")
    [about] = json.loads(listed.out)["triggers"]
    assert (about["checked"], about["activated_on"]) == ("2018-04-30", "2018-03-31")
    said = check(folder, kept, "2018-04-29")
    assert said.code == 2
    assert "lies before the last day noted" in said.err


def test_check_says_an_activation_in_words(folder: Path, kept: Path) -> None:
    said = check(folder, kept, "2018-03-31")
    assert "- ACTIVATION: Half a hundred thousand." in said.out
    assert "ACTIVATION" not in check(folder, kept, "2018-03-31").out


def test_past_the_limit_of_a_source_no_watch_is_kept_and_it_is_told(
    folder: Path, kept: Path
) -> None:
    check(folder, kept, "2018-11-30")
    said = check(folder, kept, "2019-02-10")
    assert said.code == 0, said.err
    assert "belt: BLIND, no watch is kept, since 2019-02-10: Event Data reaches" in said.out
    found = json.loads(check(folder, kept, "2019-02-11", "--format", "json").out)
    [one] = found["blind"]
    assert (one["state"], one["since"], one["new"]) == ("blind", "2019-02-10", False)
    assert found["checks"] == found["seeing"] == []
    for command in ("list", "show belt"):
        head = ("trigger", *command.split(), "--crisis", folder, "--triggers", kept)
        assert "BLIND, no watch is kept, since 2019-02-10" in nuzuh(*head).out
    fresh = write_crisis(kept / "fresh", months=27)
    found = json.loads(check(fresh, kept, "2019-02-12", "--format", "json").out)
    assert [one["name"] for one in found["seeing"]] == ["belt"]
    assert found["checks"][0]["state"] in ("watch", "met")


def test_a_retired_trigger_is_looked_at_no_more_and_can_be_read(folder: Path, kept: Path) -> None:
    where = ("--crisis", folder, "--triggers", kept)
    assert nuzuh("trigger", "retire", "belt", *where, "--reason", " ").code == 2
    for told in ("belt is retired", "belt was retired before"):
        said = nuzuh("trigger", "retire", "belt", *where, "--reason", "agreed otherwise")
        assert (said.code, told in said.err) == (0, True)
    assert json.loads(check(folder, kept, "2018-03-31", "--format", "json").out)["checks"] == []
    shown = nuzuh("trigger", "show", "belt", *where).out
    assert "Retired on" in shown
    assert "agreed otherwise" in shown
    assert "of 3 days looked at" in shown


def test_score_looks_at_what_came_after_each_activation(folder: Path, kept: Path) -> None:
    score = ("trigger", "score", "--crisis", folder, "--triggers", kept)
    assert "Never checked yet" in nuzuh(*score).out
    check(folder, kept, "2018-03-31")
    said = nuzuh(*score, "belt")
    assert said.code == 0, said.err
    assert "Activation of 2018-03-31: 9,000 was passed" in said.out
    assert "days of warning" in said.out
    found = json.loads(nuzuh(*score, "--format", "json").out)["triggers"]
    assert found[0]["verdict"]["activations"] == 1
    check(folder, kept, "2019-01-25")
    text = nuzuh(*score).out
    assert "of 1 day looked at" in text
    assert "1 look is too few to tell" in text
    assert "return period" not in text


def test_an_observed_rule_speaks_of_published_figures(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "seen.toml"
    path.write_text(OBSERVED.replace("border_belt", "N01"))
    head = ("trigger", "try", path, "--crisis", folder, "--from", "2018-02", "--to", "2018-03")
    said = nuzuh(*head, *QUICK)
    assert said.code == 0, said.err
    assert "highest of 1 year, and 5,000" in said.out
    path.write_text(OBSERVED)
    said = nuzuh(*head, *QUICK)
    assert said.code == 2
    assert said.errors == [error for error in said.errors if f"{path}:3: place" in error]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--from", "2018-13"), "--from: '2018-13': is no month"),
        (("--to", "2017-12"), "--from: '2018-02': is after --to"),
        (("--to", "2031-01"), "--to: '2031-01-31': lies"),
        (("--from", "2016-01"), "nothing was published"),
        (("--attack-delay", "-1"), "--attack-delay: '-1': give 0 to 365 days"),
        (("--draws", "7"), "--draws: '7': is too few"),
        (("--executor", "magic"), "no such executor"),
        (("--out", "/nowhere/at/all.json"), "there is no folder"),
        (("--crisis", "nw-siria"), "no such crisis folder"),
    ],
)
def test_try_refuses_what_cannot_be(
    folder: Path, file: Path, words: tuple[str, str], told: str
) -> None:
    said = nuzuh("trigger", "try", file, "--crisis", folder, *MONTHS, *QUICK, *words)
    assert said.code == 2
    assert told in said.err
    assert not said.out


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"border_belt"', '"Marjj"', ":3: place 'Marjj': no place or area"),
        ('"border_belt"', '"L"', ":3: place 'L': lies"),
        ("over = 9000", "over = -9000", ":4: over '-9000'"),
        ("= 0.5", "= 5", ":6: probability '5'"),
    ],
)
def test_a_spoilt_file_is_refused_with_its_line(
    folder: Path, file: Path, old: str, new: str, told: str
) -> None:
    file.write_text(LOW.replace(old, new, 1))
    said = nuzuh("trigger", "try", file, "--crisis", folder, *MONTHS, *QUICK)
    assert said.code == 2
    assert f"{file}{told}" in said.err


def test_unknown_names_and_spoilt_folders_are_named(folder: Path, kept: Path) -> None:
    head = ("--crisis", folder, "--triggers", kept)
    assert "did you mean 'belt'" in nuzuh("trigger", "show", "bel", *head).err
    assert nuzuh("trigger", "score", "bel", *head).code == 2
    missing = nuzuh("trigger", "try", "none", "--crisis", folder, *MONTHS, *QUICK)
    assert (missing.code, "there is no such file" in missing.err) == (2, True)
    [history] = kept.glob("*/belt.history.json")
    history.write_text("{")
    said = check(folder, kept, "2018-03-31")
    assert said.code == 2
    assert "is no history of a trigger" in said.err


def test_one_spoilt_trigger_keeps_none_of_the_others_back(folder: Path, kept: Path) -> None:
    other = kept / "other.toml"
    other.write_text(LOW)
    add = ("trigger", "add", other, "--crisis", folder, "--triggers", kept)
    assert nuzuh(*add, "--untested", "why").code == 0
    [spoilt] = kept.glob("*/belt.toml")
    spoilt.write_text(LOW.replace("over = 9000", "over = no"))
    said = check(folder, kept, "2018-03-31", "--format", "json")
    found = json.loads(said.out)
    assert said.code == 2
    assert [one["name"] for one in found["checks"]] == ["other"]
    assert found["checks"][0]["activates"]
    assert found["refused"] == said.errors
    assert f"{spoilt}:4: is no TOML" in said.err
    spoilt.write_text(LOW)
    again = json.loads(check(folder, kept, "2018-03-31", "--format", "json").out)["checks"]
    assert [(one["name"], one["new"]) for one in again] == [("belt", True), ("other", False)]


def test_nothing_kept_is_no_error(folder: Path, tmp_path: Path) -> None:
    for command in (("list",), ("check", "--as-of", "2018-03-31"), ("score",)):
        said = nuzuh("trigger", *command, "--crisis", folder, "--triggers", tmp_path / "none")
        assert (said.code, said.out.startswith("No trigger is kept")) == (0, True)


def test_the_default_folder_is_the_users(
    folder: Path, file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert nuzuh("trigger", "add", file, "--crisis", folder, "--untested", "why").code == 0
    assert (tmp_path / "nuzuh" / "triggers" / "made-up" / "belt.toml").read_text() == LOW
