"""Bodies of answers: one outcome, told in the format that was asked for."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response

if TYPE_CHECKING:
    import pandas as pd

MEDIA = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "hxl": "text/csv; charset=utf-8; header=hxl",
    "parquet": "application/vnd.apache.parquet",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "txt": "text/plain; charset=utf-8",
    "sms": "text/plain; charset=utf-8",
}
FORMULA = re.compile(r"[=+\-@\t\r]")
NUMBER = re.compile(r"[+-]?[0-9.]+([eE][+-]?[0-9]+)?")


def wanted_format(request: Request, given: str | None, known: Sequence[str]) -> str:
    """The format by name, or the first that the header Accept names; JSON otherwise."""
    if given is not None:
        return given
    accepted = [
        part.partition(";")[0].strip() for part in request.headers.get("accept", "").split(",")
    ]
    by_type = {MEDIA[name].partition(";")[0]: name for name in reversed(known)}
    return next((by_type[one] for one in accepted if one in by_type), "json")


def answer(body: bytes, format_: str, headers: Mapping[str, str] | None = None) -> Response:
    """The body in its format."""
    return Response(body, headers=headers, media_type=MEDIA[format_])


def json_bytes(value: Any) -> bytes:
    """Compact JSON text."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
    return (text + "\n").encode()


def csv_bytes(header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> bytes:
    """CSV text; a text that a spreadsheet would run as a formula has an apostrophe before it."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_neutral(cell) for cell in row] for row in rows)
    return stream.getvalue().encode()


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame as JSON takes them: days as ISO, None where there is no value."""
    columns = {str(name): _values(frame[name]) for name in frame}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _values(column: pd.Series) -> list[Any]:
    if column.dtype.kind == "M" and not hasattr(column.dtype, "tz"):
        import numpy as np
        import pandas as pd

        codes, days = pd.factorize(column.to_numpy())
        texts = [*np.datetime_as_string(days, unit="D").tolist(), None]
        return [texts[code] for code in codes.tolist()]
    if column.dtype.kind == "f":
        return [
            None if math.isnan(value) else int(value) if value.is_integer() else value
            for value in column.tolist()
        ]
    return [_plain(value) if isinstance(value, datetime) else value for value in column.tolist()]


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"no JSON of {type(value).__name__}")


def _neutral(cell: Any) -> Any:
    if cell is None:
        return ""
    if isinstance(cell, list | dict):
        cell = json.dumps(cell, ensure_ascii=False)
    if isinstance(cell, str) and FORMULA.match(cell) and not NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell
