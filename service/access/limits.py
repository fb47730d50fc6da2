"""How often a key may ask, and how often an address may show keys that are none."""

from __future__ import annotations

import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from features.errors import Finding, InputError
from service.errors import TooMany


class Rates:
    """Counts of one process; several processes each allow as much."""

    def __init__(self, requests: str, failures: str) -> None:
        """Limits as `600/minute`. Raises InputError for one that cannot be read."""
        self._requests, self._failures = _read("rate", requests), _read("failure_rate", failures)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count_request(self, key_id: str) -> None:
        """Count a request of a key. Raises TooMany when that was one too many."""
        self._count(self._requests, "key", key_id)

    def count_failure(self, address: str) -> None:
        """Count a key that is none. Raises TooMany when the address has tried too many."""
        self._count(self._failures, "address", address)

    def _count(self, limit: RateLimitItem, what: str, who: str) -> None:
        if not self._limiter.hit(limit, what, who):
            ends = self._limiter.get_window_stats(limit, what, who).reset_time
            wait = max(1, round(ends - time.time()))
            raise TooMany(f"more than {limit} from this {what}; wait {wait} s", wait)


def _read(name: str, text: str) -> RateLimitItem:
    try:
        return parse(text)
    except ValueError:
        why = "is no rate; write a number and a span, as in 600/minute"
        raise InputError(Finding(name, why, value=text)) from None
