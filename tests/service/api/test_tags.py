"""Every answer to a GET has its tag, and is not sent again to who shows it."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest

from service.api.examples import BY_PATH, BY_SCHEMA
from tests.service.api.land import Land


def paths_of(document: dict[str, Any], forecast: str) -> list[str]:
    """Every GET of the app that needs nothing but a crisis or a forecast."""
    ids = {"{crisis_id}": "made-up", "{forecast_id}": forecast}
    found = []
    for told, operations in document["paths"].items():
        path = reduce(lambda text, pair: text.replace(*pair), ids.items(), told)
        asks = operations.get("get", {})
        needs = [one for one in asks.get("parameters", ()) if one["in"] == "query"]
        if asks and "{" not in path and not any(one.get("required") for one in needs):
            found.append(path)
    return found


def test_no_get_sends_again_what_is_known(land: Land, forecast: str) -> None:
    paths = paths_of(land.client.app.openapi(), forecast)  # type: ignore[attr-defined]
    assert len(paths) >= 15
    for path in set(paths) - {"/metrics", "/v1/crises/made-up/outlook", "/v1/audit"}:
        first = land.get(path, "admin")
        assert first.status_code == 200, path
        shown = {"If-None-Match": f'"other", W/{first.headers["etag"]}'}
        again = land.get(path, "admin", headers=shown)
        assert (again.status_code, again.content) == (304, b""), path
        assert again.headers["etag"] == first.headers["etag"]
        assert "content-type" not in again.headers
        assert again.headers["x-request-id"] != first.headers["x-request-id"]


@pytest.mark.parametrize("given", ['"other"', "*", "", "W/"])
def test_another_tag_has_it_sent(land: Land, given: str) -> None:
    told = land.get("/v1/crises", headers={"If-None-Match": given})
    assert (told.status_code, len(told.json()["crises"])) == (200, 1)


def test_what_is_no_200_to_a_get_has_no_tag(land: Land) -> None:
    assert "etag" not in land.get("/v1/nothing").headers
    assert "etag" not in land.post("/v1/keys", "admin", json={}).headers
    taken = land.post("/v1/crises/made-up/displacement?partial=true", json=[])
    assert "etag" not in taken.headers


def test_examples_are_of_answers_that_there_are(land: Land) -> None:
    document = land.client.app.openapi()  # type: ignore[attr-defined]
    assert set(BY_PATH) <= set(document["paths"])
    assert set(BY_SCHEMA) <= set(document["components"]["schemas"])
