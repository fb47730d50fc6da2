from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.crisis import Crisis
from features.errors import InputError
from features.panel import FLOWS
from forecast.run import headline_rows, run
from forecast.scenario_file import parse_toml
from forecast.whatif import Projection, WhatIf, lead_stream, planning_places, warm_up
from models.simulation import published, simulate
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


@pytest.fixture(scope="module")
def warm() -> WhatIf:
    return warm_up(made_up(), AS_OF, MONTHS, places=PLACES, draws=120)


def project(what_if: WhatIf, text: str) -> Projection:
    return what_if.project(what_if.settle(parse_toml(f'title = "t"\n{text}')))


def arrivals(found: Projection, place: str = "N") -> np.ndarray:
    return found.draws["arrivals"].sel(place=place).to_numpy()


def base(what_if: WhatIf, place: str = "N", measure: str = "arrivals") -> np.ndarray:
    return what_if.baseline.draws[measure].sel(place=place).to_numpy()


@pytest.mark.parametrize("clauses", [*NEUTRAL, "\n".join(NEUTRAL[1:2] + NEUTRAL[3:])])
def test_a_scenario_that_changes_nothing_is_the_forecast_to_the_byte(
    warm: WhatIf, clauses: str
) -> None:
    forecast = run(made_up(), AS_OF, MONTHS, places=PLACES, draws=120)
    found = project(warm, clauses)
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
)
def test_more_attacks_never_give_fewer_arrivals_or_departures(
    warm: WhatIf, factor: float, more: float, where: str, first: int
) -> None:
    def of(times: float) -> Projection:
        return project(warm, f"[[attacks]]\nmultiply = {times}\nfrom = {first}\n{where}")

    few, many = of(factor), of(factor + more)
    for flow in ("arrivals", "departures"):
        difference = (many.draws[flow] - few.draws[flow]).to_numpy()
        assert np.nanmin(difference) >= -1e-6 * np.nanmax(few.draws[flow].to_numpy())


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


@settings(max_examples=60)
@given(text=people_clauses())
def test_nobody_is_made_or_lost_in_any_draw(warm: WhatIf, text: str) -> None:
    found = project(warm, text.replace('title = "any"', ""))
    people = found.people
    total = people["stayed"] + people["crossed"] + people["trapped"]
    np.testing.assert_allclose(people["left"], total, rtol=1e-9, atol=1e-6)
    assert all((values >= -1e-6).all() for values in people.values())
    inside = sum(arrivals(found, place) for place in PLACES[4:])
    np.testing.assert_allclose(inside, arrivals(found), rtol=1e-9, atol=1e-6)


def test_a_closed_place_receives_nobody_and_the_others_its_share(warm: WhatIf) -> None:
    found = project(warm, '[[closure]]\nplace = "N0101"')
    assert (arrivals(found, "N0101")[:, 1:] == 0.0).all()
    assert (arrivals(found, "N0101")[:, 0] > 0.0).any()  # the days before --as-of
    np.testing.assert_allclose(arrivals(found), base(warm))
    np.testing.assert_allclose(arrivals(found, "N01"), base(warm, "N01"))


def test_a_full_place_sends_the_rest_on(warm: WhatIf) -> None:
    found = project(warm, '[[capacity]]\nplace = "N0102"\npeople = 900\nfrom = 2018-07-01')
    assert (arrivals(found, "N0102")[:, 1:].sum(axis=1) <= 900.0 * (1 + 1e-9)).all()
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
    fresh = warm_up(made_up(), AS_OF, MONTHS, places=PLACES, draws=120)
    for again in (project(warm, text), project(fresh, text)):
        assert first.draws["arrivals"].to_numpy().tobytes() == arrivals_bytes(again)


def arrivals_bytes(found: Projection) -> bytes:
    return found.draws["arrivals"].to_numpy().tobytes()


def test_no_draw_passes_the_ceiling_of_the_simulation(warm: WhatIf) -> None:
    found = project(warm, "[[attacks]]\nmultiply = 1000")
    assert np.isfinite(arrivals(found)).all()
    assert (arrivals(found) < 1e9).all()


@settings(max_examples=5)
@given(crisis=rewritten_after(made_up(), AS_OF))
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
