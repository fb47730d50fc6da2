"""Checks of given rows against a crisis in the store: every finding of every row, none raised.

Rows may carry two columns more than their file has: `status`, blank or why there is no figure
(missing, withheld, deleted), and `reason`, which a correction and a status must have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from features import areas, attacks, places, reports, sources
from features.cells import Column
from features.errors import Finding
from features.folder import Known, check_ground, check_rows
from features.tables import Records, Table, table_of
from features.windows import flag_rows
from service.store.reading import Stored
from service.store.rows import MODULES, Cells, Given, given_rows, key_of
from service.store.schema import Code

STATUS, REASON = "status", "reason"
CODES = {code.name.lower(): code for code in (Code.MISSING, Code.WITHHELD, Code.DELETED)}
GROUND = (places.FILE, areas.FILE, sources.FILE)
FIGURES = {reports.FILE: ("persons", "low", "high"), attacks.FILE: attacks.COUNTS}
EXTRA = (
    Column(STATUS, blank=True, optional=True, choices=tuple(CODES)),
    Column(REASON, blank=True, optional=True),
)
Ground = Mapping[str, Stored]


@dataclass(frozen=True)
class Checked:
    """Given rows of one file: those with a figure, those with a status, and what is wrong.

    Rows of line 0 stood in the store before; they are there to be seen together.
    """

    file: str
    given: Records
    present: Table
    coded: Table

    @property
    def findings(self) -> list[Finding]:
        """What is wrong with the rows given, line by line."""
        found = dict.fromkeys([*self.present.findings, *self.coded.findings])
        return sorted((at for at in found if at.line != 0), key=lambda at: at.line or 0)

    def sound_rows(self, reason: str) -> list[Given]:
        """The rows given of which nothing was found, with `reason` where they tell none."""
        rows = []
        unsound = {finding.line for finding in self.findings} | {0}
        for table in (self.present, self.coded):
            codes = [CODES.get(status, Code.PRESENT) for status in table.frame[STATUS]]
            reasons = [own or reason for own in table.frame[REASON]]
            rows += given_rows(self.file, table, codes, reasons)
        return [row for row in rows if row.line not in unsound]


@dataclass(frozen=True)
class Check:
    """Given rows by file, and the ground that comes of them: its tables, and what may be named."""

    files: Sequence[Checked]
    ground: Mapping[str, Table]
    known: Known

    @property
    def findings(self) -> list[Finding]:
        """What is wrong with the rows given, and with stored rows of the ground because of them."""
        given = [finding for checked in self.files for finding in checked.findings]
        stored = [
            replace(finding, file=after_this(file), line=None)
            for file, table in self.ground.items()
            for finding in table.findings
            if finding.line == 0
        ]
        return [*given, *stored]


def check_given(given: Mapping[str, Records], stored: Ground, reason: str) -> Check:
    """Check the rows given for each file, those of the GROUND first.

    `stored` holds the rows of the GROUND as they stand: given places, areas and sources are checked
    among them, and all other rows against what comes of it. `reason` is that of all rows.
    """
    files = {file: _tables(file, given[file], stored) for file in MODULES if file in given}
    ground = {
        file: files[file].present if file in files else _as_it_stands(file, stored[file])
        for file in GROUND
    }
    known = check_ground(*ground.values())
    for file, checked in files.items():
        check_rows(file, checked.present, known)
        _check_coded(checked, known, reason)
    return Check(list(files.values()), ground, known)


def beside(file: str, stored: Stored, given: Records) -> Records:
    """The stored rows, line 0, before those given with a figure; replaced rows are left out.

    Optional columns that only the stored rows have stand last.
    """
    names = [*key_of(file), *(["published"] if file in FIGURES else [])]
    replaced = {_values(row, names) for row in _as_cells(given)}
    kept = [cells for cells in stored.cells() if _values(cells, names) not in replaced]
    more = [
        column.name
        for column in MODULES[file].COLUMNS
        if column.optional and column.name in set(stored.records.header) - set(given.header)
    ]
    header = given.header + more
    rows = [[cells.get(name, "") for name in header] for cells in kept]
    present, _ = _apart(given)
    rows += [row + [""] * len(more) for row in present.rows]
    return replace(present, header=header, rows=rows, lines=[0] * len(kept) + present.lines)


def after_this(file: str) -> str:
    """What a file is called of which is told how it would be."""
    return f"{file} after this"


def _as_it_stands(file: str, stored: Stored) -> Table:
    records = replace(stored.records, lines=[0] * len(stored.records.rows))
    return table_of(records, MODULES[file].COLUMNS)


def _tables(file: str, given: Records, stored: Ground) -> Checked:
    present, coded = _apart(given)
    if file in GROUND:
        present = beside(file, stored[file], given)
    columns = MODULES[file].COLUMNS
    return Checked(
        file,
        given,
        present=table_of(present, (*columns, *EXTRA)),
        coded=table_of(coded, (*_without_figure(file, columns), *EXTRA)),
    )


def _apart(given: Records) -> tuple[Records, Records]:
    """The rows without a status and those with one."""
    at = given.header.index(STATUS) if STATUS in given.header else len(given.header)
    coded = [len(row) > at and bool(row[at].strip()) for row in given.rows]
    return given.where([not it for it in coded]), given.where(coded)


def _without_figure(file: str, columns: Sequence[Column]) -> list[Column]:
    """The columns as a row with a status has them: only what it is about must be filled in."""
    return [
        column if column.name in key_of(file) else replace(column, blank=True) for column in columns
    ]


def _check_coded(found: Checked, known: Known, reason: str) -> None:
    table, figures = found.coded, FIGURES.get(found.file, ())
    status = table.frame[STATUS]
    if not reason:
        unexplained = table.frame[REASON] == ""
        table.flag(unexplained, STATUS, f"needs a {REASON} beside it; fill one in")
    not_deleted = ~status.isin(["deleted", ""])
    if figures:
        for name in {"place_id", "from_id"} & set(table.cells):
            known.either.flag_unknown(table, name)
        flag_rows(table, known.sources)
    else:
        table.flag(not_deleted, STATUS, "only a figure can be missing or withheld; write deleted")
    for name in figures:
        given = not_deleted & table.frame[name].notna()
        table.flag(given, name, lambda row: f"stands beside {status.iloc[row]}; leave it blank")


def _as_cells(given: Records) -> list[Cells]:
    return [dict(zip(given.header, row, strict=False)) for row in given.rows]


def _values(cells: Cells, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(cells.get(name, "").strip() for name in names)
