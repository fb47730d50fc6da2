"""docs/api.md against the app: its routes, its examples, its figures."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from service.access.policy import DEFAULTS
from service.settings import Settings
from tests.service.api.land import Land

ROUTE = re.compile(r"`(GET|POST|DELETE|PUT|PATCH) (/[^`]*)`")


@pytest.fixture(scope="module")
def text(root: Path) -> str:
    return (root / "docs" / "api.md").read_text("utf-8")


def test_every_route_is_told_of_and_every_one_told_of_is_there(text: str, land: Land) -> None:
    told = set(ROUTE.findall(text))
    paths = land.client.app.openapi()["paths"]  # type: ignore[attr-defined]
    there = {(method.upper(), path) for path, found in paths.items() for method in found}
    assert told == there


def test_every_audience_is_told_as_it_is(text: str) -> None:
    for policy in DEFAULTS:
        days = f"{policy.embargo_days} days" if policy.embargo_days else "none"
        rounding = "exact" if policy.rounding == 1 else policy.rounding
        cells = (policy.finest or "all", policy.smallest or "all", rounding, days)
        row = " | ".join(map(str, cells))
        assert f"| `{policy.audience}` | {row} |" in text


def test_every_setting_it_names_is_one(text: str) -> None:
    named = set(re.findall(r"NUZUH_(\w+)", text))
    assert named <= {name.upper() for name in Settings.model_fields}


def requests_in(text: str) -> list[tuple[str, str, dict[str, str], str]]:
    """Method, path, headers and body of every `curl` of the text."""
    found = []
    for line in re.findall(r'^\$ (curl .*"\$NUZUH.*)$', text, re.MULTILINE):
        words = shlex.split(line.replace("$'", "'"))
        method, path, headers, body = "GET", "", {}, ""
        for flag, word in pairwise(words):
            if flag == "-X":
                method = word
            elif flag == "-H":
                name, _, value = word.partition(": ")
                headers[name] = value
            elif flag in ("-d", "--data-binary"):
                body = word.replace("\\n", "\n")
            if word.startswith("$NUZUH"):
                path = word.removeprefix("$NUZUH")
        found.append((method, path, headers, body))
    return found


def test_its_examples_are_answered(text: str, bundled: Any) -> None:
    asked = requests_in(text)
    assert len(asked) >= 6
    for method, path, headers, body in asked:
        answer = bundled.request(method, path, headers=headers, content=body)
        assert answer.status_code in (200, 201, 202), (path, answer.text)
        assert len(answer.content) > 100
