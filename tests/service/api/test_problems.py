"""Hostile and broken requests: each a problem of its own status, nothing stored, no secret told."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from features.errors import NuzuhError
from service import errors
from service.access.keys import create_key, revoke_key
from service.api.problems import KINDS
from tests.service.api.land import Land
from tests.service.api.test_asking import ROW

INGEST = [
    f"/v1/crises/made-up/{name}" for name in ("displacement", "attacks", "places", "agreements")
]
ASK = [f"/v1/crises/made-up/{name}" for name in ("forecasts", "scenarios", "backtests")]
NASTY = [
    "'; drop table row_versions; --", "../../etc/passwd", "=cmd|' /C calc'!A0", "\x00", "\ud800",
    "%00", "<script>", "𝔘" * 5000, "NaN", "1e999", "-0", "\r\nX-Injected: 1", "{{7*7}}", "",
]  # fmt: skip


def bodies() -> Iterator[tuple[str, bytes, str]]:
    """Path, body and content type of requests that none may take; from one seed."""
    rng = random.Random(1)
    for path in [*INGEST, *ASK, "/v1/keys"]:
        for body in (
            b"", b"{", b"[}", b"null", b"true", b"1", b'"text"', b"[1]", b"[null]", b"[[[]]]",
            b"\xff\xfe[]", "[]".encode("utf-16"), b"\xef\xbb\xbf{", b'[{"a": NaN}]', b"NaN",
            b'[{"persons": Infinity}]', b'{"a": 1, "a": 2}', b"[" * 100_000, b'{"a":' * 50_000,
            b'{"scenarios": ' + b"[" * 900 + b"]" * 900 + b"}", b'[{"a": 1e999}]', b"\0",
            b'{"x": "' + b"y" * 100_000 + b'"}', b"9" * 5000,
        ):  # fmt: skip
            yield path, body, "application/json"
        for kind in ("", "text/plain", "text/html", "application/json; charset=utf-16"):
            yield path, b"[]", kind
    for path in INGEST:
        for name in (*ROW, "unknown", "__proto__", "a" * 1000):
            texts = [] if name in ("note", "url") else [one for one in NASTY if one]
            value = rng.choice([*texts, [], {}, True])
            row = {**ROW, name: value}
            yield path, json.dumps([row]).encode(), "application/json"
    header = ",".join(ROW).encode()
    for nasty in NASTY:
        line = f"2018-01-01,2018-01-31,arrivals,{nasty},destination,,{nasty},,,Monitor,,,"
        body = header + b"\n" + line.encode(errors="surrogatepass") + b"\n"
        yield INGEST[0], body, "text/csv"
    yield INGEST[0], b'"' + b"x" * 200_000, "text/csv"
    yield INGEST[0], b"a;b;c\n1;2;3\n", "text/csv"
    for name in ("as_of", "horizon", "draws", "seed", "step", "places", "extra", "from", "to"):
        for nasty in ("x", -1, 10**20, [], {}, None, 1.5, True, ["\x00"], "2018-02-30"):
            request = {"as_of": "2018-12-15", "draws": 100, name: nasty}
            if (name, nasty) not in (("places", []),):
                yield ASK[0], json.dumps(request).encode(), "application/json"


def test_no_broken_body_is_taken(land: Land) -> None:
    recorded, jobs = land.store.recorded("made-up"), len(land.jobs.held)
    keys = len(land.get("/v1/keys", "admin").json()["keys"])
    asked = list(bodies())
    assert len(asked) >= 300
    for path, body, kind in asked:
        key = "admin" if path == "/v1/keys" else "restricted"
        headers = {"Content-Type": kind} if kind else {}
        answer = land.post(path, key, content=body, headers=headers)
        assert 400 <= answer.status_code < 500, (path, body[:80], kind, answer.text[:300])
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
    assert land.store.recorded("made-up") == recorded
    assert len(land.jobs.held) == jobs
    assert len(land.get("/v1/keys", "admin").json()["keys"]) == keys


@pytest.mark.parametrize("nasty", NASTY)
def test_nothing_nasty_in_a_path_or_a_filter_is_more_than_a_problem(land: Land, nasty: str) -> None:
    from urllib.parse import quote

    told = quote(nasty[:200], safe="", errors="replace")
    for path in (
        f"/v1/crises/{told}", f"/v1/forecasts/{told}", f"/v1/jobs/{told}", f"/v1/keys/{told}",
        f"/v1/crises/made-up/reports?place={told}", f"/v1/crises/made-up/attacks?source={told}",
        f"/v1/crises/made-up/reports?cursor={told}", f"/v1/crises/made-up/reports?as_of={told}",
        f"/v1/crises/made-up/history?file=places&place_id={told}", f"/{told}", f"/v1/{told}",
    ):  # fmt: skip
        answer = land.get(path)
        assert answer.status_code < 500, (path, answer.text)
        assert "X-Injected" not in answer.headers


def test_a_body_that_is_too_long_is_refused_told_or_not(lands: Callable[..., Land]) -> None:
    land = lands(most_megabytes=1)
    path = INGEST[0]
    json_type = {"Content-Type": "application/json"}
    told = land.post(path, content=b" " * 1_000_001, headers=json_type)

    def pieces() -> Iterator[bytes]:
        yield from (b" " * 100_000 for _ in range(11))

    streamed = land.post(path, content=pieces(), headers=json_type)
    assert told.status_code == streamed.status_code == 413
    assert told.json()["type"] == streamed.json()["type"] == "/problems/too-large"
    assert land.post(path, content=b"[]" + b" " * 999_000, headers=json_type).status_code != 413


def test_no_route_passes_over_a_parameter_it_does_not_know(land: Land, forecast: str) -> None:
    asked = 0
    for path, operations in land.client.app.openapi()["paths"].items():  # type: ignore[attr-defined]
        filled = path.replace("{crisis_id}", "made-up").replace("{forecast_id}", forecast)
        filled = filled.replace("{tick}", "monday@2019-05-06T04:00:00Z")
        for method in operations:
            answer = land.ask(method.upper(), f"{filled}?over=1&plcae=N01", "admin", json={})
            assert answer.status_code == 422, (method, path)
            asked += 1
    assert asked > 30


@pytest.mark.parametrize(("method", "path", "status"), [
    ("PUT", "/v1/crises", 405), ("POST", "/v1/forecasts/x/exceedance", 405), ("GET", "/x", 404),
    ("DELETE", "/v1/crises/made-up", 405), ("BREW", "/v1/crises", 405),
])  # fmt: skip
def test_what_cannot_be_done_is_a_problem(land: Land, method: str, path: str, status: int) -> None:
    answer = land.ask(method, path)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_a_fault_tells_nothing_but_its_id(land: Land, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(land.store, "crises", fail)
    with structlog.testing.capture_logs() as logs:
        answer = land.get("/v1/crises")
    told = answer.json()
    assert (answer.status_code, told["type"]) == (500, "/problems/fault")
    assert "secret" not in answer.text
    [fault] = [line for line in logs if line["event"] == "fault"]
    assert fault["log_level"] == "error"
    assert answer.headers["x-request-id"] == told["request_id"]


def test_every_error_of_the_service_has_its_problem() -> None:
    raised = [
        one
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, NuzuhError) and one is not NuzuhError
    ]
    assert set(raised) <= set(KINDS)
    assert len({kind.name for kind in KINDS.values()}) == len(KINDS)


def test_keys_that_are_none_all_look_alike(land: Land) -> None:
    ended = create_key(land.store, "old", ["read"], "public")[0]
    revoke_key(land.store, ended.id)
    soon = datetime.now(UTC) + timedelta(milliseconds=30)
    _, short = create_key(land.store, "short", ["read"], "public", soon)
    told = set()
    for key in ("nzh_x_y", "", short, f"nzh_{ended.id}_{'0' * 64}"):
        while datetime.now(UTC) <= soon:
            pass
        answer = land.get("/v1/crises", key or "x")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        told.add(answer.json()["detail"])
    assert len(told) == 1
    assert land.client.get("/v1/crises").status_code == 401
    basic = {"Authorization": "Basic eDp5"}
    assert land.client.get("/v1/crises", headers=basic).status_code == 401


def test_a_revoked_key_ends_at_once(land: Land) -> None:
    made = land.post("/v1/keys", "admin", json={"name": "x", "scopes": ["read"]}).json()
    assert land.get("/v1/crises", made["key"]).status_code == 200
    ended = land.ask("DELETE", f"/v1/keys/{made['id']}", "admin")
    assert ended.json()["revoked"] is not None
    assert land.get("/v1/crises", made["key"]).status_code == 401
    assert made["key"] not in json.dumps(land.get("/v1/keys", "admin").json())


def test_a_scope_that_is_missing_is_named(land: Land) -> None:
    reader = create_key(land.store, "reader", ["read"], "restricted")[1]
    for method, path, scope in (
        ("POST", ASK[0], "plan"), ("POST", INGEST[0], "publish"), ("GET", "/v1/keys", "admin"),
        ("GET", "/v1/audit", "admin"), ("DELETE", "/v1/jobs/x", "plan"),
    ):  # fmt: skip
        answer = land.ask(method, path, reader)
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/forbidden")
        assert scope in answer.json()["detail"]


def test_no_key_makes_one_that_is_told_more(land: Land) -> None:
    admin = create_key(land.store, "a", ["admin"], "partner")[1]
    wanted = {"name": "x", "scopes": ["read"], "audience": "restricted"}
    assert land.post("/v1/keys", admin, json=wanted).status_code == 403
    assert land.post("/v1/keys", admin, json={**wanted, "audience": "partner"}).status_code == 201


def test_an_admin_who_is_not_told_all_sees_no_jobs_and_no_log_of_others(land: Land) -> None:
    admin = create_key(land.store, "a", ["admin"], "partner")[1]
    job = land.post(ASK[0], json={"as_of": "2018-12-15", "places": ["N01C"]}).json()["id"]
    assert land.get(f"/v1/jobs/{job}", "admin").status_code == 200
    assert land.get(f"/v1/jobs/{job}", admin).status_code == 404
    assert land.ask("DELETE", f"/v1/jobs/{job}", admin).status_code == 404
    assert land.get("/v1/jobs", admin).json()["jobs"] == []
    assert land.get("/v1/audit", admin).status_code == 403


def test_brute_force_is_slowed_and_the_holders_of_keys_are_not(lands: Callable[..., Land]) -> None:
    land = lands(failure_rate="5/minute")
    statuses = [land.get("/v1/crises", f"nzh_000000000000_{n:064x}").status_code for n in range(9)]
    assert statuses == [401] * 5 + [429] * 4
    refused = land.get("/v1/crises", "nzh_x_y")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert land.get("/v1/crises").status_code == 200


def test_a_key_has_its_rate(lands: Callable[..., Land]) -> None:
    land = lands(rate="3/minute")
    assert [land.get("/v1/crises").status_code for _ in range(5)] == [200] * 3 + [429] * 2
    assert land.get("/v1/crises", "partner").status_code == 200


def test_no_secret_is_in_the_log_or_in_a_problem(land: Land) -> None:
    secret = land.keys["restricted"].split("_")[2]
    with structlog.testing.capture_logs() as logs:
        texts = [
            land.get("/v1/crises").text,
            land.get("/v1/nothing").text,
            land.get("/v1/crises", land.keys["restricted"] + "0").text,
            land.post(ASK[0], json={"as_of": "x"}).text,
        ]
    assert logs
    assert secret not in json.dumps([logs, texts], default=str)
    assert {line["path"] for line in logs} == {"/v1/crises", "/v1/nothing", ASK[0]}


@pytest.mark.parametrize("path", ["/v1/crises", "/healthz", "/v1/nothing"])
def test_headers_are_careful(land: Land, path: str) -> None:
    answer = land.get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "server" not in answer.headers


@pytest.mark.parametrize("given", ["abc", "a" * 65, "x\ty12345678", "good-id.12345"])
def test_an_id_is_taken_from_the_caller_when_it_is_plain(land: Land, given: str) -> None:
    told = land.get("/healthz", headers={"X-Request-ID": given}).headers["x-request-id"]
    assert (told == given) is (given == "good-id.12345")


def test_cells_that_a_spreadsheet_would_run_are_text(lands: Callable[..., Land]) -> None:
    land = lands()
    row = {**ROW, "note": "=HYPERLINK(A1)", "url": "@evil", "persons": 1200}
    assert land.post(INGEST[0], json=[row]).json()["added"] == 1
    text = land.get("/v1/crises/made-up/reports?place=N0101&format=csv").text
    assert "'=HYPERLINK" in text
    assert "'@evil" in text
    [told] = land.get("/v1/crises/made-up/reports?place=N0101").json()["rows"]
    assert told["note"] == "=HYPERLINK(A1)"


def test_health(land: Land) -> None:
    assert land.client.get("/healthz").json() == {"alive": True}
    ready = land.client.get("/readyz").json()
    assert ready["migration"].isdigit()
    assert set(ready["stale"]["made-up"]) == {"Task Force", "Event Data"}


def test_metrics_are_for_loopback_and_for_keys(land: Land, forecast: str) -> None:
    land.get(f"/v1/forecasts/{forecast}")
    assert land.client.get("/metrics").status_code == 401
    told = land.get("/metrics").text
    labels = 'method="GET",route="/v1/forecasts/{forecast_id}",status="200"'
    assert f"nuzuh_requests_total{{{labels}}}" in told
    labels = 'crisis="made-up",file="displacement.csv",source="Monitor"'
    assert f"nuzuh_source_age_days{{{labels}}}" in told
    assert "nuzuh_request_seconds_bucket" in told
    proxied = land.client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.1"})
    assert proxied.status_code == 401
