"""The outlook as plain text, 100 columns wide."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from service.outlook import Outlook, basis, headline, title
from service.outlook_sections import Section, Table, afterwards_section, sections
from service.plain import WIDTH, bullet, heading, paragraph, table

LONGEST_WORDS, SHORTEST_WORDS = 60, 12


def outlook_text(outlook: Outlook) -> str:
    """The whole outlook; what came later stands last, under its own rule."""
    parts = [heading(title(outlook), "═"), paragraph(headline(outlook)), paragraph(basis(outlook))]
    parts += [_section(section) for section in sections(outlook)]
    parts += [f"Fingerprint, SHA-256 of forecast.json:\n{outlook.fingerprint()}"]
    parts += [_apart(afterwards_section(outlook))]
    return "\n\n".join(parts) + "\n"


def _section(section: Section) -> str:
    parts = [*map(paragraph, section.text), *map(_table, section.tables)]
    parts += ["\n".join(map(bullet, section.notes))] if section.notes else []
    return f"{heading(section.title.upper())}\n" + "\n\n".join(parts)


def _apart(section: Section) -> str:
    """A section between double rules, so that nobody takes it for something known."""
    rule = "═" * WIDTH
    return f"{rule}\n{_section(section)}\n{rule}"


def _table(found: Table) -> str:
    """The table, its title where the head of the first column is free, its words cut to fit."""
    head = list(found.head)
    above = f"{found.title}\n" if found.title and head[0] else ""
    head[0] = head[0] or found.title
    for longest, gap in product(range(LONGEST_WORDS, SHORTEST_WORDS, -1), (2, 1)):
        rows = [_shortened(row, found.left, longest) for row in found.rows]
        body = table(head, rows, found.left, gap)
        if max(map(len, body.splitlines())) <= WIDTH:
            break
    return above + body


def _shortened(row: Sequence[str], left: int, longest: int) -> list[str]:
    """The row with the words of its first `left` cells cut."""
    return [
        f"{cell[: longest - 1].rstrip()}…" if at < left and len(cell) > longest else cell
        for at, cell in enumerate(row)
    ]
