"""What an outlook over the API may be asked for: a last one, places, scenarios."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from service.answers import replay
from service.outlook.stored import first_forecast
from tests.service.api.conftest import DAY
from tests.service.api.land import Land

OUTLOOK = f"/v1/crises/made-up/outlook?as_of={DAY}&format=txt"
DOUBLE = {"title": "Attacks double", "attacks": [{"multiply": 2.0}]}


def stored(land: Land, key: str, *scenarios: dict[str, Any]) -> str:
    """The id of scenarios that a key has had projected."""
    body = {"as_of": str(DAY), "scenarios": scenarios, "horizon": 2}
    told = land.post("/v1/crises/made-up/scenarios", key, json=body)
    job = told.json()
    assert job["error"] is None
    return str(job["result"]).rpartition("/")[2]


def written(land: Land, path: str, key: str = "restricted") -> str:
    """The text of an outlook that is made for it, and told again to the byte."""
    asked = land.get(path, key)
    assert asked.status_code == 202, asked.text
    job = asked.json()
    assert job["status"] == "done", job["error"]
    made = land.get(job["result"], key)
    assert land.get(path, key).content == made.content
    id_ = job["result"].rpartition("/")[2]
    assert replay(land.store, id_) == {"txt": made.content}
    return " ".join(made.text.split())


def test_it_holds_scenarios_places_and_what_changed(lands: Callable[..., Land]) -> None:
    land = lands()
    id_ = stored(land, "restricted", DOUBLE)
    text = written(land, f"{OUTLOOK}&since=2018-11-30&scenario={id_}&place=N02")
    assert "Attacks double" in text
    assert "ARRIVALS BY PLACE" in text
    assert "WHAT CHANGED SINCE 30 NOVEMBER 2018" in text
    assert "covers calibration alone" in text


def test_changed_code_is_told_of_where_the_last_one_was_kept(lands: Callable[..., Land]) -> None:
    land = lands()
    land.get(OUTLOOK.replace(str(DAY), "2018-11-30"))
    assert first_forecast(land.store, "made-up", DAY) is None
    text = written(land, f"{OUTLOOK}&since=2018-11-30")
    assert "covers calibration and changed code" in text


def test_scenarios_of_another_are_none_to_the_public(lands: Callable[..., Land]) -> None:
    land = lands()
    id_ = stored(land, "restricted", DOUBLE)
    told = land.get(f"{OUTLOOK}&scenario={id_}", "public")
    assert told.status_code == 422
    assert "no stored one that this key may read" in told.text
    own = stored(land, "public", DOUBLE)
    result = land.get(f"{OUTLOOK}&scenario={own}", "public").json()["result"]
    assert "Attacks double" in land.get(result, "public").text
    other = land.ask("POST", "/v1/keys", "admin", json={
        "name": "another", "scopes": ["read"], "audience": "public",
    })  # fmt: skip
    assert other.status_code == 201, other.text
    assert land.get(result, other.json()["key"]).status_code == 404


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (f"since={DAY}", "is not before"),
        ("since=2010-01-01", "lies before the first report"),
        ("place=N99", "there is no such place"),
        ("scenario=nowhere", "is no scenario of the crisis"),
        ("&".join(["scenario=x"] * 9), "at most 8"),
        ("&".join(["place=N02"] * 13), "at most 12"),
    ],
)
def test_what_cannot_be_is_refused(land: Land, asked: str, why: str) -> None:
    told = land.get(f"{OUTLOOK}&{asked}")
    assert told.status_code == 422
    assert why in told.text


def test_a_place_too_fine_is_none(land: Land) -> None:
    told = land.get(f"{OUTLOOK}&place=N01C", "public")
    assert (told.status_code, "no such place" in told.text) == (422, True)


def test_no_more_scenarios_than_a_page_has_room_for(lands: Callable[..., Land]) -> None:
    land = lands()
    many = [{"title": f"Times {each}", "attacks": [{"multiply": each}]} for each in range(1, 6)]
    ids = [stored(land, "restricted", *many), stored(land, "restricted", *many)]
    told = land.get(f"{OUTLOOK}&scenario={ids[0]}&scenario={ids[1]}")
    assert told.status_code == 422
    assert "a page has room for 8" in told.text


def test_one_is_made_for_an_audience_that_is_told_less(lands: Callable[..., Land]) -> None:
    land = lands()
    for_public = f"{OUTLOOK}&audience=public"
    text = written(land, for_public)
    own = land.get(OUTLOOK, "public")
    assert own.status_code == 200, own.text
    assert " ".join(own.text.split()) == text
    assert land.get(own.headers["content-location"], "partner").status_code == 200
    assert land.get(f"{for_public}&place=N01C").status_code == 422
    assert written(land, OUTLOOK) != text


@pytest.mark.parametrize(
    ("key", "audience"),
    [("public", "partner"), ("public", "restricted"), ("partner", "restricted")],
)
def test_none_is_made_for_an_audience_that_is_told_more(
    lands: Callable[..., Land], key: str, audience: str
) -> None:
    land = lands()
    result = land.get(f"{OUTLOOK}&audience={audience}", audience).json()["result"]
    assert land.get(f"{OUTLOOK}&audience={audience}", key).status_code == 403
    assert land.get(result, key).status_code == 404


def test_to_have_one_made_needs_plan_for_whomever_it_is(lands: Callable[..., Land]) -> None:
    land = lands()
    reader = land.ask("POST", "/v1/keys", "admin", json={
        "name": "reader", "scopes": ["read"], "audience": "partner",
    }).json()["key"]  # fmt: skip
    assert land.get(f"{OUTLOOK}&audience=public", reader).status_code == 403
    land.get(OUTLOOK, "public")
    assert land.get(f"{OUTLOOK}&audience=public", reader).status_code == 200
