"""Forecasts from the store: kept, and made again to the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from pydantic import ValidationError

from features.crisis import load_crisis
from features.errors import InputError
from forecast.export import forecast_document, to_json
from forecast.run import run
from service.answers import answer, replay
from service.forecasts import ForecastRequest
from service.store.folders import import_folder
from service.store.given import json_records
from service.store.ingest import ingest
from service.store.store import Store
from service.version import nuzuh_version
from tests.service.store.given_rows import REPORT
from tests.service.store.test_documents import document

DAY = date(2018, 11, 20)
REQUEST = ForecastRequest(as_of=DAY, horizon=2, draws=100, seed=7)


@pytest.fixture(scope="module")
def store(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'store.db'}")
    import_folder(opened, folder, author="tester")
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def made(store: Store) -> str:
    return answer(store, "made-up", REQUEST, "planner")


def test_it_is_the_forecast_of_the_folder(store: Store, made: str, folder: Path) -> None:
    kept = store.document(made)
    direct = run(load_crisis(folder), pd.Timestamp(DAY), 2, draws=100, seed=7)
    assert kept.contents["json"] == to_json(forecast_document(direct, nuzuh_version()))
    assert (kept.kind, kept.seed, kept.author, kept.as_of) == ("forecast", 7, "planner", DAY)
    assert kept.models == json.loads(kept.contents["json"])["models"]
    assert ForecastRequest(**kept.request) == REQUEST


def test_made_again_it_has_the_same_bytes_whatever_became_known_since(
    store: Store, made: str
) -> None:
    earlier = {
        **REPORT, "place_id": "N01", "source": "Task Force", "persons": 90_000,
        "start": "2018-10-01", "end": "2018-10-31", "published": "2018-11-15",
    }  # fmt: skip
    given = {"displacement.csv": json_records("displacement.csv", [earlier])}
    ingest(store, "made-up", given, author="tester", reason="late")
    assert replay(store, made) == store.document(made).contents
    anew = answer(store, "made-up", REQUEST, "planner")
    assert store.document(anew).contents["json"] != store.document(made).contents["json"]
    assert store.document(anew).fingerprint != store.document(made).fingerprint


def test_only_what_was_asked_for_is_made_again(store: Store) -> None:
    id_ = store.save(replace(document(store, kind="track_record"), request={}))
    with pytest.raises(InputError, match="that was handed in"):
        replay(store, id_)


@pytest.mark.parametrize(
    "wrong",
    [{"horizon": 0}, {"horizon": 25}, {"draws": 99}, {"seed": -1}, {"step": "day"}, {"plaec": 1}],
)
def test_a_request_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ForecastRequest(as_of=DAY, **wrong)
