"""Weekly counts of attacks by front."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from features.crisis import load_crisis
from features.overlap import REST, weeks_between
from forecast.attack_counts import fronts_of, weekly_counts
from tests.acled import with_acled
from tests.strategies import attack_frames, attacks_of, camps, day, made_up, without_attacks

SATURDAY = day("2018-01-06")
WEEK = pd.Timedelta(days=7)


def row(**fields: object) -> dict[str, object]:
    """A week of attacks of the made-up land."""
    return {"start": SATURDAY, "end": SATURDAY + 6 * WEEK / 7, "events": 3.0, **fields}


def counts(measure: str, *rows: dict[str, object]) -> pd.DataFrame:
    crisis = replace(made_up(), attacks=attacks_of(rows))
    found = weekly_counts(crisis, fronts_of(crisis), measure)
    assert found is not None
    return found.weekly


def test_the_fronts_of_syria_leave_nothing_out() -> None:
    crisis = load_crisis("nw-syria")
    fronts = fronts_of(crisis)
    assert list(fronts)[:2] == ["front-s-idleb-n-hama", "front-w-aleppo"]
    found = weekly_counts(crisis, fronts, "events")
    assert found is not None
    own = crisis.attacks[crisis.attacks["source"] == crisis.attack_source]
    last = found.weekly.index[-1]
    whole = own[own["end"] < last + WEEK]["events"].sum()
    assert found.weekly.to_numpy().sum() == pytest.approx(whole, rel=0.002)
    assert found.weekly[REST].sum() == pytest.approx(0.0)


def test_where_attacks_are_told_of_governorates_the_cells_are_the_fronts(shared: Path) -> None:
    crisis = with_acled(load_crisis("nw-syria"), shared)
    fronts = fronts_of(crisis)
    assert list(fronts) == ["SY07", "SY02", "SY05", REST]
    found = weekly_counts(crisis, fronts, "events")
    assert found is not None
    assert found.weekly.to_numpy().sum() == pytest.approx(crisis.attacks["events"].sum(), rel=0.01)


def test_without_fronts_the_cells_stand_in() -> None:
    crisis = camps()
    assert list(fronts_of(crisis)) == ["ABALA", "MANG", "MBERA", REST]
    found = weekly_counts(crisis, fronts_of(crisis), "events")
    assert found is not None
    assert found.weekly[REST].sum() == crisis.attacks["events"].sum()


def test_every_kind_counts_alike() -> None:
    weekly = counts("events", row(kind="battle"), row(kind="territory"), row(target="school"))
    assert weekly.iloc[0].to_dict() == {"front-south": 9.0, REST: 0.0}


def test_deaths_are_those_counted_and_an_uncounted_event_is_one() -> None:
    rows = row(fatalities=5.0), row(kind="battle", events=np.nan)
    assert counts("fatalities", *rows).iloc[0, 0] == 5.0
    assert counts("events", *rows).iloc[0, 0] == 4.0


def test_the_newest_revision_counts_and_another_source_does_not() -> None:
    later = row(events=8.0, published=day("2018-06-01"))
    assert counts("events", row(), later, row(source="Monitor")).iloc[0, 0] == 8.0


def test_ground_outside_all_fronts_is_the_rest() -> None:
    weekly = counts("events", row(), row(place_id="N0101", events=2.0))
    assert weekly.iloc[0].to_dict() == {"front-south": 3.0, REST: 2.0}


@settings(max_examples=30)
@given(attack_frames())
def test_no_event_is_lost_or_counted_twice(attacks: pd.DataFrame) -> None:
    crisis = replace(made_up(), attacks=attacks)
    own = attacks[attacks["source"] == crisis.attack_source]
    found = weekly_counts(crisis, fronts_of(crisis), "events")
    if found is None:
        assert own.empty or len(weeks_between(own["start"].min(), own["end"].max())) == 1
        return
    assert found.weekly.to_numpy().sum() <= own["events"].sum() + 1e-9


def test_without_attacks_there_is_no_week() -> None:
    crisis = without_attacks()
    assert weekly_counts(crisis, fronts_of(crisis), "events") is None
