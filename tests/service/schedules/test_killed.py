"""One tick of many schedules, two workers, one of them killed in the middle of sending."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from service.schedules.book import Kept
from service.schedules.clockwork import SENDING
from service.schedules.diary import Key, Tick, open_ticks, read_attempts, read_ticks
from service.schedules.sending import AT_ONCE
from service.schedules.ticks import Due, day_of
from service.store.store import Store
from tests.service.delivery.servers import Mailbox, mail_server
from tests.service.schedules.given import kept, print_all, readers
from tests.service.schedules.workers import Killable


def open_tick(store: Store, schedules: list[Kept]) -> None:
    """One tick of each schedule, its pages printed before."""
    now = datetime.now(UTC).replace(microsecond=0)
    for made in schedules:
        schedule = made.schedule
        tick = Tick(
            key=Key(schedule.id, now),
            version=made.version,
            as_of=day_of(now, schedule.zone),
            since=None,
            recorded=store.recorded(schedule.crisis_id),
            author="tester",
            created=now,
        )
        print_all(store, made, tick)
    for made in schedules:
        open_ticks(store, made, [Due(now, True)])


def wait_for(mailbox: Mailbox, count: int, seconds: float) -> None:
    """Until so many messages came."""
    end = time.monotonic() + seconds
    while len(mailbox.taken) < count:
        assert time.monotonic() < end, f"{len(mailbox.taken)} of {count} messages in {seconds} s"
        time.sleep(0.02)


def all_sent(store: Store, each: int) -> bool:
    """Whether every letter of every tick is noted as sent."""
    ticks = read_ticks(store)
    noted = [read_attempts(store, tick.key).get("outlook", {}) for tick in ticks]
    return all(
        len(one) == each and all(last.outcome == "sent" for last in one.values()) for one in noted
    )


def run(url: str, schedules: int, each: int, seconds: float) -> None:
    mailbox = Mailbox()
    total = schedules * each
    with Store(url) as store, mail_server(mailbox) as port:
        made = [
            kept(store, id=f"s{number}", recipients=readers(each), release="automatic")
            for number in range(schedules)
        ]
        with Killable(url, port) as first, Killable(url, port):
            open_tick(store, made)
            began = time.monotonic()
            wait_for(mailbox, total // 3, seconds)
            first.kill()
            killed = time.monotonic()
            at_kill = len(mailbox.taken)
            end = began + seconds
            while not all_sent(store, each):
                assert time.monotonic() < end, f"{len(mailbox.taken)} of {total} messages"
                time.sleep(0.1)
            took = time.monotonic() - killed
        counts = mailbox.counts()
        assert len(counts) == total
        twice = sum(counts.values()) - total
        assert twice <= AT_ONCE * SENDING
        assert max(counts.values()) <= 2
    print(
        f"\n{total} messages, killed at {at_kill}, {twice} twice, first third in "
        f"{killed - began:.1f} s, the rest in {took:.1f} s"
    )


def test_none_is_missing_when_a_worker_is_killed(url: str) -> None:
    run(url, schedules=3, each=5, seconds=60)


@pytest.mark.slow
def test_none_of_a_thousand_is_missing_when_a_worker_is_killed(url: str) -> None:
    run(url, schedules=20, each=50, seconds=240)
