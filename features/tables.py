"""Reading one CSV of a crisis folder into typed columns, every finding collected on the way."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
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


def read_table(
    path: Path, columns: Sequence[Column], *, optional: bool = False, rows: bool = False
) -> Table:
    """Read the CSV at `path`; what is wrong with it is in the table's `findings`, none is raised.

    An `optional` file may be missing and a file without `rows` may hold its header alone; either
    gives a table of no rows with every column in its type.
    """
    try:
        return _read(path, columns, rows=rows)
    except FileNotFoundError:
        missing = Finding(path.name, "the file is missing; add it to the folder")
        findings = [] if optional else [missing]
    except InputError as error:
        findings = error.findings
    frame = _typed(columns, {}, [])
    return Table(path.name, columns, frame, findings=findings, readable=not findings)


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


def _read(path: Path, columns: Sequence[Column], *, rows: bool) -> Table:
    records, lines, broken = _records(path.name, read_text(path))
    names = listed(column.name for column in columns if not column.optional)
    if not records:
        raise InputError(broken or Finding(path.name, f"the file is empty; its header is {names}"))
    header = [name.strip() for name in records.pop(0)]
    findings = _check_header(path.name, header, lines.pop(0), columns)
    findings += [broken] if broken else []
    if rows and not records:
        why = "holds a header but no row; add at least one"
        findings.append(Finding(path.name, why, line=1))
    return _fill(records, lines, columns, file=path.name, header=header, findings=findings)


def _records(file: str, text: str) -> tuple[list[list[str]], list[int], Finding | None]:
    """Records that are not blank, the line each starts on, and why reading stopped early."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for record in reader:
            if "".join(record).strip():
                records.append(record)
                lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        why = f"no row can be read from here on ({error}); check the quotes of this line"
        return records, lines, Finding(file, why, line=start)
    return records, lines, None


def _check_header(
    file: str, header: list[str], line: int, columns: Sequence[Column]
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
    file: str, line: int, position: int, name: str, known: Sequence[str]
) -> Finding:
    if not name:
        return Finding(file, f"column {position + 1} has no name; name it or take it out", line)
    why = f"no such column{did_you_mean(name, known)}; rename it or take it out of the file"
    return Finding(file, why, line, name)


def _fill(
    records: list[list[str]],
    lines: list[int],
    columns: Sequence[Column],
    *,
    file: str,
    header: list[str],
    findings: list[Finding],
) -> Table:
    width = len(header)
    lengths = np.fromiter(map(len, records), dtype=np.int64, count=len(records))
    for row in np.flatnonzero(lengths != width).tolist():
        why = (
            f"the row has {lengths[row]} cells, the header {width}; "
            "add or remove a comma, or quote a text that holds one"
        )
        findings.append(Finding(file, why, line=lines[row]))
    cut = (record[:width] for record in records)
    turned = list(zip_longest(header, *cut, fillvalue=""))
    cells = {
        column.name: [cell.strip() for cell in turned[header.index(column.name)][1:]]
        for column in columns
        if column.name in header
    }
    values = {column.name: [column.missing] * len(records) for column in columns}
    frame = _typed(columns, values, lines)
    table = Table(file, columns, frame, cells, findings, ragged=lengths != width)
    for column in columns:
        values[column.name] = _values(table, column)
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
    return [values[cell] for cell in cells]


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
