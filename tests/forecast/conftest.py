"""The made-up crisis, loaded."""

from __future__ import annotations

import pytest

from features.crisis import Crisis, load_crisis
from tests.folders import write_crisis


@pytest.fixture(scope="session")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Crisis:
    """Two years of the sound folder."""
    return load_crisis(write_crisis(tmp_path_factory.mktemp("sound") / "made-up"))
