from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.crisis import Crisis
from models.campsites import camp_shares, camps_of, fit_camps, sites_of, untold
from models.flow_state import FittedFlows, FlowState
from tests.folders import PLACES
from tests.strategies import made_up, panel_of, reports_of

TWO = "N01D,Camp Two,N0101,camp,36.12,36.62,,20000,,Monitor\nN01E,Camp Three,N0101,camp,,,,,,\n"


def land() -> Crisis:
    """The made-up land with a second camp of the same size, and one of which nothing is known."""
    return made_up(routes=None, places=PLACES + TWO)


def fitted(*told: tuple[str, float]) -> FittedFlows:
    rows = [
        {"start": "2018-04-01", "end": "2018-04-30", "place_id": place, "persons": persons}
        for place, persons in told
    ]
    reports = land().reports
    if rows:
        reports = pd.concat([reports, reports_of(rows)], ignore_index=True)
    return FlowState().fit(panel_of(replace(land(), reports=reports)))


def test_camps_of_which_something_is_known_are_sites() -> None:
    assert sites_of(land(), "N01") == ("N0101", "N0102", "N01C", "N01D")
    assert camps_of(land(), "N0102") == []
    assert sites_of(land(), "N01C") == ("N01C",)


def test_a_camp_of_which_nothing_is_known_is_told_by_its_row() -> None:
    assert "line 15 of places.csv" in str(untold(land(), "N01E", "--place"))


def test_outside_and_camps_add_up_to_their_sub_district_in_every_draw() -> None:
    rng = np.random.default_rng(1)
    bases = rng.dirichlet([3.0, 1.0], size=40)
    found = camp_shares(fitted(), "N01", bases, rng)
    assert found.shape == (40, 4)
    np.testing.assert_allclose(found[:, [0, 2, 3]].sum(axis=1), bases[:, 0])
    np.testing.assert_array_equal(found[:, 1], bases[:, 1])


def test_larger_places_draw_more_and_reports_move_shares() -> None:
    def share(*told: tuple[str, float]) -> np.ndarray:
        found = fit_camps(fitted(*told), "N01", "N0101", ["N01C", "N01D"], 0.8)
        weight = np.exp(found.mean)
        return weight / weight.sum()

    plain = share()
    assert plain[0] > plain[1]
    assert plain[1] == pytest.approx(plain[2], rel=0.2)
    moved = share(("N01D", 60000.0))
    assert moved[2] > 1.5 * plain[2]
    assert moved.sum() == pytest.approx(1.0)
