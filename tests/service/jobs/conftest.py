"""A store, its jobs, and one worker inside this process, for both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.jobs.jobs import Jobs
from service.jobs.worker import Worker
from service.settings import Settings
from service.store.folders import import_folder
from service.store.store import Store
from tests.service.store.conftest import NewUrl, new_url, server

__all__ = ["new_url", "server"]


@pytest.fixture(scope="session")
def url(new_url: NewUrl, folder: Path) -> str:
    """The address of a store that holds the made-up land."""
    found = new_url()
    with Store(found) as store:
        import_folder(store, folder, author="tester")
    return found


@pytest.fixture(scope="session")
def store(url: str) -> Iterator[Store]:
    with Store(url) as opened:
        yield opened


@pytest.fixture(scope="session")
def jobs(store: Store) -> Iterator[Jobs]:
    opened = Jobs(store)
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def worker(store: Store, url: str) -> Iterator[Worker]:
    with Worker(store, Settings(database=url, workers=2), grace=1) as found:
        yield found
