"""Stores on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.store.folders import import_folder
from service.store.store import Store
from tests.databases import KINDS, new_schema, postgresql
from tests.folders import write_crisis

NewUrl = Callable[[], str]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server."""
    with postgresql() as url:
        yield url


@pytest.fixture(scope="session", params=KINDS)
def new_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> NewUrl:
    """Makes addresses of empty databases, of each kind in turn."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.db'}"
    server = request.getfixturevalue("server")
    return lambda: new_schema(server)


@pytest.fixture
def store(new_url: NewUrl) -> Iterator[Store]:
    """An empty store."""
    opened = Store(new_url())
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The made-up land of half a year, to read only."""
    return write_crisis(tmp_path_factory.mktemp("sound") / "made-up", months=6)


@pytest.fixture
def filled(store: Store, folder: Path) -> Store:
    """A store that holds the made-up land."""
    import_folder(store, folder, author="tester")
    return store
