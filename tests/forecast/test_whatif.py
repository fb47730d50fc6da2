from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.crisis import Crisis
from features.errors import InputError
from features.overlap import DAY
from features.panel import FLOWS
from forecast.assumed import Assumed
from forecast.result import Forecast
from forecast.run import forecast_of, run
from forecast.scenario_file import parse_toml
from forecast.scenario_ratio import Ratio
from forecast.situation import headline_rows
from forecast.whatif import (
    Projection,
    WhatIf,
    _simulated,
    lead_stream,
    planning_places,
    warm_up,
)
from models.closures import Closure
from models.simulation import published, simulate
from tests.folders import replaced
from tests.strategies import (
    camps,
    day,
    made_up,
    people_clauses,
    rewritten_after,
    without_attacks,
)

AS_OF = day("2018-06-15")
PLACES = ["N", "border_belt", "N01", "N02", "N0101", "N0102", "N0201", "N0202"]
MONTHS = 3
NEUTRAL = [
    "",
    "[[attacks]]\nmultiply = 1",
    '[[attacks]]\nkind = "air_strike"\nplace = "N0201"\nmultiply = 1.0',
    "[[agreement]]\ndate = 1\nprobability = 0",
    "[gate]\npeople_a_day = 0",
    '[[outflow]]\nplace = "N0201"\npeople = 0',
    '[[capacity]]\nplace = "N0101"\npeople = 1e9',
    "[onward]\nshare = 0",
]


NO_CAPACITY = replaced(",20000,,Monitor 2018", ",,,")


def open_land() -> Crisis:
    """The made-up land where no place is known to be full."""
    return made_up(places=NO_CAPACITY)


@pytest.fixture(scope="module")
def warm() -> WhatIf:
    return warm_up(open_land(), AS_OF, MONTHS, places=PLACES, draws=120)


@pytest.fixture(scope="module")
def filling() -> WhatIf:
    """The same with a camp that fills."""
    return warm_up(made_up(), AS_OF, MONTHS, places=PLACES, draws=120)


def project(what_if: WhatIf, text: str) -> Projection:
    return what_if.project(what_if.settle(parse_toml(f'title = "t"\n{text}')))


def arrivals(found: Projection, place: str = "N") -> np.ndarray:
    return found.draws["arrivals"].sel(place=place).to_numpy()


def base(what_if: WhatIf, place: str = "N", measure: str = "arrivals") -> np.ndarray:
    return what_if.baseline.draws[measure].sel(place=place).to_numpy()


@pytest.mark.parametrize("clauses", [*NEUTRAL, "\n".join(NEUTRAL[1:2] + NEUTRAL[3:])])
def test_a_scenario_that_changes_nothing_is_the_forecast_to_the_byte(
    filling: WhatIf, clauses: str
) -> None:
    forecast = run(made_up(), AS_OF, MONTHS, places=PLACES, draws=120)
    found = project(filling, clauses)
    for flow in FLOWS:
        assert found.draws[flow].to_numpy().tobytes() == forecast.draws[flow].to_numpy().tobytes()
    assert found.intensity.to_numpy().tobytes() == forecast.intensity.to_numpy().tobytes()


@pytest.mark.parametrize("crisis", [without_attacks, camps])
def test_nor_does_it_where_attacks_are_flags_or_unknown(crisis: object) -> None:
    land = crisis()  # type: ignore[operator]
    as_of = AS_OF if land.attack_source is None else day("2012-12-01")
    what_if = warm_up(land, as_of, 2, draws=60)
    found, forecast = project(what_if, ""), run(land, as_of, 2, draws=60)
    for flow in FLOWS:
        ours = found.draws[flow].sel(place=forecast.places)
        assert ours.to_numpy().tobytes() == forecast.draws[flow].to_numpy().tobytes()


def test_the_simulation_is_that_of_the_forecast(warm: WhatIf) -> None:
    situation = warm.situation
    rows = headline_rows(situation.panel, situation.steps)
    arrays = situation.panel.arrays_of(rows)
    lead, paths = situation.fitted.lead, situation.paths

    def stream() -> np.random.Generator:
        return lead_stream(situation.fitted, situation.before)

    rng = stream()
    again = published(simulate(lead.flows, paths, 120, rng, arrays), rows, arrays, rng)
    assert np.array_equal(again, lead.predict_under(paths, rows, 120, stream()))
    whole = situation.fitted.predict_along(paths, rows, 120, _copy(situation.before))
    rank = again.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    assert (np.take_along_axis(np.sort(whole, axis=0), rank, axis=0) == whole).all()


def _copy(rng: np.random.Generator) -> np.random.Generator:
    from copy import deepcopy

    return deepcopy(rng)


@settings(max_examples=25)
@given(
    factor=st.floats(0.0, 30.0),
    more=st.floats(0.0, 30.0),
    where=st.sampled_from(["", 'place = "N0201"', 'place = "front-south"\nkind = "air_strike"']),
    first=st.integers(1, 77),
    length=st.integers(0, 76),
)
def test_more_attacks_never_give_fewer_arrivals_or_departures(
    warm: WhatIf, factor: float, more: float, where: str, first: int, length: int
) -> None:
    def of(times: float) -> Projection:
        window = f"from = {first}\nto = {min(first + length, 77)}"
        return project(warm, f"[[attacks]]\nmultiply = {times}\n{window}\n{where}")

    few, many = of(factor), of(factor + more)
    for flow in ("arrivals", "departures"):
        difference = (many.draws[flow] - few.draws[flow]).to_numpy()
        assert np.nanmin(difference) >= -1e-6 * np.nanmax(few.draws[flow].to_numpy())
        medians = [each.draws[flow].median("draw").to_numpy() for each in (few, many)]
        assert (medians[1] >= medians[0] * (1 - 1e-9)).all()


def test_twice_the_attacks_drive_out_more_from_the_next_week_on(warm: WhatIf) -> None:
    found = project(warm, "[[attacks]]\nmultiply = 3\nfrom = 2018-08-01")
    assert np.array_equal(arrivals(found)[:, 0], base(warm)[:, 0])
    assert (np.median(arrivals(found), axis=0)[2] > 1.3 * np.median(base(warm), axis=0)[2]).all()


def test_a_count_of_attacks_is_the_intensity_it_says(warm: WhatIf) -> None:
    text = '[[attacks]]\nkind = "air_strike"\nplace = "front-south"\nset = 25'
    found = project(warm, text).intensity.sel(place="N01").isel(period=2)
    np.testing.assert_allclose(found.to_numpy(), 25.0)


def test_a_replay_runs_the_weeks_of_the_past_again(warm: WhatIf) -> None:
    found = project(
        warm, "[[attacks]]\nfrom = 2018-06-16\nreplay = { from = 2017-05-06, weeks = 8 }"
    )
    known = warm.ground.intensity.weekly
    at = known.index.get_loc(pd.Timestamp("2017-05-06"))
    again = found.intensity.sel(place="N01").isel(period=1).to_numpy()
    # July 2018 touches the weeks of 30 June to 28 July: the 3rd to the 7th of the eight.
    np.testing.assert_allclose(again, known["N01"].iloc[at + 2 : at + 7].mean())


@pytest.mark.parametrize("quieter", range(3))
def test_worse_regimes_drive_out_more_in_every_draw(warm: WhatIf, quieter: int) -> None:
    names = ["holds", "low_level", "offensive", "territorial"]
    calm, worse = (project(warm, f"[regimes]\n{names[at]} = 1") for at in (quieter, quieter + 1))
    assert (arrivals(worse) >= arrivals(calm) * (1 - 1e-9)).all()
    half = project(warm, f"[regimes]\n{names[quieter]} = 0.5\n{names[quieter + 1]} = 0.5")
    assert (arrivals(half) >= arrivals(calm) * (1 - 1e-9)).all()
    assert (arrivals(half) <= arrivals(worse) * (1 + 1e-9)).all()


def test_an_agreement_lowers_arrivals_where_it_holds_and_nowhere_else(warm: WhatIf) -> None:
    found = project(warm, "[[agreement]]\ndate = 1\nprobability = 0.4")
    same = (arrivals(found) == base(warm)).all(axis=1)
    assert 0.4 < same.mean() < 0.8
    assert (arrivals(found)[~same, 1:] < base(warm)[~same, 1:]).all()


def test_without_a_probability_that_of_past_agreements_is_told(warm: WhatIf) -> None:
    found = project(warm, "[[agreement]]\ndate = 1")
    [text] = found.assumptions
    assert "50%" not in text
    assert "of 1 agreements known by then 1 held 30 days or longer" in text


def test_a_closed_gate_lets_nobody_through(warm: WhatIf) -> None:
    assert (project(warm, "[gate]\npeople_a_day = 0").people["crossed"] == 0.0).all()
    assert (project(warm, "").people["crossed"] == 0.0).all()


@given(people=st.floats(0.0, 1e6), first=st.integers(1, 60))
@settings(max_examples=20)
def test_a_gate_lets_out_so_many_a_day_of_those_who_came(
    warm: WhatIf, people: float, first: int
) -> None:
    found = project(warm, f"[gate]\npeople_a_day = {people}\nfrom = {first}\nto = {first + 15}")
    crossed = found.people["crossed"]
    assert (crossed.sum(axis=1) <= people * 16 * (1 + 1e-9)).all()
    belt = arrivals(found, "border_belt").sum(axis=1)
    assert (crossed.sum(axis=1) <= belt * (1 + 1e-9)).all()


def test_who_was_there_before_crosses_as_there_is_room(warm: WhatIf) -> None:
    gate = "[gate]\npeople_a_day = 100\nto = 2018-06-30"
    none, some = project(warm, gate).people, project(warm, f"{gate}\nwaiting = 400").people
    room = 1500.0 - none["crossed"].sum(axis=1)
    np.testing.assert_allclose(some["waiting"].sum(axis=1), np.minimum(room, 400.0))
    np.testing.assert_allclose(some["crossed"] - some["waiting"], none["crossed"], atol=1e-6)
    assert (some["stayed"] == none["stayed"]).all()


def test_a_shut_way_leaves_people_trapped_where_there_is_no_other(warm: WhatIf) -> None:
    shut = '[[closure]]\nbetween = ["N0201", "N01"]\n'
    leave = '[[outflow]]\nplace = "N0201"\npeople = 3000\n'
    found = project(warm, shut + leave + 'destinations = ["N0102", "N0202"]')
    trapped = found.people["trapped"].sum(axis=1)
    base_trapped = project(warm, shut).people["trapped"].sum(axis=1)
    np.testing.assert_allclose(trapped, base_trapped, atol=1e-6)
    one = project(warm, shut + leave + 'destinations = ["N0202"]')
    assert (arrivals(one, "N0202").sum(axis=1) >= 3000.0).all()


TARGET = '[target]\npeople = {people}\nplace = "{place}"\nvary = ["{lever}"]\n'


@pytest.mark.parametrize("place", ["N", "border_belt", "N0102"])
def test_what_it_would_take_in_attacks_takes_it(warm: WhatIf, place: str) -> None:
    people = 1.3 * np.median(warm.baseline.draws["arrivals"].sel(place=place).sum("period"))
    text = TARGET.format(people=people, place=place, lever="attacks")
    found = project(warm, text)
    [answer] = found.answers
    for chance, value in answer.found.items():
        if value is not None and value > 1.0:
            reached = warm.reached(found.scenario, value)
            assert np.quantile(reached, 1.0 - chance) == pytest.approx(people, rel=5e-3)
    assert answer.found[0.5] is not None
    assert answer.seen is not None
    assert "Asked is what it would take" in found.assumptions[-1]


def test_what_is_asked_for_by_a_day_counts_up_to_it(warm: WhatIf) -> None:
    text = TARGET.format(people=1, place="N", lever="attacks")
    early = project(warm, text + "by = 2018-06-20").scenario
    late = project(warm, text).scenario
    share = 5 / 30 * base(warm)[:, 0]
    np.testing.assert_allclose(warm.reached(early), share)
    whole = base(warm).sum(axis=1) - 15 / 30 * base(warm)[:, 0]
    np.testing.assert_allclose(warm.reached(late), whole)


def test_a_gate_or_an_outflow_is_varied_until_the_target_is_reached(warm: WhatIf) -> None:
    asked = '[target]\npeople = 200\nof = "crossed"\nvary = ["gate"]'
    [answer] = project(warm, asked).answers
    assert answer.now.median == 0.0
    crossed = project(warm, f"[gate]\npeople_a_day = {answer.found[0.5]}").people["crossed"]
    assert np.median(crossed.sum(axis=1)) == pytest.approx(200.0, rel=5e-3)
    had = base(warm, "N01").sum(axis=1) - 0.5 * base(warm, "N01")[:, 0]
    people = np.median(had) + 5000.0
    text = TARGET.format(people=people, place="N01", lever="outflow")
    [answer] = project(warm, text + '[[outflow]]\nplace = "T"\npeople = 10').answers
    more = f'[[outflow]]\nplace = "T"\npeople = {answer.found[0.5]}'
    found = arrivals(project(warm, more), "N01").sum(axis=1) - 0.5 * base(warm, "N01")[:, 0]
    assert np.median(found) == pytest.approx(people, rel=5e-3)


@settings(max_examples=30)
@given(text=people_clauses())
def test_nobody_is_made_or_lost_in_any_draw(warm: WhatIf, text: str) -> None:
    found = project(warm, text.replace('title = "any"', ""))
    people = found.people
    total = people["stayed"] + people["crossed"] + people["trapped"]
    known = people["left"] + people["waiting"]
    np.testing.assert_allclose(known, total, rtol=1e-9, atol=1e-6)
    assert (people["waiting"].sum(axis=1) <= 900.0).all()
    assert all((values.cumsum(axis=1) >= -1e-6).all() for values in people.values())
    inside = sum(arrivals(found, place) for place in PLACES[4:])
    np.testing.assert_allclose(inside, arrivals(found), rtol=1e-9, atol=1e-6)


def test_a_closed_place_receives_nobody_and_the_others_its_share(warm: WhatIf) -> None:
    found = project(warm, '[[closure]]\nplace = "N0101"')
    assert (arrivals(found, "N0101")[:, 1:] == 0.0).all()
    assert (arrivals(found, "N0101")[:, 0] > 0.0).any()  # the days before --as-of
    np.testing.assert_allclose(arrivals(found) + found.people["trapped"], base(warm))
    assert (arrivals(found, "N0102") >= base(warm, "N0102")).all()


def option(what_if: WhatIf, **assumed: Any) -> Forecast:
    return forecast_of(what_if.situation, PLACES, Assumed(**assumed))


WHOLE = {"start": AS_OF + DAY, "end": day("2018-08-31")}
SAME: list[tuple[str, dict[str, Any]]] = [
    ('[[capacity]]\nplace = "N0102"\npeople = 900', {"capacity": {"N0102": 900.0}}),
    (
        '[[capacity]]\nplace = "N0101"\npeople = 5e4\n[[capacity]]\nplace = "N01"\npeople = 9e4',
        {"capacity": {"N0101": 5e4, "N01": 9e4}},
    ),
    ('[[closure]]\nplace = "N0101"', {"closures": (Closure("N0101", **WHOLE),)}),
    (
        '[[closure]]\nplace = "N0101"\nfrom = 2018-07-04\nto = 2018-08-11\n'
        '[[capacity]]\nplace = "N0102"\npeople = 2e4\n[gate]\npeople_a_day = 50',
        {
            "closures": (Closure("N0101", day("2018-07-04"), day("2018-08-11")),),
            "capacity": {"N0102": 2e4},
            "gate": 50.0,
        },
    ),
    ("[gate]\npeople_a_day = 200", {"gate": 200.0}),
]


@pytest.mark.parametrize(("text", "assumed"), SAME)
def test_a_scenario_and_an_option_that_assume_the_same_tell_the_same_to_the_byte(
    filling: WhatIf, text: str, assumed: dict[str, Any]
) -> None:
    found, other = project(filling, text), option(filling, **assumed)
    for flow in FLOWS:
        assert found.draws[flow].to_numpy().tobytes() == other.draws[flow].to_numpy().tobytes()
    if other.trapped is not None:
        assert found.people["trapped"].tobytes() == other.trapped.tobytes()
    if other.border is not None:
        assert found.people["crossed"].tobytes() == other.border.crossed.tobytes()


def test_a_full_place_sends_the_rest_on(warm: WhatIf) -> None:
    found = project(warm, '[[capacity]]\nplace = "N0102"\npeople = 900\nfrom = 2018-07-01')
    assert (arrivals(found, "N0102") <= base(warm, "N0102")).all()
    assert (arrivals(found, "N0102")[:, 1:] < base(warm, "N0102")[:, 1:]).any()
    assert np.array_equal(arrivals(found, "N0102")[:, 0], base(warm, "N0102")[:, 0])
    np.testing.assert_allclose(arrivals(found), base(warm))


def test_a_site_that_opens_takes_in_more_until_it_is_full(warm: WhatIf) -> None:
    text = '[[capacity]]\nplace = "N0102"\npeople = 2000\nopens = true'
    more = arrivals(project(warm, text), "N0102") - base(warm, "N0102")
    assert (more >= -1e-6).all()
    assert (more.sum(axis=1) <= 2000.0 * (1 + 1e-9)).all()
    assert np.median(more.sum(axis=1)) == pytest.approx(2000.0)


def test_who_leaves_arrives_elsewhere(warm: WhatIf) -> None:
    found = project(warm, '[[outflow]]\nplace = "N02"\npeople = 3000\nto = 2018-07-15')
    more = arrivals(found).sum(axis=1) - base(warm).sum(axis=1)
    np.testing.assert_allclose(more, 3000.0)
    gone = found.draws["departures"].sel(place="N02").to_numpy() - base(warm, "N02", "departures")
    np.testing.assert_allclose(gone.sum(axis=1), 3000.0)
    np.testing.assert_allclose(arrivals(found, "N0201"), base(warm, "N0201"))


def test_the_isolated_are_trapped(warm: WhatIf) -> None:
    found = project(warm, '[[outflow]]\nplace = "N02"\npeople = 3000\nisolated = true')
    np.testing.assert_allclose(found.people["trapped"].sum(axis=1), 3000.0)
    np.testing.assert_allclose(arrivals(found), base(warm))


def test_lost_ground_empties_and_sees_few_return(warm: WhatIf) -> None:
    found = project(
        warm, '[[territory]]\nplaces = ["N0201"]\ndate = 2018-07-01\npopulation = 15000'
    )
    more = arrivals(found).sum(axis=1) - base(warm).sum(axis=1)
    assert 9_000 < np.median(more) < 13_500
    assert more.std() > 500.0
    assert (arrivals(found, "N0201")[:, 1:] == 0.0).all()
    back = found.draws["returns"].sel(place="N02").to_numpy()[:, 1:]
    assert (back < base(warm, "N02", "returns")[:, 1:]).all()


def test_scenarios_share_their_random_numbers_in_any_order(warm: WhatIf) -> None:
    text = "[regimes]\nholds = 0.5\noffensive = 0.5\n[[agreement]]\ndate = 20\nprobability = 0.3"
    first = project(warm, text)
    project(warm, "[[attacks]]\nmultiply = 9")
    fresh = warm_up(open_land(), AS_OF, MONTHS, places=PLACES, draws=120)
    for again in (project(warm, text), project(fresh, text)):
        assert first.draws["arrivals"].to_numpy().tobytes() == arrivals_bytes(again)


def arrivals_bytes(found: Projection) -> bytes:
    return found.draws["arrivals"].to_numpy().tobytes()


def test_a_figure_of_zero_grows_with_attacks_and_stays_without(warm: WhatIf) -> None:
    simulation, arrays = _simulated(warm.situation)
    rows = len(arrays)
    ratio = Ratio(simulation, arrays, np.zeros((120, rows)))
    weeks = simulation.eta.shape[2:]
    assert (ratio.under(np.zeros((1, *weeks))) == 0.0).all()
    assert (ratio.under(np.full((1, *weeks), -1.0))[:, arrays.flow < 2] == 0.0).all()
    assert (np.median(ratio.under(np.ones((1, *weeks)))[:, arrays.flow < 2], axis=0) > 0.0).all()


def test_no_draw_passes_the_ceiling_of_the_simulation(warm: WhatIf) -> None:
    found = project(warm, "[[attacks]]\nmultiply = 1000")
    assert np.isfinite(arrivals(found)).all()
    assert (arrivals(found) < 1e9).all()


@settings(max_examples=5)
@given(crisis=rewritten_after(open_land(), AS_OF))
def test_nothing_published_later_changes_a_projection(warm: WhatIf, crisis: Crisis) -> None:
    text = (
        "[regimes]\nholds = 0.5\nterritorial = 0.5\n[[agreement]]\ndate = 9\n"
        '[[territory]]\nplaces = ["N0201"]\ndate = 9\n'
    )
    other = warm_up(replace(crisis), AS_OF, MONTHS, places=PLACES, draws=120)
    assert arrivals_bytes(project(other, text)) == arrivals_bytes(project(warm, text))


def test_a_planner_is_told_of_the_whole_the_belt_and_its_places(warm: WhatIf) -> None:
    assert planning_places(warm.situation.panel)[:2] == ["N", "border_belt"]
    assert set(planning_places(warm.situation.panel)) >= {"N01", "N02", "N0101", "N0102"}


def test_without_attacks_clauses_on_them_are_refused() -> None:
    what_if = warm_up(without_attacks(), AS_OF, 1, draws=60)
    with pytest.raises(InputError, match="no full week of attack data"):
        project(what_if, "[[attacks]]\nmultiply = 2")
    found = project(what_if, "[[agreement]]\ndate = 1\nprobability = 1")
    assert (arrivals(found) <= base(what_if)).all()
