"""Why a letter was not taken, and when another attempt is worth making."""

from __future__ import annotations

from datetime import timedelta

from features.errors import NuzuhError

WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180))
LONGEST_WAIT = timedelta(hours=6)


class Undelivered(NuzuhError):
    """A letter was not taken; the message says by whom and why, and holds no secret."""


class Refused(Undelivered):
    """It would not be taken later either."""


class TryLater(Undelivered):
    """It may be taken later; `after` is the least wait that the other side asked for."""

    def __init__(self, why: str, after: timedelta = timedelta(0)) -> None:
        super().__init__(why)
        self.after = after


def wait_before_next(attempts: int, asked: timedelta = timedelta(0)) -> timedelta | None:
    """How long to wait after so many attempts, at least 1; None when it is time to give up.

    What the other side asked for counts, up to six hours.
    """
    if attempts > len(WAITS):
        return None
    return max(WAITS[attempts - 1], min(asked, LONGEST_WAIT))
