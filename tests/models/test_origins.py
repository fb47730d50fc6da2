from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.crisis import Crisis
from features.overlap import DAY
from models.flow_state import FlowState
from models.origins import attacked, gathered, leaving_of, pull_of
from tests.strategies import attacks_of, day, made_up, panel_of, without_attacks

AS_OF = day("2018-06-15")
NORTH, SOUTH = ["N0101", "N0102"], ["N0201", "N0202"]


def attacked_at(*rows: tuple[str, float]) -> Crisis:
    """The made-up land where of late only these places were attacked."""
    before = made_up().attacks
    start = day("2018-06-02")
    late = [
        {"start": start, "end": start + 6 * DAY, "place_id": place, "events": events,
         "published": f"{start + 8 * DAY:%F}"}
        for place, events in rows
    ]  # fmt: skip
    old = before[before["end"] < AS_OF - 100 * DAY]
    both = pd.concat([old, attacks_of(late)], ignore_index=True)
    return replace(made_up(), attacks=both.sort_values(["published", "start", "end", "line"]))


def pull(crisis: Crisis, places: list[str]) -> np.ndarray:
    return pull_of(FlowState().fit(panel_of(crisis)), places)[0]


def test_attacks_of_late_count_by_kind() -> None:
    found = attacked(panel_of(attacked_at(("N0201", 10.0), ("N0202", 30.0), ("N", 5.0))))
    assert found.to_dict() == {"N0201": 10.0, "N0202": 30.0}


def test_people_leave_each_cell_in_proportion_to_its_attacks() -> None:
    crisis = attacked_at(("N0201", 10.0), ("N0202", 30.0), ("N0101", 7.0))
    fit = FlowState().fit(panel_of(crisis))
    found = leaving_of(fit, attacked(fit.panel))
    np.testing.assert_allclose(found["N0202"] / found["N0201"], 3.0)
    more = leaving_of(fit, attacked(fit.panel) * [50.0, 1.0, 1.0])
    np.testing.assert_allclose(more["N0101"], found["N0101"])


def test_the_nearest_draw_most() -> None:
    near, far = pull(attacked_at(("N0201", 10.0)), NORTH)
    assert near > far > 0.8 * near


def test_people_also_flee_within_the_place_attacked_but_shun_it() -> None:
    itself, neighbour = pull(attacked_at(("N0201", 10.0)), SOUTH)
    assert 0.0 < itself < neighbour


def test_many_origins_are_gathered_at_the_largest_near_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("models.origins.MOST_ORIGINS", 2)
    leaving = pd.Series([50.0, 9.0, 40.0, 3.0], index=["N0201", "N0202", "N0101", "N01"])
    found = gathered(made_up(), leaving)
    assert found.to_dict() == {"N0201": 59.0, "N0101": 43.0}


def test_without_attacks_nothing_tells_places_apart() -> None:
    found, days = pull_of(FlowState().fit(panel_of(without_attacks())), SOUTH)
    assert found.tolist() == [1.0, 1.0]
    assert days.tolist() == [0.0, 0.0]
