"""The clock: every tick once, nothing in silence, nothing held up. On both databases, no queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from service.access.keys import create_key, revoke_key
from service.delivery.failures import WAITS, Refused, TryLater
from service.schedules.book import add_schedule, pause_schedule, resume_schedule
from service.schedules.clock import GIVEN_UP, PRINT, SEND, Clock
from service.schedules.diary import Attempt, Key, read_attempts, read_tick, read_ticks
from service.schedules.opening import ask_tick
from service.schedules.release import approve, withdraw
from service.schedules.schedule import read_schedule
from service.schedules.sending import AT_ONCE, send
from service.store.store import Store
from tests.service.schedules.given import (
    GIVEN,
    MONDAY,
    SUNDAY,
    WEEK,
    Here,
    Taken,
    monday,
    readers,
)

MINUTE = timedelta(minutes=1)


def test_a_tick_is_printed_released_and_sent_once(store: Store) -> None:
    monday(store, recipients=readers(60))
    here = Here(store)
    here.look(MONDAY - 2 * MINUTE)
    assert here.taken.letters == []
    for later in range(3):
        here.look(MONDAY + later * MINUTE)
    got = Counter(address for address, _ in here.taken.letters)
    assert set(got.values()) == {1}
    assert len(got) == 60
    [tick] = read_ticks(store)
    assert [step.state for step in tick.steps] == ["drafted", "released"]
    assert str(tick.as_of) == "2019-05-05"


def test_two_that_look_do_what_one_does(store: Store) -> None:
    monday(store, recipients=readers(5))
    one, two = Here(store), Here(store)
    two.taken = one.taken
    one.look(MONDAY, 1)
    two.look(MONDAY)
    one.look(MONDAY)
    assert len(one.taken.letters) == 5
    assert len(read_ticks(store)) == 1


def test_what_schedules_share_is_printed_once(store: Store) -> None:
    for number in range(4):
        monday(store, id=f"s{number}", languages=["en", "ar"][: 1 + number % 2])
    here = Here(store)
    here.look(MONDAY)
    printed = [name for name in here.asked if name.startswith(PRINT)]
    assert len(printed) == 3
    assert len(here.taken.letters) == 4


def test_a_bad_recipient_blocks_no_other(store: Store) -> None:
    monday(store, recipients=readers(6))
    bad = {"reader1": Refused("no such box"), "reader2": TryLater("busy"), "reader3": KeyError("x")}
    here = Here(store, Taken(**bad))
    here.look(MONDAY)
    assert {address[:7] for address, _ in here.taken.letters} == {"reader0", "reader4", "reader5"}
    [tick] = read_ticks(store)
    noted = read_attempts(store, tick.key)["outlook"]
    told = {name[6:13]: (one.outcome, one.reason) for name, one in noted.items()}
    assert told["reader1"] == ("failed", "no such box")
    assert told["reader2"] == ("later", "busy")
    assert told["reader3"] == ("failed", "KeyError: 'x'")


def test_what_may_pass_is_tried_again_with_growing_waits_and_then_given_up(store: Store) -> None:
    monday(store)
    here = Here(store, Taken(reader0=TryLater("busy", timedelta(minutes=2))))
    here.look(MONDAY)
    [tick] = read_ticks(store)

    def last() -> Attempt:
        return read_attempts(store, tick.key)["outlook"]["email:reader0@ngo.example.org"]

    waits = []
    while (noted := last()).again is not None:
        here.look(noted.again - timedelta(seconds=1), 1)
        assert last() == noted
        here.look(noted.again, 1)
        waits.append(last().created - noted.created)
    assert waits == [timedelta(minutes=2), *WAITS[1:]]
    assert noted.outcome == "failed"
    assert noted.attempt == len(WAITS) + 1


def test_it_is_sent_once_the_server_is_back(store: Store) -> None:
    monday(store)
    here = Here(store, Taken(reader0=TryLater("busy")))
    here.look(MONDAY)
    here.taken.errors = {}
    here.look(MONDAY + 2 * MINUTE)
    assert len(here.taken.letters) == 1
    here.look(MONDAY + 20 * MINUTE)
    assert len(here.taken.letters) == 1


def test_no_outlook_is_said_and_why_in_the_readers_language(store: Store) -> None:
    recipients = [
        {"way": "email", "address": f"{one}@ngo.example.org", "language": one}
        for one in ("en", "tr", "ar")
    ]
    monday(store, languages=["en", "tr", "ar"], recipients=recipients, release="manual")
    here = Here(store)
    stale = {
        "source": "OCHA",
        "what": "arrivals",
        "data_through": "2019-03-01",
        "age_days": 65,
        "max_age_days": 45.0,
    }
    here.refusal = {"title": {"en": "Made-up", "ar": "بلد"}, "stale": [stale]}
    here.look(MONDAY)
    told = {address[:2]: letter for address, letter in here.taken.letters}
    assert told["en"].subject == "No outlook today: Made-up, 5 May 2019"
    assert "because OCHA reaches 1 March 2019 only, 65 days ago; the limit is 45" in told["en"].text
    assert told["tr"].subject == "Bugün öngörü yok: Made-up, 5 Mayıs 2019"
    assert "OCHA" in told["ar"].text
    assert "السبب" in told["ar"].text
    assert told["ar"].subject.startswith("لا توقعات اليوم: بلد،")
    [tick] = read_ticks(store)
    assert tick.state == "refused"
    assert tick.steps[0].reason is not None
    assert tick.steps[0].reason.startswith("OCHA reaches")


def test_a_draft_waits_for_somebody(store: Store) -> None:
    monday(store, release="manual")
    here = Here(store)
    here.look(MONDAY)
    assert here.taken.letters == []
    [tick] = read_ticks(store)
    approve(store, tick.key, "fatma")
    here.look(MONDAY + MINUTE)
    [(_, letter)] = here.taken.letters
    assert letter.subject == "Outlook of 2019-05-05 in en"
    assert letter.event == "outlook"


def test_a_withdrawal_reaches_those_that_got_the_outlook_and_nobody_else(store: Store) -> None:
    monday(store, recipients=readers(3))
    here = Here(store, Taken(reader1=TryLater("busy"), reader2=Refused("no such box")))
    here.look(MONDAY)
    [tick] = read_ticks(store)
    withdraw(store, tick.key, "the arrivals of Dana were counted twice", "fatma")
    here.taken.errors = {}
    here.look(MONDAY + 10 * MINUTE)
    (first, outlook), (second, correction) = here.taken.letters
    assert first == second == "reader0@ngo.example.org"
    assert correction.event == "correction"
    assert correction.answers == outlook.id
    assert "counted twice" in correction.text


@pytest.mark.parametrize(("policy", "served"), [("skip", 0), ("latest", 1), ("all", 3)])
def test_after_an_outage_the_schedule_decides_what_is_caught_up(
    store: Store, policy: str, served: int
) -> None:
    monday(store, catch_up=policy)
    here = Here(store)
    here.look(MONDAY + 2 * WEEK + timedelta(days=1))
    assert len(here.taken.letters) == served
    states = Counter(tick.state for tick in read_ticks(store))
    assert states["skipped"] == 3 - served
    assert sum(states.values()) == 3


def test_a_pause_is_never_caught_up(store: Store) -> None:
    monday(store, catch_up="all")
    with time_machine.travel(SUNDAY, tick=False):
        pause_schedule(store, "monday", "fatma")
    here = Here(store)
    here.look(MONDAY + WEEK)
    assert read_ticks(store) == []
    with time_machine.travel(MONDAY + WEEK, tick=False):
        resume_schedule(store, "monday", "fatma")
    here.look(MONDAY + 2 * WEEK)
    assert [str(tick.as_of) for tick in read_ticks(store)] == ["2019-05-19"]


def test_run_now_is_a_tick_of_its_own(store: Store) -> None:
    made = monday(store)
    here = Here(store)
    keys = [ask_tick(store, made, None, "fatma", SUNDAY) for _ in range(2)]
    assert keys[0] != keys[1]
    with time_machine.travel(SUNDAY, tick=False):
        here.look(SUNDAY + MINUTE)
    here.look(MONDAY)
    assert len(read_ticks(store)) == 3
    assert read_tick(store, keys[0]).author == "fatma"


def test_the_next_outlook_tells_what_changed_since_the_last_that_stands(store: Store) -> None:
    monday(store)
    here = Here(store)
    for week in range(3):
        here.look(MONDAY + week * WEEK)
    last, middle, first = read_ticks(store)
    assert [str(first.since), str(middle.since)] == ["None", "2019-05-05"]
    withdraw(store, last.key, "wrong", "fatma")
    here.look(MONDAY + 3 * WEEK)
    assert read_ticks(store)[0].since == middle.as_of


def test_what_was_asked_for_and_never_done_is_asked_for_again(store: Store) -> None:
    monday(store)
    lost = Counter[str]()
    clock = Clock(store, lambda _task, name, _arguments: lost.update([name]))
    for hours in (0, 0, 0.5, 1.1, 1.2, 2.1):
        now = MONDAY + timedelta(hours=hours)
        with time_machine.travel(now, tick=False):
            clock.look(now)
    assert {name.rpartition(":")[2] for name in lost} == {"0", "1", "2"}
    before = sum(lost.values())
    clock.look(MONDAY + GIVEN_UP + timedelta(hours=1))
    assert sum(lost.values()) == before


def test_a_slice_whose_asking_was_cut_off_is_asked_for_whole(store: Store) -> None:
    monday(store, recipients=readers(120))
    here = Here(store)
    real = here.ask

    def cut(task: str, name: str, arguments: Sequence[Any]) -> None:
        if task == SEND and not name.endswith(":0"):
            raise RuntimeError("killed")
        real(task, name, arguments)

    here.clock = Clock(store, cut)
    with pytest.raises(RuntimeError):
        here.look(MONDAY)
    here.clock = Clock(store, real)
    here.look(MONDAY + MINUTE)
    got = Counter(address for address, _ in here.taken.letters)
    assert len(got) == 120
    assert set(got.values()) == {1}


def test_what_is_never_printed_is_told_within_hours(store: Store) -> None:
    made = monday(store)
    idle, here = Clock(store, lambda *_: None), Here(store)
    for hours in (0, 1.1, 2.1, 3.1, 3.2):
        now = MONDAY + timedelta(hours=hours)
        with time_machine.travel(now, tick=False):
            idle.look(now)
    [tick] = read_ticks(store)
    assert tick.state == "refused"
    assert "asked for 3 times, it was never printed" in str(tick.steps[0].reason)
    here.look(now)
    [(address, letter)] = here.taken.letters
    assert address == made.schedule.recipients[0].address
    assert "There is no outlook of A made-up land" in letter.text


def test_a_night_without_a_worker_is_no_failure_to_print(store: Store) -> None:
    monday(store)
    idle = Clock(store, lambda *_: None)
    for hours in (0, 9):
        now = MONDAY + timedelta(hours=hours)
        with time_machine.travel(now, tick=False):
            idle.look(now)
    Here(store).look(now)
    assert [tick.state for tick in read_ticks(store)] == ["released"]


def test_a_clock_that_is_put_back_rings_nothing_twice(store: Store) -> None:
    monday(store, cron="0 7 * * *")
    here = Here(store)
    for hours in (0, -30, -3, 0, 23.99, 0, 24, 23, 24):
        here.look(MONDAY + timedelta(hours=hours), 2)
    assert [str(tick.as_of) for tick in read_ticks(store)] == ["2019-05-06", "2019-05-05"]
    assert len(here.taken.letters) == 2


def test_two_versions_of_nuzuh_send_one_outlook(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monday(store, recipients=readers(3))
    old, new = Here(store), Here(store)
    new.taken = old.taken
    for times in range(4):
        for version, here in (("1", old), ("2", new)):
            monkeypatch.setattr("service.schedules.editions.nuzuh_version", lambda v=version: v)
            here.look(MONDAY + times * MINUTE, 1)
    assert len(old.taken.letters) == 3
    [tick] = read_ticks(store)
    assert [step.state for step in tick.steps] == ["drafted", "released"]


def test_who_lost_the_task_leaves_the_rest_to_the_other(store: Store) -> None:
    monday(store, recipients=readers(30))
    here = Here(store)
    asked: list[Sequence[Any]] = []
    real = here.ask

    def ask(task: str, name: str, arguments: Sequence[Any]) -> None:
        if task == SEND:
            asked.append(arguments)
        else:
            real(task, name, arguments)

    here.clock = Clock(store, ask)
    here.look(MONDAY)
    schedule_id, at, event, names = asked[0]
    key = Key(schedule_id, datetime.fromisoformat(at))
    with time_machine.travel(MONDAY, tick=False):
        send(store, here.taken, key, event, names, lambda: len(here.taken.letters) >= 5)
        assert 5 <= len(here.taken.letters) < 5 + AT_ONCE
        send(store, here.taken, key, event, names)
    got = Counter(address for address, _ in here.taken.letters)
    assert len(got) == 30
    assert set(got.values()) == {1}


@pytest.mark.parametrize(("release", "letters"), [("manual", 0), ("automatic", 1)])
def test_a_refusal_out_of_turn_goes_out_only_where_all_do_by_themselves(
    store: Store, release: str, letters: int
) -> None:
    made = monday(store, release=release)
    with time_machine.travel(SUNDAY, tick=False):
        key = ask_tick(store, made, None, "fatma", SUNDAY)
    here = Here(store)
    here.refusal = {"title": {"en": "Made-up"}, "failed": "no fit"}
    here.look(SUNDAY + MINUTE)
    tick = read_tick(store, key)
    assert (tick.state, tick.steps[0].reason) == ("refused", "it could not be made (no fit)")
    assert len(here.taken.letters) == letters


@pytest.mark.parametrize("end", ["revoked", "expired", "no publish", None])
def test_what_an_ended_key_scheduled_waits_for_approval(store: Store, end: str | None) -> None:
    with time_machine.travel(SUNDAY, tick=False):
        expires = MONDAY - MINUTE if end == "expired" else None
        scopes = ["plan"] if end == "no publish" else ["plan", "publish"]
        key, _ = create_key(store, "tester", scopes, "restricted", expires)
        add_schedule(store, read_schedule({**GIVEN, "release": "automatic"}), key.id)
        if end == "revoked":
            revoke_key(store, key.id)
    here = Here(store)
    here.look(MONDAY)
    [tick] = read_ticks(store)
    if end is None:
        assert (tick.state, len(here.taken.letters)) == ("released", 1)
        return
    assert (tick.state, here.taken.letters) == ("drafted", [])
    assert f"waits for approval: the key {key.id} is revoked" in str(tick.steps[0].reason)
    approve(store, tick.key, "fatma")
    here.look(MONDAY + MINUTE)
    assert len(here.taken.letters) == 1


def test_a_key_revoked_after_the_draft_releases_nothing(store: Store) -> None:
    with time_machine.travel(SUNDAY, tick=False):
        key, _ = create_key(store, "tester", ["publish"], "restricted")
        add_schedule(store, read_schedule({**GIVEN, "release": "automatic"}), key.id)
    here = Here(store)
    here.look(MONDAY, 2)
    assert [tick.state for tick in read_ticks(store)] == ["drafted"]
    revoke_key(store, key.id)
    here.look(MONDAY + MINUTE)
    assert [tick.state for tick in read_ticks(store)] == ["drafted"]
