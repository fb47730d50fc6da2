"""Hubverse rows and JSON of a forecast whose draws are known."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.crisis import Crisis
from forecast import export, export_reconciled
from forecast.reconcile import reconcile
from forecast.result import QUANTILES, Forecast
from forecast.run import run
from tests.outlooks import known_forecast

DAY = pd.Timestamp("2018-05-04")
KEY = ("source", "measure", "flow", "reports")
COLUMNS = [
    "as_of",
    "horizon",
    "location",
    "measure",
    "direction",
    "source",
    "kind",
    "target_start",
    "target_end",
    "output_type",
    "output_type_id",
    "value",
]


@pytest.fixture(scope="module")
def known(made_up: Crisis) -> Forecast:
    return known_forecast(made_up)


@pytest.fixture(scope="module")
def rows(known: Forecast) -> pd.DataFrame:
    return export.forecast_rows(known)


@pytest.fixture(scope="module")
def document(known: Forecast) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(export.to_json(export.forecast_document(known, "1.2")))
    return read


def wanted() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "start": pd.to_datetime(["2018-05-01", "2018-04-20"]),
            "end": pd.to_datetime(["2018-05-31", "2018-07-02"]),
            "measure": ["arrivals", "departures"],
            "place_id": ["N01", "assessed"],
            "direction": ["destination", "origin"],
            "from_id": ["N02", ""],
            "source": ["Task Force", "Monitor"],
        }
    )


def test_columns_are_those_of_the_contract(rows: pd.DataFrame) -> None:
    assert list(rows) == COLUMNS
    figures = np.ones((5, 2))
    assert list(export.report_rows(wanted(), figures, DAY, "forecast")) == [*COLUMNS, "report_id"]


def test_every_target_has_flusights_quantiles_and_the_mean(rows: pd.DataFrame) -> None:
    targets = rows.groupby(["measure", "horizon", "location"])
    assert len(targets) == 3 * 2 * 4
    for _, group in targets:
        levels = group.loc[group["output_type"] == "quantile", "output_type_id"].astype(float)
        assert levels.tolist() == list(QUANTILES)
        assert group["output_type"].tolist()[-1] == "mean"
        assert group["value"].iloc[:-1].is_monotonic_increasing


def test_values_are_the_quantiles_and_means_of_the_draws(rows: pd.DataFrame) -> None:
    # tests/outlooks.py: quantile p of arrivals in N01 is 100 p * 1000 * 0.75.
    chosen = rows[(rows["location"] == "N01") & (rows["measure"] == "arrivals")]
    first = chosen[chosen["horizon"] == 1].set_index("output_type_id")["value"]
    assert first["0.025"] == 1875
    assert first["0.9"] == 67500
    assert first[first.index.isna()].tolist() == [37500]


def test_means_add_up_over_places(rows: pd.DataFrame) -> None:
    means = rows[rows["output_type"] == "mean"].set_index(["measure", "horizon", "location"])[
        "value"
    ]
    for measure in ("arrivals", "departures", "returns"):
        parts = means[(measure, 1, "N01")] + means[(measure, 1, "N02")]
        assert abs(parts - means[(measure, 1, "N")]) <= 1


def test_rows_name_their_target(rows: pd.DataFrame) -> None:
    assert set(rows["kind"]) == {"forecast"}
    assert set(rows["source"]) == {"reference"}
    assert set(rows["as_of"]) == {DAY}
    directions = dict(zip(rows["measure"], rows["direction"], strict=True))
    assert directions == {
        "arrivals": "destination",
        "departures": "origin",
        "returns": "destination",
    }
    first = rows[rows["horizon"] == 1].iloc[0]
    assert (first["target_start"], first["target_end"]) == (
        pd.Timestamp("2018-05-01"),
        pd.Timestamp("2018-05-31"),
    )


def test_csv_has_na_for_the_mean_and_no_time_of_day(rows: pd.DataFrame) -> None:
    lines = export.to_csv(rows).decode().splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert lines[1] == (
        "2018-05-04,1,N,arrivals,destination,reference,forecast,2018-05-01,2018-05-31,"
        "quantile,0.01,1000"
    )
    assert lines[24].endswith(",mean,NA,50000")


def test_places_whose_departures_are_modelled_say_so(known: Forecast) -> None:
    partly = replace(known, modelled=frozenset({"border_belt"}))
    focus, belt = export.forecast_document(partly, "1.2")["places"][:2]
    assert (focus["modelled"], belt["modelled"]) == ([], ["departures", "returns"])


def test_a_forecast_tells_the_factors_that_reconciling_finds(made_up: Crisis) -> None:
    made = export.forecast_document(run(made_up, DAY, 1, draws=100), "1.2")["factors"]
    found = export_reconciled.document(reconcile(made_up, DAY, draws=100), "1.2")["sources"]
    assert len(made) == len(found) >= 3
    for one, other in zip(made, found, strict=True):
        assert [one[name] for name in KEY] == [other[name] for name in KEY]
        assert one["factor"] == pytest.approx(other["factor"], rel=0.02)


def test_parquet_holds_the_same_with_types(rows: pd.DataFrame) -> None:
    table = pq.read_table(io.BytesIO(export.to_parquet(rows)))
    assert table.schema.equals(export.SCHEMA)
    assert table.column("value").to_pylist() == rows["value"].tolist()
    assert table.column("output_type_id").to_pylist()[23] is None


def test_the_same_forecast_gives_the_same_bytes(made_up: Crisis, rows: pd.DataFrame) -> None:
    again = export.forecast_rows(known_forecast(made_up))
    assert export.to_csv(again) == export.to_csv(rows)
    assert export.to_parquet(again) == export.to_parquet(rows)


def test_reports_have_number_source_and_the_horizon_their_window_ends_in() -> None:
    figures = np.arange(101.0)[:, None] * np.array([1.0, 10.0])
    rows = export.report_rows(wanted(), figures, DAY, "forecast")
    heads = rows[["report_id", "source", "location", "measure", "horizon"]].drop_duplicates()
    assert heads.to_numpy().tolist() == [
        [1, "Task Force", "N01", "arrivals", 1],
        [2, "Monitor", "assessed", "departures", 3],
    ]
    median = rows[rows["output_type_id"] == "0.5"]["value"]
    assert median.tolist() == [50, 500]
    schema = pq.read_table(io.BytesIO(export.to_parquet(rows))).schema
    assert schema.equals(export.REPORT_SCHEMA)


def test_json_carries_what_it_stands_on(document: dict[str, Any], made_up: Crisis) -> None:
    assert document["kind"] == "forecast"
    assert document["crisis"]["id"] == "made-up"
    assert document["as_of"] == "2018-05-04"
    assert document["past_days"] == 4
    assert document["models"] == {"known": "1"}
    assert document["nuzuh"] == "1.2"
    assert document["warnings"] == ["made by hand"]
    assert (document["draws"], document["seed"]) == (101, 1)
    assert {row["source"] for row in document["sources"]} == {"Task Force", "Monitor", "Event Data"}
    assert all(row["data_through"] <= "2018-05-04" for row in document["sources"])
    assert document["repeat_factor_source"] == made_up.repeat_factor_source
    assert [step["start"] for step in document["periods"]] == ["2018-05-01", "2018-06-01"]


def test_json_figures_of_a_place(document: dict[str, Any]) -> None:
    whole = document["places"][0]
    assert (whole["location"], whole["name"]) == ("N", "North and south")
    first = whole["arrivals"]["periods"][0]
    assert first["quantiles"]["0.5"] == 50_000
    # Draws 51..100 of 101 lie above 50,000; none above 100,000.
    assert first["exceedance"] == {"50000": 0.495, "100000": 0.0, "250000": 0.0}
    assert first["persons"]["median"] == round(50_000 / 1.5)
    assert first["families"]["median"] == round(50_000 / 1.5 / 5.5)
    assert first["persons"]["intervals"]["80"] == [round(10_000 / 1.5), round(90_000 / 1.5)]
    assert whole["arrivals"]["sums"][0]["quantiles"]["0.5"] == 100_000
    assert "persons" not in whole["returns"]["periods"][0]


def test_json_of_reports(made_up: Crisis) -> None:
    figures = np.arange(101.0)[:, None] * np.array([1.0, 10.0])
    told = export.reports_document(made_up, DAY, wanted(), figures, 3, "1.2")
    assert told["kind"] == "forecast"
    assert told["seed"] == 3
    assert [row["report_id"] for row in told["reports"]] == [1, 2]
    assert told["reports"][0]["from_id"] == "N02"
    assert told["reports"][1]["mean"] == 500
    json.loads(export.to_json(told))
