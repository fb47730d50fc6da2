"""Triggers of the store: looked at after rows came, their activations told at once, once."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.answers import answer
from service.delivery.failures import Refused, TryLater
from service.jobs.database import JobsDatabase
from service.jobs.worker import Worker
from service.schedules import clockwork
from service.schedules.alarms import (
    ALARM,
    CHECK,
    check_stored,
    look,
    open_alarms,
    raise_alarm,
    read_alarms,
    write_alarm,
)
from service.schedules.schedule import Recipient, parse_recipient
from service.settings import Settings
from service.store.store import Store
from service.trigger_asked import TriggerRequest
from service.trigger_book import StoredTriggers, add_trigger, read_trigger
from tests.forecast.triggers import OBSERVED, SOUND
from tests.service.schedules.given import Taken

DAY = "2018-12-15"
TO = "email:reader@ngo.example.org"
RULE = SOUND.replace("over = 50000", "over = 9000") + f'recipients = ["{TO}", "{TO}#ar"]\n'


def add(store: Store, rule: str = RULE, untested: str = "too new", id_: str = "belt") -> None:
    add_trigger(store, id_, "made-up", rule, untested, "tester")


def check(store: Store, url: str, day: str = DAY) -> list[str]:
    recorded = store.recorded("made-up").isoformat()
    return check_stored(url, "made-up", day, recorded, told=lambda *_: None)


def asked(store: Store, now: datetime | None = None) -> list[tuple[str, str, list[Any]]]:
    found: list[tuple[str, str, list[Any]]] = []

    def ask(task: str, name: str, arguments: Sequence[Any]) -> None:
        found.append((task, name, list(arguments)))

    look(store, ask, now or datetime.now(UTC))
    return found


def test_triggers_are_looked_at_once_after_rows_came(store: Store, url: str) -> None:
    assert asked(store) == []
    add(store)
    [(task, name, arguments)] = asked(store)
    assert (task, arguments[0]) == (CHECK, "made-up")
    assert asked(store)[0][1] == name
    assert check(store, url) == []
    assert [task for task, _, _ in asked(store)] == [ALARM, ALARM]
    add(store, id_="other")
    assert CHECK in [task for task, _, _ in asked(store)]


def test_an_activation_is_told_once_to_each_in_their_language(store: Store, url: str) -> None:
    add(store)
    check(store, url)
    check(store, url)
    ways = Taken()
    for _, _, (trigger, day, name) in [*asked(store), *asked(store)]:
        raise_alarm(store, ways, trigger, date.fromisoformat(day), name)
    assert [letter.language for _, letter in ways.letters] == ["en", "ar"]
    english, arabic = (letter for _, letter in ways.letters)
    assert "More than 9,000 arrivals in Border belt from 1 December 2018" in english.text
    assert "never tried on the past: too new" in english.text
    assert "\u062d" in arabic.text
    assert english.id != arabic.id
    assert asked(store) == []


def test_no_second_alarm_while_it_is_met_or_held_back(store: Store, url: str) -> None:
    add(store, RULE.replace("suppress_days = 0", "suppress_days = 90"))
    for day in ("2018-11-30", DAY):
        check(store, url, day)
    states = [one.standing.activates for one in read_trigger(store, "belt").history.checks]
    assert states == [True, False]
    assert len(list(open_alarms(store, datetime.now(UTC)))) == 2


def test_what_may_pass_is_tried_again_and_what_may_not_is_not(store: Store, url: str) -> None:
    add(store)
    check(store, url)
    for error, outcome in ((TryLater("busy"), "later"), (Refused("no such box"), "failed")):
        name = TO if outcome == "later" else f"{TO}#ar"
        raise_alarm(store, Taken(reader=error), "belt", date(2018, 12, 15), name)
        told = read_alarms(store, "belt")[date(2018, 12, 15)][name]
        assert (told.outcome, told.attempt, told.reason) == (outcome, 1, str(error))
    assert asked(store) == []
    [(task, _, arguments)] = asked(store, datetime.now(UTC) + timedelta(minutes=2))
    assert (task, arguments[2]) == (ALARM, TO)
    assert list(open_alarms(store, datetime.now(UTC) + timedelta(days=3))) == []


def test_nothing_is_said_from_sources_that_are_too_old(store: Store, url: str) -> None:
    add(store)
    assert "Event Data" in " ".join(check(store, url, "2019-08-01"))
    assert read_trigger(store, "belt").history.checks == ()


def test_one_that_was_never_tried_is_not_looked_at_until_it_was(store: Store, url: str) -> None:
    add(store, untested="")
    check(store, url)
    assert read_trigger(store, "belt").history.checks == ()
    request = TriggerRequest.model_validate(
        {"trigger": "belt", "rule": RULE, "from": "2018-02", "to": "2018-03", "draws": 100}
    )
    answer(store, "made-up", request, "tester")
    assert read_trigger(store, "belt").ready
    check(store, url)
    assert len(read_trigger(store, "belt").history.checks) == 1


def test_an_observed_rule_says_what_was_published(store: Store, url: str) -> None:
    rule = OBSERVED.replace("border_belt", "N01").replace("floor = 5000", "floor = 10")
    add(store, rule + f'recipients = ["{TO}"]\nlanguage = "tr"\n')
    assert check(store, url) == []
    [said] = read_trigger(store, "belt").history.checks
    [one] = map(StoredTriggers(store, "made-up").get, ["belt"])
    recipient = Recipient.model_validate(parse_recipient(TO))
    letter = write_alarm(store, one, said.line.as_of, recipient)
    assert said.line.observed is not None
    assert (letter.language, "en yüksek değerin" in letter.text) == ("tr", True)


@pytest.mark.slow
def test_a_worker_looks_and_tells(
    store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clockwork, "LOOK_SECONDS", 0.2)
    add(store, RULE.replace(f'"{TO}", "{TO}#ar"', '"folder:alarms"'))
    settings = Settings(database=url, outlooks=tmp_path)
    database = JobsDatabase(store)
    arguments = ["made-up", DAY, store.recorded("made-up").isoformat()]
    with Worker(store, settings, grace=1), clockwork.Clockwork(store, settings):
        clockwork.asker(database.client)(CHECK, "a check", arguments)
        end = time.monotonic() + 60
        while not read_alarms(store, "belt"):
            assert time.monotonic() < end
            time.sleep(0.1)
    database.close()
    [about] = (tmp_path / "alarms").glob("*.json")
    told = json.loads(about.read_text())
    assert (told["type"], told["trigger"], told["day"]) == ("alarm.sent", "belt", DAY)
