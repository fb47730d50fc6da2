"""The section on attacks: what it says of scores, and where there are none."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from features.crisis import Crisis
from forecast.attack_verdict import attack_verdict
from forecast.backtest import backtest
from service.backtest_attacks import TITLE, attack_section
from service.backtest_html import backtest_html
from service.backtest_report import Report
from service.backtest_text import backtest_text
from tests.strategies import day, made_up, without_attacks

FIRST, LAST = day("2018-03-31"), day("2018-05-31")


def report(crisis: Crisis, attacks: str = "forecast") -> Report:
    found = backtest(crisis, FIRST, LAST, members=("ewm_6",), attacks=attacks, draws=100)
    return Report(crisis, found, FIRST, LAST)


@pytest.fixture(scope="module")
def scored() -> Report:
    return report(made_up())


def test_every_member_has_a_row_of_what_the_summary_says(scored: Report) -> None:
    section = attack_section(scored)
    of_members, of_fronts = section.tables
    assert [row[:2] for row in of_members.rows[:2]] == [
        ["events", "attack_paths"],
        ["", "last_value"],
    ]
    assert len(of_members.rows) == 2 * 4
    assert {len(row) for row in of_members.rows} == {len(of_members.head)}
    ours = scored.found.summary["attacks"]["events"]["members"]["attack_paths"]
    ratio = ours["relative_crps_log"]["all"]
    assert of_members.rows[0][2] == (
        f"{ratio['value']:.2f} ({ratio['low']:.2f}–{ratio['high']:.2f})"
    )
    assert of_members.rows[0][-1] == f"{ours['coverage']['95']['value']:.2f}"
    assert of_fronts.head == ["attack_paths", "events", "fatalities"]
    assert [row[0] for row in of_fronts.rows] == ["Southern front"]
    assert "3 month ends" in section.text[0]
    assert f"Best: {ratio['against']} (events)" in section.notes[0]


def test_page_and_terminal_hold_the_section(scored: Report) -> None:
    text = backtest_text(scored)
    assert TITLE in text
    assert max(map(len, text.splitlines())) <= 100
    assert f"<h2>{TITLE}</h2>" in backtest_html(scored)


@pytest.mark.parametrize(
    ("attacks", "crisis", "why"),
    [
        ("observed", made_up(), "attacks were given, not forecast"),
        ("forecast", without_attacks(), "no week of attacks is known after these month ends"),
    ],
)
def test_where_nothing_is_scored_it_says_why(attacks: str, crisis: Crisis, why: str) -> None:
    section = attack_section(report(crisis, attacks))
    assert section.text == (f"Not scored: {why}.",)
    assert not section.tables


def test_a_front_that_only_one_measure_knows_has_a_blank(scored: Report) -> None:
    attacks = scored.found.attacks
    other = attacks["measure"].eq("events")
    more = pd.concat([attacks, attacks[other].assign(front="rest")])
    summary = {**scored.found.summary, "attacks": attack_verdict(more)}
    section = attack_section(replace(scored, found=replace(scored.found, summary=summary)))
    assert [row[0] for row in section.tables[1].rows] == ["Southern front", "elsewhere"]
    assert section.tables[1].rows[1][2] == "–"
