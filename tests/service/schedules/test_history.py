"""What the history says of letters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from service.delivery.failures import TryLater
from service.schedules.clock import Clock
from service.schedules.diary import read_tick
from service.schedules.history import letters_of
from service.schedules.opening import ask_tick
from service.schedules.release import approve
from service.schedules.sending import send
from service.store.store import Store
from tests.service.schedules.given import Taken, kept, print_all, readers


@pytest.mark.parametrize("tried", [True, False])
def test_what_is_not_sent_after_two_days_is_given_up(store: Store, tried: bool) -> None:
    made = kept(store, recipients=readers(2))
    key = ask_tick(store, made, None, "tester", datetime.now(UTC))
    print_all(store, made, read_tick(store, key))
    Clock(store, lambda *_: None).look(datetime.now(UTC))
    approve(store, key, "fatma")
    names = [str(one) for one in made.schedule.recipients]
    if tried:
        send(store, Taken(reader1=TryLater("busy")), key, "outlook", names)
    before = {one["recipient"]: one for one in letters_of(store, read_tick(store, key))}
    assert "given up" not in {one["outcome"] for one in before.values()}
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=49)):
        found = {one["recipient"]: one for one in letters_of(store, read_tick(store, key))}
    assert found[names[0]]["outcome"] == ("sent" if tried else "given up")
    assert found[names[1]]["outcome"] == "given up"
    assert found[names[1]]["attempt"] == int(tried)
    assert found[names[1]]["reason"] == "not sent within 48 hours" + (": busy" if tried else "")
