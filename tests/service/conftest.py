"""A sound crisis folder for the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.folders import write_crisis


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound folder of two years, to read only."""
    return write_crisis(tmp_path_factory.mktemp("sound") / "made-up")
