"""What is delivered: texts and files for one reader, under an id that a repeat shares."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

Event = Literal["outlook", "refusal", "correction", "alarm", "notice"]


@dataclass(frozen=True)
class File:
    """A whole file; its name is one component of a path."""

    name: str
    media_type: str
    content: bytes

    @cached_property
    def sha256(self) -> str:
        """The fingerprint a reader can check."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Letter:
    """What one recipient is told once.

    `id` is the same at every attempt; `answers` is the id of the letter that this one corrects.
    `about` goes to machines: schedule, tick, crisis and the like, as JSON values. `html` is the
    text again for readers that show HTML.
    """

    id: str
    event: Event
    language: str
    subject: str
    text: str
    html: str | None = None
    files: tuple[File, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    answers: str | None = None


def letter_id(*parts: str) -> str:
    """128 bits in hexadecimal that depend on the parts alone."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
