"""`[disclosure]` of a `crisis.toml`: checked with the rest of the folder."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from features.crisis import Crisis
from features.disclosure import DEFAULTS, read_disclosure
from features.errors import InputError
from features.facts import check_facts, parse_facts


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("[disclosure.public]\nfinest = 'admin2'\nsmallest = 20\nrounding = 40\n", {}),
        ("[disclosure]\npartner = {embargo_days = 3}\n", {}),
        ("[disclosure.pubic]\nsmallest = 1\n", {1: "disclosure.pubic: no such audience; did you"}),
        ("[disclosure]\npublic = 3\n", {2: "disclosure.public '3': is no table; write it as ["}),
        (
            "[disclosure.public]\nembargo = 1\nfinest = 'town'\nsmallest = -1\nrounding = 1.5\n",
            {
                2: "disclosure.public.embargo: no such key; did you mean 'embargo_days'?",
                3: "disclosure.public.finest 'town': is none of",
                4: "disclosure.public.smallest '-1': is no whole number",
                5: "disclosure.public.rounding '1.5': is no whole number",
            },
        ),
        ("[disclosure.public]\nsmallest = 60\n", {1: "disclosure.public.rounding '100': must be"}),
        ("[disclosure]\npublic = {smallest = 60}\n", {2: "disclosure.public.rounding '100'"}),
        ("[disclosure.partner]\nrounding = 0\n", {2: "disclosure.partner.rounding '0': must be"}),
    ],
)
def test_all_that_is_wrong_is_told_with_its_line(table: str, told: dict[int, str]) -> None:
    file = parse_facts(table)
    check_facts(file)
    found = [one for one in file.findings if (one.column or "").startswith("disclosure")]
    assert sorted(one.line or 0 for one in found) == sorted(told)
    for one in found:
        assert f"crisis.toml:{one.line}: {told[one.line or 0]}" in str(one)


def test_a_folder_that_says_it_wrongly_is_no_crisis(loaded: Callable[..., Crisis]) -> None:
    sound = "[disclosure.public]\nsmallest = 10\n"
    assert loaded(crisis=lambda text: text + sound).notes == ()
    with pytest.raises(InputError, match=r"disclosure\.public\.finest"):
        loaded(crisis=lambda text: text + "[disclosure.public]\nfinest = 'hamlet'\n")


def test_what_is_left_out_stays() -> None:
    found, wrong = read_disclosure({"partner": {"embargo_days": 3}})
    assert not wrong
    assert found == {**DEFAULTS, "partner": {**DEFAULTS["partner"], "embargo_days": 3}}
