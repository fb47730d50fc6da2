from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.crisis import Crisis
from features.overlap import DAY
from models.allocation import Destinations, fit_destinations
from models.flow_state import FlowState
from tests.strategies import camps, day, made_up, panel_of, reports_of


def fitted(crisis: Crisis, cell: str = "N01") -> Destinations:
    return fit_destinations(FlowState().fit(panel_of(crisis)), cell)


def told(place: str, persons: float, months: int = 1, **row: object) -> Crisis:
    """The made-up land, where some months also tell of arrivals in one sub-district."""
    starts = [day("2018-01-01"), day("2018-02-01"), day("2018-03-01"), day("2018-04-01")]
    rows = [
        {"start": start, "end": start + 27 * DAY, "place_id": place, "persons": persons, **row}
        for start in starts[:months]
    ]
    crisis = made_up()
    both = pd.concat([crisis.reports, reports_of(rows)], ignore_index=True)
    both["line"] = np.arange(2, len(both) + 2)
    return replace(crisis, reports=both.sort_values(["published", "start", "end", "line"]))


def shares(found: Destinations, draws: int = 4000) -> np.ndarray:
    return found.sample(draws, np.random.default_rng(1))


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
    names = tuple(f"P{index}" for index in range(len(mean)))
    found = Destinations(names, mean, sd, np.zeros(len(mean)))
    drawn = found.sample(draws, np.random.default_rng(seed))
    assert drawn.shape == (draws, len(names))
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
    crisis = replace(made_up(), border_belt=("N0102",))
    inland, belt = np.median(shares(fitted(crisis)), axis=0)
    assert belt > 0.5 > inland


def test_outside_the_belt_all_places_are_alike() -> None:
    found = fitted(made_up(), "N02")
    assert found.mean[0] == found.mean[1]
    np.testing.assert_allclose(np.median(shares(found), axis=0), 0.5, atol=0.05)


def test_more_reports_make_the_shares_narrower() -> None:
    sds = [fitted(told("N0101", 4000.0, months)).sd[0] for months in range(4)]
    assert (np.diff(sds) < 0.0).all()
    widths = [
        np.ptp(np.quantile(shares(fitted(told("N0101", 4000.0, months)))[:, 0], [0.1, 0.9]))
        for months in (0, 4)
    ]
    assert widths[1] < widths[0]


def test_a_place_told_of_more_receives_more() -> None:
    few, many = (np.median(shares(fitted(told("N0101", p, 4))), axis=0)[0] for p in (500.0, 3e4))
    assert few < many


def test_reports_of_a_place_are_counted() -> None:
    found = fitted(told("N0101", 4000.0, 3))
    assert found.reports.tolist() == [3.0, 0.0]


@pytest.mark.parametrize(
    "row",
    [
        {"measure": "departures", "direction": "origin"},
        {"measure": "returns"},
        {"from_id": "N02"},
        {"published": "2018-12-31"},
    ],
    ids=["departures", "returns", "of one origin", "not yet published"],
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
