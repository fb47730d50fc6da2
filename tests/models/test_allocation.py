from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.crisis import Crisis
from features.overlap import DAY
from models.allocation import BELT_WEIGHT, Destinations, fit_destinations
from models.flow_state import FlowState
from models.listings import Listings
from tests.flights import routes_of
from tests.strategies import camps, day, made_up, panel_of, reports_of, without_attacks


def fitted(crisis: Crisis, cell: str = "N01") -> Destinations:
    return fit_destinations(FlowState().fit(panel_of(crisis)), cell)


def told(place: str, persons: float, months: int = 1, first: int = 1, **row: object) -> Crisis:
    """The made-up land, where some months also tell of arrivals in one sub-district."""
    starts = [day(f"2018-{month:02}-01") for month in range(first, first + months)]
    rows = [
        {"start": start, "end": start + 27 * DAY, "place_id": place, "persons": persons, **row}
        for start in starts
    ]
    return with_reports(made_up(), rows)


def with_reports(crisis: Crisis, rows: list[dict[str, object]]) -> Crisis:
    both = pd.concat([crisis.reports, reports_of(rows)], ignore_index=True)
    both["line"] = np.arange(2, len(both) + 2)
    return replace(crisis, reports=both.sort_values(["published", "start", "end", "line"]))


def shares(found: Destinations, draws: int = 4000) -> np.ndarray:
    return found.sample(draws, np.random.default_rng(1))


def destinations(mean: np.ndarray, sd: np.ndarray) -> Destinations:
    nothing = np.zeros(0)
    told = Listings(np.zeros((0, len(mean))), nothing, nothing, nothing, nothing.astype(int))
    names = tuple(f"P{index}" for index in range(len(mean)))
    return Destinations(names, mean, sd, np.zeros(len(mean)), told, nothing)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(-30, 30), st.floats(0, 5)), min_size=1, max_size=40),
    st.integers(1, 50),
    st.integers(0, 2**32 - 1),
)
def test_shares_add_up_to_one_in_every_draw(
    weights: list[tuple[float, float]], draws: int, seed: int
) -> None:
    mean, sd = np.array(weights).T
    drawn = destinations(mean, sd).sample(draws, np.random.default_rng(seed))
    assert drawn.shape == (draws, len(mean))
    assert (drawn >= 0.0).all()
    np.testing.assert_allclose(drawn.sum(axis=1), 1.0)


def test_the_places_are_the_sub_districts_of_the_cell() -> None:
    assert fitted(made_up()).places == ("N0101", "N0102")
    assert fitted(made_up(), "N02").places == ("N0201", "N0202")


def test_the_same_seed_gives_the_same_shares() -> None:
    found = fitted(made_up())
    one, two, three = (found.sample(9, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one.tobytes() == two.tobytes() != three.tobytes()


def test_without_reports_the_belt_comes_first() -> None:
    crisis = replace(without_attacks(), border_belt=("N0102",))
    found = fitted(crisis)
    np.testing.assert_allclose(np.exp(np.diff(found.mean)), BELT_WEIGHT)
    inland, belt = np.median(shares(found), axis=0)
    assert belt > 0.5 > inland


def test_outside_the_belt_and_without_attacks_all_places_are_alike() -> None:
    found = fitted(without_attacks(), "N02")
    assert found.mean[0] == found.mean[1]
    np.testing.assert_allclose(np.median(shares(found), axis=0), 0.5, atol=0.05)


def test_the_nearer_to_the_attacks_the_more() -> None:
    places = made_up().places.frame
    crisis = replace(made_up(), border_belt=())
    near, far = fitted(crisis).mean
    assert places.loc["N0101", "lat"] < places.loc["N0102", "lat"]
    assert near > far


def test_who_is_cut_off_receives_nobody() -> None:
    roads = [
        ("N0201", "N0101", 90.0, "", "2018-01-31"),
        ("N0202", "N0101", 80.0, "", "2018-01-31"),
        ("N0201", "N0102", 90.0, "", ""),
        ("N0202", "N0102", 80.0, "", ""),
    ]
    crisis = replace(told("N0101", 4000.0), routes=routes_of(*roads))
    np.testing.assert_array_equal(shares(fitted(crisis), 9), [[0.0, 1.0]] * 9)


def test_a_place_of_unknown_position_is_one_of_the_others() -> None:
    places = made_up().places
    frame = places.frame.reset_index()
    frame.loc[frame["place_id"] == "N0102", ["lat", "lon"]] = np.nan
    found = fitted(replace(made_up(), places=type(places)(frame), border_belt=()))
    assert found.mean[0] == found.mean[1]


def test_more_reports_make_the_shares_narrower() -> None:
    sds = [fitted(told("N0101", 4000.0, months)).sd[0] for months in range(5)]
    assert (np.diff(sds) < 0.0).all()
    widths = [
        np.ptp(np.quantile(shares(fitted(told("N0101", 4000.0, months)))[:, 0], [0.1, 0.9]))
        for months in (0, 4)
    ]
    assert widths[1] < widths[0]


def test_a_place_told_of_more_receives_more() -> None:
    few, many = (np.median(shares(fitted(told("N0101", p, 4))), axis=0)[0] for p in (500.0, 3e4))
    assert few < many


def test_a_late_wave_counts_for_more_than_an_early_one() -> None:
    def share_of_first(*starts: str) -> float:
        rows = [
            {"start": day(start), "end": day(start) + 27 * DAY, "place_id": place, "persons": 2e4}
            for place, start in zip(("N0101", "N0102"), starts, strict=True)
        ]
        return float(fitted(with_reports(made_up(), rows)).mean[0])

    early, late = "2017-01-01", "2018-04-01"
    assert share_of_first(early, late) < share_of_first(late, early)


def test_reports_of_a_place_are_counted() -> None:
    assert fitted(told("N0101", 4000.0, 3)).reports.tolist() == [3.0, 0.0]


@pytest.mark.parametrize(
    "row",
    [
        {"measure": "departures", "direction": "origin"},
        {"measure": "returns"},
        {"published": "2018-12-31"},
        {"place_id": "N01C"},
    ],
    ids=["departures", "returns", "not yet published", "a camp"],
)
def test_other_rows_say_nothing_of_where_people_go(row: dict[str, str]) -> None:
    assert fitted(told("N0101", 4000.0, 3, **row)).reports.tolist() == [0.0, 0.0]


def test_more_than_all_arrivals_is_a_share_of_one() -> None:
    found = fitted(told("N0101", 1e8, 1))
    assert np.isfinite(found.mean).all()
    assert found.mean[0] <= 0.0


def test_a_cell_without_sub_districts_has_no_shares() -> None:
    panel = panel_of(camps(), as_of="2012-12-01", until="2012-12-31")
    found = fit_destinations(FlowState().fit(panel), "MBERA")
    assert found.places == ()
    assert found.sample(7, np.random.default_rng(1)).shape == (7, 0)


def figures(found: Destinations, totals: float = 1000.0, draws: int = 4000) -> np.ndarray:
    drawn = shares(found, draws)
    cell = np.full((draws, len(found.places)), totals)
    at = np.arange(len(found.places))
    return found.figures(cell, at, drawn, np.random.default_rng(2))


def test_figures_of_named_places_are_larger_than_their_shares() -> None:
    found = destinations(np.log(np.array([0.02, 0.98])), np.array([1.0, 1.0]))
    small, large = np.median(figures(found), axis=0) / (1000 * np.median(shares(found), axis=0))
    assert small > 1.5
    assert 0.9 < large < 1.2


def test_figures_scale_with_the_total_and_with_what_was_told_before() -> None:
    found = fitted(told("N0101", 4000.0, 2))
    np.testing.assert_allclose(figures(found, 2000.0), 2.0 * figures(found, 1000.0))
    louder = replace(found, told=replace(found.told, covered=found.told.covered / 5.0))
    assert (np.median(figures(louder), axis=0) > 1.5 * np.median(figures(found), axis=0)).all()
