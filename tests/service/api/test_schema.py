"""The whole API against its own OpenAPI document: no fault, nothing undeclared."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from jsonschema import Draft202012Validator
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks

from service.api import problems
from service.api.examples import ATTACKS_DOUBLE, BY_PATH
from service.projections import ScenarioRequest
from tests.service.api.conftest import DAY
from tests.service.api.land import Land, projected

# Rows and scenarios that fit the schema may still contradict the crisis: that is a 422.
LEFT_OUT = [checks.positive_data_acceptance]
# Every question is asked with a key: tests of keys are their own.
LEFT_OUT += [checks.ignored_auth]
# It counts parameters that vanish on the wire (an empty list) as sent: there are tests of our own.
LEFT_OUT += [checks.negative_data_rejection]
# Documents of triggers and backtests, shown whole in docs/.
NO_EXAMPLE = ("/v1/backtests/{", "/v1/triggers/{")


@pytest.fixture
def document(land: Land) -> dict[str, Any]:
    found: dict[str, Any] = land.client.app.openapi()  # type: ignore[attr-defined]
    return found


def ask_everything(land: Land, mode: GenerationMode, examples: int) -> None:
    """Every operation, asked as it allows, or as it does not."""
    schema = schemathesis.openapi.from_asgi("/v1/openapi.json", land.client.app)
    headers = {"Authorization": f"Bearer {land.keys['admin']}"}
    for found in schema.get_all_operations():
        operation = found.ok()
        try:
            cases = operation.as_strategy(generation_mode=mode)
            _ask(cases, headers, examples)
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE, operation.label


def _ask(cases: Any, headers: dict[str, str], examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: Any) -> None:
        case.call_and_validate(headers=headers, excluded_checks=LEFT_OUT, timeout=60)

    ask()


@pytest.mark.parametrize("mode", GenerationMode)
def test_no_answer_is_undeclared(land: Land, mode: GenerationMode) -> None:
    ask_everything(land, mode, 3)


@pytest.mark.slow
@pytest.mark.parametrize("mode", GenerationMode)
def test_no_answer_is_undeclared_however_long_one_asks(land: Land, mode: GenerationMode) -> None:
    ask_everything(land, mode, 100)


def test_every_operation_says_what_it_is(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    ids = []
    for path, operations in document["paths"].items():
        for operation in operations.values():
            ids.append(operation["operationId"])
            assert operation.get("summary"), path
            assert operation.get("description"), path
            for parameter in operation.get("parameters", ()):
                told = parameter.get("description") or parameter["in"] == "path"
                assert told or "history" in path or parameter["name"] in ("format", "limit"), (
                    parameter
                )
    assert len(set(ids)) == len(ids)


def test_every_operation_declares_its_problems(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            declared = operation["responses"]
            assert {"404", "422", "429", "500", "503"} <= set(declared), path
            assert ("401" in declared) == ("security" in operation)
            for status, response in declared.items():
                if int(status) >= 400:
                    assert list(response["content"]) == [problems.MEDIA_TYPE]


def filled(path: str) -> str:
    """A path of things that the examples of bodies make."""
    ids = {"crisis_id": "nw-syria", "trigger_id": "belt-50000", "schedule_id": "monday"}
    return path.format_map(ids | {"tick": "monday@2019-05-06T04:00:00Z"})


def test_bodies_have_examples_that_are_taken(document: dict[str, Any], bundled: Any) -> None:
    found = 0
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for kind, body in operation.get("requestBody", {}).get("content", {}).items():
                [example] = body["schema"]["examples"]
                text = example if isinstance(example, str) else json.dumps(example)
                headers = {"Content-Type": kind}
                answer = bundled.post(filled(path), content=text.encode(), headers=headers)
                # There is no release yet that might be withdrawn.
                taken = (404,) if path.endswith("/withdraw") else (200, 201, 202)
                assert answer.status_code in taken, (path, answer.text)
                found += 1
    assert found >= 14


def test_answers_have_examples_that_fit_them(document: dict[str, Any]) -> None:
    for path, operations in document["paths"].items():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                found = answer.get("content", {}).get("application/json")
                if found is not None and not path.startswith(NO_EXAMPLE):
                    told = {**found["schema"], "components": document["components"]}
                    assert "example" in found, (path, status)
                    Draft202012Validator(told).validate(found["example"])
                    schema = document["components"]["schemas"].get(
                        found["schema"].get("$ref", "").rpartition("/")[2], {}
                    )
                    assert set(schema.get("properties", ())) <= set(found["example"]), path


def names_in(value: Any, above: str = "") -> set[str]:
    """The names in a document, each with those above it; of a list those of its objects."""
    if isinstance(value, list):
        return {name for one in value for name in names_in(one, above)}
    if not isinstance(value, dict):
        return set()
    below = {name for key, one in value.items() for name in names_in(one, f"{above}.{key}")}
    return below | {f"{above}.{key}" for key in value}


def test_examples_of_documents_name_what_there_is(land: Land, forecast: str) -> None:
    asked = ScenarioRequest(as_of=DAY, horizon=1, draws=100, scenarios=(ATTACKS_DOUBLE,))
    ids = {"crisis_id": "made-up", "forecast_id": forecast}
    ids["scenario_id"] = projected(land.store, asked, "tester")
    query = {
        "history": "file=reports&start=2017-01-01&end=2017-01-31&measure=arrivals&place_id=N02"
        "&direction=destination&source=Monitor",
        "exceedance": "over=100000",
    }
    for path, example in BY_PATH.items():
        if path.rpartition("/")[2] not in ("forecasts", "scenarios"):
            answer = land.get(f"{path.format_map(ids)}?{query.get(path.rpartition('/')[2], '')}")
            assert answer.status_code == 200, (path, answer.text)
            unknown = names_in(example) - names_in(answer.json())
            assert unknown <= {".places.arrivals.periods.exceedance.100000"}, path
