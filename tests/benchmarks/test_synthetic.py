"""The made-up crisis of any size is a sound crisis folder, and can be forecast."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks._synthetic import ATTACKS_A_PLACE, CELLS, write_crisis
from features.crisis import Crisis, load_crisis
from features.overlap import DAY
from forecast.backtest import backtest
from forecast.run import run
from models.allocation import LEVEL

AS_OF = pd.Timestamp("2022-03-31")


@pytest.fixture(scope="module")
def crisis(tmp_path_factory: pytest.TempPathFactory) -> Crisis:
    return load_crisis(write_crisis(tmp_path_factory.mktemp("made") / "hundred", places=100))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_writes_the_same_bytes_and_another_seed_others(tmp_path):
    first, again, other = (
        contents(write_crisis(tmp_path / name, places=20, seed=seed))
        for name, seed in (("first", 1), ("again", 1), ("other", 2))
    )
    assert first == again
    alike = {name for name in first if first[name] == other[name]}
    assert alike == {"crisis.toml", "areas.csv", "sources.csv"}


def test_it_is_taken_without_a_note(crisis):
    assert crisis.notes == ()
    assert len(crisis.places.at_level(LEVEL)) == 100
    assert {len(crisis.places.children(cell)) for cell in CELLS} == {25}


@pytest.mark.parametrize("places", [8, 400])
def test_attacks_and_routes_grow_with_the_places_and_reports_do_not(crisis, tmp_path, places):
    other = load_crisis(write_crisis(tmp_path / "other", places))
    assert other.attacks["events"].sum() == ATTACKS_A_PLACE * places
    assert len(other.routes) == pytest.approx(2 * places, abs=12)
    assert len(other.reports) == pytest.approx(len(crisis.reports), rel=0.02)


def test_reports_are_ragged_overlap_and_come_late(crisis):
    reports = crisis.reports
    days = (reports["end"] - reports["start"]) / DAY + 1
    assert {source: rows.nunique() > 3 for source, rows in days.groupby(reports["source"])} == {
        "Cluster": True,
        "Flash": True,
        "Monitor": True,
    }
    monitor = reports[reports["source"] == "Monitor"].sort_values("start")
    assert (monitor["start"].iloc[1:].to_numpy() < monitor["end"].iloc[:-1].to_numpy()).all()
    assert 0.0 < reports["published_assumed"].mean() < 0.1
    assert (reports["published"] > reports["end"]).all()


def test_flight_follows_attacks(crisis):
    weekly = crisis.attacks.groupby("start")["events"].sum()
    rows = crisis.reports[crisis.reports["measure"] == "departures"]
    left = rows.groupby("start")["persons"].sum()
    fallen = [weekly[first : first + 30 * DAY].sum() for first in left.index]
    assert np.corrcoef(fallen, left)[0, 1] > 0.6


def test_every_place_of_a_hundred_is_forecast(crisis):
    places = [*CELLS, *crisis.places.at_level(LEVEL)]
    found = run(crisis, AS_OF, 2, places=places, draws=60)
    arrivals = found.draws["arrivals"]
    assert arrivals.shape == (60, 2, len(places))
    assert bool((arrivals >= 0.0).all())
    of_cells, of_districts = arrivals[:, :, : len(CELLS)], arrivals[:, :, len(CELLS) :]
    assert of_districts.sum("place").to_numpy() == pytest.approx(of_cells.sum("place").to_numpy())


def test_it_can_be_judged(crisis):
    found = backtest(crisis, AS_OF, AS_OF, members=("ewm_6",), draws=60)
    assert found.failures.empty
    assert set(found.targets["source"]) == {"Cluster", "Flash", "Monitor"}
