"""Answers as sections of text and tables, which plain text and HTML render alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """Rows of text under a head; the first `left` columns are words, the others figures."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    title: str = ""
    left: int = 1


@dataclass(frozen=True)
class Section:
    """One part of an answer."""

    title: str
    text: Sequence[str] = ()
    tables: Sequence[Table] = ()
    notes: Sequence[str] = ()


def measure_words(measure: str, flow: str) -> str:
    """A measure, with the flow that it observes where that is another."""
    words = measure.replace("_", " ")
    return words if measure == flow else f"{words} ({flow})"
