"""What a scenario may assume of places that its asker is not told of: nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from features.errors import InputError
from service.access.keys import create_key
from service.answers import answer
from service.projections import ScenarioRequest
from tests.service.api.conftest import DAY
from tests.service.api.land import Land

PATH = "/v1/crises/made-up/scenarios"
HIDDEN, UNKNOWN = "Camp One", "Camp Onf"
CLAUSES: tuple[Callable[[str], dict[str, Any]], ...] = (
    lambda place: {"attacks": [{"place": place, "multiply": 2.0}]},
    lambda place: {"regimes": {"place": place, "holds": 1.0}},
    lambda place: {"agreement": [{"date": 5, "place": place}]},
    lambda place: {"territory": [{"places": ["N01", place], "date": 5}]},
    lambda place: {"closure": [{"place": place}]},
    lambda place: {"closure": [{"between": ["N01", place]}]},
    lambda place: {"capacity": [{"place": place, "people": 5.0}]},
    lambda place: {"outflow": [{"place": place, "people": 5.0}]},
    lambda place: {"outflow": [{"place": "N02", "people": 5.0, "destinations": [place]}]},
    lambda place: {"onward": {"share": 0.1, "destinations": [place]}},
    lambda place: {"target": {"people": 100.0, "place": place}},
)


def asked(land: Land, scenario: Any, audience: str = "public") -> Any:
    request = {"as_of": str(DAY), "horizon": 1, "scenarios": [scenario]}
    return land.post(PATH, audience, json=request)


@pytest.mark.parametrize("clause", CLAUSES)
def test_a_hidden_place_is_refused_as_one_that_is_not(
    land: Land, clause: Callable[[str], dict[str, Any]]
) -> None:
    told = [asked(land, {"title": "x", **clause(place)}, "partner") for place in (HIDDEN, UNKNOWN)]
    assert [one.status_code for one in told] == [422, 422]
    hidden, unknown = ({**one.json(), "request_id": ""} for one in told)
    assert json.loads(json.dumps(hidden).replace(HIDDEN, UNKNOWN)) == unknown
    assert [one["value"] for one in hidden["errors"]] == [HIDDEN]


@pytest.mark.parametrize("text", [
    'title = "x"\n[[territory]]\nplaces = ["\\u004e\\u0030201"]\ndate = 5',
    '{"title": "x", "territory": [{"places": ["\\u004e0201"], "date": 5}]}',
    'title = "x"\n[[territory]]\nplaces = ["Kaf ranbude"]\ndate = 5',
    'title = "x"\n[[territory]]\nplaces = ["kafr-NABUDA"]\ndate = 5',
    'title = "x"\n[[territory]]\nplaces = ["front-south"]\ndate = 5',
    'title = "x"\n[gate]\npeople_a_day = 5.0',
    'title = "x"\n[onward]\nshare = 0.1',
    'title = "x"\n[target]\npeople = 100.0\nof = "crossed"',
])  # fmt: skip
def test_no_spelling_of_a_hidden_place_is_read(land: Land, text: str) -> None:
    refused = asked(land, text)
    assert refused.status_code == 422
    assert "there is no such place" in refused.text


def test_a_job_too_assumes_nothing_of_a_hidden_place(land: Land) -> None:
    clause = {"title": "x", "capacity": [{"place": "Camp  One", "people": 5.0}]}
    given: dict[str, Any] = {"as_of": DAY, "horizon": 1, "draws": 100, "scenarios": (clause,)}
    with pytest.raises(InputError, match="there is no such place"):
        answer(land.store, "made-up", ScenarioRequest(**given, audience="partner"), "tester")


def test_a_job_is_of_the_audience_that_asked(lands: Callable[..., Land]) -> None:
    land = lands()
    land.jobs.idle = True
    twice = {"title": "x", "attacks": [{"place": "N02", "multiply": 2.0}]}
    request = {"as_of": str(DAY), "scenarios": [twice], "audience": "restricted"}
    job = land.post(PATH, "public", json=request).json()
    assert job["request"]["audience"] == "public"


@pytest.mark.parametrize("words", ["The marj has collapsed", "Camp One", "camp onf"])
def test_an_author_may_use_any_words_and_reads_them_again(land: Land, words: str) -> None:
    twice = {"title": words, "note": words, "attacks": [{"place": "N02", "multiply": 2.0}]}
    author = create_key(land.store, "author", ["read", "plan"], "public")[1]
    job = asked(land, twice, author).json()
    [told] = land.get(job["result"], author).json()["scenarios"]
    assert (told["title"], told["note"], told["clauses"]["title"]) == (words,) * 3
    assert land.get(f"{job['result']}?format=csv", author).text.count(words)
    assert land.get(job["result"], "public").status_code == 404
    assert land.get(job["result"], "partner").status_code == 404


def test_what_would_reach_a_target_is_told_to_those_told_all(land: Land) -> None:
    scenario = {"title": "x", "target": {"people": 1e8, "place": "N01"}}
    job = asked(land, scenario, "partner").json()
    [told] = land.get(job["result"], "partner").json()["scenarios"]
    [one] = told["answers"]
    assert one["reached_with_chance"] == {}
    [whole] = land.get(job["result"], "restricted").json()["scenarios"]
    assert None in whole["answers"][0]["reached_with_chance"].values()
