"""The whole API against its own OpenAPI document: no fault, nothing undeclared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from schemathesis.specs.openapi import checks

from service.api import problems
from tests.service.api.land import Land

# Rows and scenarios that fit the schema may still contradict the crisis: that is a 422.
LEFT_OUT = [checks.positive_data_acceptance]
# Every question is asked with a key: tests of keys are their own.
LEFT_OUT += [checks.ignored_auth]
# It counts parameters that vanish on the wire (an empty list) as sent: there are tests of our own.
LEFT_OUT += [checks.negative_data_rejection]


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
        case.call_and_validate(headers=headers, excluded_checks=LEFT_OUT)

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


def test_bodies_have_examples_that_are_taken(
    document: dict[str, Any], lands: Callable[..., Land]
) -> None:
    land, found = lands(), 0
    land.jobs.idle = True
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if "requestBody" in operation:
                body = operation["requestBody"]["content"]["application/json"]["schema"]
                [example] = body["examples"]
                filled = re.sub(r"{\w+}", "none", path.replace("{crisis_id}", "made-up"))
                answer = land.post(filled, "admin", json=example)
                told = json.dumps(answer.json())
                expected = (200, 201, 202, 422, 503, *([404] if "none" in filled else []))
                assert answer.status_code in expected, (path, told)
                assert '"where"' not in told, (path, told)
                found += 1
    assert found >= 8
    assert "not_a_server_error" in CHECKS.get_all_names()
