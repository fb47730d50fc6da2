"""Crisis folders for the tests of this room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from features.crisis import Crisis, load_crisis
from features.errors import Finding
from tests.folders import Change, write_crisis, wrong_in

FindingsOf = Callable[..., list[Finding]]
Loaded = Callable[..., Crisis]


@pytest.fixture
def findings_of(tmp_path: Path) -> FindingsOf:
    """What is found wrong with the sound folder after changes to its files."""

    def check(**changes: Change) -> list[Finding]:
        return wrong_in(write_crisis(tmp_path / "crisis", **changes))

    return check


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    """The crisis of the sound folder after changes to its files."""

    def load(**changes: Change) -> Crisis:
        return load_crisis(write_crisis(tmp_path / "crisis", **changes))

    return load


@pytest.fixture
def the_finding(findings_of: FindingsOf) -> Callable[..., Finding]:
    """The one thing found wrong after changes; fails when there is none or another."""

    def find(**changes: Change) -> Finding:
        findings = findings_of(**changes)
        assert len(findings) == 1, [str(finding) for finding in findings]
        return findings[0]

    return find
