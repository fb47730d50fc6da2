"""Past flows and factors: their scale, and that the factor of a source is found."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.crisis import Crisis, load_crisis
from forecast import export_reconciled as export
from forecast.disagreement import disagreements
from forecast.reconcile import Reconciled, reconcile
from tests.folders import write_crisis

DAY = pd.Timestamp("2018-11-20")


@pytest.fixture(scope="module")
def weekly(made_up: Crisis) -> Reconciled:
    return reconcile(made_up, DAY, draws=200)


@pytest.fixture(scope="module")
def monthly(made_up: Crisis) -> Reconciled:
    return reconcile(made_up, DAY, step="month", draws=400)


def test_windows_have_ended_by_the_day(weekly: Reconciled, monthly: Reconciled) -> None:
    assert weekly.windows["end"].max() == pd.Timestamp("2018-11-16")
    assert set(weekly.windows["start"].dt.day_name()) == {"Saturday"}
    assert monthly.windows["end"].max() == pd.Timestamp("2018-10-31")
    for found in (weekly, monthly):
        assert found.draws["arrivals"].dims == ("draw", "window", "cell")
        assert found.draws["arrivals"].sizes["window"] == len(found.windows)
        assert (found.draws["arrivals"] >= 0).all()


def test_a_month_lies_near_what_the_reference_published(
    made_up: Crisis, monthly: Reconciled
) -> None:
    reports = made_up.as_of(DAY).reports
    told = reports[(reports["source"] == "Task Force") & (reports["place_id"] == "N01")].set_index(
        "start"
    )["persons"]
    median = monthly.draws["arrivals"].sel(cell="N01").median("draw").to_series()
    shared = median.index.intersection(told.index)
    assert len(shared) > 12
    ratio = np.log(median[shared] / told[shared])
    assert abs(ratio.median()) < 0.25


def test_the_reference_has_factor_one_over_its_measures(weekly: Reconciled) -> None:
    own = weekly.sources[weekly.sources["source"] == "Task Force"]
    assert set(own["flow"]) == {"arrivals"}
    assert np.average(np.log(own["factor"]), weights=own["reports"]) == pytest.approx(0.0, abs=1e-9)


def test_a_source_that_counts_less_has_a_factor_that_says_so(tmp_path: Path) -> None:
    def halved(text: str) -> str:
        frame = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
        whole = frame[(frame["source"] == "Task Force") & (frame["measure"] == "arrivals")]
        low = whole.assign(
            source="Monitor", persons=[str(int(p) // 4) for p in whole["persons"]], url=""
        )
        kept = frame[frame["source"] == "Task Force"]
        return pd.concat([kept, low]).to_csv(index=False)

    crisis = load_crisis(write_crisis(tmp_path / "low", displacement=halved))
    row = reconcile(crisis, DAY, draws=100).sources.set_index("source").loc["Monitor"]
    assert 0.15 < row["factor"] < 0.5
    assert row["low_95"] < row["low_80"] < row["factor"] < row["high_80"] < row["high_95"]


def test_streams_tell_which_are_parts(weekly: Reconciled) -> None:
    streams = weekly.streams.set_index(["source", "place_id", "from_id"])
    assert streams.loc[("Monitor", "N01", "N02"), "part"].all()
    assert not streams.loc[("Task Force", "N01", ""), "part"].any()
    assert int(streams["reports"].sum()) == int((weekly.streams["reports"]).sum())


def test_same_seed_same_draws_other_seed_others(made_up: Crisis, weekly: Reconciled) -> None:
    again = reconcile(made_up, DAY, draws=200)
    other = reconcile(made_up, DAY, draws=200, seed=2)
    assert (again.draws["arrivals"] == weekly.draws["arrivals"]).all()
    assert not (other.draws["arrivals"] == weekly.draws["arrivals"]).all()


def test_rows_of_one_schema(weekly: Reconciled) -> None:
    rows = export.rows(weekly)
    flows, factors = (rows[rows["kind"] == kind] for kind in ("reconciled", "factor"))
    assert len(flows) == 3 * len(weekly.windows) * 2 * 7
    assert len(factors) == 7 * (len(weekly.sources) + len(weekly.streams))
    ordered = flows.groupby(["measure", "location", "target_start"])["value"]
    assert ordered.apply(lambda values: values.is_monotonic_increasing).all()
    table = pq.read_table(io.BytesIO(export.to_parquet(rows)))
    assert table.schema.equals(export.SCHEMA)


def test_pairs_that_differ_most_come_first(made_up: Crisis) -> None:
    pairs = disagreements(made_up, DAY)
    assert pairs["ratio"].is_monotonic_decreasing
    assert (pairs["high"] > pairs["low"]).all()
    assert (pairs["low_source"] != pairs["high_source"]).all()
    assert (pairs["end"] <= DAY).all()
