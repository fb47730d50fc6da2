"""Triggers of the store: looked at after rows came, their activations told at once, once."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.errors import TooLittleData
from service.answers import answer
from service.delivery.failures import Refused, TryLater
from service.delivery.letter import Letter
from service.errors import Conflict
from service.jobs.worker import Worker
from service.schedules import clockwork
from service.schedules.alarms import ALARM, CHECK, Lookout, check_stored, note_failure
from service.schedules.schedule import Recipient, parse_recipient
from service.schedules.words import TEXTS
from service.settings import Settings
from service.store.ingest import ingest
from service.store.store import Store
from service.triggers.asked import TriggerRequest
from service.triggers.book import StoredTriggers, add_trigger, read_trigger, retire_trigger
from service.triggers.letters import read_attempts, tell, write_letter
from tests.forecast.triggers import OBSERVED, SOUND
from tests.service.schedules.given import Taken
from tests.service.store.given_rows import attacks

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

    Lookout(store, ask).look(now or datetime.now(UTC))
    return found


def letters(store: Store, now: datetime | None = None) -> list[list[Any]]:
    """The letters asked for: trigger, what it tells of, recipient."""
    return [arguments for task, _, arguments in asked(store, now) if task == ALARM]


def sent(store: Store, ways: Taken | None = None) -> list[Letter]:
    """Send all that is due, twice; what was taken."""
    ways = ways or Taken()
    for trigger, of, name in letters(store) * 2:
        tell(store, ways, trigger, of, name)
    return [letter for _, letter in ways.letters]


def freshen(store: Store) -> None:
    """Bring a week of attacks that is there on 2019-02-16."""
    week = attacks({"start": "2019-02-02", "end": "2019-02-08"})
    ingest(store, "made-up", week, author="tester", today=pd.Timestamp("2019-03-01"))


def test_a_check_is_asked_for_once_a_day_and_after_every_change(store: Store, url: str) -> None:
    found: list[str] = []
    lookout, now = Lookout(store, lambda _, name, __: found.append(name)), datetime.now(UTC)
    lookout.look(now)
    assert found == []
    add(store, untested="")
    for at in (now, now, now + timedelta(days=1)):
        lookout.look(at)
    add(store, untested="", id_="other")
    lookout.look(now + timedelta(days=1))
    assert len(found) == len(set(found)) == 3
    assert [task for task, _, _ in asked(store)] == [CHECK]


def test_a_trigger_is_looked_at_again_when_rows_came_or_its_window_moved_on(
    store: Store, url: str
) -> None:
    add(store)
    for day in ("2018-11-29", "2018-11-30", DAY):
        assert check(store, url, day) == []
    days = [f"{one.line.as_of}" for one in read_trigger(store, "belt").history.checks]
    assert days == ["2018-11-29", "2018-11-30"]
    add(store, untested="", id_="other")
    check(store, url, "2018-12-17")
    assert len(read_trigger(store, "belt").history.checks) == 3


def test_an_activation_is_told_once_to_each_in_their_language(store: Store, url: str) -> None:
    add(store)
    check(store, url)
    check(store, url)
    english, arabic = sent(store)
    assert [english.language, arabic.language] == ["en", "ar"]
    assert "More than 9,000 arrivals in Border belt from 1 December 2018" in english.text
    assert "never tried on the past: too new" in english.text
    assert "\u062d" in arabic.text
    assert english.id != arabic.id
    assert letters(store) == []


def test_no_second_alarm_while_it_is_met_or_held_back(store: Store, url: str) -> None:
    add(store, RULE.replace("suppress_days = 0", "suppress_days = 90"))
    for day in ("2018-11-15", DAY):
        check(store, url, day)
    states = [one.standing.activates for one in read_trigger(store, "belt").history.checks]
    assert states == [True, False]
    assert len(letters(store)) == 2


def test_what_may_pass_is_tried_again_and_what_may_not_is_not(store: Store, url: str) -> None:
    add(store)
    check(store, url)
    for error, outcome in ((TryLater("busy"), "later"), (Refused("no such box"), "failed")):
        name = TO if outcome == "later" else f"{TO}#ar"
        tell(store, Taken(reader=error), "belt", DAY, name)
        told = read_attempts(store, "belt")[DAY][name]
        assert (told.outcome, told.attempt, told.reason) == (outcome, 1, str(error))
    assert letters(store) == []
    [arguments] = letters(store, datetime.now(UTC) + timedelta(minutes=2))
    assert arguments == ["belt", DAY, TO]
    assert letters(store, datetime.now(UTC) + timedelta(days=3)) == []


def test_recipients_are_told_once_that_no_watch_is_kept_and_once_that_it_is_again(
    store: Store, url: str
) -> None:
    add(store)
    check(store, url)
    sent(store)
    for day in ("2019-02-10", "2019-02-11"):
        assert check(store, url, day) == []
    kept = read_trigger(store, "belt")
    assert (kept.history.state, len(kept.history.steps), len(kept.history.checks)) == (
        "blind",
        1,
        1,
    )
    english, arabic = sent(store)
    assert english.subject == "No watch: Half a hundred thousand"
    for part in (
        "No watch is kept on “Half a hundred thousand” since 10 February 2019, because Event Data",
        "It was last looked at on 15 December 2018. The alarm of 15 December 2018 was in force",
    ):
        assert part in english.text
    assert (english.event, english.about["state"], arabic.language) == ("notice", "blind", "ar")
    assert letters(store) == []
    freshen(store)
    assert check(store, url, "2019-02-16") == []
    assert read_trigger(store, "belt").history.unwatched is None
    again = [one.text for one in sent(store) if one.event == "notice" and one.language == "en"]
    [text] = again
    assert "is watched again since 16 February 2019. From 10 February 2019 on no watch" in text
    steps = read_trigger(store, "belt").history.steps
    assert [step.state for step in steps] == ["blind", "watched"]


def test_two_workers_note_one_blind_spell(store: Store, url: str) -> None:
    add(store)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: check(store, url, "2019-02-10"), range(4)))
    assert len(read_trigger(store, "belt").history.steps) == 1
    assert len(sent(store)) == 2


def test_a_failed_fit_leaves_no_watch(store: Store, url: str) -> None:
    add(store, RULE.replace("border_belt", "Nowhere"))
    [why] = check(store, url)
    kept = read_trigger(store, "belt")
    assert (kept.history.state, why) == ("blind", kept.history.steps[0].why["failed"])
    assert kept.history.checks == ()
    note_failure(store, "made-up", "2018-01-01", TooLittleData("too little"))
    assert len(read_trigger(store, "belt").history.steps) == 1
    letter = write_letter(store, kept, "1", Recipient.model_validate(parse_recipient(TO)))
    assert "the forecast could not be made (" in letter.text


def test_a_check_that_breaks_as_a_whole_leaves_no_watch(store: Store, url: str) -> None:
    add(store)
    check(store, url)
    note_failure(store, "made-up", DAY, TooLittleData("too little"))
    assert read_trigger(store, "belt").history.state == "met"
    note_failure(store, "made-up", "2018-12-16", TooLittleData("too little"))
    assert read_trigger(store, "belt").history.state == "blind"
    assert check(store, url, "2018-12-17") == []
    assert read_trigger(store, "belt").history.state == "met"


def test_a_rule_that_cannot_be_read_holds_up_no_other(store: Store, url: str) -> None:
    add(store)
    add(store, RULE.replace("#ar", ""), id_="twice")
    add(store, "over = 1", id_="spoilt")
    note_failure(store, "made-up", DAY, TooLittleData("too little"))
    assert {name for name, _, _ in letters(store)} == {"belt"}


def test_an_old_notice_is_not_sent_once_it_is_watched_again(store: Store, url: str) -> None:
    add(store)
    check(store, url, "2019-02-10")
    freshen(store)
    check(store, url, "2019-02-16")
    notices = [one for one in sent(store) if one.event == "notice"]
    assert {one.about["state"] for one in notices} == {"watched"}


def test_a_retired_trigger_is_looked_at_no_more_and_tells_so(store: Store, url: str) -> None:
    add(store)
    check(store, url)
    for reason in ("the camp was closed", "another reason"):
        kept = retire_trigger(store, "belt", reason, "tester")
    assert (kept.history.state, len(kept.history.checks)) == ("retired", 1)
    english, _ = sent(store)
    assert "watched no more" in english.text
    assert "the camp was closed" in english.text
    check(store, url, "2019-02-10")
    assert len(read_trigger(store, "belt").history.steps) == 1
    assert StoredTriggers(store, "made-up").names() == ["belt"]
    with pytest.raises(Conflict):
        add(store)


def test_one_that_was_never_tried_is_not_looked_at_until_it_was(store: Store, url: str) -> None:
    add(store, untested="")
    check(store, url)
    check(store, url, "2019-02-10")
    history = read_trigger(store, "belt").history
    assert (history.checks, history.steps) == ((), ())
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
    kept = read_trigger(store, "belt")
    [said] = kept.history.checks
    letter = write_letter(store, kept, DAY, Recipient.model_validate(parse_recipient(TO)))
    assert said.line.observed is not None
    assert (letter.language, "en yüksek değerin" in letter.text) == ("tr", True)


def test_an_observed_rule_without_figures_keeps_no_watch(store: Store, url: str) -> None:
    add(store, OBSERVED.replace("border_belt", "N01") + f'recipients = ["{TO}"]\n')
    assert check(store, url, "2017-06-30") == []
    kept = read_trigger(store, "belt")
    assert (kept.history.state, kept.history.steps[0].why) == ("blind", {"silent": True})
    [letter] = sent(store)
    assert "no source has published arrivals there of late" in letter.text


@pytest.mark.parametrize("code", ["en", "tr", "ar"])
def test_every_word_to_recipients_is_in_every_language(code: str) -> None:
    for name, texts in TEXTS.items():
        holes = [set(re.findall(r"{(\w+)}", texts[one])) for one in ("en", code)]
        assert holes[0] == holes[1], name


@pytest.mark.slow
def test_a_worker_tells_an_activation_and_sees_that_no_watch_is_kept_today(
    store: Store, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clockwork, "LOOK_SECONDS", 0.2)
    add(store, RULE.replace(f'"{TO}", "{TO}#ar"', '"folder:alarms"'))
    check(store, url)
    settings = Settings(database=url, outlooks=tmp_path)
    with Worker(store, settings, grace=1), clockwork.Clockwork(store, settings):
        end = time.monotonic() + 120
        while len(read_attempts(store, "belt")) < 2:
            assert time.monotonic() < end
            time.sleep(0.1)
    told = [json.loads(path.read_text()) for path in (tmp_path / "alarms").glob("*.json")]
    told.sort(key=lambda one: str(one["type"]))
    assert [one["type"] for one in told] == ["alarm.sent", "notice.sent"]
    assert (told[0]["trigger"], told[0]["day"]) == ("belt", DAY)
    assert told[1]["state"] == "blind"
