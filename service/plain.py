"""Plain text of a fixed width, for terminals, files and e-mail alike."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

WIDTH = 100
# Marks of direction, and vowels that stand on the letter before.
UNSEEN = re.compile("[\u200e\u200f\u064b-\u0652\u2066-\u2069]")


def width_of(text: str) -> int:
    """Columns that a text takes: its characters but for marks that take none."""
    return len(text) - len(UNSEEN.findall(text))


def table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1, gap: int = 2) -> str:
    """Columns under their heads, the first `left` of them to the left, figures to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(width_of(line[at]) for line in lines) for at in range(len(header))]
    ruled = [lines[0], ["─" * width for width in widths], *lines[1:]]
    return "\n".join(_line(cells, widths, left, gap) for cells in ruled)


def paragraph(text: str, indent: str = "") -> str:
    """Text broken at the width."""
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def bullet(text: str) -> str:
    """One point of a list."""
    return textwrap.fill(
        text, WIDTH, initial_indent="- ", subsequent_indent="  ", break_on_hyphens=False
    )


def heading(text: str, mark: str = "─") -> str:
    """A title with a rule under it."""
    return f"{text}\n{mark * width_of(text)}"


def _line(cells: Sequence[str], widths: Sequence[int], left: int, gap: int) -> str:
    padded = [
        _padded(cell, width, at < left)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return (" " * gap).join(padded).rstrip()


def _padded(cell: str, width: int, to_the_left: bool) -> str:
    space = " " * (width - width_of(cell))
    return f"{cell}{space}" if to_the_left else f"{space}{cell}"
