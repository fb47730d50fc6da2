"""What each audience is told, over every route and format that the app has.

A new route is asked too; one with a parameter that is not known here fails until it is.
"""

from __future__ import annotations

import io
import itertools
import json
import re
from collections.abc import Iterator
from functools import reduce
from typing import Any
from urllib.parse import parse_qsl

import pyarrow.parquet as pq
import pytest

from service.access.policy import DEFAULTS
from service.answers import answer
from service.api.routes.triggers import RULE
from service.forecasts import ForecastRequest
from service.outlook.render import render
from service.projections import ScenarioRequest
from service.schedules.book import read_kept
from service.schedules.diary import Step, enter, read_ticks
from service.schedules.editions import edition_of, keep
from service.schedules.press import outlook_of
from tests.service.api.conftest import DAY
from tests.service.api.land import CAMP, NOTE, SMALL, Land, projected
from tests.service.schedules.given import kept
from tests.service.store.test_documents import document

POLICIES = {policy.audience: policy for policy in DEFAULTS}
NOT_FOR = {
    "public": ["N0101", "N0102", "N0201", "N0202", "N01C", "N01X", "front-south",
               "Kafr Nabuda", "Al-Habit", "Southern front", "Camp One", "North Gate", NOTE],
    "partner": ["N01C", "N01X", "Camp One", "North Gate", NOTE],
    "restricted": [],
}  # fmt: skip
FIGURES = ("persons", "low", "high", "mean", "median")
BELOW = ("quantiles", "intervals")


@pytest.fixture(scope="module")
def ids(land: Land, forecast: str) -> dict[str, list[str]]:
    fine = ForecastRequest(as_of=DAY, horizon=1, draws=100, places=("N0101",))
    what_if = {"title": "Twice", "attacks": [{"from": 1, "multiply": 2.0}]}
    asked = ScenarioRequest(
        as_of=DAY, horizon=1, draws=100, places=("N", "N0101"), scenarios=(what_if,)
    )
    job = land.post("/v1/crises/made-up/forecasts", json={"as_of": str(DAY), "draws": 100})
    assert job.json()["status"] == "done", job.text
    return {
        "crisis_id": ["made-up"],
        "forecast_id": [forecast, answer(land.store, "made-up", fine, "tester")],
        "scenario_id": [projected(land.store, asked, "tester")],
        "backtest_id": [land.store.save(document(land.store, "track_record"))],
        "job_id": [job.json()["id"]],
        "key_id": [land.keys["admin"].split("_")[1]],
        "outlook_id": [outlook_for(land, audience) for audience in POLICIES],
        "schedule_id": [scheduled(land, audience) for audience in POLICIES],
        "name": ["en.html", "en.txt"],
        "tick": [str(tick.key) for tick in read_ticks(land.store)],
        "trigger_id": [triggered(land)],
    }


def outlook_for(land: Land, audience: str) -> str:
    """An outlook that an audience had made."""
    told = land.get(f"/v1/crises/made-up/outlook?as_of={DAY}&format=txt", audience).json()
    return str(told["result"].rpartition("/")[2])


def scheduled(land: Land, audience: str) -> str:
    """A schedule with a refusal and a draft, of a camp where the audience may see all."""
    places = ["N01C"] if audience == "restricted" else []
    kept(land.store, id=f"for-{audience}", audience=audience, places=places)
    path = f"/v1/schedules/for-{audience}"
    land.post(f"{path}/run?as_of={DAY}")
    [tick] = read_ticks(land.store, f"for-{audience}")
    step = Step("refused", "nuzuh", tick.created, "the fit of Camp One failed")
    enter(land.store, tick.key, step)
    draft(land, f"for-{audience}")
    return f"for-{audience}"


def draft(land: Land, schedule_id: str) -> None:
    """A tick with the pages that a worker writes."""
    land.post(f"/v1/schedules/{schedule_id}/run?as_of={DAY}")
    [tick] = [one for one in read_ticks(land.store, schedule_id) if one.state == "due"]
    edition = edition_of(read_kept(land.store, schedule_id).schedule, tick)
    outlook = outlook_of(str(land.store.engine.url), edition)
    for format_ in ("html", "txt"):
        keep(land.store, edition.key, "en", format_, render(outlook, format_, "en"))
    enter(land.store, tick.key, Step("drafted", "nuzuh", tick.created, edition=edition.key))


def triggered(land: Land) -> str:
    """A trigger of a camp."""
    rule = {**RULE, "title": "Camp One", "recipients": []}
    given = {"id": "camp", "crisis_id": "made-up", "rule": rule, "untested": "Camp One is new"}
    assert land.post("/v1/triggers", json=given).status_code == 201
    return "camp"


def values_of(parameter: dict[str, Any]) -> list[str]:
    """What to ask with: nothing and all choices, or places, numbers and days that are there."""
    schema, name = parameter["schema"], parameter["name"]
    kinds = [schema, *schema.get("anyOf", [])]
    choices = [str(one) for kind in kinds for one in kind.get("enum", ())]
    known = {
        "over": ["0", "10", "60000"],
        "file": choices,
        "place": ["N01", "N0101", "N01C", "front-south"],
        "place_id": ["N02"],
        "start": ["2017-01-01"],
        "end": ["2017-01-31"],
        "measure": ["arrivals"],
        "direction": ["destination"],
        "source": ["Monitor"],
    }
    found = known.get(name, choices)
    return found if parameter.get("required") else ["", *found]


def questions(schema: dict[str, Any], ids: dict[str, list[str]]) -> Iterator[str]:
    """Every GET of the app, with every id, format and a few of the filters."""
    for path, operations in schema["paths"].items():
        if "get" not in operations:
            continue
        names = re.findall(r"{(\w+)}", path)
        filters = [one for one in operations["get"].get("parameters", ()) if one["in"] == "query"]
        by_name = {one["name"]: values_of(one) for one in filters}
        if path.endswith("/outlook"):
            by_name["as_of"] = [str(DAY)]
        if path.endswith("/verify"):
            by_name["sha256"] = ["0" * 64]
        if "history" in path and "crises" in path:
            by_name = {
                name: values[-1:] if name != "file" else values for name, values in by_name.items()
            }
        for found in itertools.product(*(ids[name] for name in names)):
            filled = path.format(**dict(zip(names, found, strict=True)))
            for chosen in varied(by_name):
                pairs = chosen.items()
                yield f"{filled}?{'&'.join(f'{name}={value}' for name, value in pairs if value)}"


def varied(values: dict[str, list[str]]) -> Iterator[dict[str, str]]:
    """The first value of each, with every value of one in turn, in every format."""
    first = {name: found[0] for name, found in values.items() if found}
    for format_ in values.get("format", [""]):
        yield {**first, "format": format_}
        for name, found in values.items():
            if name != "format":
                yield from ({**first, "format": format_, name: value} for value in found[1:])


def text_of(response: Any) -> str:
    if "pdf" in response.headers["content-type"]:
        return ""  # its page is read in tests/service/outlook/test_told.py
    if "parquet" in response.headers["content-type"]:
        return str(pq.read_table(io.BytesIO(response.content)).to_pylist())
    return str(response.text)


@pytest.mark.parametrize(
    "audience", ["public", "partner", pytest.param("restricted", marks=pytest.mark.slow)]
)
def test_no_route_in_no_format_names_what_is_not_told(
    land: Land, ids: dict[str, list[str]], audience: str
) -> None:
    asked = list(questions(land.client.app.openapi(), ids))  # type: ignore[attr-defined]
    statuses = set()
    for path in asked:
        response = land.get(path, audience)
        assert response.status_code < 500 or response.status_code == 503, path
        statuses.add(response.status_code)
        told = text_of(response)
        if response.status_code == 422:  # it repeats what was asked for, be it there or not
            told = reduce(lambda text, pair: text.replace(pair[1], ""), parse_qsl(path), told)
        for name in NOT_FOR[audience]:
            assert not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", told), (path, name)
        if audience != "restricted":
            assert str(CAMP) not in told, path
    assert len(asked) > 100
    assert statuses <= {200, 202, 403, 404, 422, 503}


def figures_of(value: Any) -> Iterator[float]:
    """All figures of people in an answer, but for those made of others that are told."""
    if isinstance(value, list):
        for one in value:
            yield from figures_of(one)
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in ("families", "exceedance") or (name == "persons" and "mean" in value):
                continue
            if name in FIGURES and isinstance(one, int | float):
                yield one
            elif name in BELOW and "cell" not in value:
                yield from itertools.chain.from_iterable(
                    each if isinstance(each, list) else [each] for each in one.values()
                )
            else:
                yield from figures_of(one)


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_every_figure_of_people_is_rounded(
    land: Land, ids: dict[str, list[str]], audience: str
) -> None:
    rounding, smallest = POLICIES[audience].rounding, POLICIES[audience].smallest
    found = 0
    for path in (
        "/v1/crises/made-up/reports",
        f"/v1/forecasts/{ids['forecast_id'][0]}",
        f"/v1/scenarios/{ids['scenario_id'][0]}",
    ):
        for figure in figures_of(land.get(path, audience).json()):
            found += 1
            assert figure % rounding == 0, (path, figure)
            assert figure == 0 or abs(figure) > smallest
    assert found > 100


def test_a_small_figure_is_withheld_and_says_so(land: Land) -> None:
    path = "/v1/crises/made-up/reports?place=N02&source=Monitor"
    assert [row["persons"] for row in land.get(path).json()["rows"]] == [SMALL]
    [row] = land.get(path, "public").json()["rows"]
    assert (row["persons"], row["status"]) == (None, "withheld")
    [row] = land.get(path, "partner").json()["rows"]
    assert (row["persons"], row["status"]) == (40, "present")


def test_a_forecast_of_places_that_are_not_told_is_not_there(
    land: Land, ids: dict[str, list[str]]
) -> None:
    fine = ids["forecast_id"][1]
    assert land.get(f"/v1/forecasts/{fine}").status_code == 200
    assert land.get(f"/v1/forecasts/{fine}", "partner").status_code == 200
    hidden = land.get(f"/v1/forecasts/{fine}", "public")
    unknown = land.get("/v1/forecasts/" + "0" * 32, "public")
    assert hidden.status_code == unknown.status_code == 404
    assert {**hidden.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}
    listed = land.get("/v1/forecasts", "public").json()["answers"]
    assert fine not in [one["id"] for one in listed]


def test_what_others_assume_and_ask_is_not_there(land: Land, ids: dict[str, list[str]]) -> None:
    for path in (
        f"/v1/scenarios/{ids['scenario_id'][0]}",
        f"/v1/backtests/{ids['backtest_id'][0]}",
        f"/v1/jobs/{ids['job_id'][0]}",
    ):
        assert land.get(path).status_code == 200, path
        assert land.get(path, "partner").status_code == 404, path
        assert land.ask("DELETE", path, "partner").status_code in (404, 405), path


def test_nothing_recent_is_told_to_the_public(changing: Land) -> None:
    from datetime import UTC, datetime, timedelta

    today = datetime.now(UTC).date()
    told = changing.get("/v1/crises/made-up/reports", "public").json()
    assert told["as_of"] == str(today - timedelta(days=7))
    later = changing.get(f"/v1/crises/made-up/reports?as_of={today}", "public").json()
    assert later["as_of"] == told["as_of"]
    request = {"as_of": str(today), "draws": 2000}
    refused = changing.post("/v1/crises/made-up/forecasts?stale=allow", "public", json=request)
    assert refused.status_code == 422
    assert "too recent" in refused.text


@pytest.mark.parametrize("tuned", [{"seed": 2}, {"draws": 100}])
def test_many_runs_cannot_undo_the_rounding(land: Land, tuned: dict[str, int]) -> None:
    request = {"as_of": str(DAY), **tuned}
    assert land.post("/v1/crises/made-up/forecasts", "partner", json=request).status_code == 403


def test_writing_needs_to_be_told_all_since_answers_show_what_is_stored(land: Land) -> None:
    refused = land.post("/v1/crises/made-up/displacement", "partner", json=[])
    assert refused.status_code == 403
    assert "restricted" in json.dumps(refused.json())


@pytest.mark.parametrize("audience", ["public", "partner"])
def test_places_not_told_cannot_be_asked_for(land: Land, audience: str) -> None:
    request: dict[str, Any] = {"as_of": str(DAY), "places": ["N01C"]}
    real = land.post("/v1/crises/made-up/forecasts", audience, json=request)
    request["places"] = ["N01Z"]
    unreal = land.post("/v1/crises/made-up/forecasts", audience, json=request)
    assert real.status_code == unreal.status_code == 422
    assert (
        real.text.replace("N01C", "N01Z").replace(
            real.json()["request_id"], unreal.json()["request_id"]
        )
        == unreal.text
    )
