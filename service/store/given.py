"""Rows as they are handed in: CSV files, folders of them, and JSON."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from features.errors import Finding, InputError
from features.spelling import did_you_mean, listed
from features.tables import Records, parse_csv, read_text
from service.store.rows import MODULES

LONGEST = csv.field_size_limit()


def read_given(path: Path) -> dict[str, Records]:
    """The rows of a CSV file, or of those in a folder that a crisis folder may have, by file.

    A file of another name is known by its header. Raises InputError when it is not.
    """
    if path.is_dir():
        found = {file: path / file for file in MODULES if (path / file).exists()}
        if not found:
            why = f"holds none of {listed(MODULES)}; put one there or name a file"
            raise InputError(Finding(str(path), why))
        return {file: _read(at) for file, at in found.items()}
    if not path.exists():
        raise InputError(Finding(str(path), "there is no such file; check the path"))
    records = _read(path)
    return {_file_of(records): records}


def json_records(file: str, rows: Sequence[Any]) -> Records:
    """The rows of a JSON list of objects as records of `file`, numbered from 1.

    Text, numbers and null are taken. Raises InputError listing all else, and texts that no CSV
    reader would take, by row.
    """
    findings = [finding for at, row in enumerate(rows, 1) for finding in _wrong(file, at, row)]
    if findings:
        raise InputError(findings)
    header = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_cell(row.get(name)) for name in header] for row in rows]
    return Records(file, header, cells, list(range(1, len(rows) + 1)), header_line=None)


def _read(path: Path) -> Records:
    return parse_csv(path.name, read_text(path))


def _file_of(records: Records) -> str:
    if records.file in MODULES:
        return records.file
    for file, module in MODULES.items():
        needed = {column.name for column in module.COLUMNS if not column.optional}
        if needed <= set(records.header):
            return file
    why = (
        "has neither the name nor the columns of a file of a crisis"
        f"{did_you_mean(records.file, MODULES)}; call it one of {listed(MODULES)}"
    )
    raise InputError(Finding(records.file, why))


def _wrong(file: str, at: int, row: Any) -> list[Finding]:
    if not isinstance(row, Mapping):
        return [Finding(file, "is no object of columns and values; write {…}", line=at)]
    why = f"is no finite number, null or plain text of at most {LONGEST:,} characters; correct it"
    return [
        Finding(file, why, at, str(name), repr(value)[:80])
        for name, value in row.items()
        if not _plain(name) or not _plain(value)
    ]


def _plain(value: Any) -> bool:
    """Whether a value can stand in a cell of a UTF-8 text."""
    if isinstance(value, str):
        return len(value) <= LONGEST and "\0" not in value and _is_unicode(value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _cell(value: str | float | None) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)
