"""The rows of Flee's CSV files: with or without a header, spaces after commas, `#` for comments."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from features.cells import read_date, read_number
from features.errors import Finding, InputError
from features.spelling import did_you_mean
from features.tables import read_text

_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[-/.]([0-9]{1,2})[-/.]([0-9]{4})")


@dataclass(frozen=True)
class Row:
    """One row of a file, its cells stripped; readers note what is wrong and give None instead."""

    file: str
    line: int
    cells: Sequence[str]
    findings: list[Finding] = field(repr=False)

    def cell(self, at: int) -> str:
        """The cell at a position, "" where the row is shorter."""
        return self.cells[at] if at < len(self.cells) else ""

    def flag(self, column: str, value: str, why: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(self.file, why, self.line, column, value))

    def flag_unknown(self, column: str, name: str, known: Sequence[str], what: str) -> None:
        """Note a name that is none of the known; nothing is unknown where nothing is known."""
        if known and name not in known:
            hint = did_you_mean(name, known)
            self.flag(column, name, f"no {what} of locations.csv is called so{hint}")

    def day(self, at: int, column: str) -> date | None:
        """A date as `read_day` takes it."""
        try:
            return read_day(self.cell(at))
        except ValueError as error:
            self.flag(column, self.cell(at), str(error))
        return None

    def number(self, at: int, column: str, least: float = 0, most: float = 1e10) -> float | None:
        """A number in `least`..`most`."""
        cell = self.cell(at)
        try:
            number = read_number(cell)
        except ValueError as error:
            self.flag(column, cell, str(error))
            return None
        if least <= number <= most:
            return number
        self.flag(column, cell, f"lies outside {least:g} to {most:g}; correct it")
        return None

    def whole(self, at: int, column: str) -> int | None:
        """A whole number from 0 on."""
        number = self.number(at, column)
        if number is None or number == int(number):
            return None if number is None else int(number)
        self.flag(column, self.cell(at), "is no whole number; correct it")
        return None


def read_day(cell: str) -> date:
    """A day written year first (as Flee does) or day first; ValueError on anything else."""
    if found := _YEAR_FIRST.fullmatch(cell):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.fullmatch(cell):
        day, month, year = found.groups()
    else:
        raise ValueError("is no date; write it as YYYY-MM-DD, for example 2012-02-29")
    return date.fromisoformat(read_date(f"{year}-{month:0>2}-{day:0>2}"))


def read_rows(directory: Path, name: str, findings: list[Finding]) -> list[Row]:
    """All rows of a file that are not blank, comments and header included.

    A file that is missing or no UTF-8 text gives none, and a finding; `file` in rows and findings
    is the path below the conflict's folder.
    """
    path = directory / name
    file = f"{directory.name}/{name}"
    try:
        text = read_text(path)
    except FileNotFoundError:
        findings.append(Finding(file, "the file is missing; add it to the folder"))
        return []
    except InputError as error:
        findings += [Finding(file, found.why, found.line) for found in error.findings]
        return []
    reader = csv.reader(text.splitlines(), skipinitialspace=True)
    rows = [
        Row(file, reader.line_num, [cell.strip() for cell in cells], findings) for cells in reader
    ]
    return [row for row in rows if any(row.cells)]


def is_comment(row: Row) -> bool:
    """Whether Flee passes the row by."""
    return row.cell(0).startswith("#")


def header_and_body(rows: Sequence[Row], first: str) -> tuple[list[str], list[Row]]:
    """The header's names in small letters (none where there is no header), and the other rows.

    The header is the first row that is no comment if it begins with `first`, else the first
    comment of several cells.
    """
    body = [row for row in rows if not is_comment(row)]
    if body and body[0].cell(0).lower() == first:
        return _names(body[0]), body[1:]
    comments = [row for row in rows if is_comment(row) and len(row.cells) > 1]
    return _names(comments[0]) if comments else [], body


def _names(row: Row) -> list[str]:
    return [name.lstrip("# ").lower() for name in row.cells]
