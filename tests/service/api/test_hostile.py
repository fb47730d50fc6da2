"""What a hostile caller tries."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog
import uvicorn

from features.errors import InputError, NuzuhError
from service.api import middleware
from service.errors import Broke, Ended, Malformed, TookTooLong
from tests.service.api.conftest import DAY
from tests.service.api.land import Land
from tests.service.api.test_asking import ROW

TWICE = {"title": "Twice", "attacks": [{"from": 1, "multiply": 2.0}]}


def cursor(**place: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


@pytest.mark.parametrize(
    "path",
    [
        f"reports?cursor={cursor(recorded='0001-01-01T00:00:00+23:00', after=1)}",
        f"reports?cursor={cursor(recorded='9999-12-31T23:59:59-23:00', after=1)}",
        f"reports?cursor={cursor(recorded='2020-01-01T00:00:00', after=1)}",
        "reports?recorded=0001-01-01T00:00:00%2B23:00",
        "reports?recorded=9999-12-31T23:59:59-23:00",
        "reports?recorded=2020-01-01T00:00:00",
    ],
)
def test_times_at_the_ends_of_the_calendar_are_refused(land: Land, path: str) -> None:
    assert land.get(f"/v1/crises/made-up/{path}").status_code == 422


def test_so_are_those_of_keys_and_of_lists(land: Land) -> None:
    late = {"name": "x", "scopes": ["read"], "expires": "9999-12-31T23:59:59-23:00"}
    assert land.post("/v1/keys", "admin", json=late).status_code == 422
    place = cursor(created="9999-12-31T23:59:59-23:00", id="x")
    assert land.get(f"/v1/forecasts?cursor={place}").status_code == 422


def test_a_cursor_past_the_end_is_an_empty_page(land: Land) -> None:
    place = cursor(recorded="2100-01-01T00:00:00+00:00", after=10**30)
    told = land.get(f"/v1/crises/made-up/reports?cursor={place}").json()
    assert (told["rows"], told["next"]) == ([], None)


def test_the_first_day_of_the_calendar_is_a_day(land: Land) -> None:
    told = land.get("/v1/crises/made-up/reports?as_of=0001-01-01").json()
    assert (told["rows"], told["as_of"]) == ([], "0001-01-01")


@pytest.mark.parametrize("kind", ["forecasts", "scenarios"])
def test_nothing_stands_on_a_day_to_come(land: Land, kind: str) -> None:
    request = {"as_of": "9999-12-31"} | ({"scenarios": [TWICE]} if kind == "scenarios" else {})
    refused = land.post(f"/v1/crises/made-up/{kind}?stale=allow", json=request)
    assert refused.status_code == 422
    assert "has not come yet" in refused.text


def test_a_replayed_key_never_stands_for_another_question(lands: Callable[..., Land]) -> None:
    land = lands()
    once = {"Idempotency-Key": "b1"}
    path, request = "/v1/crises/made-up/forecasts", {"as_of": str(DAY), "horizon": 1, "draws": 100}
    first = land.post(path, json=request, headers=once)
    again = land.post(path, json=request, headers=once)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert land.post(path, json=request).status_code == 200


def test_a_tag_of_another_audience_tells_nothing(land: Land, forecast: str) -> None:
    path = f"/v1/forecasts/{forecast}"
    tag = land.get(path).headers["etag"]
    for given in (tag, f"W/{tag}", "*"):
        told = land.get(path, "public", headers={"If-None-Match": given})
        assert (told.status_code, told.json()["audience"]) == (200, "public")


def test_the_errors_of_a_huge_body_are_not_huger_still(land: Land) -> None:
    header = ",".join(f"c{at}" for at in range(3000))
    told = land.post(
        "/v1/crises/made-up/displacement", content=header, headers={"Content-Type": "text/csv"}
    )
    assert told.status_code == 422
    assert len(told.json()["errors"]) == 1000
    assert told.json()["errors_left_out"] >= 2000


def test_the_rows_left_out_of_a_huge_file_are_told_in_part_and_counted(
    lands: Callable[..., Land],
) -> None:
    land = lands()
    rows = [{**ROW, "persons": -1 - at} for at in range(1500)] + [ROW]
    told = land.post("/v1/crises/made-up/displacement?partial=true", json=rows).json()
    assert (told["added"], len(told["rejected"]), told["rejected_left_out"]) == (1, 1000, 500)
    assert told["warnings_left_out"] == 0


def test_a_question_is_not_as_long_as_a_file(land: Land) -> None:
    path = "/v1/crises/made-up/forecasts"
    long = land.post(path, json={"as_of": str(DAY), "places": ["N01"] * 60_000})
    assert (long.status_code, long.json()["type"]) == (413, "/problems/too-large")
    wrong = land.post(path, json={"as_of": str(DAY), "places": [1] * 50_000}).json()
    assert (len(wrong["errors"]), wrong["errors_left_out"]) == (1000, 49_000)


@pytest.mark.parametrize("path", [
    "/v1/crises?key={}", "/v1/crises?{}=1", "/v1/crises/made-up/reports?source={}",
    "/v1/crises/made-up/history?file=reports&source={}", "/v1/keys/{}", "/v1/crises/{}", "/{}",
    "/v1/forecasts?cursor={}", "/v1/jobs/{}", "/v1/releases/{}",
])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_key_in_an_address_goes_no_further(land: Land, method: str, path: str) -> None:
    secret = land.keys["partner"].split("_")[2]
    with structlog.testing.capture_logs() as logs:
        answer = land.ask(method, path.format(land.keys["partner"]), "admin")
    assert 400 <= answer.status_code < 500
    assert secret not in f"{answer.text} {answer.headers} {logs}"
    if "?" in path and method == "GET":
        assert "revoke it" in answer.json()["detail"]
    assert secret not in land.get("/v1/audit", "admin").text


@pytest.mark.parametrize("name", ["X-Real-IP", "X-Forwarded-For", "Forwarded", "Via"])
def test_metrics_are_not_for_those_behind_a_proxy(land: Land, name: str) -> None:
    from starlette.testclient import TestClient

    app = land.client.app
    near = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 5))
    assert near.get("/metrics").status_code == 200
    assert near.get("/metrics", headers={name: "10.0.0.1"}).status_code == 401
    named = TestClient(app, base_url="https://nuzuh.example.org", client=("127.0.0.1", 5))
    assert named.get("/metrics").status_code == 401


@pytest.fixture
def port(land: Land) -> Iterator[int]:
    """Where the app of the land answers for real."""
    config = uvicorn.Config(land.client.app, port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def test_a_body_that_never_ends_is_given_up(
    land: Land, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "BODY_SECONDS", 0.2)
    head = (
        "POST /v1/crises/made-up/displacement HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
        f"Authorization: Bearer {land.keys['restricted']}\r\nContent-Length: 1000\r\n\r\nstart"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=5) as slow:
        slow.sendall(head.encode())
        assert slow.recv(100).startswith(b"HTTP/1.1 408 ")


def test_a_name_that_stands_twice_among_many_is_found_at_once() -> None:
    from forecast.scenario_file import parse_json as parse_scenario
    from service.api.bodies import parse_json

    names = ",".join(f'"{at}":1' for at in range(25_000))
    text = f'{{{names},"last":1,"last":2}}'
    began = time.monotonic()
    with pytest.raises(Malformed, match="'last' stands twice"):
        parse_json(text.encode())
    with pytest.raises(InputError, match="'last' stands twice"):
        parse_scenario(text)
    assert time.monotonic() - began < 1.0


@pytest.mark.parametrize("number", ["1e999", "-1e999"])
def test_a_number_past_all_numbers_is_refused(land: Land, number: str) -> None:
    told = land.post(
        "/v1/crises/made-up/scenarios",
        content=f'{{"scenarios": [{{"title": "x", "attacks": [{{"multiply": {number}}}]}}]}}',
        headers={"Content-Type": "application/json"},
    )
    assert (told.status_code, told.json()["type"]) == (400, "/problems/malformed")


@pytest.mark.parametrize("kind", ["forecasts", "scenarios"])
@pytest.mark.parametrize("day", ["0001-01-01", "1677-01-01"])
def test_nothing_stands_on_a_day_before_our_time(land: Land, kind: str, day: str) -> None:
    request = {"as_of": day} | ({"scenarios": [TWICE]} if kind == "scenarios" else {})
    refused = land.post(f"/v1/crises/made-up/{kind}?stale=allow", json=request)
    assert (refused.status_code, "is before our time" in refused.text) == (422, True)


@pytest.mark.parametrize("day", ["0001-01-01", "1677-01-01"])
@pytest.mark.parametrize("query", ["as_of={}", "as_of=2018-12-15&since={}"])
def test_nor_does_an_outlook(land: Land, day: str, query: str) -> None:
    told = land.get(f"/v1/crises/made-up/outlook?stale=allow&{query.format(day)}")
    assert told.status_code == 422


@pytest.mark.parametrize("error", [Ended, TookTooLong, Broke])
def test_a_process_that_was_lost_is_no_fault(
    lands: Callable[..., Land], error: type[NuzuhError]
) -> None:
    class Lost:
        def ask(self, *_: object) -> None:
            raise error("lost")

    land = lands()
    land.client.app.state.service.warm = Lost()  # type: ignore[attr-defined]
    request = {"as_of": str(DAY), "horizon": 1, "scenarios": [TWICE]}
    assert land.post("/v1/crises/made-up/scenarios", json=request).status_code == 503


def test_every_error_of_the_service_has_a_status() -> None:
    from service import errors
    from service.api.problems import KINDS

    found = {one for one in vars(errors).values() if isinstance(one, type)}
    of_nuzuh = {one for one in found if issubclass(one, NuzuhError)} - {NuzuhError}
    assert of_nuzuh <= set(KINDS)


@pytest.mark.parametrize("scenario", [
    {"title": "x", "attacks": [{"multiply": 2.0}] * 51},
    {"title": "x", "outflow": [{"place": "N02", "people": 1.0}] * 51},
    {"title": "x", "territory": [{"places": ["N02"] * 201, "date": 1}]},
])  # fmt: skip
def test_a_scenario_has_so_many_clauses(land: Land, scenario: dict[str, Any]) -> None:
    request = {"as_of": str(DAY), "scenarios": [scenario]}
    told = land.post("/v1/crises/made-up/scenarios", json=request)
    assert (told.status_code, "at most" in told.text) == (422, True)


@pytest.mark.parametrize("path", ["/v1/keys", "/v1/schedules/none/run", "/v1/schedules"])
def test_a_route_that_knows_no_second_time_says_so(land: Land, path: str) -> None:
    given = {"name": "twice", "scopes": ["read"]}
    told = land.post(path, "admin", json=given, headers={"Idempotency-Key": "k"})
    assert told.status_code == 422
    assert "/v1/crises/{crisis_id}/forecasts" in told.text


@pytest.mark.parametrize("status", ["cancelled", "failed"])
def test_an_outlook_is_made_anew_after_its_job_came_to_nothing(
    lands: Callable[..., Land], status: Any
) -> None:
    land = lands()
    land.jobs.idle = True
    path = f"/v1/crises/made-up/outlook?as_of={DAY}&format=txt"
    first, again = (land.get(path).json()["id"] for _ in range(2))
    assert first == again
    land.jobs.held[first] = replace(land.jobs.held[first], status=status)
    other = land.get(path).json()
    assert (other["id"] != first, other["status"]) == (True, "queued")
    assert land.get(path).json()["id"] == other["id"]


def test_an_outlook_that_fails_is_not_made_without_end(lands: Callable[..., Land]) -> None:
    land = lands()
    land.jobs.idle = True
    path = f"/v1/crises/made-up/outlook?as_of={DAY}&format=txt"
    for _ in range(10):
        id_ = land.get(path).json()["id"]
        land.jobs.held[id_] = replace(land.jobs.held[id_], status="failed")
    assert len(land.jobs.held) == 3
    assert land.get(path).json()["status"] == "failed"
