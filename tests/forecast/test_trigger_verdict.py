"""A record worked out by hand, and what must hold of any."""

from __future__ import annotations

from dataclasses import astuple
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from forecast.trigger import Trigger
from forecast.trigger_record import Line, read_record
from forecast.trigger_verdict import (
    ALWAYS,
    BASE_RATE,
    BASELINE,
    NEVER,
    TRIGGER,
    Counts,
    Verdict,
    standings,
    verdict,
)
from tests.forecast.triggers import lines_of, record_of, trigger_of

# The state by hand: watch, MET, met, stood down (0.1 < 0.4), MET, stood down (0.3 < 0.4).
SAID: list[tuple[float, float | None]] = [
    (0.2, 10_000.0),
    (0.5, 100_000.0),
    (0.6, 20_000.0),
    (0.1, 80_000.0),
    (0.7, 60_000.0),
    (0.3, 30_000.0),
]


def judged(lines: list[Line], trigger: Trigger) -> Verdict:
    found = verdict(lines, standings(lines, trigger), trigger)
    assert found is not None
    return found


def by_name(found: Verdict, name: str) -> Counts:
    return next(one.counts for one in found.members if one.name == name)


def test_the_record_worked_out_by_hand() -> None:
    found = judged(lines_of(SAID), trigger_of())
    assert (found.n, found.events, found.spells, found.unsure) == (6, 3, 2, 0)
    assert by_name(found, TRIGGER) == Counts(2, 1, 1, 2)
    assert by_name(found, ALWAYS) == Counts(3, 0, 3, 0)
    assert by_name(found, NEVER) == Counts(0, 3, 0, 3)
    # (one miss × 10 + one false alarm × 2) / 6; three false alarms; three misses
    cost = {one.name: one.cost.value for one in found.members}
    assert cost[TRIGGER] == pytest.approx(2.0)
    assert cost[ALWAYS] == pytest.approx(1.0)
    assert cost[NEVER] == pytest.approx(5.0)
    squares = 0.2**2 + 0.5**2 + 0.6**2 + 0.9**2 + 0.3**2 + 0.3**2
    assert found.brier["forecast"].value == pytest.approx(squares / 6)
    assert found.brier[BASELINE].value == pytest.approx(0.25)
    assert found.caught is not None
    assert found.false_share is not None
    assert found.caught.value == pytest.approx(2 / 3)
    assert found.false_share.value == pytest.approx(1 / 3)
    # 31 January to 30 June are 150 days and one step of 30
    assert found.months == pytest.approx(180 / 30.4375, abs=0.05)
    assert (found.activations, found.return_months.value) == (2, found.months / 2)
    # half of March after its 16th day; 50/60 of June is the 25th day
    assert found.lead_days == (16, 25)
    # at 0.10, and under it, the alarm is always in force: three false alarms
    assert found.best is not None
    assert found.best.level.value == 0.1
    assert found.best.cost == pytest.approx(1.0)
    assert found.best.by_ratio == pytest.approx(2 / 12)
    # 0.2 belongs to the upper of two bins
    bins = {(each.low, each.n, each.passed.value) for each in found.reliability}
    assert bins == {(0.0, 1, 1.0), (0.2, 2, 0.0), (0.4, 1, 1.0), (0.6, 2, 0.5)}


def vaguely(lines: list[Line], passed: float, not_passed: float) -> list[Line]:
    """The lines with other chances that the threshold was passed."""
    found = []
    for line in lines:
        assert line.came is not None
        chance = passed if line.came.passed else not_passed
        came = line.came.model_copy(update={"chance": chance})
        found.append(line.model_copy(update={"came": came}))
    return found


def test_an_outcome_that_is_not_sure_counts_by_its_chance_never_rounded() -> None:
    found = judged(vaguely(lines_of(SAID), 0.6, 0.3), trigger_of())
    # Passed likelier than not: lines 2, 4, 5. In force: lines 2, 3, 5.
    assert found.events == 3
    assert found.expected == pytest.approx(3 * 0.6 + 3 * 0.3)
    ours = by_name(found, TRIGGER)
    assert astuple(ours) == pytest.approx((0.6 + 0.3 + 0.6, 0.3 + 0.6 + 0.3, 1.5, 1.8))
    assert found.members[0].cost.value == pytest.approx((10.0 * 1.2 + 2.0 * 1.5) / 6)
    said, chance = np.array([p for p, _ in SAID]), np.array([0.3, 0.6, 0.3, 0.6, 0.6, 0.3])
    brier = np.square(said - chance) + chance * (1.0 - chance)
    assert found.brier["forecast"].value == pytest.approx(brier.mean())
    rate = found.base_rate
    assert rate == pytest.approx(0.45)
    assert found.brier[BASE_RATE].value == pytest.approx(rate * (1.0 - rate))
    assert found.caught is not None
    assert found.false_share is not None
    assert found.caught.value == pytest.approx(1.5 / 2.7)
    assert found.false_share.value == pytest.approx(0.5)
    # Both activations, of lines 2 and 5, at 0.6.
    assert found.activations_passed == pytest.approx(1.2)
    # Always acting costs 2 × 0.55, less than any level that leaves a line of 0.3 × 10 out.
    assert found.best is not None
    assert found.best.cost == pytest.approx(2.0 * 0.55)


def test_errors_that_windows_share_widen_what_is_told() -> None:
    """Of twenty windows at an even chance, drawn apart, hardly all or none were passed."""
    lines = vaguely(lines_of([(0.5, 60_000.0)] * 20), 0.5, 0.5)
    never = next(one for one in judged(lines, trigger_of()).members if one.name == NEVER)
    assert never.cost.value == pytest.approx(5.0)
    assert (never.cost.low, never.cost.high) == (0.0, 10.0)


def test_few_events_have_wide_intervals() -> None:
    found = judged(lines_of(SAID), trigger_of())
    assert found.caught is not None
    assert found.caught.low < 0.34
    assert found.caught.high == 1.0
    period = found.return_months
    # 90 % interval of a Poisson count of two: 0.355 to 6.296 (Garwood 1936)
    assert period.low == pytest.approx(found.months / 6.296, rel=1e-3)
    assert period.high == pytest.approx(found.months / 0.355, rel=2e-3)


def test_suppression_shows_as_a_miss() -> None:
    found = judged(lines_of(SAID), trigger_of(suppress_days=180))
    assert by_name(found, TRIGGER) == Counts(1, 2, 1, 2)
    assert found.activations == 1


def test_what_is_known_with_an_interval_only_widens_the_intervals() -> None:
    sure = lines_of(SAID)
    known, vague = judged(sure, trigger_of()), judged(vaguely(sure, 0.6, 0.4), trigger_of())
    assert vague.unsure == 6
    cost, other = known.members[0].cost, vague.members[0].cost
    assert other.high - other.low > cost.high - cost.low


def test_nothing_is_claimed_where_nothing_is_known() -> None:
    open_ = lines_of([(0.6, None), (0.2, None)])
    assert verdict(open_, standings(open_, trigger_of()), trigger_of()) is None
    quiet = judged(lines_of([(0.1, 1.0), (0.2, 1.0), (0.1, 1.0)]), trigger_of())
    assert quiet.caught is None
    assert quiet.false_share is None
    assert quiet.return_months.value == float("inf")
    assert quiet.return_months.low > 0.9


def test_open_windows_are_left_out_but_keep_the_state() -> None:
    found = judged(lines_of([*SAID, (0.9, None)]), trigger_of())
    assert found.n == 6
    assert found.activations == 2


said = st.lists(
    st.tuples(st.floats(0.0, 1.0), st.sampled_from([0.0, 49_999.0, 50_001.0, 9e5])),
    min_size=1,
    max_size=24,
)


@given(said, st.floats(0.1, 0.9), st.integers(0, 200))
def test_counts_add_up_and_the_extremes_cost_what_they_must(
    told: list[tuple[float, float | None]], level: float, days: int
) -> None:
    trigger = trigger_of(probability=level, stand_down=level / 2, suppress_days=days)
    found = judged(lines_of(told), trigger)
    for one in found.members:
        counts = one.counts
        assert counts.hits + counts.misses == found.events == found.expected
        rest = counts.false_alarms + counts.correct_rejections
        assert rest == found.n - found.events
        assert one.cost.value * found.n == pytest.approx(
            10.0 * counts.misses + 2.0 * counts.false_alarms
        )
        assert np.isfinite([one.cost.low, one.cost.high, one.more.low, one.more.high]).all()
    assert by_name(found, ALWAYS).misses == 0
    assert by_name(found, NEVER).false_alarms == 0
    assert sum(each.n for each in found.reliability) == found.n
    assert found.best is not None
    assert found.best.level.low <= found.best.level.high
    assert all(1 <= lead <= 31 for lead in found.lead_days)


def test_a_record_is_written_and_read(tmp_path: Path) -> None:
    record, path = record_of(lines_of(SAID), trigger_of()), tmp_path / "r.json"
    path.write_bytes(record.write())
    assert read_record(path) == record
    path.write_text(path.read_text().replace('"probability": 0.2', '"probability": 1.2'))
    with pytest.raises(InputError, match="probability: is no record of a trigger"):
        read_record(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_record(tmp_path)


def test_looking_four_times_at_a_window_tells_no_more_than_once() -> None:
    once = [line for line in lines_of(SAID) if line.came is not None]
    often = [
        line.model_copy(update={"as_of": line.as_of - timedelta(days=7 * back)})
        for line in once
        for back in (3, 2, 1, 0)
    ]
    trigger = trigger_of()
    seldom, weekly = judged(once, trigger), judged(often, trigger)
    assert (weekly.n, weekly.events) == (4 * seldom.n, 4 * seldom.events)
    assert weekly.caught == seldom.caught
    for name, score in seldom.brier.items():
        assert astuple(weekly.brier[name]) == pytest.approx(astuple(score))
    assert [one.passed for one in weekly.reliability] == [one.passed for one in seldom.reliability]
