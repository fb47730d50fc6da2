from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.overlap import DAY
from models.flow_state import FlowState
from models.listings import Listings, listings_of
from tests.models.test_allocation import with_reports
from tests.strategies import day, made_up, panel_of

PLACES = ("N0101", "N0102")
APRIL = {"start": day("2018-04-01"), "end": day("2018-04-30")}


def listed(*rows: dict[str, object]) -> Listings:
    crisis = with_reports(made_up(), [{**APRIL, **row} for row in rows])
    return listings_of(FlowState().fit(panel_of(crisis)), "N01", PLACES)


def test_a_listing_is_what_one_source_says_of_one_window() -> None:
    found = listed(
        {"place_id": "N0101", "persons": 300.0},
        {"place_id": "N0102", "persons": 200.0},
        {"place_id": "N0101", "persons": 90.0, "source": "Monitor"},
        {"place_id": "N0101", "persons": 80.0, "end": day("2018-04-15")},
    )
    assert sorted(map(sorted, found.persons.tolist())) == [[0.0, 80.0], [0.0, 90.0], [200.0, 300.0]]


def test_the_sources_own_figure_of_the_cell_is_the_whole() -> None:
    whole = made_up().reports
    cell = whole[(whole["place_id"] == "N01") & (whole["start"] == day("2018-04-01"))]
    said = cell.loc[(cell["source"] == "Task Force") & (cell["measure"] == "arrivals"), "persons"]
    found = listed({"place_id": "N0101", "persons": 300.0})
    np.testing.assert_array_equal(found.whole, said)


def test_without_it_the_fitted_flow_is() -> None:
    window = {"start": day("2018-04-03"), "end": day("2018-04-09")}
    found = listed({"place_id": "N0101", "persons": 300.0, **window})
    np.testing.assert_array_equal(found.whole, found.covered)
    longer = listed({"place_id": "N0101", "persons": 300.0, **window, "end": day("2018-04-16")})
    assert longer.covered[0] == pytest.approx(2.0 * found.covered[0], rel=0.5)


def test_origins_of_a_place_add_up_where_it_has_no_figure_of_its_own() -> None:
    pairs = [
        {"place_id": "N0101", "persons": 70.0, "from_id": "N0201"},
        {"place_id": "N0101", "persons": 50.0, "from_id": "N0202"},
    ]
    assert listed(*pairs).persons.tolist() == [[120.0, 0.0]]
    own = {"place_id": "N0101", "persons": 300.0}
    assert listed(*pairs, own).persons.tolist() == [[300.0, 0.0]]


def test_nobody_is_nothing_told() -> None:
    assert listed({"place_id": "N0101", "persons": 0.0}).persons.shape == (0, 2)


def test_the_middle_of_the_window() -> None:
    found = listed({"place_id": "N0101", "persons": 3.0})
    middle = day("1970-01-01") + found.middle[0] * DAY
    assert middle == day("2018-04-15") + DAY / 2


figures = st.lists(st.floats(0.0, 1e5), min_size=3, max_size=3)


@given(figures.filter(any), st.floats(1.0, 1e6), figures.filter(any))
def test_compositions_add_up_to_one(told: list[float], whole: float, pull: list[float]) -> None:
    expected = np.array(pull) / sum(pull)
    one = np.array([whole])
    found = Listings(np.array([told]), one, one, one, one.astype(int)).shares(expected)
    assert (found >= 0.0).all()
    np.testing.assert_allclose(found.sum(), 1.0)


def test_what_is_not_named_shares_the_rest_as_expected() -> None:
    one = np.array([100.0])
    whole = Listings(np.array([[60.0, 0.0, 0.0]]), one, one, one, one.astype(int))
    found = whole.shares(np.array([0.5, 0.1, 0.4]))
    np.testing.assert_allclose(found, [[0.6, 0.08, 0.32]])
