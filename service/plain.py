"""Plain text of a fixed width, for terminals, files and e-mail alike."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

WIDTH = 100


def table(header: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1, gap: int = 2) -> str:
    """Columns under their heads, the first `left` of them to the left, figures to the right."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(header))]
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
    return f"{text}\n{mark * len(text)}"


def _line(cells: Sequence[str], widths: Sequence[int], left: int, gap: int) -> str:
    padded = [
        cell.ljust(width) if at < left else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return (" " * gap).join(padded).rstrip()
