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
from features.overlap import DAY
from features.panel import FLOWS
from forecast.assumed import Assumed
from forecast.export_where import where_document
from forecast.names import BELT
from forecast.result import Forecast
from forecast.run import forecast_of, run
from forecast.sites import places_at
from forecast.situation import Situation, situate
from models.closures import Closure
from tests.folders import PLACES, replaced
from tests.strategies import attacks_of, camps, day, made_up

AS_OF = day("2018-06-15")
NO_CAPACITY = replaced(",20000,,Monitor 2018", ",,,")
LISTED = ["N", BELT, "N01", "N02", "N0101", "N0102", "N0201", "N0202"]


@cache
def situation() -> Situation:
    return situate(open_land(), AS_OF, 3, draws=60)


def open_land() -> Crisis:
    """The made-up land where no place is known to be full."""
    return made_up(routes=None, places=NO_CAPACITY)


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
    """Children that are listed sum to their parent in every draw of every flow."""
    for place in found.places:
        below = [one for one in found.places if one != BELT and one in crisis.places]
        children = [one for one in below if crisis.places.parent(one) == place]
        if not children:
            continue
        for draws in found.draws.values():
            parts, whole = draws.sel(place=children).sum("place"), draws.sel(place=place)
            np.testing.assert_allclose(parts, whole, rtol=1e-9, atol=1e-6)


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
    assert places_at(panel.crisis, panel.cells, "camp") == ["N01C"]
    with pytest.raises(InputError, match="there is no admin2 in North and south"):
        places_at(panel.crisis, panel.cells, "admin2")


def test_camps_are_listed_where_they_are_cells() -> None:
    crisis = camps()
    made = run(crisis, day("2012-12-01"), 1, draws=50)
    cells = [str(cell) for cell in made.intensity["place"].to_numpy()]
    assert set(places_at(crisis, cells, "camp")) == set(crisis.places.at_level("camp"))


def with_camp(*, told: bool, parent: str = "N0101") -> Crisis:
    """The made-up land with a second camp, of which coordinates alone tell, or nothing."""
    where = "36.12,36.62" if told else ","
    row = f"N01D,Camp Two,{parent},camp,{where},,,,\n"
    return made_up(routes=None, places=NO_CAPACITY(PLACES) + row)


def test_camps_in_a_sub_district_and_those_outside_them_add_up_to_it() -> None:
    known = situate(with_camp(told=True), day("2018-04-30"), 2, draws=60)
    found = forecast_of(known, ["N0101", "N01C", "N01D"]).draws
    for flow in FLOWS:
        parts = found[flow].sel(place=["N01C", "N01D"]).sum("place")
        assert (parts <= found[flow].sel(place="N0101") * (1 + 1e-9)).all()
        assert (found[flow].mean("draw") > 0.0).all()
    at = known.sites.names.index("N0101")
    outside = known.shares["arrivals"][:, at] * known.by_cell["arrivals"][:, 0, 0]
    camps_ = found["arrivals"].sel(place=["N01C", "N01D"], period=1).sum("place")
    np.testing.assert_allclose(outside + camps_, found["arrivals"].sel(place="N0101", period=1))


def test_a_camp_of_which_nothing_is_known_is_refused_by_its_row() -> None:
    crisis = with_camp(told=False)
    with pytest.raises(InputError, match=r"line 14 of places.csv"):
        places_at(crisis, ["N01", "N02"], "camp")
    with pytest.raises(InputError, match=r"--place: 'N01D': is a camp of which nothing is known"):
        run(crisis, AS_OF, 1, places=["N01D"], draws=50)
    stray = with_camp(told=True, parent="N01")
    with pytest.raises(InputError, match=r"is a camp in no admin3 place \(line 14 of places.csv"):
        places_at(stray, ["N01", "N02"], "camp")


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

    def test_a_capacity_gives_days_and_passes_people_on(self) -> None:
        plain, found = told(), told(Assumed(capacity={"N0101": 3000.0}))
        assert found.kind == "projection"
        assert found.assumptions == ("Marj holds 3,000 people, who are there included",)
        one = next(one for one in found.pressure if one.place == "N0101")
        assert one.full_after is not None
        assert one.beyond is not None
        assert one.turned is not None
        assert (one.staying <= 3000.0 * (1 + 1e-9)).all()
        assert (np.isinf(one.full_after) <= (one.beyond[:, -1] < 1e-6)).all()
        went = sum(people.sum() for people in one.overflow.values())
        assert went == pytest.approx(one.turned.sum())
        less = plain.draws["arrivals"] - found.draws["arrivals"]
        np.testing.assert_allclose(less.sel(place="N0101"), one.turned, atol=1e-6)
        np.testing.assert_allclose(less.sel(place="N"), 0.0, atol=1e-6)
        assert_coherent(found, made_up())

    @settings(max_examples=20, deadline=None)
    @given(st.floats(1.0, 1e5), st.floats(1.0, 1e5))
    def test_full_places_pass_on_to_room_and_nobody_is_lost(self, one: float, other: float) -> None:
        found = told(Assumed(capacity={"N0101": one, "N02": other}))
        assert_coherent(found, made_up())
        np.testing.assert_allclose(
            found.draws["arrivals"].sel(place="N"), told().draws["arrivals"].sel(place="N")
        )
        assert all((draws >= 0.0).all() for draws in found.draws.values())

    def test_where_all_are_full_people_crowd_in_and_are_told_as_beyond(self) -> None:
        found = told(Assumed(capacity={"N01": 1.0, "N02": 1.0}))
        beyond = [one.beyond for one in found.pressure if one.place in {"N01", "N02"}]
        assert all(people is not None and people[:, -1].mean() > 0.0 for people in beyond)

    def test_those_counted_in_a_camp_are_there_outside_are_the_others(self) -> None:
        crisis = made_up(routes=None)
        known = situate(crisis, day("2018-07-31"), 1, draws=60)
        found = forecast_of(known, ["N0101", "N01C"])
        camp = next(one for one in found.pressure if one.place == "N01C")
        whole = next(one for one in found.pressure if one.place == "N0101")
        assert camp.stock is not None
        assert whole.before == camp.before == camp.stock.persons
        assert whole.stock is None

    @pytest.mark.parametrize("place", ["front-south", BELT])
    def test_an_area_and_the_belt_hold_so_many_as_well(self, place: str) -> None:
        found = told(Assumed(capacity={place: 2000.0}), [place, "N"])
        [one] = [one for one in found.pressure if one.place == place]
        assert one.turned is not None
        assert one.turned.any()
        assert (one.staying <= 2000.0 * (1 + 1e-9)).all()
        np.testing.assert_allclose(
            found.draws["arrivals"].sel(place="N"), told().draws["arrivals"].sel(place="N")
        )

    def test_a_capacity_of_what_is_not_told_apart_is_refused(self) -> None:
        with pytest.raises(InputError, match=r"N01X'?: is finer than the admin3 places"):
            told(Assumed(capacity={"N01X": 5.0}))
        with pytest.raises(InputError, match="'assessed': is an area that holds a part of some"):
            told(Assumed(capacity={"assessed": 5.0}))

    def test_a_document_holds_every_pressure_and_assumption(self) -> None:
        found = where_document(told(Assumed(capacity={"N0101": 3000.0}, closures=SHUT)))
        assert found["assumptions"][0] == "Marj is shut from 2018-07-01 to 2018-07-31"
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
        left = found.draws["departures"]
        np.testing.assert_allclose(left.sel(place="N0201", period=1), 600.0)
        np.testing.assert_allclose(left.sel(place="N02", period=3), 90.0)
        assert (left.sel(place="N0201", period=3) > 0.0).any()

    @pytest.mark.parametrize("place", ["N", "L"])
    def test_a_place_that_holds_all_others_leaves_nowhere_to_go(self, place: str) -> None:
        everybody = rows(("2018-07-01", "2018-07-31", place, 5.0))
        with pytest.raises(InputError, match=f"--given-outflow: '{place}': holds every place"):
            told(Assumed(given=everybody))

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


def test_without_attacks_of_late_people_come_from_each_cell_as_a_whole() -> None:
    quiet = made_up(routes=None)
    quiet = replace(quiet, attacks=quiet.attacks.iloc[:0])
    known = situate(quiet, AS_OF, 2, draws=50)
    found = forecast_of(known, LISTED, Assumed(closures=SHUT))
    assert not found.draws["arrivals"].sel(place="N0101", period=2).any()
    whole = found.draws["arrivals"].sel(place="N")
    assert found.trapped is not None
    plain = forecast_of(known, LISTED).draws["arrivals"].sel(place="N")
    np.testing.assert_allclose(whole + found.trapped, plain)


class TestBalance:
    def test_who_was_there_and_came_stays_moved_on_or_went_home(self) -> None:
        found = told()
        one = next(one for one in found.pressure if one.place == "N")
        came = found.draws["arrivals"].sel(place="N").to_numpy() / made_up().repeat_factor
        came[:, 0] *= 15 / 30
        home = found.draws["returns"].sel(place="N").to_numpy()
        home[:, 0] *= 15 / 30
        least = one.before + (came - home).cumsum(axis=1)
        assert (one.staying >= least - 1e-6).all()
        assert (one.staying <= one.before + came.cumsum(axis=1) + 1e-6).all()

    def test_departures_follow_attacks_and_returns_stay_off_ground_lost(self) -> None:
        crisis = made_up(routes=None)
        lost = replace(crisis, attacks=lost_at(crisis, "N0201"))
        plain, found = (
            forecast_of(situate(one, AS_OF, 1, draws=400), ["N0201", "N0202"]).draws
            for one in (crisis, lost)
        )
        share = [
            float(one["returns"].sel(place="N0201").sum() / one["returns"].sum())
            for one in (plain, found)
        ]
        assert share[1] < 0.5 * share[0]

    def test_places_told_in_part_are_marked_as_modelled(self) -> None:
        assert told().modelled == {"N0101", "N0102", "N0201", "N0202", BELT}


def lost_at(crisis: Crisis, place: str) -> pd.DataFrame:
    """The attacks, and ground that changed hands at a place."""
    row = {"start": AS_OF - 60 * DAY, "end": AS_OF - 60 * DAY, "place_id": place, "events": 1}
    row |= {"kind": "territory", "published": f"{AS_OF - 50 * DAY:%F}"}
    both = pd.concat([crisis.attacks, attacks_of([row])], ignore_index=True)
    return both.sort_values(["published", "start", "end", "line"], ignore_index=True)
