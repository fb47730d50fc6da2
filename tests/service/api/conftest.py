"""The made-up land behind the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient

from service.access.keys import create_key
from service.answers import answer
from service.api.app import create_app
from service.forecasts import ForecastRequest
from service.settings import Settings
from service.store.folders import import_folder
from service.store.store import Store
from tests.databases import KINDS, new_schema, postgresql
from tests.service.api.land import DoneAtOnce, Land, new_land, write_land

DAY = date(2018, 12, 15)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """No line of the log on the screen."""
    with structlog.testing.capture_logs():
        yield


@pytest.fixture(scope="session")
def land_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_land(tmp_path_factory.mktemp("land") / "made-up")


@pytest.fixture(scope="session")
def land_server() -> Iterator[str]:
    with postgresql() as url:
        yield url


@pytest.fixture
def lands(
    tmp_path: Path, land_folder: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Land]]:
    """Makes lands on databases of a kind, with settings."""
    made: list[Land] = []

    def make(kind: str = "sqlite", **settings: Any) -> Land:
        url = f"sqlite:///{tmp_path / f'{len(made)}.db'}"
        if kind == "postgresql":
            url = new_schema(request.getfixturevalue("land_server"))
        made.append(new_land(url, land_folder, **settings))
        made[-1].client.__enter__()
        return made[-1]

    yield make
    for land in made:
        land.client.__exit__(None, None, None)
        land.store.close()


@pytest.fixture(params=KINDS)
def changing(lands: Callable[..., Land], request: pytest.FixtureRequest) -> Land:
    """A land of this test alone, on each kind of database."""
    return lands(request.param)


@pytest.fixture(scope="session")
def land(tmp_path_factory: pytest.TempPathFactory, land_folder: Path) -> Iterator[Land]:
    """A land that tests only read, but for keys, jobs and forecasts that are added."""
    url = f"sqlite:///{tmp_path_factory.mktemp('land') / 'land.db'}"
    made = new_land(url, land_folder)
    with made.client:
        yield made
    made.store.close()


@pytest.fixture(scope="module")
def bundled(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of who may do all, of the bundled crisis; its jobs are never done."""
    url = f"sqlite:///{tmp_path_factory.mktemp('bundled') / 'store.db'}"
    with Store(url) as store:
        import_folder(store, root / "features" / "crises" / "nw-syria", author="tester")
        key = create_key(store, "tester", ["admin"], "restricted")[1]
        app = create_app(Settings(database=url), store, DoneAtOnce(store, idle=True))
        with TestClient(app, headers={"Authorization": f"Bearer {key}"}) as client:
            yield client


@pytest.fixture(scope="session")
def forecast(land: Land) -> str:
    """A forecast of the places that all may know of, its sources fresh."""
    return answer(land.store, "made-up", ForecastRequest(as_of=DAY, horizon=2, draws=200), "tester")
