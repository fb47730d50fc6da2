"""When another attempt is made."""

from __future__ import annotations

from datetime import timedelta

from service.delivery.failures import LONGEST_WAIT, WAITS, wait_before_next


def test_waits_grow_and_end() -> None:
    waits = [wait_before_next(attempts) for attempts in range(1, len(WAITS) + 2)]
    assert waits[:-1] == sorted(WAITS)
    assert waits[-1] is None


def test_what_was_asked_for_counts_within_reason() -> None:
    assert wait_before_next(1, timedelta(minutes=30)) == timedelta(minutes=30)
    assert wait_before_next(5, timedelta(seconds=1)) == WAITS[4]
    assert wait_before_next(1, timedelta(days=30)) == LONGEST_WAIT
