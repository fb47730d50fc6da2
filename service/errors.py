"""Errors of the service alone: who asks, and what stands in the way.

NuzuhError
├── Malformed       the body cannot be read at all (400)
├── Unauthorised    no key, or none that is valid (401)
├── Forbidden       the key may not do this (403)
├── NotFound        there is none, or none for this audience (404)
├── Conflict        what stands already forbids it (409)
├── WrongType       the body is of a type that is not read here (415)
├── TooMany         the rate limit is used up (429)
├── Stale           a source is too old to forecast from (503)
├── Ended           the process of a task was ended before it (503)
├── TookTooLong     a task took longer than it may (503)
└── Broke           a task failed in a way that nobody foresaw (503)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from features.errors import NuzuhError


class Malformed(NuzuhError):
    """The body cannot be read: no UTF-8, no JSON, or JSON that says a thing twice."""


class Unauthorised(NuzuhError):
    """No key was given, or none that is known, unexpired and not revoked; which is not told."""


class Forbidden(NuzuhError):
    """The key is valid but lacks what is needed; the message names it."""


class NotFound(NuzuhError):
    """There is no such thing, or the audience of the key may not know of it."""


class Conflict(NuzuhError):
    """What is asked contradicts what was done before; `retry_after` seconds it may no longer."""

    def __init__(self, why: str, retry_after: int | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(why)


class WrongType(NuzuhError):
    """The body is of a media type that is not read here; the message names those that are."""


class TooMany(NuzuhError):
    """Too many requests; `retry_after` seconds from now the next is answered."""

    def __init__(self, why: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(why)


@dataclass(frozen=True)
class StaleSource:
    """A source past its limit: the last day it tells of, None when it had told nothing."""

    source: str
    what: str
    data_through: str | None
    age_days: int | None
    max_age_days: float | None

    def __str__(self) -> str:
        if self.data_through is None:
            return f"{self.source} ({self.what}) had published nothing yet"
        last = f"{self.source} ({self.what}) reaches {self.data_through}, {self.age_days} days ago"
        return f"{last}; its limit is {self.max_age_days:g}"


class Stale(NuzuhError):
    """Sources are too old to forecast from; `last_good` is the newest forecast they were not.

    It stands on `last_good_as_of`.
    """

    def __init__(
        self,
        sources: Sequence[StaleSource],
        last_good: str | None = None,
        last_good_as_of: date | None = None,
    ) -> None:
        self.sources, self.last_good, self.last_good_as_of = sources, last_good, last_good_as_of
        told = "; ".join(map(str, sources))
        super().__init__(f"{told}; ask with stale=allow to have it marked as stale")

    def document(self) -> dict[str, Any]:
        """What the problem says beside its text."""
        day = self.last_good_as_of
        return {
            "sources": [asdict(source) for source in self.sources],
            "last_good_forecast": self.last_good,
            "last_good_as_of": None if day is None else str(day),
        }


class Ended(NuzuhError):
    """The process was ended before its task: by whoever cancelled it, or for lack of memory."""


class TookTooLong(NuzuhError):
    """The task took longer than it may."""


class Broke(NuzuhError):
    """The task failed in a way that nuzuh does not expect."""
