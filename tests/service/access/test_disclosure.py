"""What is withheld cannot be worked out from what is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from features.errors import InputError
from service.access.policy import DEFAULTS, DEPTH, Policy, policies

LIMITED = [policy for policy in DEFAULTS if not policy.unlimited]


def told(policy: Policy, figure: int) -> tuple[float, float]:
    """What a reader knows of a figure: it lies in [low, high]."""
    if figure == 0:
        return 0, 0
    if policy.small(figure):
        return 0, policy.smallest
    shown = policy.rounded(figure)
    return shown - policy.rounding / 2, shown + policy.rounding / 2


def bounds(policy: Policy, cells: np.ndarray, sums: list[list[int]], at: int) -> tuple[float, ...]:
    """The least and most that a cell may be, given all cells and sums of them that are told."""
    rows = np.zeros((len(sums), len(cells)))
    for row, members in zip(rows, sums, strict=True):
        row[members] = 1
    totals = [told(policy, int(cells[members].sum())) for members in sums]
    goal = np.zeros(len(cells))
    goal[at] = 1
    found = []
    for sign in (1, -1):
        solved = linprog(
            sign * goal,
            A_ub=np.vstack([rows, -rows]),
            b_ub=[high for _, high in totals] + [-low for low, _ in totals],
            bounds=[told(policy, int(cell)) for cell in cells],
        )
        assert solved.status == 0
        found.append(sign * solved.fun)
    return tuple(found)


@pytest.mark.parametrize("policy", LIMITED, ids=lambda policy: policy.audience)
@settings(max_examples=40)
@given(data=st.data())
def test_sums_over_places_and_windows_tell_nothing_of_what_is_withheld(
    policy: Policy, data: st.DataObject
) -> None:
    """A table of places by windows, all its margins, and every run of windows of the whole."""
    rows = data.draw(st.integers(2, 4))
    wide = data.draw(st.integers(1, 3))
    most = 3 * policy.rounding
    drawn = data.draw(st.lists(st.integers(0, most), min_size=rows * wide, max_size=rows * wide))
    cells = np.array(drawn)
    table = np.arange(rows * wide).reshape(rows, wide)
    sums = [row.tolist() for row in table] + [column.tolist() for column in table.T]
    sums.append(table.ravel().tolist())
    for at in np.flatnonzero([policy.small(int(cell)) for cell in cells]):
        low, high = bounds(policy, cells, sums, int(at))
        assert low <= 1e-6
        assert high >= policy.smallest - 1e-6


def test_rounding_less_coarse_than_that_would_tell() -> None:
    """The judge of the test above finds what a careless policy gives away."""
    careless = Policy("public", "admin1", smallest=50, rounding=10)
    cells = np.array([30, 200, 300])
    low, high = bounds(careless, cells, [[0, 1, 2]], 0)
    assert high - low < 40


@pytest.mark.parametrize("policy", LIMITED, ids=lambda policy: policy.audience)
@given(figure=st.integers(0, 10**9))
def test_what_is_told_is_near_and_never_small(policy: Policy, figure: int) -> None:
    if policy.small(figure):
        return
    shown = policy.rounded(figure)
    assert shown % policy.rounding == 0
    assert abs(shown - figure) <= policy.rounding / 2
    assert shown == 0 if figure == 0 else shown >= policy.smallest


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"publik": {}}, "did you mean 'public'"),
        ({"public": 3}, r"write it as \[disclosure.public\]"),
        ({"public": {"smalest": 3}}, "did you mean 'smallest'"),
        ({"public": {"finest": "street"}}, "is none of"),
        ({"public": {"smallest": -1}}, "no whole number"),
        ({"public": {"embargo_days": 1.5}}, "no whole number"),
        ({"public": {"smallest": True}}, "no whole number"),
        ({"public": {"rounding": 10}}, "twice `smallest`"),
        ({"partner": {"smallest": 20}}, "twice `smallest`"),
        ({"restricted": {"rounding": 0}}, "twice `smallest`"),
    ],
)
def test_a_policy_that_is_none_or_not_safe_is_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        policies(wrong)


def test_a_crisis_changes_what_it_names_alone() -> None:
    changed = policies({"partner": {"finest": "admin2", "embargo_days": 3}})
    assert changed["partner"] == Policy("partner", "admin2", 5, 10, 3)
    assert changed["public"] == policies({})["public"]


def test_finer_levels_are_never_told_to_wider_audiences() -> None:
    public, partner, restricted = (policies({})[one] for one in ("public", "partner", "restricted"))
    assert public.finest is not None
    assert partner.finest is not None
    assert DEPTH[public.finest] < DEPTH[partner.finest] < max(DEPTH.values())
    assert restricted.finest is None
