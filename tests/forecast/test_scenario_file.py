from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.crisis import bundled
from features.errors import InputError
from forecast.scenario import Scenario
from forecast.scenario_file import (
    lines_of,
    parse_json,
    parse_toml,
    read_draft,
    read_scenario,
    scenario_of,
)
from forecast.scenario_folder import TEMPLATE, find, shipped

SOUND = """\
title = "All of it"
author = "A planner"
note = "n"
access = "a"

[[attacks]]
kind = "air_strike"
place = "N0201"
from = 2018-07-01
to = 60
multiply = 2

[[attacks]]
replay = { from = 2017-05-06, weeks = 4 }

[regimes]
holds = 0.25
offensive = 0.75

[[agreement]]
date = 14
probability = 0.5

[[territory]]
places = ["N0201"]
date = 20

[[closure]]
place = "N0101"

[gate]
people_a_day = 500

[[capacity]]
place = "N0102"
people = 100

[[outflow]]
place = "N02"
people = 1000

[onward]
share = 0.1
"""


def errors(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        parse_toml(text, "f.toml")
    return [str(finding) for finding in caught.value.findings]


def test_every_clause_is_read() -> None:
    found = parse_toml(SOUND).scenario
    assert [at for at, _ in found.clauses()] == [
        ("attacks", 0),
        ("attacks", 1),
        ("regimes",),
        ("agreement", 0),
        ("territory", 0),
        ("closure", 0),
        ("gate",),
        ("capacity", 0),
        ("outflow", 0),
        ("onward",),
    ]
    assert found.attacks[0].multiply == 2.0
    assert found.regimes is not None
    assert found.regimes.weights["offensive"] == 0.75


def test_json_says_the_same() -> None:
    scenario = parse_toml(SOUND).scenario
    assert parse_json(json.dumps(scenario.document())).scenario == scenario


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "f.toml: title: is missing; add it"),
        ('title = ""', "f.toml:1: title '': is blank; fill it in"),
        ('title = "t"\nnoted = "x"', "f.toml:2: noted: no such key; did you mean 'note'?"),
        (
            'title = "t"\n[[attacks]]\nmultiply = 1\n[[attacks]]\nmultply = 2\nmultiply = 2',
            "f.toml:5: attacks[2].multply: no such key; did you mean 'multiply'?",
        ),
        ('title = "t"\n[[attacks]]\nmultiply = -1', "f.toml:3: attacks[1].multiply '-1'"),
        ('title = "t"\n[gate]\npeople_a_day = true', "f.toml:3: gate.people_a_day 'True': is no"),
        ('title = "t"\n[gate]\npeople_a_day = "5"', "write digits without quotes"),
        (
            'title = "t"\n[[outflow]]\nplace = "N"\npeople = 5\nisolated = "yes"',
            "f.toml:5: outflow[1].isolated 'yes': is neither true nor false",
        ),
        ('title = "t"\n[[attacks]]\nmultiply = inf', "f.toml:3: attacks[1].multiply 'inf'"),
        ('title = "t"\n[[attacks]]\nkind = "x"', "f.toml:2: attacks[1]: needs exactly one of"),
        ('title = "t"\n[[attacks]]\nset = 3', "f.toml:2: attacks[1]: set counts events a week"),
        (
            'title = "t"\n[[attacks]]\nkind = "x"\nreplay = { from = 2017-01-01 }',
            "f.toml:2: attacks[1]: replay repeats all kinds",
        ),
        (
            'title = "t"\n[[attacks]]\nreplay = { from = 3 }',
            "f.toml:3: attacks[1].replay.from '3': is no day of the past",
        ),
        ('title = "t"\n[regimes]\nholds = 0.5', "sum to 0.5; they must sum to 1"),
        (
            'title = "t"\n[[agreement]]\ndate = "5 May"',
            "f.toml:3: agreement[1].date '5 May': is no ISO date",
        ),
        ('title = "t"\n[[agreement]]\ndate = true', "f.toml:3: agreement[1].date 'True'"),
        ('title = "t"\n[[agreement]]\ndate = 1\nprobability = 1.5', "agreement[1].probability"),
        ('title = "t"\n[[territory]]\nplaces = []\ndate = 1', "names too few; name at least 1"),
        ('title = "t"\n[closure]\nplace = "x"', "f.toml:2: closure: is no list"),
        ('title = "t"\n[[gate]]\npeople_a_day = 1', "f.toml:2: gate: is no table"),
        ('title = "t"\nx y', "f.toml:2: is no TOML from here on"),
        ('title = "t"\n[[closure]]\nto = 9', "f.toml:2: closure[1]: shuts one place, or the way"),
        ('title = "t"\n[[closure]]\nbetween = ["a"]', "closure[1].between: names too few"),
        ('title = "t"\n[[closure]]\nbetween = ["a", "a"]', "a place and itself is none"),
        (
            'title = "t"\n[target]\npeople = 0\nof = "crossed"',
            "f.toml:3: target.people '0': is too",
        ),
        ('title = "t"\n[target]\npeople = 5', "f.toml:2: target: arrivals are those of a place"),
        (
            'title = "t"\n[target]\npeople = 5\nof = "crossed"\nvary = ["rain"]',
            "f.toml:5: target.vary[1] 'rain': is not known here; write 'attacks', 'gate'",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, told: str) -> None:
    said = errors(text)
    assert any(told in one for one in said)


def test_all_errors_are_told_at_once_in_the_order_of_the_file() -> None:
    said = errors('title = 3\n[[attacks]]\nmultiply = -1\n[gate]\npeople_a_day = "x"\n')
    assert [one.split(":")[1] for one in said] == ["1", "3", "5"]


def test_broken_json_and_missing_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no JSON from here on"):
        parse_json('{"title": ')
    with pytest.raises(InputError, match="there is no such file"):
        read_scenario(tmp_path / "none.toml")
    (tmp_path / "one.json").write_text('{"title": "t"}')
    assert read_scenario(tmp_path / "one.json").scenario == Scenario(title="t")


def test_json_is_told_by_pointers() -> None:
    text = '{"title": "t", "attacks": [{"multiply": 2}, {"multply": 2}], "gate": {}}'
    with pytest.raises(InputError) as caught:
        parse_json(text, "scenario 1")
    assert [str(one).split(": ")[:2] for one in caught.value.findings] == [
        ["scenario 1", "/attacks/1/multply"],
        ["scenario 1", "/gate/people_a_day"],
    ]
    with pytest.raises(InputError, match="the key 'multiply' stands twice in one object"):
        parse_json('{"title": "t", "attacks": [{"multiply": 2, "multiply": 3}]}')


KEYS = "title attacks multiply gate people_a_day target vary people closure between replay from x"
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.sampled_from("ab")


def nested(inner: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    keys = st.sampled_from(KEYS.split())
    return st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4)


@given(value=st.recursive(SCALARS, nested, max_leaves=12))
def test_no_json_breaks_the_reader(value: object) -> None:
    with suppress(InputError):
        assert scenario_of(value, "any", {}).scenario.title


def test_a_draft_keeps_the_sound_clauses_and_knows_where_they_stood(tmp_path: Path) -> None:
    path = tmp_path / "draft.toml"
    path.write_text(
        "title = 3\n[[attacks]]\nmultply = 2\n[[attacks]]\nmultiply = 2\n[gate]\npeople = 1\n"
    )
    draft = read_draft(path)
    assert [fault.line for fault in draft.faults] == [1, 3, 6, 7]
    [attacks] = draft.scenario.attacks
    assert attacks.multiply == 2.0
    assert draft.scenario.gate is None
    found = draft.finding(("attacks", 0, "multiply"), "why")
    assert (found.line, found.column) == (5, "attacks[2].multiply")


def test_lines_of_tables_in_tables() -> None:
    found = lines_of("[[attacks]]\nmultiply = 1\n[[attacks]]\n[attacks.replay]\nfrom = 1\n")
    assert found["attacks", 0, "multiply"] == 2
    assert found["attacks", 1] == 3
    assert found["attacks", 1, "replay", "from"] == 5


def test_the_template_is_a_sound_scenario_and_so_is_every_clause_in_it() -> None:
    assert parse_toml(TEMPLATE).scenario.attacks[0].multiply == 2.0
    commented = [line.removeprefix("# ") for line in TEMPLATE.splitlines()]
    every = [line for line in commented if re.match(r"\[+\w+\]+$|\w+ = [^t]", line)]
    chosen = [line for line in every if not line.startswith(("kind", "replay", "multiply"))]
    written = parse_toml("\n".join(chosen).replace('place = "front-…"', "multiply = 1")).scenario
    assert {str(at[0]) for at, _ in written.clauses()} == {
        "attacks",
        "regimes",
        "agreement",
        "territory",
        "closure",
        "gate",
        "capacity",
        "outflow",
        "onward",
        "target",
    }


def test_shipped_scenarios_are_found_by_name(tmp_path: Path) -> None:
    assert "nw-syria" in bundled()
    assert len(shipped("nw-syria")) == 8
    assert find("ceasefire-holds", "nw-syria").is_file()
    with pytest.raises(InputError, match="did you mean 'ceasefire-holds'"):
        find("ceasefire-hold", "nw-syria")
    assert shipped(str(tmp_path)) == {}
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "mine.toml").write_text('title = "t"')
    (tmp_path / "scenarios" / "notes.txt").write_text("")
    assert list(shipped(str(tmp_path))) == ["mine"]
