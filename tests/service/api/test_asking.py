"""Asking for what takes long, stale sources, and requests that are sent again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi import Response

from features.errors import Finding, InputError
from forecast.scenario_folder import shipped
from service.answers import answer
from service.api import replies
from service.errors import Conflict
from service.forecasts import ForecastRequest
from service.projections import ScenarioRequest
from tests.service.api.conftest import DAY
from tests.service.api.land import Land, projected

FRESH = {"as_of": str(DAY), "horizon": 1, "draws": 100}
STALE = {"as_of": "2019-08-01", "horizon": 1, "draws": 100}
ROW = {
    "start": "2018-01-01", "end": "2018-01-31", "measure": "arrivals", "place_id": "N0101",
    "direction": "destination", "from_id": None, "persons": 1200, "low": None, "high": None,
    "source": "Monitor", "published": "2018-02-20", "url": None, "note": None,
}  # fmt: skip
TWICE = {"title": "Twice", "attacks": [{"from": 1, "multiply": 2.0}]}


def test_a_forecast_is_made_by_a_job_and_told_at_once_the_next_time(changing: Land) -> None:
    path = "/v1/crises/made-up/forecasts"
    first = changing.post(path, json=FRESH)
    assert first.status_code == 202
    job = changing.get(first.headers["location"]).json()
    assert (job["status"], job["progress"]) == ("done", 1)
    made = changing.get(job["result"]).json()
    again = changing.post(path, json=FRESH)
    assert (again.status_code, again.json()) == (200, made)
    assert again.headers["content-location"] == job["result"]
    other = changing.post(path, json={**FRESH, "seed": 2})
    assert other.status_code == 202


def test_new_rows_make_a_new_forecast(lands: Callable[..., Land]) -> None:
    land = lands()
    path = "/v1/crises/made-up/forecasts"
    assert land.post(path, json=FRESH).status_code == 202
    assert land.post(path, json=FRESH).status_code == 200
    assert land.post("/v1/crises/made-up/displacement", json=[ROW]).json()["added"] == 1
    assert land.post(path, json=FRESH).status_code == 202


def test_a_scenario_is_told_beside_the_forecast_without_it(land: Land) -> None:
    request = {**FRESH, "scenarios": [TWICE]}
    job = land.post("/v1/crises/made-up/scenarios", "partner", json={
        "as_of": str(DAY), "horizon": 1, "scenarios": [TWICE],
    }).json()  # fmt: skip
    told = land.get(job["result"], "partner").json()
    assert (told["kind"], told["scenarios"][0]["title"]) == ("projection", "Twice")
    assert land.get(job["result"], "public").status_code == 404
    lines = land.get(f"{job['result']}?format=csv", "partner").text.splitlines()
    assert lines[0].startswith("scenario,kind,as_of,")
    wrong = {**request, "scenarios": ['title = "x"\n[[attacks]]\nkind = "flood"\nmultiply = "=1"']}
    assert land.post("/v1/crises/made-up/scenarios", json=wrong).status_code == 422


def test_a_scenario_is_told_in_part(land: Land) -> None:
    asked = ScenarioRequest(as_of=DAY, horizon=1, draws=100, scenarios=(TWICE,))
    path = f"/v1/scenarios/{projected(land.store, asked, 'tester')}"
    everything = land.get(path).json()["scenarios"][0]["results"]
    place = everything[0]["location"]
    told = land.get(f"{path}?place={place}&measure=arrivals").json()["scenarios"][0]["results"]
    assert told == [
        one for one in everything if (one["location"], one["measure"]) == (place, "arrivals")
    ]
    assert 0 < len(told) < len(everything)
    lines = land.get(f"{path}?place={place}&measure=arrivals&format=csv").text.splitlines()
    assert len(lines) == 1 + 3 * len(told)
    for wrong in ("place=nowhere", "measure=stock"):
        assert land.get(f"{path}?{wrong}").status_code == 404, wrong


def test_a_scenario_that_comes_with_the_crisis_goes_by_its_name(bundled: Any) -> None:
    path = "/v1/crises/nw-syria/scenarios"
    asked = {"as_of": "2019-05-04", "scenarios": ["ceasefire-holds"]}
    taken = bundled.post(path, json=asked)
    assert taken.status_code == 202, taken.text
    [text] = taken.json()["request"]["scenarios"]
    assert text == shipped("nw-syria")["ceasefire-holds"].read_text("utf-8")
    refused = bundled.post(path, json={**asked, "scenarios": ["ceasefire-hold"]})
    assert refused.status_code == 422
    [error] = refused.json()["errors"]
    assert error["why"].startswith("is neither the text of a TOML file nor the name of a scenario")
    assert "did you mean 'ceasefire-holds'?" in error["why"]


class WarmAtOnce:
    """Stands in for the process that keeps fits."""

    def __init__(self, land: Land) -> None:
        self.land = land

    def ask(self, crisis_id: str, request: ScenarioRequest, author: str) -> str | None:
        if request.horizon == 2:
            return None
        if request.horizon == 3:
            raise InputError(Finding("scenario 1", "no such place; there are N01C and N01"))
        return projected(self.land.store, request, author)


def test_a_scenario_on_a_warm_fit_is_told_at_once(lands: Callable[..., Land]) -> None:
    land = lands()
    land.jobs.idle = True
    land.client.app.state.service.warm = WarmAtOnce(land)  # type: ignore[attr-defined]
    path, request = "/v1/crises/made-up/scenarios", {"as_of": str(DAY), "scenarios": [TWICE]}
    told = land.post(path, "partner", json={**request, "horizon": 1})
    assert (told.status_code, told.json()["kind"]) == (200, "projection")
    assert land.get(told.headers["content-location"], "partner").json() == told.json()
    assert land.post(path, "partner", json={**request, "horizon": 2}).status_code == 202
    refused = land.post(path, "partner", json={**request, "horizon": 3})
    assert refused.status_code == 422
    assert "N01C" not in refused.text
    assert "N01C" in land.post(path, json={**request, "horizon": 3}).text


def test_a_stale_source_is_refused_and_named(land: Land, forecast: str) -> None:
    refused = land.post("/v1/crises/made-up/forecasts", json=STALE)
    told = refused.json()
    assert (refused.status_code, told["type"]) == (503, "/problems/stale-source")
    by_name = {one["source"]: one for one in told["sources"]}
    assert set(by_name) == {"Task Force", "Event Data"}
    assert by_name["Task Force"]["data_through"] == "2018-12-31"
    good = land.get(f"/v1/forecasts/{told['last_good_forecast']}")
    assert good.status_code == 200
    assert good.json()["stale"] == []
    assert good.json()["as_of"] == told["last_good_as_of"]


def test_a_stale_forecast_is_told_only_when_asked_for_and_marked_on_its_face(land: Land) -> None:
    job = land.post("/v1/crises/made-up/forecasts?stale=allow", json=STALE).json()
    path = job["result"]
    sources = ["Task Force", "Event Data"]
    for format_ in ("json", "csv", "hxl", "parquet"):
        refused = land.get(f"{path}?format={format_}")
        assert (refused.status_code, refused.json()["type"]) == (503, "/problems/stale-source")
        told = land.get(f"{path}?format={format_}&stale=allow")
        assert told.status_code == 200
        assert told.headers["nuzuh-stale"] == ", ".join(sources)
        assert b"stale" in told.content
    assert land.get(f"{path}?stale=allow").json()["stale"] == sources
    lines = land.get(f"{path}?format=csv&stale=allow").text.splitlines()
    assert lines[0].endswith(",stale")
    assert all(line.endswith("Task Force; Event Data") for line in lines[1:])
    over = f"{path}/exceedance?over=1000"
    assert land.get(over).status_code == 503
    assert land.get(f"{over}&stale=allow").json()["stale"] == sources
    lines = land.get(f"{over}&stale=allow&format=csv").text.splitlines()
    assert all(line.endswith("Task Force; Event Data") for line in lines[1:])


def test_without_a_day_it_stands_on_today(land: Land) -> None:
    refused = land.post("/v1/crises/made-up/forecasts", json={})
    assert refused.status_code == 503
    assert "its limit is 75" in refused.json()["detail"]


def test_jobs_are_seen_by_who_asked_and_by_admins(lands: Callable[..., Land]) -> None:
    land = lands()
    land.jobs.idle = True
    request = {"as_of": str(DAY)}
    ids = [
        land.post("/v1/crises/made-up/forecasts", key, json=request).json()["id"]
        for key in ("partner", "restricted", "partner")
    ]
    seen = {
        key: [job["id"] for job in land.get("/v1/jobs", key).json()["jobs"]]
        for key in ("public", "partner", "admin")
    }
    assert seen == {"public": [], "partner": [ids[2], ids[0]], "admin": ids[::-1]}
    page = land.get("/v1/jobs?limit=1", "partner").json()
    assert [page["next"], *(job["id"] for job in page["jobs"])] == [ids[2], ids[2]]
    following = land.get(f"/v1/jobs?limit=1&cursor={page['next']}", "partner").json()
    assert [job["id"] for job in following["jobs"]] == [ids[0]]
    assert land.get(f"/v1/jobs?cursor={ids[1]}", "partner").status_code == 404
    assert land.ask("DELETE", f"/v1/jobs/{ids[0]}", "restricted").status_code == 404
    ended = land.ask("DELETE", f"/v1/jobs/{ids[0]}", "partner")
    assert ended.json()["status"] == "cancelled"


def test_rows_come_in_as_json_and_as_csv_once(changing: Land) -> None:
    path = "/v1/crises/made-up/displacement"
    first = changing.post(path, json=[ROW])
    assert (first.status_code, first.json()["added"]) == (200, 1)
    header = ",".join(ROW)
    line = ",".join("" if value is None else str(value) for value in ROW.values())
    again = changing.post(
        path, content=f"{header}\n{line}\n", headers={"Content-Type": "text/csv; charset=utf-8"}
    )
    assert (again.json()["unchanged"], again.json()["intake"]) == (1, None)


def test_one_bad_row_rejects_all_and_every_error_is_told(changing: Land) -> None:
    path = "/v1/crises/made-up/displacement"
    rows = [ROW, {**ROW, "persons": -5, "place_id": "Z"}, {**ROW, "start": "2018-13-01"}]
    before = changing.store.recorded("made-up")
    refused = changing.post(path, json=rows)
    assert refused.status_code == 422
    found = {(one["line"], one["column"]) for one in refused.json()["errors"]}
    assert found == {(2, "persons"), (2, "place_id"), (3, "start")}
    assert changing.store.recorded("made-up") == before
    partial = changing.post(f"{path}?partial=true", json=rows).json()
    assert (partial["added"], len(partial["rejected"])) == (1, 3)


def test_a_warning_of_the_linter_is_told(changing: Land) -> None:
    families = {**ROW, "note": "2,000 families", "persons": 1200}
    told = changing.post("/v1/crises/made-up/displacement", json=[families]).json()
    assert told["added"] == 1
    assert told["warnings"]


def test_a_request_sent_again_is_done_once(changing: Land) -> None:
    path = "/v1/crises/made-up/displacement"
    once = {"Idempotency-Key": "b7e1"}
    first = changing.post(path, json=[ROW], headers=once)
    again = changing.post(path, json=[ROW], headers=once)
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    other = changing.post(path, json=[{**ROW, "persons": 7}], headers=once)
    assert (other.status_code, other.json()["type"]) == (409, "/problems/conflict")
    elsewhere = changing.post("/v1/crises/made-up/attacks", json=[ROW], headers=once)
    assert elsewhere.status_code == 409


def test_a_request_that_failed_may_be_sent_again(lands: Callable[..., Land]) -> None:
    land = lands()
    once = {"Idempotency-Key": "b7e1"}
    path = "/v1/crises/made-up/displacement"
    assert land.post(path, json=[{**ROW, "persons": -1}], headers=once).status_code == 422
    assert land.post(path, json=[ROW], headers=once).json()["added"] == 1


def test_a_request_that_was_cut_off_is_done_again_once_it_is_given_up(
    lands: Callable[..., Land], monkeypatch: Any
) -> None:
    land = lands()
    asked = ["tester", "b7e1", [b"x"]]

    def killed() -> Any:
        raise SystemExit

    monkeypatch.setattr(replies, "_release", lambda *_: None)
    with pytest.raises(SystemExit):
        replies.once(land.store, *asked, killed)
    with pytest.raises(
        Conflict, match="was cut off; send it again, at the latest in 300 s"
    ) as raised:
        replies.once(land.store, *asked, killed)
    assert raised.value.retry_after == replies.SOON
    monkeypatch.setattr(replies, "GIVEN_UP", timedelta(0))
    assert replies.once(land.store, *asked, lambda: Response("done", 201)).status_code == 201


def test_a_job_asked_for_again_is_the_same(land: Land) -> None:
    once = {"Idempotency-Key": "job-1"}
    request = {**FRESH, "seed": 77, "scenarios": [TWICE]}
    first = land.post(
        "/v1/crises/made-up/scenarios", json={**request, "scenarios": [TWICE]}, headers=once
    )
    again = land.post(
        "/v1/crises/made-up/scenarios", json={**request, "scenarios": [TWICE]}, headers=once
    )
    assert first.json()["id"] == again.json()["id"]


@pytest.mark.parametrize("name", ["displacement", "attacks", "places", "agreements"])
def test_the_examples_of_the_other_files_have_the_columns_they_need(land: Land, name: str) -> None:
    from service.api.routes.ingest import EXAMPLES

    told = land.post(f"/v1/crises/made-up/{name}", json=[EXAMPLES[name]]).json()
    assert not [one for one in told["errors"] if "missing" in one["why"]], told


def test_what_was_done_and_told_is_in_the_log(lands: Callable[..., Land]) -> None:
    land = lands()
    made = answer(land.store, "made-up", ForecastRequest(**FRESH), "tester")
    key_id = land.keys["partner"].split("_")[1]
    land.get(
        f"/v1/forecasts/{made}?format=csv", "partner", headers={"X-Request-ID": "req-12345678"}
    )
    land.post("/v1/crises/made-up/displacement?reason=late", json=[ROW])
    land.client.__exit__(None, None, None)
    from service.access.audit import read_audit

    lines = read_audit(land.store, 100)
    [read] = [line for line in lines if line["action"] == "read"]
    assert (read["author"], read["subject"]) == (key_id, f"made-up/forecast/{made}")
    assert (read["request_id"], read["detail"]["format"]) == ("req-12345678", "csv")
    [taken] = [line for line in lines if line["action"] == "take in"]
    assert taken["detail"]["reason"] == "late"
    land.client.__enter__()


def test_a_deleted_row_is_told_no_more_and_stays_in_its_history(lands: Callable[..., Land]) -> None:
    land = lands()
    path = "/v1/crises/made-up/displacement"
    assert land.post(path, json=[ROW]).json()["added"] == 1
    gone = {**ROW, "persons": None, "status": "deleted", "reason": "not theirs"}
    assert land.post(path, json=[gone]).json()["changed"] == 1
    key = ("start", "end", "measure", "place_id", "direction", "source")
    asked = "&".join(f"{name}={ROW[name]}" for name in key)
    kept = land.get(f"/v1/crises/made-up/history?file=reports&{asked}").json()["rows"]
    assert [row["status"] for row in kept] == ["present", "deleted"]
    told = land.get("/v1/crises/made-up/reports?place=N0101&source=Monitor").json()["rows"]
    assert ROW["persons"] not in [row["persons"] for row in told if row["start"] == ROW["start"]]
