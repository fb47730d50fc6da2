"""Who let an outlook out, who took it back, and how a reader checks a file."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest

from features.errors import InputError
from service.access.audit import read_audit
from service.errors import Conflict, NotFound
from service.schedules.book import Kept
from service.schedules.clock import Clock
from service.schedules.diary import Key, Tick, read_tick
from service.schedules.editions import edition_of, keep, keep_refusal, read_files
from service.schedules.opening import ask_tick
from service.schedules.proof import FORECAST
from service.schedules.release import approve, read_pages, releases, verify, withdraw
from service.store.store import Store
from tests.service.schedules.given import SUNDAY, kept, print_all


def drafted(store: Store) -> tuple[Kept, Tick]:
    """A draft that waits."""
    made = kept(store)
    key = ask_tick(store, made, None, "tester", SUNDAY)
    print_all(store, made, read_tick(store, key))
    Clock(store, lambda *_: None).look(read_tick(store, key).created)
    return made, read_tick(store, key)


def test_an_approval_is_in_the_audit_log_with_the_fingerprints(store: Store) -> None:
    made, tick = drafted(store)
    assert tick.state == "drafted"
    assert approve(store, tick.key, "fatma").state == "released"
    [line] = read_audit(store, 10)
    assert (line["author"], line["action"]) == ("fatma", "outlook.release")
    assert line["subject"] == str(tick.key)
    files = read_files(store, made.schedule, tick)["en"]
    told = {f"en.{name}": hashlib.sha256(file.content).hexdigest() for name, file in files.items()}
    assert line["detail"]["sha256"] == told


def test_a_second_approval_changes_nothing(store: Store) -> None:
    _, tick = drafted(store)
    first = approve(store, tick.key, "fatma")
    assert approve(store, tick.key, "ali") == first
    assert len(read_audit(store, 10)) == 1


def test_only_what_was_released_is_withdrawn(store: Store) -> None:
    _, tick = drafted(store)
    with pytest.raises(Conflict, match="is drafted"):
        withdraw(store, tick.key, "wrong", "fatma")
    approve(store, tick.key, "fatma")
    with pytest.raises(InputError, match="say why"):
        withdraw(store, tick.key, "  ", "fatma")
    assert withdraw(store, tick.key, "wrong", "ali").state == "withdrawn"
    with pytest.raises(Conflict, match="is withdrawn"):
        approve(store, tick.key, "fatma")
    assert [line["action"] for line in read_audit(store, 10)] == [
        "outlook.withdraw",
        "outlook.release",
    ]


def test_what_was_refused_is_never_released(store: Store) -> None:
    made = kept(store)
    key = ask_tick(store, made, None, "tester", SUNDAY)
    tick = read_tick(store, key)
    keep_refusal(store, edition_of(made.schedule, tick).key, {"title": "x", "failed": "no"})
    Clock(store, lambda *_: None).look(tick.created)
    with pytest.raises(Conflict, match="is refused"):
        approve(store, key, "fatma")
    assert read_files(store, made.schedule, read_tick(store, key)) == {}


def test_there_is_no_such_tick(store: Store) -> None:
    with pytest.raises(NotFound, match="no tick monday@2019-05-05T12:00:00Z"):
        approve(store, Key("monday", SUNDAY), "fatma")


def test_a_file_is_known_to_the_byte_once_it_is_released(store: Store) -> None:
    made, tick = drafted(store)
    pdf = read_files(store, made.schedule, tick)["en"]["pdf"]
    assert verify(store, pdf.sha256) == []
    approve(store, tick.key, "fatma")
    [found] = verify(store, pdf.sha256)
    assert (found.tick.key, found.language, found.format) == (tick.key, "en", "pdf")
    assert verify(store, hashlib.sha256(pdf.content + b" ").hexdigest()) == []
    withdraw(store, tick.key, "wrong", "fatma")
    assert verify(store, pdf.sha256)[0].tick.state == "withdrawn"


def test_the_fingerprint_that_pages_print_is_known_and_logged(store: Store) -> None:
    _, tick = drafted(store)
    forecast = b'{"arrivals": 150000}'
    keep(store, tick.edition, *FORECAST, forecast)
    printed = hashlib.sha256(forecast).hexdigest()
    assert verify(store, printed) == []
    approve(store, tick.key, "fatma")
    [found] = verify(store, printed)
    assert (found.tick.key, found.language, found.format) == (tick.key, "", "forecast")
    assert read_audit(store, 1)[0]["detail"]["forecast"] == printed


def test_no_two_ticks_share_a_file_name(store: Store) -> None:
    made, tick = drafted(store)
    later = ask_tick(store, made, tick.as_of, "tester", SUNDAY + timedelta(hours=1))
    print_all(store, made, read_tick(store, later))
    Clock(store, lambda *_: None).look(read_tick(store, later).created)
    names = [
        {file.name for file in read_pages(store, read_tick(store, key))["en"].values()}
        for key in (tick.key, later)
    ]
    assert len(names[0] | names[1]) == 6
    assert all(name.startswith(f"outlook-made-up-{tick.as_of}-") for name in names[1])


def test_drafts_and_releases_are_listed_the_newest_first(store: Store) -> None:
    made, tick = drafted(store)
    later = ask_tick(store, made, None, "tester", SUNDAY + timedelta(hours=1))
    print_all(store, made, read_tick(store, later))
    assert [one.key for one in releases(store, 10)] == [tick.key]
    Clock(store, lambda *_: None).look(read_tick(store, later).created)
    assert [one.key for one in releases(store, 10)] == [later, tick.key]
    assert [one.key for one in releases(store, 1)] == [later]
