"""Sources: how fresh, how late, and the bias that the latest forecast saw."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from service.answers import answer
from service.api.routes.sources import NO_FACTORS, NO_FORECAST, NONE_TOLD, OF_REPORTS
from service.forecasts import ForecastRequest
from tests.service.api.conftest import DAY
from tests.service.api.land import Land


def sources(land: Land, day: object, key: str = "restricted") -> dict[str, Any]:
    told: dict[str, Any] = land.get(f"/v1/crises/made-up/sources?as_of={day}", key).json()
    return told


def rows_of(told: dict[str, Any], what: str = "reports") -> dict[str, Any]:
    return {row["source"]: row for row in told["sources"] if row["what"] == what}


def test_a_bias_is_that_of_the_latest_forecast_known(lands: Callable[..., Land]) -> None:
    land = lands()
    none = sources(land, DAY)
    assert none["bias_from"] is None
    assert {row["bias_note"] for row in rows_of(none).values()} == {NO_FORECAST}
    ids = {
        day: answer(land.store, "made-up", ForecastRequest(as_of=day, draws=100), "tester")
        for day in (date(2018, 11, 15), DAY, date(2018, 10, 15))
    }
    for asked, stood in ((DAY, DAY), (date(2018, 11, 30), date(2018, 11, 15))):
        told = sources(land, asked)
        assert told["bias_from"] == {"forecast_id": ids[stood], "as_of": str(stood)}
        kept = land.get(f"/v1/forecasts/{ids[stood]}").json()["factors"]
        shown = rows_of(told)
        for row in kept:
            own = [one for one in shown[row["source"]]["bias"] if one["measure"] == row["measure"]]
            assert row["factor"] in [one["factor"] for one in own]
            assert all(one["low_80"] <= one["factor"] <= one["high_80"] for one in own)
        own = [one["factor"] for one in shown[told["reference"]]["bias"]]
        assert own == pytest.approx([1.0] * len(own), abs=0.01)
    before = sources(land, date(2018, 10, 1))
    assert before["bias_from"] is None


def test_a_source_that_has_told_nothing_yet_is_stale(land: Land) -> None:
    told = land.get("/v1/crises/made-up/sources?as_of=2015-01-01").json()["sources"]
    assert told
    assert {(one["rows"], one["data_through"], one["stale"]) for one in told} == {(0, None, True)}


def test_attacks_have_none(land: Land, forecast: str) -> None:
    told = rows_of(sources(land, DAY), "attacks")
    assert told
    assert {row["bias_note"] for row in told.values()} == {OF_REPORTS}


def test_a_forecast_from_before_they_were_kept_says_so(
    lands: Callable[..., Land], monkeypatch: Any
) -> None:
    land = lands()
    answer(land.store, "made-up", ForecastRequest(as_of=DAY, draws=100), "tester")
    stored = land.store.document

    def old(id_: str) -> Any:
        found = stored(id_)
        document = json.loads(found.contents["json"])
        del document["factors"]
        return replace(found, contents={"json": json.dumps(document).encode()})

    monkeypatch.setattr(land.store, "document", old)
    told = sources(land, DAY)
    assert told["bias_from"] is not None
    assert {row["bias_note"] for row in rows_of(told).values()} == {NO_FACTORS}


def test_a_forecast_that_one_may_not_know_of_tells_no_bias(lands: Callable[..., Land]) -> None:
    land = lands()
    fine = ForecastRequest(as_of=DAY, draws=100, places=("N0101",))
    answer(land.store, "made-up", fine, "tester")
    assert sources(land, DAY)["bias_from"] is not None
    assert sources(land, DAY, "public")["bias_from"] is None


def test_factors_of_few_reports_are_for_those_who_are_told_all(land: Land, forecast: str) -> None:
    everything, public = sources(land, DAY), sources(land, DAY, "public")
    for name, row in rows_of(everything).items():
        told = rows_of(public)[name]
        many = [one for one in row["bias"] or () if one["reports"] >= 4]
        assert [one["reports"] for one in told["bias"] or ()] == [one["reports"] for one in many]
        assert told["bias_note"] == (None if many else NONE_TOLD)
        for one in told["bias"] or ():
            assert one["factor"] == float(f"{one['factor']:.2g}")
