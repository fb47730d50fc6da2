"""Outlooks, schedules, releases and triggers over the API."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
import time_machine

from service.access.audit import read_audit
from service.access.keys import create_key
from service.answers import replay
from service.api.routes.schedules import EXAMPLE
from service.api.routes.triggers import RULE
from service.jobs.glance import Glance
from service.schedules.alarms import check_stored
from service.schedules.book import read_kept
from service.schedules.clock import Clock
from service.schedules.diary import read_ticks
from service.store.ingest import ingest
from service.triggers.letters import tell
from tests.service.api.conftest import DAY
from tests.service.api.land import Land
from tests.service.schedules.given import Taken, print_all
from tests.service.store.given_rows import reports

OUTLOOK = f"/v1/crises/made-up/outlook?as_of={DAY}"
SCHEDULE = {**EXAMPLE, "crisis_id": "made-up"}
TRIGGER = {
    "id": "belt",
    "crisis_id": "made-up",
    "rule": {**RULE, "over": 9000, "probability": 0.5, "recipients": ["email:me@ngo.org#ar"]},
}


def key_of(land: Land, audience: str, *scopes: str) -> str:
    return create_key(land.store, "tester", list(scopes), audience)[1]


def test_an_outlook_is_made_by_a_job_and_told_at_once_the_next_time(changing: Land) -> None:
    first = changing.get(f"{OUTLOOK}&format=txt")
    assert first.status_code == 202
    job = changing.get(first.headers["location"]).json()
    assert (job["kind"], job["status"]) == ("outlook", "done"), job["error"]
    made = changing.get(job["result"])
    again = changing.get(f"{OUTLOOK}&format=txt")
    assert (again.status_code, again.content) == (200, made.content)
    assert again.headers["content-location"] == job["result"]
    tag = {"If-None-Match": again.headers["etag"]}
    assert changing.get(f"{OUTLOOK}&format=txt", headers=tag).status_code == 304
    assert changing.get(f"{OUTLOOK}&format=txt&lang=tr").status_code == 202
    id_ = job["result"].rpartition("/")[2]
    assert replay(changing.store, id_) == {"txt": made.content}


def test_who_asks_again_has_one_job(lands: Callable[..., Land]) -> None:
    land = lands()
    land.jobs.idle = True
    ids = {land.get(OUTLOOK).json()["id"] for _ in range(3)}
    assert len(ids) == 1


def test_a_reader_reads_what_is_there_and_has_none_made(lands: Callable[..., Land]) -> None:
    land = lands()
    reader = key_of(land, "restricted", "read")
    path = f"{OUTLOOK}&format=sms&lang=tr"
    assert land.get(path, reader).status_code == 403
    assert land.get(path).status_code == 202
    assert land.get(path, reader).status_code == 200


def test_an_outlook_of_another_audience_is_not_there(lands: Callable[..., Land]) -> None:
    land = lands()
    path = f"{OUTLOOK}&format=sms"
    results = {}
    for audience in ("public", "partner", "restricted"):
        told = land.get(path, audience)
        assert told.status_code == 202
        results[audience] = told.json()["result"]
    assert land.get(results["restricted"], "partner").status_code == 404
    assert land.get(results["partner"], "public").status_code == 404
    assert land.get(results["public"], "public").status_code == 200


@pytest.mark.parametrize(("format_", "type_"), [
    ("html", "text/html; charset=utf-8"), ("txt", "text/plain; charset=utf-8"),
])  # fmt: skip
def test_a_stale_outlook_is_told_only_when_asked_for_and_marked(
    land: Land, format_: str, type_: str
) -> None:
    path = f"/v1/crises/made-up/outlook?as_of=2019-08-01&format={format_}"
    refused = land.get(path)
    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/stale-source")
    result = land.get(f"{path}&stale=allow").json()["result"]
    told = land.get(result)
    assert told.headers["content-type"] == type_
    assert told.headers["nuzuh-stale"] == "Task Force, Event Data"
    assert "Stale, past its limit: Task Force, Event Data." in told.text
    assert land.get(result.partition("?")[0]).status_code == 503
    assert land.get(f"{path}&stale=allow").headers["nuzuh-stale"]


def test_a_page_may_run_and_fetch_nothing(land: Land) -> None:
    made = land.get(OUTLOOK)
    told = made if made.status_code == 200 else land.get(made.json()["result"])
    policy = told.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")


def test_nothing_too_recent_is_written_for_the_public(land: Land) -> None:
    today = datetime.now(UTC).date()
    told = land.get(f"/v1/crises/made-up/outlook?as_of={today}", "public")
    assert told.status_code == 422
    assert "too recent" in told.text


def test_a_schedule_is_kept_paused_resumed_and_run(changing: Land) -> None:
    kept = changing.post("/v1/schedules", json=SCHEDULE)
    assert (kept.status_code, kept.json()["version"]) == (201, 1)
    assert changing.post("/v1/schedules", json=SCHEDULE).status_code == 409
    later = changing.post("/v1/schedules?replace=true", json={**SCHEDULE, "cron": "0 8 * * 1"})
    assert (later.json()["version"], later.json()["schedule"]["cron"]) == (2, "0 8 * * 1")
    path = "/v1/schedules/monday"
    assert changing.post(f"{path}/pause").json()["next"] is None
    assert changing.post(f"{path}/resume").json()["next"] is not None
    ran = changing.post(f"{path}/run?as_of={DAY}")
    assert (ran.status_code, ran.json()["state"], ran.json()["as_of"]) == (202, "due", str(DAY))
    [tick] = changing.get(f"{path}/history").json()["ticks"]
    assert (tick["tick"], tick["letters"]) == (ran.json()["tick"], [])
    actions = [line["action"] for line in read_audit(changing.store, 20)]
    assert {"keep schedule", "pause schedule", "resume schedule", "run schedule"} <= set(actions)


@pytest.mark.parametrize(("changed", "status"), [
    ({"cron": "x"}, 422), ({"recipients": [{"way": "email", "address": "nobody"}]}, 422),
    ({"crisis_id": "nowhere"}, 422), ({"places": ["N9999"]}, 422), ({"zone": "Mars"}, 422),
    ({"audience": "restricted"}, 403), ({"audience": "partner", "places": ["N01C"]}, 422),
    ({"audience": "partner", "release": "automatic"}, 403), ({"audience": "partner"}, 201),
    ({"audience": "public", "id": "p"}, 201), ({"extra": 1}, 422),
])  # fmt: skip
def test_what_a_partner_may_not_schedule(
    lands: Callable[..., Land], changed: dict[str, Any], status: int
) -> None:
    land = lands()
    planner = key_of(land, "partner", "read", "plan")
    given = {**SCHEDULE, "audience": "partner", **changed}
    told = land.post("/v1/schedules", planner, json=given)
    assert told.status_code == status, told.text
    assert "Camp One" not in told.text


def test_schedules_of_those_told_more_are_not_there(lands: Callable[..., Land]) -> None:
    land = lands()
    assert land.post("/v1/schedules", json=SCHEDULE).status_code == 201
    assert land.get("/v1/schedules", "partner").json() == {"schedules": []}
    for method, path in (
        ("GET", ""), ("GET", "/history"), ("POST", "/pause"), ("POST", "/resume"), ("POST", "/run"),
    ):  # fmt: skip
        hidden = land.ask(method, f"/v1/schedules/monday{path}", "partner")
        unknown = land.ask(method, f"/v1/schedules/tuesday{path}", "partner")
        assert hidden.status_code == unknown.status_code == 404, path
        assert hidden.json()["detail"] == unknown.json()["detail"]
    replaced = land.post("/v1/schedules?replace=true", "partner", json={
        **SCHEDULE, "audience": "partner",
    })  # fmt: skip
    assert replaced.status_code == 404


def drafted(land: Land) -> tuple[str, str]:
    """A draft of a schedule: its tick, and the SHA-256 of a file of it."""
    assert land.post("/v1/schedules", json=SCHEDULE).status_code == 201
    tick = land.post(f"/v1/schedules/monday/run?as_of={DAY}").json()["tick"]
    [due] = read_ticks(land.store)
    print_all(land.store, read_kept(land.store, "monday"), due)
    Clock(land.store, lambda *_: None).look(datetime.now(UTC))
    return tick, land.get(f"/v1/releases/{tick}").json()["files"]["ar.pdf"]


def test_a_draft_is_approved_verified_and_withdrawn(changing: Land) -> None:
    tick, sha256 = drafted(changing)
    path, check = f"/v1/releases/{tick}", f"/v1/releases/verify?sha256={sha256}"
    assert [one["state"] for one in changing.get("/v1/releases").json()["releases"]] == ["drafted"]
    told = changing.get(check).json()
    assert (told["verified"], told["outlooks"]) == (False, [])
    planner = key_of(changing, "restricted", "read", "plan")
    assert changing.post(f"{path}/approve", planner).status_code == 403
    assert changing.post(f"{path}/withdraw", json={"reason": "x"}).status_code == 409
    assert changing.post(f"{path}/approve").json()["state"] == "released"
    told = changing.get(check).json()
    assert told["verified"]
    assert (told["outlooks"][0]["language"], told["outlooks"][0]["format"]) == ("ar", "pdf")
    assert changing.post(f"{path}/withdraw", json={"reason": " "}).status_code == 422
    withdrawn = changing.post(f"{path}/withdraw", json={"reason": "counted twice"}).json()
    assert withdrawn["steps"][-1]["reason"] == "counted twice"
    told = changing.get(check).json()
    assert (told["verified"], told["outlooks"][0]["state"]) == (False, "withdrawn")
    other = hashlib.sha256(b"other").hexdigest()
    assert changing.get(f"/v1/releases/verify?sha256={other}").json()["outlooks"] == []


def test_releases_of_those_told_more_are_not_there(lands: Callable[..., Land]) -> None:
    land = lands()
    tick, sha256 = drafted(land)
    land.post(f"/v1/releases/{tick}/approve")
    assert land.get("/v1/releases", "partner").json() == {"releases": []}
    assert land.get(f"/v1/releases/{tick}", "partner").status_code == 404
    assert land.post(f"/v1/releases/{tick}/approve", "partner").status_code == 404
    told = land.get(f"/v1/releases/verify?sha256={sha256}", "partner").json()
    assert (told["verified"], told["outlooks"]) == (False, [])
    assert land.get("/v1/releases/nonsense").status_code == 422


def test_a_trigger_is_kept_tried_looked_at_and_scored(changing: Land) -> None:
    land, path = changing, "/v1/triggers/belt"
    kept = land.post("/v1/triggers", json=TRIGGER)
    assert (kept.status_code, kept.json()["ready"]) == (201, False)
    assert land.post("/v1/triggers", json=TRIGGER).status_code == 409
    assert land.get(f"{path}/record").status_code == 404
    job = land.post(f"{path}/try", json={"from": "2018-02", "to": "2018-03"}).json()
    assert (job["status"], job["result"]) == ("done", f"{path}/record"), job["error"]
    record = land.get(job["result"]).json()
    assert [line["as_of"] for line in record["lines"]] == ["2018-02-28", "2018-03-31"]
    assert "verdict" in record
    recorded = land.store.recorded("made-up").isoformat()
    url = land.store.engine.url.render_as_string(hide_password=False)
    assert check_stored(url, "made-up", str(DAY), recorded, told=lambda *_: None) == []
    [head] = land.get("/v1/triggers").json()["triggers"]
    assert (head["ready"], head["checked"], head["state"]) == (True, str(DAY), "met")
    [check] = land.get(f"{path}/history").json()["checks"]
    assert check["activates"]
    assert land.get(f"{path}/score").json()["lines"][0]["activates"]
    assert land.get(path).json()["record"]["lines"] == record["lines"]


@pytest.mark.parametrize(("rule", "where"), [
    ('title = "x"\nkind = 3', "kind"), ("not toml", "TOML"), ({"over": -1}, "over"),
    ({"recipients": ["fax:1"], "place": "N9999"}, "recipients"), ({"place": "N9999"}, "place"),
    ({"deep": {"a": {"b": 1}}}, "/deep"), ({"probability": 1.4}, "/probability"),
    ({"stand_down": 0.5}, "/stand_down"), ({"cost_miss": -1}, "/cost_miss"),
    ({"floor": 1}, "/floor"), ({"within": "13 months"}, "/within"),
    ({"title": "x" * 300}, "/title"), ({"title": "a\nb"}, "/title"), ({"x": None}, ""),
])  # fmt: skip
def test_a_bad_rule_is_refused_with_all_that_is_wrong(
    land: Land, rule: str | dict[str, Any], where: str
) -> None:
    given = rule if isinstance(rule, str) else {**TRIGGER["rule"], **rule}  # type: ignore[dict-item]
    told = land.post("/v1/triggers", json={**TRIGGER, "id": "bad", "rule": given})
    if where:
        assert (told.status_code, where in told.text) == (422, True), told.text
    else:
        assert told.status_code in (201, 409, 422), told.text


def test_what_came_is_scored_once_it_is_published(changing: Land) -> None:
    land = changing
    land.post("/v1/triggers", json={**TRIGGER, "untested": "new"})
    recorded = land.store.recorded("made-up").isoformat()
    url = land.store.engine.url.render_as_string(hide_password=False)
    check_stored(url, "made-up", "2019-01-10", recorded, told=lambda *_: None)
    score = land.get("/v1/triggers/belt/score").json()
    assert score["lines"][0]["activates"]
    assert (score["lines"][0]["came"], score["verdict"]) == (None, None)
    january = {"start": "2019-01-01", "end": "2019-01-31", "published": "2019-02-20"}
    told = reports(
        {**january, "place_id": "N01", "persons": 90_000, "source": "Task Force"},
        {**january, "place_id": "N01", "persons": 80_000},
    )
    ingest(land.store, "made-up", told, author="tester", today=pd.Timestamp("2019-03-01"))
    score = land.get("/v1/triggers/belt/score").json()
    assert score["lines"][0]["came"]["persons"] > 9000
    assert score["verdict"]["activations"] == 1
    assert "recipients" not in score["trigger"]


def test_no_watch_and_its_reason_are_told_and_a_retired_trigger_is_kept(changing: Land) -> None:
    land, path = changing, "/v1/triggers/belt"
    land.post("/v1/triggers", json={**TRIGGER, "untested": "new"})
    recorded = land.store.recorded("made-up").isoformat()
    url = land.store.engine.url.render_as_string(hide_password=False)
    check_stored(url, "made-up", "2019-08-01", recorded, told=lambda *_: None)
    [head] = land.get("/v1/triggers").json()["triggers"]
    assert (head["state"], head["since"]) == ("blind", "2019-08-01")
    assert "Event Data reaches" in head["because"]
    assert land.get(path).json()["because"] == head["because"]
    tell(land.store, Taken(), "belt", "1", "email:me@ngo.org#ar")
    history = land.get(f"{path}/history").json()
    assert [step["state"] for step in history["steps"]] == ["blind"]
    [notice] = history["notices"]
    assert (notice["state"], notice["outcome"]) == ("blind", "sent")
    assert land.ask("DELETE", path).status_code == 422
    planner = key_of(land, "restricted", "read", "plan")
    for key, status in ((planner, 403), ("partner", 404), ("admin", 200), ("admin", 200)):
        told = land.ask("DELETE", f"{path}?reason=agreed", key)
        assert told.status_code == status, told.text
    assert (told.json()["state"], told.json()["because"]) == ("retired", "agreed")
    assert len(land.get(f"{path}/history").json()["steps"]) == 2
    assert land.get("/v1/triggers").json()["triggers"][0]["state"] == "retired"


def test_triggers_are_for_those_who_are_told_all(lands: Callable[..., Land]) -> None:
    land = lands()
    assert land.post("/v1/triggers", "partner", json=TRIGGER).status_code == 403
    planner = key_of(land, "restricted", "read", "plan")
    assert land.post("/v1/triggers", planner, json=TRIGGER).status_code == 403
    assert land.post("/v1/triggers", json={**TRIGGER, "untested": "new"}).json()["ready"]
    assert land.get("/v1/triggers", "partner").json() == {"triggers": []}
    for path in ("", "/record", "/history", "/score"):
        assert land.get(f"/v1/triggers/belt{path}", "partner").status_code == 404
    trial = {"from": "2018-02", "to": "2018-03"}
    assert land.post("/v1/triggers/belt/try", "partner", json=trial).status_code == 404
    swapped = {"from": "2018-03", "to": "2018-02"}
    assert land.post("/v1/triggers/belt/try", json=swapped).status_code == 422


def test_an_embargo_holds_for_schedules_too(lands: Callable[..., Land]) -> None:
    land = lands()
    public = {**SCHEDULE, "audience": "public"}
    assert land.post("/v1/schedules", json=public).status_code == 201
    told = land.post("/v1/schedules/monday/run").json()
    assert (datetime.now(UTC).date() - date.fromisoformat(told["as_of"])).days >= 7


@pytest.mark.parametrize("day", [
    "9999-12-31", "0001-01-01", "2015-01-01", f"{datetime.now(UTC).date() + timedelta(days=2)}",
])  # fmt: skip
def test_no_outlook_is_run_for_a_day_that_nobody_knows(
    lands: Callable[..., Land], day: str
) -> None:
    land = lands()
    land.post("/v1/schedules", json=SCHEDULE)
    told = land.post(f"/v1/schedules/monday/run?as_of={day}")
    assert (told.status_code, "as_of" in told.text) == (422, True)
    assert read_ticks(land.store) == []


def test_a_schedule_is_run_out_of_turn_ten_times_an_hour(changing: Land) -> None:
    changing.post("/v1/schedules", json=SCHEDULE)
    path = f"/v1/schedules/monday/run?as_of={DAY}"
    assert [changing.post(path).status_code for _ in range(10)] == [202] * 10
    told = changing.post(path)
    assert (told.status_code, told.json()["type"]) == (429, "/problems/too-many")
    assert 3500 < int(told.headers["retry-after"]) <= 3601
    assert len(read_ticks(changing.store)) == 10


def test_who_may_not_publish_stops_no_schedule_that_releases_itself(
    lands: Callable[..., Land],
) -> None:
    land = lands()
    automatic = {**SCHEDULE, "release": "automatic"}
    assert land.post("/v1/schedules", json=automatic).status_code == 201
    planner = key_of(land, "restricted", "read", "plan")
    assert land.post("/v1/schedules/monday/pause", planner).status_code == 403
    assert land.post("/v1/schedules?replace=true", planner, json=SCHEDULE).status_code == 403
    found = read_kept(land.store, "monday")
    assert (found.version, found.paused) == (1, False)
    assert land.post("/v1/schedules?replace=true", json=SCHEDULE).status_code == 201


def test_a_key_keeps_so_many_schedules(
    lands: Callable[..., Land], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.api.routes.schedules.MOST_SCHEDULES", 2)
    land = lands()
    for id_, status in (("a", 201), ("b", 201), ("c", 409)):
        told = land.post("/v1/schedules", json={**SCHEDULE, "id": id_})
        assert told.status_code == status, told.text
    assert land.post("/v1/schedules?replace=true", json={**SCHEDULE, "id": "b"}).status_code == 201
    planner = key_of(land, "restricted", "read", "plan")
    assert land.post("/v1/schedules", planner, json={**SCHEDULE, "id": "c"}).status_code == 201


def unseen(land: Land) -> float:
    [line] = [
        line
        for line in land.get("/metrics").text.splitlines()
        if line.startswith("nuzuh_trigger_look_age_seconds ")
    ]
    return float(line.split()[1])


def test_a_trigger_that_no_worker_looks_at_is_told_as_blind(
    changing: Land, monkeypatch: pytest.MonkeyPatch
) -> None:
    land, path, now = changing, "/v1/triggers/belt", datetime.now(UTC)
    land.post("/v1/triggers", json={**TRIGGER, "untested": "new"})
    assert (land.get(path).json()["state"], unseen(land)) == ("watch", 0.0)
    with time_machine.travel(now + timedelta(days=3)):
        [head] = land.get("/v1/triggers").json()["triggers"]
        assert (head["state"], head["since"]) == ("blind", f"{now.date()}")
        assert head["because"].startswith(f"no worker has looked since {now.date()}T23:59:59Z")
        assert land.get(path).json()["because"] == head["because"]
        [step] = land.get(f"{path}/history").json()["steps"]
        assert (step["state"], step["because"]) == ("blind", head["because"])
        assert unseen(land) > 86_400
        glance = Glance({}, looked={"made-up": now + timedelta(days=2, hours=12)})
        monkeypatch.setattr(land.jobs, "glance", lambda: glance)
        assert land.get(path).json()["state"] == "watch"
        assert unseen(land) < 86_400
        land.ask("DELETE", f"{path}?reason=agreed")
        assert (land.get(path).json()["state"], unseen(land)) == ("retired", 0.0)
