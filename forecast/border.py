"""The border gate: a process that lets so many people a day through, and who waits before it.

`[models.border]` of a crisis.toml says how many a day (`people_a_day`) after which `source`.
Opening the gate is an assumption of the user, never a forecast, and so is who moves on abroad.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.facts import FILE

Floats = NDArray[np.float64]
KEYS = ("people_a_day", "source")


@dataclass(frozen=True)
class Gate:
    """How many people a day it lets through, after which source."""

    people_a_day: float
    source: str


@dataclass(frozen=True)
class Stock:
    """People counted in a place on a day, after a source."""

    persons: float
    day: str
    source: str


@dataclass(frozen=True, eq=False)
class Border:
    """Who `crossed` in each step and who waits (`queue`) at its end, both (draws, steps).

    `registered` is the last known count of people abroad, None where the crisis has none; of those
    who cross, the share `onward` moves on, None where the user assumes nothing.
    """

    gate: Gate
    crossed: Floats
    queue: Floats
    registered: Stock | None = None
    onward: float | None = None

    @property
    def stays(self) -> Floats:
        """People who crossed since the day and stay, at the end of each step, (draws, steps)."""
        return np.asarray(self.crossed.cumsum(axis=1) * (1.0 - (self.onward or 0.0)))

    @property
    def stock(self) -> Floats | None:
        """People registered abroad at the end of each step, (draws, steps), with those who stay.

        None where nobody counted them. Births, late registration and returns from abroad are not
        in it.
        """
        return None if self.registered is None else self.registered.persons + self.stays


def through(waiting: Floats, moved: Floats, able: float) -> tuple[Floats, Floats]:
    """Who crosses in a step and who waits at its end, both (draws,).

    `moved` (draws,) come to the gate, less those who turn back where it is negative; it lets `able`
    people through.
    """
    there = np.maximum(waiting + moved, 0.0)
    crossed = np.minimum(there, able)
    return crossed, there - crossed


def gate_of(crisis: Crisis) -> Gate | None:
    """The gate of a crisis, None where it has none. Raises InputError where it is told wrongly."""
    table = crisis.models.get("border")
    if table is None:
        return None
    findings = [
        Finding(FILE, f"is no key of [models.border]; known: {', '.join(KEYS)}", value=key)
        for key in table
        if key not in KEYS
    ]
    people, source = table.get("people_a_day"), table.get("source")
    if not isinstance(people, int | float) or isinstance(people, bool) or people < 0:
        why = "is no number of people from 0 on; give how many cross a day"
        findings.append(Finding(FILE, why, column="people_a_day", value=str(people)))
    if not isinstance(source, str) or not source.strip():
        findings.append(Finding(FILE, "is missing; say after whom", column="source"))
    if findings:
        raise InputError(findings)
    return Gate(float(people or 0.0), str(source))


def registered_abroad(crisis: Crisis) -> Stock | None:
    """The last known count of people in a place outside the country (level external)."""
    rows = crisis.reports
    abroad = crisis.places.at_level("external")
    rows = rows[(rows["measure"] == "stock") & rows["place_id"].isin(abroad)]
    return None if rows.empty else stock_of(rows.sort_values("end", kind="stable").iloc[-1])


def stock_of(row: object) -> Stock:
    """The stock that a report tells of."""
    return Stock(float(row["persons"]), f"{row['end']:%Y-%m-%d}", str(row["source"]))  # type: ignore[index]
