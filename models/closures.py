"""What is shut, and when: a place, or the road or crossing between two."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from features.errors import Finding, InputError


@dataclass(frozen=True)
class Closure:
    """A place, or the way between it and another, shut from `start` to `end`, both days included.

    Without an `end` nothing is known of its reopening. With `leave` nobody comes to the place, but
    people leave it still.
    """

    place: str
    start: pd.Timestamp
    end: pd.Timestamp | None = None
    other: str = ""
    leave: bool = False

    def holds(self, day: pd.Timestamp) -> bool:
        """Whether it is shut that day."""
        return self.start <= day and (self.end is None or day <= self.end)

    @property
    def shut(self) -> frozenset[str]:
        """The place, or both ends of the way."""
        return frozenset({self.place, self.other} - {""})


def check_closures(closures: Sequence[Closure], known: Sequence[str], file: str) -> None:
    """Refuse closures of what is not known, that end early or overlap. Raises InputError.

    `file` is what the findings name, with the number of the closure as the line.
    """
    findings = []
    for at, closure in enumerate(closures):
        findings += [
            Finding(file, "no such place", at + 1, "place", place)
            for place in sorted(closure.shut - set(known))
        ]
        if closure.end is not None and closure.end < closure.start:
            why = "ends before it starts; swap or correct the days"
            findings.append(Finding(file, why, at + 1, "end", f"{closure.end:%Y-%m-%d}"))
        for before, other in enumerate(closures[:at]):
            if other.shut == closure.shut and _overlap(closure, other):
                why = f"overlaps closure {before + 1} of the same; give spells that follow another"
                findings.append(Finding(file, why, at + 1, "start", f"{closure.start:%Y-%m-%d}"))
    if findings:
        raise InputError(findings)


def _overlap(one: Closure, other: Closure) -> bool:
    first, last = sorted((one, other), key=lambda closure: closure.start)
    return first.end is None or last.start <= first.end
