"""Stores on both databases that hold the made-up land."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.store.folders import import_folder
from service.store.store import Store
from tests.service.store.conftest import NewUrl, new_url, server

__all__ = ["new_url", "server"]


@pytest.fixture
def url(new_url: NewUrl, folder: Path) -> str:
    """The address of a store that holds the made-up land."""
    found = new_url()
    with Store(found) as store:
        import_folder(store, folder, author="tester")
    return found


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    with Store(url) as opened:
        yield opened
