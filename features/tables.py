"""Reading one CSV of a crisis folder into typed columns, every finding collected on the way."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.cells import DTYPES, Column
from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed

LONGEST_VALUE = 80
Why = str | Callable[[int], str]
Mask = npt.NDArray[np.bool_]


@dataclass
class Table:
    """One CSV: `frame` (typed columns and `line`), its raw `cells`, and the `findings` so far.

    Cells that could not be read are missing in `frame`, so checks over it pass them by. `readable`
    is False when not one row could be read: what leans on the file is then not checked.
    """

    file: str
    columns: Sequence[Column]
    frame: pd.DataFrame
    cells: dict[str, list[str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    readable: bool = True
    ragged: Mask = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def blank(self, column: str) -> Mask:
        """The rows whose cell is blank in the file; all of them when it lacks the column."""
        if column not in self.cells:
            return np.ones(len(self.frame), dtype=bool)
        return np.array([not cell for cell in self.cells[column]], dtype=bool)

    @property
    def whole(self) -> bool:
        """Whether no column that is needed is missing."""
        return all(column.optional or column.name in self.cells for column in self.columns)

    @property
    def faulty(self) -> Mask:
        """The rows of which something was noted so far."""
        lines = {finding.line for finding in self.findings}
        return self.frame["line"].isin(lines).to_numpy(dtype=bool)

    def flag(self, rows: Any, column: str, why: Why) -> None:
        """Note a finding at `column` for every row of the boolean mask `rows`.

        `why` is a text, or a function of the row's position. Passed by are rows of a wrong length,
        whose cells may stand under the wrong header, and a column that is missing altogether.
        """
        if column not in self.cells:
            return
        bad = np.asarray(rows, dtype=bool) & ~self.ragged
        for row in np.flatnonzero(bad).tolist():
            reason = why if isinstance(why, str) else why(row)
            self._note(row, column, self.cells[column][row], reason)

    def flag_identical(self) -> None:
        """Note every row that repeats an earlier one in all columns, naming both lines."""
        if not self.whole:
            return
        values = self.frame.drop(columns="line")
        alike = self.frame[values.duplicated(keep=False) & ~self.faulty]
        if alike.empty:
            return
        lines = alike.groupby(list(values), dropna=False, sort=False)["line"]
        first = lines.transform("first")
        for row, line in zip(first.index.tolist(), first.tolist(), strict=True):
            if line != self.frame["line"].iloc[row]:
                why = f"the row is wholly identical to line {line}; take one of them out"
                self._note(row, None, None, why)

    def flag_repeated(self, columns: Sequence[str], why: str) -> None:
        """Note rows whose `columns` repeat those of an earlier row; `{line}` in `why` is its."""
        keys = list(zip(*(self.frame[name] for name in columns), strict=True))
        first: dict[tuple[str, ...], int] = {}
        for key, line in zip(keys, self.frame["line"].tolist(), strict=True):
            first.setdefault(key, line)
        repeats = [
            all(key) and first[key] != line
            for key, line in zip(keys, self.frame["line"], strict=True)
        ]
        self.flag(repeats, columns[-1], lambda row: why.format(line=first[keys[row]]))

    def _note(self, row: int, column: str | None, value: str | None, why: str) -> None:
        line = int(self.frame["line"].to_numpy()[row])
        shown = value if value is None else value[:LONGEST_VALUE]
        self.findings.append(Finding(self.file, why, line=line, column=column, value=shown))


@dataclass(frozen=True)
class Records:
    """The cells of one CSV as text: its header, its rows, and the line each of them starts on.

    `broken` tells why reading stopped early, if it did. An empty file has no header, and rows that
    were no text have no `header_line`.
    """

    file: str
    header: list[str]
    rows: list[list[str]]
    lines: list[int]
    header_line: int | None = 1
    broken: Finding | None = None

    def where(self, wanted: Sequence[bool]) -> Records:
        """Some of the rows."""
        rows, lines = compress(self.rows, wanted), compress(self.lines, wanted)
        return replace(self, rows=list(rows), lines=list(lines))


def read_table(
    path: Path, columns: Sequence[Column], *, optional: bool = False, rows: bool = False
) -> Table:
    """Read the CSV at `path`; what is wrong with it is in the table's `findings`, none is raised.

    An `optional` file may be missing and a file without `rows` may hold its header alone; either
    gives a table of no rows with every column in its type.
    """
    try:
        records = parse_csv(path.name, read_text(path))
    except FileNotFoundError:
        missing = Finding(path.name, "the file is missing; add it to the folder")
        return no_table(path.name, columns, [] if optional else [missing])
    except InputError as error:
        return no_table(path.name, columns, error.findings)
    return table_of(records, columns, rows=rows)


def table_of(records: Records, columns: Sequence[Column], *, rows: bool = False) -> Table:
    """The records in their types; what is wrong with them is in the table's `findings`."""
    names = listed(column.name for column in columns if not column.optional)
    empty = f"the file is empty; its header is {names}"
    try:
        if not records.header:
            raise InputError(records.broken or Finding(records.file, empty))
        findings = _check_header(records.file, records.header, records.header_line, columns)
    except InputError as error:
        return no_table(records.file, columns, error.findings)
    findings += [records.broken] if records.broken else []
    if rows and not records.rows:
        why = "holds a header but no row; add at least one"
        findings.append(Finding(records.file, why, line=1))
    return _fill(records, columns, findings)


def no_table(file: str, columns: Sequence[Column], findings: Sequence[Finding] = ()) -> Table:
    """A table of no rows, with every column in its type; readable when nothing is wrong."""
    frame = _typed(columns, {}, [])
    return Table(file, columns, frame, findings=list(findings), readable=not findings)


def parse_csv(file: str, text: str) -> Records:
    """The records of a CSV that are not blank; the header's cells stripped."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[list[str]] = []
    lines: list[int] = []
    broken = None
    start = 1
    try:
        for record in reader:
            if "".join(record).strip():
                records.append(record)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        why = f"no row can be read from here on ({error}); check the quotes of this line"
        broken = Finding(file, why, line=start)
    if not records:
        return Records(file, [], [], [], broken=broken)
    header = [name.strip() for name in records[0]]
    return Records(file, header, records[1:], lines[1:], lines[0], broken)


def read_text(path: Path) -> str:
    """The text of a UTF-8 file, a byte order mark left out.

    Raises FileNotFoundError, and InputError when the file is no such text.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        why = f"the file cannot be read: {error.strerror}; check that it is a file one may read"
        raise InputError(Finding(path.name, why)) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        why = f"byte 0x{error.object[error.start]:02X} is not UTF-8; save the file as UTF-8"
        raise InputError(Finding(path.name, why, line=line)) from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        why = "holds a NUL character, so it is no UTF-8 text; save the file as UTF-8"
        raise InputError(Finding(path.name, why, line=line))
    return text


def _check_header(
    file: str, header: list[str], line: int | None, columns: Sequence[Column]
) -> list[Finding]:
    needed = [column.name for column in columns if not column.optional]
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        why = "the columns are not separated by commas; save the file as comma-separated"
        raise InputError(Finding(file, why, line=line))
    known = [column.name for column in columns]
    findings = []
    for position, name in enumerate(header):
        if name in known and name in header[:position]:
            findings.append(Finding(file, "the column is there twice; keep one", line, name))
        elif name not in known:
            findings.append(_unknown_column(file, line, position, name, known))
    missing = f"the column is missing; the header is {listed(needed)}"
    return findings + [Finding(file, missing, line, name) for name in needed if name not in header]


def _unknown_column(
    file: str, line: int | None, position: int, name: str, known: Sequence[str]
) -> Finding:
    if not name:
        return Finding(file, f"column {position + 1} has no name; name it or take it out", line)
    why = f"no such column{did_you_mean(name, known)}; rename it or take it out of the file"
    return Finding(file, why, line, name)


def _fill(records: Records, columns: Sequence[Column], findings: list[Finding]) -> Table:
    file, header, rows, lines = records.file, records.header, records.rows, records.lines
    width = len(header)
    lengths = np.fromiter(map(len, rows), dtype=np.int64, count=len(rows))
    for row in np.flatnonzero(lengths != width).tolist():
        why = (
            f"the row has {lengths[row]} cells, the header {width}; "
            "add or remove a comma, or quote a text that holds one"
        )
        findings.append(Finding(file, why, line=lines[row]))
    cut = rows if (lengths <= width).all() else [row[:width] for row in rows]
    turned = list(zip_longest(header, *cut, fillvalue=""))
    known = {column.name for column in columns}
    cells = {
        name: list(map(str.strip, turned[header.index(name)][1:]))
        for name in header
        if name in known
    }
    numbered = pd.DataFrame({"line": np.array(lines, dtype=np.int64)})
    table = Table(file, columns, numbered, cells, findings, ragged=lengths != width)
    values = {column.name: _values(table, column) for column in columns}
    table.frame = _typed(columns, values, lines)
    return table


def _values(table: Table, column: Column) -> list[str | float]:
    """The column's cells read by kind; one that cannot be read is missing, and noted."""
    values: dict[str, str | float] = {}
    wrong: dict[str, str] = {}
    cells = table.cells.get(column.name, [""] * len(table.frame))
    for cell in set(cells):
        try:
            values[cell] = column.read(cell)
        except ValueError as error:
            values[cell], wrong[cell] = column.missing, str(error)
    if wrong:
        table.flag([cell in wrong for cell in cells], column.name, lambda row: wrong[cells[row]])
    return list(map(values.__getitem__, cells))


def _typed(
    columns: Sequence[Column], values: dict[str, list[str | float]], lines: list[int]
) -> pd.DataFrame:
    frame: dict[str, Any] = {}
    for column in columns:
        dtype = DTYPES[column.kind]
        if column.kind == "text":
            frame[column.name] = pd.array(values.get(column.name, []), dtype="str")
        else:
            frame[column.name] = np.array(values.get(column.name, []), dtype=dtype)
    return pd.DataFrame(frame | {"line": np.array(lines, dtype=np.int64)})
