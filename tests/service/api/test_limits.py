"""How much one key may ask for, and what is counted for those who watch."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.access.keys import create_key
from service.jobs.glance import Glance
from tests.service.api.conftest import DAY
from tests.service.api.land import Land

ASK = "/v1/crises/made-up/forecasts"


def test_one_key_has_only_so_many_jobs_under_way(lands: Callable[..., Land]) -> None:
    land = lands(most_jobs=2)
    land.jobs.idle = True
    request = {"as_of": str(DAY)}
    first, _, refused = [land.post(ASK, json={**request, "seed": seed}) for seed in (3, 4, 5)]
    assert (refused.status_code, refused.json()["type"]) == (429, "/problems/too-many")
    assert int(refused.headers["retry-after"]) > 0
    assert land.post(ASK, "partner", json=request).status_code == 202
    land.ask("DELETE", first.headers["location"])
    assert land.post(ASK, json={**request, "seed": 5}).status_code == 202


@pytest.mark.parametrize("kind", ["forecasts", "scenarios"])
def test_what_would_take_all_memory_is_refused(land: Land, kind: str) -> None:
    scenarios = {"scenarios": [{"title": "x", "attacks": [{"from": 1, "multiply": 2.0}]}]}
    request = {"as_of": str(DAY), **(scenarios if kind == "scenarios" else {})}
    many = land.post(f"/v1/crises/made-up/{kind}", json={**request, "draws": 10_001})
    assert many.status_code == 422
    assert "ask for 10,000 or fewer" in many.text
    places = land.post(f"/v1/crises/made-up/{kind}", json={**request, "places": ["N"] * 5000})
    assert places.status_code == 422
    assert len(places.content) < 1000


def test_a_revoked_key_ends_with_its_next_request(land: Land) -> None:
    key, shown = create_key(land.store, "short", ["read"], "public")
    assert land.get("/v1/crises", shown).status_code == 200
    land.ask("DELETE", f"/v1/keys/{key.id}", "admin")
    assert land.get("/v1/crises", shown).status_code == 401


def test_the_queue_and_the_fits_of_all_workers_are_told(lands: Callable[..., Land]) -> None:
    land = lands()
    land.jobs.glance = lambda: Glance({"queued": 3, "done": 5}, 12.5, 5, 20.0)  # type: ignore[method-assign]
    text = land.get("/metrics").text
    told = {
        (one.name, *one.labels.values()): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }
    assert told["nuzuh_jobs", "queued"] == 3
    assert told["nuzuh_jobs", "running"] == 0
    assert told["nuzuh_backlog_seconds",] == 12.5
    assert told["nuzuh_fit_seconds_count",] == 5
    assert told["nuzuh_fit_seconds_sum",] == 20.0
    assert land.client.get("/readyz").json()["waiting_jobs"] == 3
