from __future__ import annotations

from collections.abc import Callable

import pytest

from features.crisis import Crisis
from features.errors import Finding
from tests.folders import CRISIS, Change, replaced

BELT = '["N0101", "N0102"]'
REFERENCE = '[reference]\nsource = "Task Force"\n'


@pytest.mark.parametrize(
    ("change", "line", "column", "why"),
    [
        (None, None, None, "the file is missing"),
        ("", None, "id", "is missing; add a text"),
        (b"\xff", 1, None, "is not UTF-8"),
        ('id = "a"\ntitle = \n', 2, None, "is no TOML from here on"),
        (replaced("title", "titel"), 2, "titel", "did you mean 'title'"),
        (replaced("border_belt", "belt"), 4, "belt", "no such key"),
        (replaced('"made-up"', "7"), 1, "id", "is not a text in quotes"),
        (replaced('"made-up"', '"Made up"'), 1, "id", "small letters"),
        (replaced('"made-up"', '" "'), 1, "id", "is blank"),
        (replaced('title = "A made-up land"\n', ""), None, "title", "is missing; add a text"),
        (replaced(BELT, '"N0101"'), 4, "border_belt", "is not a list of texts"),
        (replaced(BELT, "[]"), 4, "border_belt", "at least one"),
        (replaced(BELT, "[1]"), 4, "border_belt", "is no list of texts"),
        (replaced(BELT, '["N0101", "N0101"]'), 4, "border_belt", "would count twice"),
        (replaced(BELT, '["N01", "N0101"]'), 4, "border_belt", "lies in N01 of the same belt"),
        (replaced(BELT, '["Salq"]'), 4, "border_belt", "did you mean 'N0102' (Salq)"),
        (replaced(BELT, '["assessed"]'), 4, "border_belt", "is an area, and a place is needed"),
        (replaced('focus = "N"', 'focus = "Nn"'), 3, "focus", "did you mean 'N'"),
        (replaced("= 5.5", '= "5.5"'), 5, "family_size", "is not a number"),
        (replaced("= 5.5", "= true"), 5, "family_size", "is not a number"),
        (replaced("= 5.5", "= 0"), 5, "family_size", "from 1 on"),
        (replaced("= 5.5", "= nan"), 5, "family_size", "from 1 on"),
        (replaced("= 1.5", "= inf"), 7, "repeat_factor", "from 1 on"),
        (replaced("= 1.5", "= 1979-05-27"), 7, "repeat_factor", "is not a number"),
        (replaced('"Monitor 2018"', '""'), 8, "repeat_factor_source", "is blank"),
        (replaced(REFERENCE, ""), None, "reference.source", "quotes under [reference]"),
        (replaced(REFERENCE, 'reference = "Task Force"\n'), 10, "reference", "[reference]"),
        (replaced('source = "Task Force"', 'sauce = "x"'), 11, "reference.sauce", "'source'"),
        (replaced('source = "Task Force"', 'source = "TF"'), 11, "reference.source", "sources.csv"),
        (replaced('source = "Task Force"', 'source = "Event Data"'), 11, "reference.source",
         "no row of displacement.csv is by this source"),
        (replaced('"Event Data"', '"Event Dat"'), 14, "drivers.attacks", "'Event Data'"),
        (replaced('"Event Data"', '"Monitor"'), 14, "drivers.attacks", "no row of attacks.csv"),
        (replaced('"Event Data"', "3"), 14, "drivers.attacks", "is not a text"),
        (replaced('attacks = "Event Data"', ""), None, "drivers.attacks", "is missing"),
        (replaced('[drivers]\nattacks = "Event Data"', ""), None, "drivers.attacks",
         "yet attacks.csv has rows"),
        (lambda text: "models = 3\n" + text.split("[models")[0], 1, "models", "[models]"),
    ],
)  # fmt: skip
def test_bad_facts(
    findings_of: Callable[..., list[Finding]],
    change: Change,
    line: int | None,
    column: str | None,
    why: str,
) -> None:
    findings = findings_of(crisis=change)
    assert {finding.file for finding in findings} == {"crisis.toml"}
    found = [finding for finding in findings if (finding.line, finding.column) == (line, column)]
    assert any(why in finding.why for finding in found), [str(finding) for finding in findings]


def test_all_faults_of_the_file_come_at_once(findings_of: Callable[..., list[Finding]]) -> None:
    findings = findings_of(crisis="")
    assert {finding.column for finding in findings} == {
        "id",
        "title",
        "focus",
        "border_belt",
        "family_size",
        "family_size_source",
        "repeat_factor",
        "repeat_factor_source",
        "reference.source",
        "drivers.attacks",
    }


def test_facts_arrive_in_the_crisis(loaded: Callable[..., Crisis]) -> None:
    crisis = loaded(crisis=lambda text: text.replace("5.5", "5"))
    assert (crisis.id, crisis.title, crisis.focus) == ("made-up", "A made-up land", "N")
    assert crisis.border_belt == ("N0101", "N0102")
    assert (crisis.reference, crisis.attack_source) == ("Task Force", "Event Data")
    assert (crisis.family_size, crisis.repeat_factor) == (5.0, 1.5)
    assert crisis.repeat_factor_source == "Monitor 2018"
    assert crisis.models["flow_state"]["drivers"] == {"N01": ["front-south"]}


def test_dotted_and_inline_tables_are_read_alike(loaded: Callable[..., Crisis]) -> None:
    head, _, tail = CRISIS.partition("[reference]")
    drivers = tail[tail.index("[drivers]") :]
    for line in ('reference.source = "Task Force"\n', 'reference = { source = "Task Force" }\n'):
        assert loaded(crisis=head + line + drivers).reference == "Task Force"


def test_a_dotted_key_is_found_by_its_line(findings_of: Callable[..., list[Finding]]) -> None:
    text = CRISIS.replace(REFERENCE, "").replace("title", 'reference.source = "TF"\ntitle')
    assert [finding.line for finding in findings_of(crisis=text)] == [2]
