"""What each audience is told of where people are: how fine, how small, how exact, how soon.

Where fleeing people are is targeting information: places of the displaced have been hit.

Rounding is to a multiple of twice the smallest figure that is told, and this is what makes the rest
safe. A figure that is told then lies between two multiples of the smallest one, one that is
withheld between 0 and the smallest. Sums over places and over windows are tables whose matrix is
totally unimodular, so the bounds that follow for a withheld figure from all others are multiples of
the smallest too (Hoffman & Kruskal 1956): at most 0 and at least the smallest, which is to say
nothing that was not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from features import disclosure, facts
from features.errors import Finding, InputError

DEPTH = {
    "external": 0,
    "region": 0,
    "admin1": 1,
    "admin2": 2,
    "admin3": 3,
    "community": 4,
    "camp": 5,
    "crossing": 5,
}


@dataclass(frozen=True)
class Policy:
    """What an audience is told.

    `finest` is the finest level of places, None for all. A figure of people above 0 and below
    `smallest` is withheld, others come rounded to multiples of `rounding`. Nothing is told that was
    published, or stands on a day, less than `embargo_days` ago.
    """

    audience: str
    finest: str | None = None
    smallest: int = 0
    rounding: int = 1
    embargo_days: int = 0

    @property
    def unlimited(self) -> bool:
        """Whether places and figures are told as they are."""
        return self.finest is None and self.rounding == 1

    def small(self, figure: float) -> bool:
        """Whether a figure of people is withheld."""
        return 0 < abs(figure) < self.smallest

    def rounded(self, figure: float) -> float:
        """A figure of people as it is told."""
        if self.rounding == 1:
            return figure
        return int((figure + self.rounding / 2) // self.rounding * self.rounding)


DEFAULTS = tuple(Policy(audience, **keys) for audience, keys in disclosure.DEFAULTS.items())


def policies(table: Mapping[str, Any]) -> dict[str, Policy]:
    """The policies by audience: the defaults, changed by the [disclosure] of a `crisis.toml`.

    Raises InputError with all that is wrong with the table.
    """
    found, wrong = disclosure.read_disclosure(table)
    if wrong:
        raise InputError([Finding(facts.FILE, one.why, column=one.key) for one in wrong])
    return {audience: Policy(audience, **keys) for audience, keys in found.items()}
