"""The ledger over HTTP: scenarios that were run, and what came of them."""

from __future__ import annotations

from collections.abc import Callable

from tests.service.api.land import Land

PATH = "/v1/crises/made-up/ledger"
EARLY = {"as_of": "2018-06-30", "horizon": 1}


def ask(land: Land, title: str, factor: float) -> str:
    scenario = {"title": title, "attacks": [{"from": 1, "multiply": factor}]}
    request = {**EARLY, "scenarios": [scenario]}
    job = land.post("/v1/crises/made-up/scenarios", json=request).json()
    return str(job["result"])


def test_what_was_assumed_is_judged_by_what_came(lands: Callable[..., Land]) -> None:
    land = lands()
    results = [ask(land, title, factor) for title, factor in (("As ever", 1.0), ("Tenfold", 10.0))]
    told = land.get(PATH).json()
    assert [one["title"] for one in told["entries"]] == ["Tenfold", "As ever"]
    assert [f"/v1/scenarios/{one['scenario_id']}" for one in told["entries"]] == results[::-1]
    tenfold, ever = told["entries"]
    assert tenfold["author"] == land.keys["restricted"].split("_")[1]
    assert tenfold["assumptions"]
    assert (tenfold["verdict"], tenfold["came"]) == ("condition did not occur", [])
    assert ever["came"], ever["why"]
    assert all(one["wis_log"] >= 0 and one["end"] <= "2018-07-31" for one in ever["came"])
    first = land.get(f"{PATH}?limit=1").json()
    second = land.get(f"{PATH}?limit=1&cursor={first['next']}").json()
    assert first["entries"] + second["entries"] == told["entries"]


def test_it_is_for_those_who_are_told_all(land: Land) -> None:
    for key in ("public", "partner"):
        assert land.get(PATH, key).status_code == 403
