"""Reading: crises, rows, forecasts, in every format, by page."""

from __future__ import annotations

import csv
import io
import json
import re

import pandas as pd
import pyarrow.parquet as pq
import pytest

from service.store.rows import key_of
from tests.service.api.land import CAMP, Land

ROWS = ("places", "reports", "attacks", "agreements")
TABLES = {
    "places": "places.csv",
    "reports": "displacement.csv",
    "attacks": "attacks.csv",
    "agreements": "agreements.csv",
}


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_a_crisis_says_what_it_is(land: Land) -> None:
    [head] = land.get("/v1/crises").json()["crises"]
    told = land.get(f"/v1/crises/{head['id']}").json()
    assert (told["reference"], told["attack_source"], told["focus"]) == (
        "Task Force", "Event Data", "N",
    )  # fmt: skip
    assert told["border_belt"] == ["N0101", "N0102"]


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("limit", [1, 7, 10_000])
def test_pages_together_are_all_rows_once(land: Land, name: str, limit: int) -> None:
    everything = land.store.rows("made-up", TABLES[name])
    limit = max(limit, len(everything) // 5)
    rows, path = [], f"/v1/crises/made-up/{name}?limit={limit}"
    while path:
        answer = land.get(path)
        rows += answer.json()["rows"]
        path = answer.headers["link"].split(">")[0][1:] if "link" in answer.headers else ""
    assert [row["entry"] for row in rows] == everything["entry"].tolist()


@pytest.mark.parametrize("name", ROWS)
def test_csv_says_what_json_says(land: Land, name: str) -> None:
    path = f"/v1/crises/made-up/{name}"
    rows = land.get(path).json()["rows"]
    by_name = land.get(f"{path}?format=csv")
    by_type = land.get(path, headers={"Accept": "text/csv"})
    assert by_name.content == by_type.content
    assert by_name.headers["content-type"].startswith("text/csv")
    told = table(by_name.text)
    assert [one["entry"] for one in told] == [str(row["entry"]) for row in rows]
    assert all(
        cell == ("" if row[column] is None else str(row[column]))
        for one, row in zip(told, rows, strict=True)
        for column, cell in one.items()
    )


def test_rows_are_filtered(land: Land) -> None:
    path = "/v1/crises/made-up/reports"
    rows = land.get(path).json()["rows"]
    assert land.get(f"{path}?place=N01C&source=Monitor").json()["rows"] == [
        row for row in rows if row["place_id"] == "N01C"
    ]
    window = land.get(f"{path}?from=2018-03-01&to=2018-03-31&measure=arrivals").json()["rows"]
    assert window == [
        row
        for row in rows
        if row["measure"] == "arrivals"
        and row["end"] >= "2018-03-01"
        and row["start"] <= "2018-03-31"
    ]
    assert window


@pytest.mark.parametrize("audience", ["public", "partner", "restricted"])
@pytest.mark.parametrize("name", ["reports", "attacks"])
def test_filters_choose_of_the_rows_that_are_told(land: Land, name: str, audience: str) -> None:
    path = f"/v1/crises/made-up/{name}"
    rows = land.get(path, audience).json()["rows"]
    source = rows[0]["source"]
    found = land.get(f"{path}?source={source}&from=2018-03-01&to=2018-04-30", audience).json()
    assert found["rows"] == [
        row
        for row in rows
        if row["source"] == source and row["end"] >= "2018-03-01" and row["start"] <= "2018-04-30"
    ]
    assert found["rows"]
    assert land.get(f"{path}?source=Nobody", audience).json()["rows"] == []


def test_rows_as_of_a_day_are_those_published_by_then(land: Land) -> None:
    rows = land.get("/v1/crises/made-up/reports?as_of=2018-03-01").json()["rows"]
    assert rows
    assert max(row["published"] for row in rows) <= "2018-03-01"
    everything = land.get("/v1/crises/made-up/reports").json()["rows"]
    assert len(rows) == sum(row["published"] <= "2018-03-01" for row in everything)


def test_a_key_has_its_history(changing: Land) -> None:
    path = (
        "/v1/crises/made-up/history?file=reports&start=2017-01-01&end=2017-01-31&measure=arrivals"
        "&place_id=N01C&direction=destination&source=Monitor"
    )
    [row] = changing.get(path).json()["rows"]
    given = {
        **{name: row[name] for name in ("start", "end", "measure", "place_id", "direction")},
        "source": "Monitor", "published": row["published"], "persons": 30_000,
        "url": row["url"],
    }  # fmt: skip
    given |= {"from_id": None, "low": None, "high": None, "note": None}
    corrected = changing.post("/v1/crises/made-up/displacement?reason=erratum", json=[given]).json()
    assert (corrected["added"], corrected["changed"]) == (0, 1)
    versions = changing.get(path).json()["rows"]
    assert [version["persons"] for version in versions] == [CAMP, 30_000]
    assert versions[1]["reason"] == "erratum"
    before = changing.get(f"{path}&recorded={versions[0]['recorded'].replace('+', '%2B')}")
    assert [version["persons"] for version in before.json()["rows"]] == [CAMP]


@pytest.mark.parametrize(
    ("asked", "missing"),
    [
        ("file=reports&place_id=N01", ["start", "end", "measure", "direction", "source"]),
        ("file=attacks&start=2017-01-01&source=x", ["end", "place_id", "kind"]),
        ("file=agreements", ["announced", "kind", "place_id", "title"]),
        ("file=places", ["place_id"]),
    ],
)
def test_a_part_of_a_key_is_refused_with_what_is_missing(
    land: Land, asked: str, missing: list[str]
) -> None:
    answer = land.get(f"/v1/crises/made-up/history?{asked}")
    assert answer.status_code == 422
    assert [one["file"] for one in answer.json()["errors"]] == missing


def test_the_key_columns_are_those_of_the_store(land: Land) -> None:
    path = land.client.app.openapi()["paths"]["/v1/crises/{crisis_id}/history"]  # type: ignore[attr-defined]
    [file] = [one for one in path["get"]["parameters"] if one["name"] == "file"]
    of_files = file["description"].partition(":")[2].split(";")
    for (name, csv_file), told in zip(TABLES.items(), of_files, strict=True):
        assert set(re.findall(r"`(\w+)`", told)) == set(key_of(csv_file)), name
        assert f"of {name}" in told


def test_sources_tell_their_age(land: Land) -> None:
    told = land.get("/v1/crises/made-up/sources?as_of=2018-12-15").json()["sources"]
    by_name = {one["source"]: one for one in told}
    assert by_name["Event Data"]["stale"] is False
    assert by_name["Event Data"]["max_age_days"] == 30
    late = land.get("/v1/crises/made-up/sources?as_of=2019-12-15").json()["sources"]
    assert all(one["stale"] for one in late)
    assert all(one["age_days"] > one["max_age_days"] for one in late)


def test_a_forecast_is_told_as_it_was_stored(land: Land, forecast: str) -> None:
    stored = land.store.document(forecast).contents
    told = land.get(f"/v1/forecasts/{forecast}").json()
    assert {**told, **json.loads(stored["json"])} == told
    assert (told["id"], told["stale"], told["kind"]) == (forecast, [], "forecast")
    rows = pq.read_table(io.BytesIO(stored["parquet"])).to_pandas()
    parquet = land.get(f"/v1/forecasts/{forecast}?format=parquet")
    pd.testing.assert_frame_equal(pq.read_table(io.BytesIO(parquet.content)).to_pandas(), rows)
    lines = table(land.get(f"/v1/forecasts/{forecast}?format=csv").text)
    assert [int(line["value"]) for line in lines] == rows["value"].tolist()
    assert list(lines[0]) == list(rows)


def test_hxl_has_a_row_of_tags(land: Land, forecast: str) -> None:
    plain = land.get(f"/v1/forecasts/{forecast}?format=csv").text.splitlines()
    tagged = land.get(f"/v1/forecasts/{forecast}?format=hxl").text.splitlines()
    assert tagged[0] == plain[0]
    assert tagged[2:] == plain[1:]
    tags = tagged[1].split(",")
    assert all(tag.startswith("#") for tag in tags)
    assert len(set(tags)) == len(tags) == len(plain[0].split(","))


def test_a_part_of_a_forecast(land: Land, forecast: str) -> None:
    path = f"/v1/forecasts/{forecast}"
    told = land.get(f"{path}?place=N01&measure=arrivals&horizon=2").json()
    [place] = told["places"]
    assert place["location"] == "N01"
    assert [one["horizon"] for one in place["arrivals"]["periods"]] == [2]
    assert "departures" not in place
    lines = table(land.get(f"{path}?place=N01&measure=arrivals&horizon=2&format=csv").text)
    assert {(one["location"], one["measure"], one["horizon"]) for one in lines} == {
        ("N01", "arrivals", "2")
    }
    assert land.get(f"{path}?place=N0201").status_code == 404
    assert land.get(f"{path}?horizon=9").status_code == 404


@pytest.mark.parametrize("over", [0, 1, 20_000, 50_000, 61_803.5, 100_000, 10**9])
def test_exceedance_lies_between_the_quantiles_told(land: Land, forecast: str, over: float) -> None:
    document = land.get(f"/v1/forecasts/{forecast}").json()
    told = land.get(f"/v1/forecasts/{forecast}/exceedance?over={over}&measure=arrivals").json()
    places = {one["location"]: one for one in document["places"]}
    assert told["exceedance"]
    for one in told["exceedance"]:
        period = places[one["location"]]["arrivals"]["periods"][one["horizon"] - 1]
        above = sum(value > over for value in period["quantiles"].values())
        assert one["low"] <= one["probability"] <= one["high"]
        assert abs(one["probability"] - above / len(period["quantiles"])) < 0.12
        if (exact := period["exceedance"].get(str(over))) is not None:
            assert one["probability"] == exact


def test_exceedance_falls_as_the_threshold_rises(land: Land, forecast: str) -> None:
    found = [
        land.get(
            f"/v1/forecasts/{forecast}/exceedance?over={over}&place=N01&horizon=1&measure=departures"
        ).json()["exceedance"]
        for over in range(0, 200_000, 9_000)
    ]
    chances = [one["probability"] for one in (each[0] for each in found if each)]
    assert chances == sorted(chances, reverse=True)


def test_what_has_not_changed_is_not_sent_again(land: Land, forecast: str) -> None:
    for path in (f"/v1/forecasts/{forecast}", "/v1/crises/made-up/agreements"):
        first = land.get(path)
        again = land.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
        assert land.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_tags_of_audiences_differ(land: Land, forecast: str) -> None:
    path = f"/v1/forecasts/{forecast}"
    assert land.get(path, "public").headers["etag"] != land.get(path).headers["etag"]


def test_forecasts_are_listed_by_page(land: Land, forecast: str) -> None:
    found = land.get("/v1/forecasts?crisis=made-up").json()["answers"]
    assert forecast in [one["id"] for one in found]
    ids, path = [], "/v1/forecasts?limit=1"
    while path:
        page = land.get(path).json()
        ids += [one["id"] for one in page["answers"]]
        path = f"/v1/forecasts?limit=1&cursor={page['next']}" if page["next"] else ""
    assert ids == [one["id"] for one in land.get("/v1/forecasts").json()["answers"]]


@pytest.mark.parametrize("cursor", ["x", "e30", "W10", "eyJyZWNvcmRlZCI6ICJ4IiwgImFmdGVyIjogMX0"])
def test_a_cursor_of_somebody_else_is_refused(land: Land, cursor: str) -> None:
    for path in ("/v1/crises/made-up/reports", "/v1/forecasts"):
        answer = land.get(f"{path}?cursor={cursor}")
        assert answer.status_code == 422
        assert "leave it out to begin anew" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/v1/crises/nowhere",
        "/v1/crises/nowhere/reports",
        "/v1/forecasts/0000",
        "/v1/scenarios/0000",
        "/v1/backtests/0000",
        "/v1/jobs/0000",
        "/v1/nothing",
        "/v1/crises/made-up/history?file=places&place_id=N99",
        "/v1/crises/made-up/reports?place=Z",
    ],
)
def test_what_there_is_not_is_a_problem(land: Land, path: str) -> None:
    answer = land.get(path)
    told = answer.json()
    assert (answer.status_code, told["status"], told["type"]) == (404, 404, "/problems/not-found")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == told["request_id"]
