from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from features.crisis import Crisis
from features.overlap import DAY
from models.homes import (
    RETURNING,
    USUAL,
    counted,
    hazard,
    leaving_weights,
    returning_weights,
    sampled,
)
from tests.strategies import attacks_of, day, made_up

AS_OF = day("2018-06-15")
SITES = ["N0101", "N0102", "N0201", "N0202"]


def attacked(*rows: tuple[str, float, str, int]) -> Crisis:
    """The made-up land with these attacks alone: place, events, kind, days ago."""
    found = [
        {"start": AS_OF - ago * DAY, "end": AS_OF - ago * DAY, "place_id": place, "kind": kind,
         "events": events, "published": f"{AS_OF:%F}"}
        for place, events, kind, ago in rows
    ]  # fmt: skip
    return replace(made_up(), attacks=attacks_of(found))


def test_nobody_is_driven_out_more_than_usual_where_nobody_attacks() -> None:
    quiet = replace(made_up(), attacks=made_up().attacks.iloc[:0])
    assert hazard(quiet, AS_OF, SITES).tolist() == [USUAL] * 4


def test_attacks_of_late_drive_out_and_those_on_a_wider_place_tell_nothing_apart() -> None:
    crisis = attacked(("N0201", 30, "air_strike", 9), ("N02", 99, "air_strike", 9),
                      ("N0202", 10, "air_strike", 200))  # fmt: skip
    np.testing.assert_allclose(hazard(crisis, AS_OF, SITES), np.array([0, 0, 4, 0]) + USUAL)


def test_camps_that_are_attacked_lose_their_people() -> None:
    calm, hit = (
        leaving_weights(attacked(("N0201", 9, "air_strike", 9), *more), AS_OF, ["N01C", "N0201"])
        for more in ((), (("N01C", 9, "air_strike", 9),))
    )
    assert hit[0] / hit[1] > 5.0 * calm[0] / calm[1]


def test_more_people_leave_where_more_live() -> None:
    quiet = replace(made_up(), attacks=made_up().attacks.iloc[:0])
    weights = leaving_weights(quiet, AS_OF, SITES)
    np.testing.assert_allclose(weights[0] / weights[1], 2.0)


def test_few_go_home_to_ground_that_was_lost() -> None:
    hit = ("N0201", 9, "air_strike", 300), ("N0202", 9, "air_strike", 300)
    kept, lost = (
        returning_weights(attacked(*hit, *more), AS_OF, ["N0201", "N0202"])
        for more in ((), (("N0201", 0, "territory", 100),))
    )
    np.testing.assert_allclose(lost / kept, [RETURNING, 1.0])


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(1, 4), min_size=1, max_size=5))
def test_shares_of_each_cell_add_up_in_every_draw(seed: int, sizes: list[int]) -> None:
    rng = np.random.default_rng(seed)
    cell = np.repeat(np.arange(len(sizes)), sizes)
    shares = sampled(rng.gamma(0.5, 1.0, len(cell)) + 1e-9, cell, 9, rng)
    for at in range(len(sizes)):
        np.testing.assert_allclose(shares[:, cell == at].sum(axis=1), 1.0)


def test_counts_of_people_are_those_of_late() -> None:
    crisis = made_up()
    assert counted(crisis.as_of(day("2018-07-01")), day("2018-07-01")).empty
    rows = crisis.reports[crisis.reports["measure"] == "stock"]
    last = pd.Timestamp(rows["end"].max())
    newest = rows.loc[rows["end"] == last, "persons"].iat[0]
    assert counted(crisis, last)["persons"].to_dict() == {"N01C": newest}
    assert counted(crisis, last + 100 * DAY).empty
