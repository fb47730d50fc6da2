"""The record beside the worked example is what a replay gives, and what the docs say holds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.crisis import load_crisis
from forecast.targets import month_ends
from forecast.trigger import Trigger
from forecast.trigger_file import read_trigger
from forecast.trigger_record import Record, read_record
from forecast.trigger_replay import Replay, line_on
from forecast.trigger_verdict import standings, verdict

FILE = "belt-50000.toml"


@pytest.fixture(scope="module")
def trigger(root: Path) -> Trigger:
    return read_trigger(root / "docs" / "triggers" / FILE).trigger


@pytest.fixture(scope="module")
def record(root: Path) -> Record:
    return read_record((root / "docs" / "triggers" / FILE).with_suffix(".record.json"))


def test_it_holds_every_month_end_of_its_span(trigger: Trigger, record: Record) -> None:
    days = month_ends(pd.Timestamp("2018-03-31"), pd.Timestamp("2019-11-30"))
    assert [line.as_of for line in record.lines] == [day.date() for day in days]
    assert record.crisis == "nw-syria"
    assert record.trigger.same_event(trigger)
    assert (trigger.over, trigger.within, trigger.place) == (50_000, "1 month", "border_belt")


def test_chances_were_higher_where_the_threshold_was_passed(
    trigger: Trigger, record: Record
) -> None:
    known = [line for line in record.lines if line.came is not None]
    passed = [x.probability for x in known if x.came is not None and x.came.passed]
    others = [x.probability for x in known if x.came is not None and not x.came.passed]
    assert sum(passed) / len(passed) > sum(others) / len(others)
    found = verdict(record.lines, standings(record.lines, trigger), trigger)
    assert found is not None
    assert found.n == len(record.lines) - 1
    assert found.unsure > 0


@pytest.mark.slow
@pytest.mark.parametrize("day", ["2018-09-30", "2019-05-31"])
def test_it_is_what_a_replay_gives_today(record: Record, day: str) -> None:
    """If not: write it anew with the command in docs/triggers.md."""
    on = pd.Timestamp(day)
    task = Replay(load_crisis("nw-syria"), record.trigger, record.draws, record.seed)
    [kept] = [line for line in record.lines if line.as_of == on.date()]
    again = line_on(task, on)
    assert (again.start, again.end) == (kept.start, kept.end)
    assert again.probability == pytest.approx(kept.probability, abs=0.02)
    assert again.ewm_6 == pytest.approx(kept.ewm_6, abs=0.02)
    assert again.observed == pytest.approx(kept.observed)


def test_the_docs_name_every_key_and_command(root: Path) -> None:
    from service.commands.trigger import app

    text = (root / "docs" / "triggers.md").read_text()
    missing = [key for key in Trigger.model_fields if f"`{key}`" not in text]
    missing += [
        str(one.name) for one in app.registered_commands if f"nuzuh trigger {one.name}" not in text
    ]
    assert missing == []
