"""Every error nuzuh raises on purpose, in one tree.

NuzuhError
├── InputError      what was given cannot be used (exit 2); holds every finding at once
├── TooLittleData   what was given is sound but too little to fit (exit 3)
└── StoreError      the store did not answer, though what was asked is sound (exit 4)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing wrong with an input: where it is, what it is, why it cannot be used."""

    file: str
    why: str
    line: int | None = None
    column: str | None = None
    value: str | None = None

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file}:{self.line}"
        what = [self.column, None if self.value is None else repr(self.value)]
        return ": ".join([where, *[" ".join(part for part in what if part)][: any(what)], self.why])


class NuzuhError(Exception):
    """Base of all; `exit_code` is what the command line ends with."""

    exit_code = 1


class InputError(NuzuhError):
    """What was given cannot be used; `findings` lists everything wrong, not only the first."""

    exit_code = 2

    def __init__(self, findings: Sequence[Finding] | Finding) -> None:
        self.findings = [findings] if isinstance(findings, Finding) else list(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class TooLittleData(NuzuhError):
    """The input is sound but too little to fit; the message says what is missing."""

    exit_code = 3


class StoreError(NuzuhError):
    """The store did not answer: it is busy for too long or cannot be reached any more."""

    exit_code = 4
