"""One tick of twenty schedules of fifty readers, two workers, killed in every phase of it.

All is real: `nuzuh worker` finds the tick, fits, writes the pages, and hands them in by SMTP.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from service.delivery.mail import MOST_BYTES, message_id
from service.schedules.book import Kept
from service.schedules.clockwork import SENDING
from service.schedules.diary import Tick, read_attempts, read_ticks
from service.schedules.letters import id_of
from service.schedules.schema import editions
from service.schedules.sending import AT_ONCE
from service.store.folders import import_folder
from service.store.store import Store
from tests.folders import write_crisis
from tests.service.delivery.servers import mail_server
from tests.service.schedules.given import kept
from tests.service.schedules.workers import DOMAIN, Killable, Mail, Tally, noted
from tests.service.store.conftest import NewUrl

SCHEDULES, EACH, SECONDS = 20, 50, 420
LAST_DAY = date(2018, 12, 31)
LANGUAGES = ("en", "tr", "ar")
KINDS: tuple[dict[str, Any], ...] = (
    {"audience": "restricted", "horizon": 2, "formats": ["html", "pdf", "txt"]},
    {"audience": "public", "horizon": 2, "formats": ["html", "txt"]},
    {"audience": "restricted", "horizon": 3, "formats": ["pdf", "txt", "sms"]},
)


def as_of_today(text: str) -> str:
    """An edit that moves every day by the same whole weeks, so that the data end about now."""
    by = timedelta(weeks=(date.today() - LAST_DAY).days // 7)
    days = re.compile(r"\b20\d\d-\d\d-\d\d\b")
    return days.sub(lambda found: str(date.fromisoformat(found[0]) + by), text)


def on_the_minute(store: Store) -> list[Kept]:
    """Schedules that tick at the minute that has just begun."""
    now = datetime.now(UTC)
    readers = [
        {"way": "email", "address": f"reader{n}@ngo.example.org", "language": language}
        for n, language in zip(range(EACH), cycle(LANGUAGES), strict=False)
    ]
    common = {"cron": f"{now.minute} {now.hour} * * *", "zone": "UTC", "release": "automatic"}
    with time_machine.travel(now - timedelta(minutes=5)):
        return [
            kept(store, id=f"s{n}", languages=LANGUAGES, recipients=readers, **common, **kind)
            for n, kind in zip(range(SCHEDULES), cycle(KINDS), strict=False)
        ]


def letters(schedules: list[Kept], ticks: list[Tick]) -> dict[tuple[str, str], Mail]:
    """Every message that must come, by its tick and recipient."""
    ticks_of = {tick.key.schedule_id: tick.key for tick in ticks}
    return {
        (str(key), str(one)): Mail(
            one.address, message_id(id_of(key, "outlook", one), f"x@{DOMAIN}")
        )
        for made in schedules
        for key in [ticks_of[made.schedule.id]]
        for one in made.schedule.recipients
    }


class Run:
    """Workers at a tick, two at first."""

    def __init__(self, url: str, port: int, log: Path, stack: ExitStack) -> None:
        self._url, self._port, self._log, self._stack = url, port, log, stack
        self._started = 0
        self._workers: list[Killable] = []
        self._end = time.monotonic() + SECONDS
        for _ in range(2):
            self.start()

    def start(self) -> None:
        """One more worker."""
        worker = Killable(self._url, self._port, f"worker{self._started}", self._log)
        self._workers.append(self._stack.enter_context(worker))
        self._started += 1

    def kill(self, victim: int) -> str:
        """Kill one of the two; who it handed in as."""
        gone = self._workers.pop(victim)
        gone.kill()
        return gone.sender

    def until(self, there: Callable[[], bool]) -> None:
        """Wait for it."""
        while not there():
            assert time.monotonic() < self._end, f"not within {SECONDS} s; see {self._log}"
            time.sleep(0.05)


def pages(store: Store) -> int:
    """How many pages are printed."""
    with store.reading() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(editions)) or 0)


def with_pdf() -> bool:
    """Whether a PDF can be written here."""
    try:
        import weasyprint  # noqa: F401
    except OSError:
        return False
    return True


@pytest.mark.slow
def test_none_of_a_thousand_is_missing_when_workers_are_killed(
    new_url: NewUrl, tmp_path: Path
) -> None:
    url, tally, seed = new_url(), Tally(), random.randrange(2**32)
    chance = random.Random(seed)
    dated = ("attacks", "displacement", "agreements", "routes")
    moved: dict[str, Any] = dict.fromkeys(dated, as_of_today)
    with Store(url) as store, mail_server(tally) as port, ExitStack() as stack:
        import_folder(store, write_crisis(tmp_path / "made-up", **moved), author="tester")
        made = on_the_minute(store)
        run, began = Run(url, port, tmp_path / "log", stack), time.monotonic()
        printed, handed_in = chance.randint(1, 20), chance.randint(100, 900)
        phases: dict[str, Callable[[], bool]] = {
            "fit": lambda: len(read_ticks(store)) == SCHEDULES,
            "pages": lambda: pages(store) >= printed,
            "sending": lambda: tally.counts().total() >= handed_in,
        }
        killed: dict[str, set[tuple[str, str]]] = {}
        told = []
        for phase, there in phases.items():
            run.until(there)
            time.sleep(chance.uniform(0, 4) if phase == "fit" else 0)
            sender = run.kill(chance.randrange(2))
            killed[sender] = noted(store)
            told.append(f"{phase}: {pages(store)} pages, {len(killed[sender])} noted")
            run.start()
        run.until(lambda: len(noted(store)) == SCHEDULES * EACH)
        took = time.monotonic() - began
        ticks = read_ticks(store)
        attempts = [read_attempts(store, tick.key) for tick in ticks]
    wanted, counts = letters(made, ticks), tally.counts()
    flying = {
        sender: {mail for name, mail in wanted.items() if name not in before}
        & set(tally.taken.get(sender, ()))
        for sender, before in killed.items()
    }
    twice = {mail for mail, count in counts.items() if count > 1}
    print(
        f"\n{counts.total()} messages, {len(wanted.keys())} wanted, "
        f"{len(set(wanted.values()) - set(counts))} missing, {len(twice)} twice, in flight at the "
        f"kills {[len(one) for one in flying.values()]}; killed at {'; '.join(told)}; "
        f"{took:.0f} s, longest {tally.longest:,} bytes, seed {seed}"
    )
    assert [tick.author for tick in ticks] == ["nuzuh"] * SCHEDULES
    assert {tuple(step.state for step in tick.steps) for tick in ticks} == {("drafted", "released")}
    assert all(set(one) == {"outlook"} for one in attempts)
    assert set(counts) == set(wanted.values())
    assert len(set(wanted.values())) == SCHEDULES * EACH
    # A repeat is one that the server had taken of the dead before the store knew.
    assert twice <= set().union(*flying.values())
    assert all(len(one) <= AT_ONCE * SENDING for one in flying.values())
    assert max(counts.values()) <= 2
    assert tally.longest <= MOST_BYTES
    assert bool(tally.with_pdf) == with_pdf()
