"""What one cell of a crisis file may hold, and how it is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from features.spelling import did_you_mean, listed

MOST_PEOPLE = 1e10
FIRST_YEAR, LAST_YEAR = 1900, 2100
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_GROUPED = re.compile(r"[0-9]{1,3}([,. '’\u00a0\u202f][0-9]{3})+")

Kind = Literal["text", "date", "number"]
DTYPES: dict[Kind, str] = {"text": "str", "date": "datetime64[us]", "number": "float64"}
MISSING: dict[Kind, str | float] = {"text": "", "date": "NaT", "number": np.nan}


@dataclass(frozen=True)
class Column:
    """One column: its name, the kind of its cells, and what they may hold.

    `blank` cells read as `default`, and as a missing date or number without one. An `optional`
    column may be absent. Numbers lie in [`least`, `most`] and above `above`.
    """

    name: str
    kind: Kind = "text"
    blank: bool = False
    optional: bool = False
    choices: tuple[str, ...] = ()
    default: str = ""
    least: float = -MOST_PEOPLE
    above: float = -np.inf
    most: float = MOST_PEOPLE

    def read(self, cell: str) -> str | float:
        """The cell's value: text, a number, or a date as ISO text (`"NaT"` when blank).

        Raises ValueError with the reason and the remedy.
        """
        cell = cell or self.default
        if not cell:
            return self._read_blank()
        if self.kind == "date":
            return read_date(cell)
        if self.kind == "number":
            return self._within(read_number(cell))
        return self._chosen(cell)

    @property
    def missing(self) -> str | float:
        """What stands where nothing could be read."""
        return MISSING[self.kind]

    def _read_blank(self) -> str | float:
        if not self.blank:
            raise ValueError("is blank; fill it in or take the row out")
        return self.missing

    def _chosen(self, cell: str) -> str:
        if self.choices and cell not in self.choices:
            hint = did_you_mean(cell, self.choices)
            raise ValueError(f"is no known {self.name}{hint}; use one of {listed(self.choices)}")
        return cell

    def _within(self, number: float) -> float:
        remedy = "correct it or leave it blank" if self.blank else "correct it"
        if number <= self.above:
            raise ValueError(f"is not above {self.above:g}; {remedy}")
        if number < self.least:
            raise ValueError(f"is below {self.least:g}; {remedy}")
        if number > self.most:
            raise ValueError(f"is above {self.most:g}; {remedy}")
        return number


def read_date(cell: str) -> str:
    """An ISO calendar day, given back as it stands; ValueError on anything else."""
    if not _DATE.fullmatch(cell):
        raise ValueError("is no ISO date; write it as YYYY-MM-DD, for example 2019-05-04")
    try:
        day = date.fromisoformat(cell)
    except ValueError as error:
        raise ValueError(f"is no day of the calendar ({error}); correct it") from None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"lies outside {FIRST_YEAR}–{LAST_YEAR}; correct the year")
    return cell


def read_number(cell: str) -> float:
    """A finite decimal number; ValueError on grouped digits, words, NaN and infinity."""
    if _NUMBER.fullmatch(cell) and np.isfinite(number := float(cell)):
        return number
    if _GROUPED.fullmatch(cell):
        raise ValueError("has its digits grouped; write it without separators, for example 12500")
    raise ValueError("is no finite number; write digits only, for example 12500 or 0.4")
