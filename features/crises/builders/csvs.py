"""CSV in and out: every cell a text, the same bytes for the same rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from features.errors import Finding, InputError


def read_rows(path: Path) -> pd.DataFrame:
    """All cells as text, "" when blank; raises InputError when the file is missing."""
    if not path.is_file():
        raise InputError(Finding(path.name, f"not found in {path.parent}"))
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")


def rows_text(frame: pd.DataFrame, columns: Iterable[str]) -> str:
    """The frame's `columns` as CSV text with Unix line ends."""
    return frame[list(columns)].to_csv(index=False, lineterminator="\n")


def number_text(value: float, decimals: int = 3) -> str:
    """At most so many decimals, no trailing zeros: 2.0 → "2", 0.3333 → "0.333"."""
    return f"{value:.{decimals}f}".rstrip("0").rstrip(".")


def markdown_table(frame: pd.DataFrame) -> str:
    """A Markdown table of all columns, the header from their names."""
    header = [str(name) for name in frame.columns]
    lines = [header, ["---"] * len(header), *([str(cell) for cell in row] for row in frame.values)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
