from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from features.crisis import Crisis
from forecast.trigger import Trigger
from forecast.trigger_observed import observed_share, published_arrivals
from tests.forecast.triggers import trigger_of
from tests.strategies import day, made_up, reports_of


def months_of(persons: list[float], place: str = "N01", source: str = "Task Force") -> pd.DataFrame:
    """A figure a month from January 2017 on, published ten days after its end."""
    starts = pd.date_range("2017-01-01", periods=len(persons), freq="MS")
    rows = [
        {
            "start": start,
            "end": start + pd.offsets.MonthEnd(0),
            "persons": each,
            "place_id": place,
            "source": source,
        }
        for start, each in zip(starts, persons, strict=True)
    ]
    return reports_of(rows)


def crisis_of(*parts: pd.DataFrame) -> Crisis:
    rows = pd.concat(parts).sort_values(["published", "start", "end", "line"], ignore_index=True)
    return replace(made_up(), reports=rows)


def rule(place: str = "N01", **changes: object) -> Trigger:
    own = {"kind": "observed", "probability": None, "maximum": "1 year", "place": place}
    return trigger_of(**{**own, **changes})


def test_the_last_thirty_days_over_the_highest_of_the_year() -> None:
    crisis = crisis_of(months_of([31_000.0] * 12 + [62_000.0]))
    # 2,000 a day in January 2018; at most 31,000 / 28 a day before, in February 2017
    share = observed_share(crisis, rule(), day("2018-02-10"))
    assert share == pytest.approx(2000.0 * 30 / (31_000.0 / 28 * 28 + 2 * 1000.0), rel=1e-6)
    assert observed_share(crisis, rule(), day("2018-02-09")) == pytest.approx(1000 / 1000, rel=0.1)


def test_under_the_floor_it_is_not_met() -> None:
    crisis = crisis_of(months_of([31.0] * 12 + [3100.0]))
    assert observed_share(crisis, rule(), day("2018-02-10")) == pytest.approx(3000 / 5000)
    high = observed_share(crisis, rule(floor=1000.0), day("2018-02-10"))
    assert high == pytest.approx(3.0)


def test_three_years_look_further_back_than_one() -> None:
    crisis = crisis_of(months_of([310_000.0] + [31_000.0] * 18 + [62_000.0]))
    until = day("2018-09-30")
    one, three = (observed_share(crisis, rule(maximum=at), until) for at in ("1 year", "3 years"))
    assert one is not None
    assert three is not None
    assert one > 1.0 > three


def test_it_is_silent_without_half_a_year_before_or_when_figures_are_old() -> None:
    crisis = crisis_of(months_of([31_000.0] * 5))
    assert observed_share(crisis, rule(), day("2017-06-10")) is None
    crisis = crisis_of(months_of([31_000.0] * 9))
    assert observed_share(crisis, rule(), day("2017-12-29")) is not None
    assert observed_share(crisis, rule(), day("2017-12-30")) is None
    assert observed_share(crisis, rule("N02"), day("2017-12-01")) is None


def test_sources_are_set_against_themselves_and_the_highest_speaks() -> None:
    quiet = months_of([31_000.0] * 12)
    loud = months_of([310.0] * 11 + [31_000.0], source="Monitor")
    share = observed_share(crisis_of(quiet, loud), rule(), day("2018-01-10"))
    assert share == pytest.approx(30_000 / 5000)


def test_the_belt_is_the_sum_of_its_places_in_one_window() -> None:
    parts = [months_of([1000.0] * 8, place=place) for place in ("N0101", "N0102", "N0201")]
    found = published_arrivals(crisis_of(*parts), "border_belt")
    assert found["persons"].tolist() == [2000.0] * 8


def test_nothing_published_later_is_seen() -> None:
    months = [31_000.0] * 12 + [62_000.0]
    before, after = crisis_of(months_of(months)), crisis_of(months_of([*months[:-1], 9e6]))
    on = day("2018-02-09")
    assert observed_share(before, rule(), on) == observed_share(after, rule(), on)
