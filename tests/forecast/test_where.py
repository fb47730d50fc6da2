from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.crisis import Crisis, load_crisis
from features.errors import InputError
from forecast.assumed import Assumed
from forecast.export_where import where_document
from forecast.names import BELT
from forecast.result import Forecast
from forecast.run import Situation, forecast_of, run, situate
from forecast.sites import places_at
from models.closures import Closure
from tests.strategies import camps, day, made_up

AS_OF = day("2018-06-15")
LISTED = ["N", BELT, "N01", "N02", "N0101", "N0102", "N0201", "N0202"]


@cache
def situation() -> Situation:
    return situate(made_up(routes=None), AS_OF, 3, draws=60)


@cache
def syria() -> Situation:
    return situate(load_crisis("nw-syria"), day("2019-05-04"), 2, draws=50)


def told(assumed: Assumed | None = None, places: list[str] | None = None) -> Forecast:
    return forecast_of(situation(), places or LISTED, assumed or Assumed())


def rows(*given_: tuple[str, str, str, float]) -> pd.DataFrame:
    found = pd.DataFrame(given_, columns=["start", "end", "place_id", "persons"])
    return found.assign(start=pd.to_datetime(found["start"]), end=pd.to_datetime(found["end"]))


GIVEN = rows(
    ("2018-06-01", "2018-07-15", "N0201", 900.0), ("2018-08-01", "2018-08-31", "N02", 90.0)
)
SHUT = (Closure("N0101", day("2018-07-01"), day("2018-07-31")),)


def assert_coherent(found: Forecast, crisis: Crisis) -> None:
    """Children that are listed sum to their parent in every draw."""
    arrivals = found.draws["arrivals"]
    for place in found.places:
        below = [one for one in found.places if one != BELT and one in crisis.places]
        children = [one for one in below if crisis.places.parent(one) == place]
        if children and set(children) >= set(crisis.places.children(place)) - {"N01C", "N01X"}:
            parts = arrivals.sel(place=children).sum("place")
            np.testing.assert_allclose(parts, arrivals.sel(place=place), rtol=1e-9, atol=1e-6)


@settings(max_examples=6, deadline=None)
@given(st.sampled_from([(), SHUT]), st.sampled_from([None, GIVEN]))
def test_children_sum_to_their_parents_in_every_draw(
    shut: tuple[Closure, ...], given_: pd.DataFrame | None
) -> None:
    assert_coherent(told(Assumed(closures=shut, given=given_)), made_up())


def test_every_level_of_the_bundled_crisis_sums_to_the_one_above() -> None:
    panel = syria().panel
    tree = panel.crisis.places
    levels = [places_at(panel.crisis, panel.cells, name) for name in ("admin1", "admin2", "admin3")]
    found = forecast_of(syria(), [place for level in levels for place in level])
    arrivals = found.draws["arrivals"]
    for above, below in pairwise(levels):
        for place in above:
            parts = [one for one in below if tree.parent(one) == place]
            summed = arrivals.sel(place=parts).sum("place")
            np.testing.assert_allclose(summed, arrivals.sel(place=place), rtol=1e-9)


def test_levels_that_are_not_told_apart_are_refused() -> None:
    panel = situation().panel
    assert places_at(panel.crisis, panel.cells, "admin3") == ["N0101", "N0102", "N0201", "N0202"]
    with pytest.raises(InputError, match="no camp in North and south is told apart"):
        places_at(panel.crisis, panel.cells, "camp")
    with pytest.raises(InputError, match="there is no admin2 in North and south"):
        places_at(panel.crisis, panel.cells, "admin2")


def test_camps_are_listed_where_they_are_cells() -> None:
    crisis = camps()
    made = run(crisis, day("2012-12-01"), 1, draws=50)
    cells = [str(cell) for cell in made.intensity["place"].to_numpy()]
    assert set(places_at(crisis, cells, "camp")) == set(crisis.places.at_level("camp"))


def test_places_of_which_few_reports_tell_are_of_low_evidence() -> None:
    found = told()
    few = {place for place in LISTED if found.low_evidence(place)}
    assert few == set(LISTED) - {"N", "N01", "N02"}
    assert found.reports_on["N01"] >= 4
    assert found.reports_on["N"] >= found.reports_on["N01"]


class TestPressure:
    def test_without_assumptions_it_is_a_forecast_as_it_was(self) -> None:
        found = told()
        assert (found.kind, found.assumptions, found.trapped) == ("forecast", (), None)
        assert {one.place for one in found.pressure} >= {BELT, "N0101", "N0102"}
        assert all(one.full_after is None for one in found.pressure)

    def test_a_capacity_gives_days_and_changes_no_arrival(self) -> None:
        plain, found = told(), told(Assumed(capacity={"N0101": 3000.0}))
        assert found.kind == "forecast"
        assert found.draws["arrivals"].equals(plain.draws["arrivals"])
        one = next(one for one in found.pressure if one.place == "N0101")
        assert one.full_after is not None
        assert one.beyond is not None
        assert (np.isinf(one.full_after) <= (one.beyond[:, -1] == 0.0)).all()
        went = sum(people.sum() for people in one.overflow.values())
        assert went == pytest.approx(one.beyond[:, -1].sum())

    def test_staying_are_people_less_who_went_home(self) -> None:
        one = next(one for one in told().pressure if one.place == "N0101")
        arrived = told().draws["arrivals"].sel(place="N0101").to_numpy()
        assert (one.staying[:, -1] <= arrived.sum(axis=1) / made_up().repeat_factor + 1e-6).all()

    def test_a_capacity_of_what_is_not_told_apart_is_refused(self) -> None:
        with pytest.raises(InputError, match=r"N01C'?: is not told apart"):
            told(Assumed(capacity={"N01C": 5.0}))

    def test_a_document_holds_every_pressure_and_assumption(self) -> None:
        found = where_document(told(Assumed(capacity={"N0101": 3000.0}, closures=SHUT)))
        assert found["assumptions"] == ["Marj is shut from 2018-07-01 to 2018-07-31"]
        marj = next(one for one in found["pressure"] if one["location"] == "N0101")
        assert marj["capacity"]["source"] == "given by the user"
        assert set(marj["capacity"]["full_by"]) == {"0.1", "0.5", "0.8", "0.9"}
        assert len(found["trapped"]) == 3


class TestClosures:
    def test_closed_places_pass_their_arrivals_on(self) -> None:
        plain, found = told(), told(Assumed(closures=SHUT))
        assert found.kind == "projection"
        july = {place: found.draws["arrivals"].sel(place=place, period=2) for place in LISTED}
        assert not july["N0101"].any()
        assert found.trapped is not None
        whole = july["N"] + found.trapped[:, 1]
        np.testing.assert_allclose(whole, plain.draws["arrivals"].sel(place="N", period=2))

    def test_closures_that_overlap_or_of_nowhere_are_refused(self) -> None:
        with pytest.raises(InputError, match="overlaps closure 1"):
            told(Assumed(closures=SHUT * 2))
        with pytest.raises(InputError, match="no such place"):
            told(Assumed(closures=(Closure("nowhere", AS_OF, AS_OF),)))


class TestGivenTotal:
    def test_all_who_are_given_arrive_and_depart_and_no_others(self) -> None:
        found = told(Assumed(given=GIVEN))
        assert (found.kind, found.scale) == ("projection", "people as given, each counted once")
        assert set(found.draws) == {"arrivals", "departures"}
        assert found.trapped is not None
        arrived = found.total("arrivals", 3).sel(place="N").to_numpy()
        np.testing.assert_allclose(arrived + found.trapped.sum(axis=1), 990.0)
        left = found.draws["departures"].sel(place="N0201").mean("draw").to_numpy()
        np.testing.assert_allclose(left, [600.0, 300.0, 0.0])

    def test_repeats_are_not_taken_out_twice(self) -> None:
        assert told(Assumed(given=GIVEN)).crisis.repeat_factor == 1.0


class TestBorder:
    def test_a_crisis_without_a_gate_has_no_border(self) -> None:
        assert told().border is None

    def test_a_gate_makes_a_projection_and_lets_so_many_through(self) -> None:
        found = told(Assumed(gate=7.0, onward=0.5))
        assert found.kind == "projection"
        assert found.border is not None
        assert (found.border.crossed[:, 0] <= 7.0 * 15 + 1e-9).all()
        assert (found.border.crossed[:, 1] <= 7.0 * 31 + 1e-9).all()
        np.testing.assert_allclose(found.border.stays[:, -1] * 2, found.border.crossed.sum(axis=1))

    def test_the_gate_of_the_bundled_crisis_is_shut(self) -> None:
        border = forecast_of(syria()).border
        assert border is not None
        assert border.gate.people_a_day == 0.0
        assert not border.crossed.any()
        assert border.queue.mean() > 0.0


def test_the_same_without_attacks_of_late_cannot_be_closed() -> None:
    quiet = made_up(routes=None)
    quiet = replace(quiet, attacks=quiet.attacks.iloc[:0])
    with pytest.raises(InputError, match="no attack of late"):
        run(quiet, AS_OF, 1, assumed=Assumed(closures=SHUT), draws=50)
