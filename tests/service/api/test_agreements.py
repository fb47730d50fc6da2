"""Agreements as they were known on a day, and named only where they are told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.service.api.land import Land

PATH = "/v1/crises/made-up/agreements"
FIRST = "file=agreements&announced=2017-05-04&place_id=N&kind=ceasefire&title=First truce"


def row(title: str, announced: str, place: str = "N") -> dict[str, Any]:
    return {
        "announced": announced, "effective": announced, "collapsed": "", "kind": "ceasefire",
        "place_id": place, "title": title, "url": f"https://example.org/{title}".replace(" ", "-"),
    }  # fmt: skip


def history(land: Land, query: str, audience: str) -> Any:
    return land.get(f"/v1/crises/made-up/history?{query}", audience)


def test_the_history_of_an_agreement_keeps_the_embargo(lands: Callable[..., Land]) -> None:
    land = lands()
    yesterday = str(datetime.now(UTC).date() - timedelta(days=1))
    assert land.post(PATH, json=[row("New", yesterday)]).json()["added"] == 1
    query = f"file=agreements&announced={yesterday}&place_id=N&kind=ceasefire&title=New"
    assert history(land, query, "restricted").status_code == 200, history(land, query, "restricted")
    assert history(land, query, "public").status_code == 404


def test_the_history_of_an_agreement_ends_on_the_day_asked_for(land: Land) -> None:
    [later] = history(land, FIRST, "restricted").json()["rows"]
    [before] = history(land, f"{FIRST}&as_of=2017-08-01", "restricted").json()["rows"]
    assert (later["collapsed"], before["collapsed"]) == ("2017-11-01", None)
    assert history(land, f"{FIRST}&as_of=2017-05-03", "restricted").status_code == 404


def test_the_name_of_an_agreement_does_not_name_its_hidden_place(
    lands: Callable[..., Land],
) -> None:
    land = lands()
    title = "Local truce for Kafr Nabuda"
    assert land.post(PATH, json=[row(title, "2018-01-01", "N0201")]).json()["added"] == 1
    of_day = {
        audience: next(
            one
            for one in land.get(PATH, audience).json()["rows"]
            if one["announced"] == "2018-01-01"
        )
        for audience in ("public", "restricted")
    }
    assert (of_day["restricted"]["title"], of_day["restricted"]["place_id"]) == (title, "N0201")
    told = of_day["public"]
    assert (told["title"] or "", told["url"] or "", told["place_id"]) == ("", "", "N02")
