"""Rows between the files of a crisis and the store: given cells, and what they are known by."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import blake2b
from types import ModuleType
from typing import Any, NamedTuple

import pandas as pd

from features.folder import OPTIONAL, TABLES
from features.tables import Records, Table
from service.store.schema import Code

MODULES: Mapping[str, ModuleType] = {module.FILE: module for module in TABLES}
TEXT = "text"
Cells = Mapping[str, str]


class Given(NamedTuple):
    """A row as it is to be stored.

    `subject` is what it describes, `digest` all it says; equal figures spelled otherwise have equal
    digests. `line` is its line in what was given, 0 for what was not given as a line. The `cells`
    of a file that is kept whole are one text.
    """

    line: int
    subject: bytes
    published: date | None
    place_id: str | None
    source: str | None
    starts: date | None
    ends: date | None
    code: int
    reason: str | None
    digest: bytes
    cells: Cells


def given_rows(
    file: str, table: Table, codes: Sequence[int], reasons: Sequence[str]
) -> list[Given]:
    """The rows of a checked table of `file`, with a code and a reason for each."""
    frame, columns = table.frame, [column.name for column in MODULES[file].COLUMNS]
    texts = {name: _texts(frame[name]) for name in columns}
    keys = zip(*(texts[name] for name in key_of(file)), strict=True)
    whole = zip(*texts.values(), strict=True)
    written = {name: cells for name, cells in table.cells.items() if name in texts}
    cells = zip(*written.values(), strict=True)
    none = [None] * len(frame)
    fields: list[Iterable[Any]] = [
        frame["line"].tolist(),
        (subject_of(file, key) for key in keys),
        _days(frame, "published"),
        texts.get("place_id", none),
        texts.get("source", none),
        _days(frame, "start"),
        _days(frame, "end"),
        codes,
        (reason or None for reason in reasons),
        (_digest(values) for values in whole),
        (dict(zip(written, row, strict=True)) for row in cells),
    ]
    return [Given(*row) for row in zip(*fields, strict=True)]


def whole_row(file: str, text: str, content: bytes, reason: str) -> Given:
    """A file that is kept as one text; it says the same as another of the same `content`."""
    return Given(
        line=0,
        subject=subject_of(file, ()),
        published=None,
        place_id=None,
        source=None,
        starts=None,
        ends=None,
        code=Code.PRESENT,
        reason=reason or None,
        digest=blake2b(content, digest_size=16).digest(),
        cells={TEXT: text},
    )


def key_of(file: str) -> tuple[str, ...]:
    """The columns that tell what a row of the file describes."""
    key: tuple[str, ...] = MODULES[file].KEY
    return key


def subject_of(file: str, key: Iterable[str]) -> bytes:
    """The digest of what a row describes, from the texts of the key columns."""
    return _digest([file, *key])


def joined(file: str, written: Sequence[str], headers: Sequence[tuple[str, ...]]) -> Records:
    """CSV records as they were written, each under its own header, as those of one file.

    Its header has the columns of all headers in the order they came, or those the file should have.
    """
    known = tuple(column.name for column in MODULES[file].COLUMNS)
    kinds = list(dict.fromkeys(headers)) or [known]
    header = list(dict.fromkeys(name for kind in kinds for name in kind))
    rows = list(csv.reader(written))
    if len(kinds) > 1:
        each = zip(headers, rows, strict=True)
        cells = [dict(zip(names, row, strict=True)) for names, row in each]
        rows = [[one.get(name, "") for name in header] for one in cells]
    return Records(file, header, rows, list(range(2, len(rows) + 2)))


def cells_of(file: str, written: Sequence[str], headers: Sequence[tuple[str, ...]]) -> list[Cells]:
    """Rows as they were written, by column; of a file that is kept whole the text."""
    if file not in MODULES:
        return [{TEXT: text} for text in written]
    records = joined(file, written, headers)
    return [dict(zip(records.header, row, strict=True)) for row in records.rows]


def csv_text(records: Records) -> str | None:
    """The records as the text of their file; None where an optional file has no row."""
    if not records.rows and records.file in OPTIONAL:
        return None
    return "".join(f"{csv_line(row)}\n" for row in (records.header, *records.rows))


def written(cells: Cells, header: Sequence[str] | None) -> str:
    """What is stored of a row: its CSV record under a header, or its text where it has none."""
    if header is None:
        return cells[TEXT]
    return csv_line(cells.get(name, "") for name in header)


def csv_line(cells: Iterable[str]) -> str:
    """One CSV record without a line end, quoted where it must be: about line ends of any kind too,
    which the writer quotes only when they are its own.
    """
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerow(cells)
    return stream.getvalue().removesuffix("\r\n")


def _texts(column: pd.Series) -> list[str]:
    """One spelling a value: days as ISO, numbers as briefly as they read back, blank as none."""
    if column.dtype.kind == "M":
        days = column.to_numpy().astype("datetime64[D]").astype(str).tolist()
        return ["" if day == "NaT" else day for day in days]
    if column.dtype.kind == "f":
        return ["" if math.isnan(value) else repr(value + 0.0) for value in column.tolist()]
    texts: list[str] = column.tolist()
    return texts


def _days(frame: pd.DataFrame, name: str) -> list[date | None]:
    if name not in frame:
        return [None] * len(frame)
    days: list[date | None] = frame[name].to_numpy().astype("datetime64[D]").tolist()
    return days


def _digest(values: Iterable[str]) -> bytes:
    """No value holds a NUL, so that none of them can pass for another."""
    return blake2b("\0".join(values).encode(), digest_size=16).digest()
