"""Flee's forced redirections: whoever comes to one place is sent on to another.

In `routes.csv` 1 sends people from name2 on to name1 and 2 from name1 on to name2, as Flee's manual
has it. In `closures.csv` add_ and remove_forced_redirection begin and end the way from name1 to
name2 on a day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from features.crises.builders.flee.rows import Row, header_and_body, read_rows
from features.errors import Finding

COLUMN = "forced_redirection"
USUAL_COLUMN = 3
TO_FIRST, TO_SECOND = "1", "2"
ADD, REMOVE = f"add_{COLUMN}", f"remove_{COLUMN}"


@dataclass(frozen=True)
class Redirection:
    """People who come to `first` are sent on to `second`.

    From the day `start` to the day before `end`, counted from the first day of the conflict; `end`
    is None where it never ends.
    """

    first: str
    second: str
    start: int
    end: int | None


def read_redirections(directory: Path) -> list[Redirection]:
    """The redirections of a folder whose routes and closures are read, and checked, elsewhere."""
    passed_by: list[Finding] = []
    header, rows = header_and_body(read_rows(directory, "routes.csv", passed_by), "name1")
    at = header.index(COLUMN) if COLUMN in header else USUAL_COLUMN
    found = [_of_route(row, at) for row in rows if row.cell(at) in (TO_FIRST, TO_SECOND)]
    _, rows = header_and_body(read_rows(directory, "closures.csv", passed_by), "closure_type")
    for row in sorted(rows, key=lambda row: _day(row) or 0):
        found = _changed(found, row)
    return found


def _of_route(row: Row, at: int) -> Redirection:
    pair = row.cell(0), row.cell(1)
    return Redirection(*(pair if row.cell(at) == TO_SECOND else pair[::-1]), 0, None)


def _changed(found: list[Redirection], row: Row) -> list[Redirection]:
    kind, pair, day = row.cell(0).lower(), (row.cell(1), row.cell(2)), _day(row)
    if kind == ADD and day is not None:
        return [*found, Redirection(*pair, day, None)]
    if kind != REMOVE or day is None:
        return found
    return [
        replace(each, end=day) if (each.first, each.second) == pair and each.end is None else each
        for each in found
    ]


def _day(row: Row) -> int | None:
    return int(row.cell(3)) if row.cell(3).isdigit() else None
