from __future__ import annotations

from dataclasses import replace

import pandas as pd
from hypothesis import given, settings

from features.crisis import load_crisis
from features.overlap import DAY
from forecast.freshness import freshness
from tests.strategies import attacks_of, day, days_between, made_up, reports_of, without_attacks

COLUMNS = ["source", "rows", "through", "published", "what", "age_days", "max_age_days", "stale"]


def of_source(table: pd.DataFrame, source: str) -> pd.Series:
    return table.set_index("source").loc[source]


def test_freshness_by_hand() -> None:
    table = freshness(made_up(), day("2018-06-15"))
    assert sorted(table.columns) == sorted(COLUMNS)
    events = of_source(table, "Event Data")
    assert (events["what"], events["through"]) == ("attacks", day("2018-06-08"))
    assert (events["published"], events["age_days"]) == (day("2018-06-15"), 7)
    force = of_source(table, "Task Force")
    assert (force["what"], force["through"]) == ("reports", day("2018-04-30"))
    assert force["age_days"] == 46
    assert force["max_age_days"] == 75.0
    assert not table["stale"].any()


def test_a_source_is_stale_once_it_is_older_than_it_may_be() -> None:
    for as_of, stale in [("2019-03-16", False), ("2019-03-17", True)]:
        found = of_source(freshness(made_up(), day(as_of)), "Task Force")
        assert (found["through"], found["stale"]) == (day("2018-12-31"), stale)


def test_the_freshest_source_comes_first() -> None:
    table = freshness(made_up(), day("2018-06-15"))
    assert table["age_days"].is_monotonic_increasing
    assert table["source"].iloc[0] == "Event Data"


@settings(max_examples=25)
@given(days_between("2017-02-21", "2019-06-30"))
def test_nothing_later_than_the_day_is_counted(as_of: pd.Timestamp) -> None:
    table = freshness(made_up(), as_of)
    assert (table["published"] <= as_of).all()
    known = made_up().as_of(as_of)
    assert table["rows"].sum() == len(known.reports) + len(known.attacks)
    assert ((as_of - table["through"]) // DAY == table["age_days"]).all()


def test_a_source_of_reports_and_attacks_is_listed_for_both() -> None:
    week = {"start": day("2018-01-06"), "end": day("2018-01-12")}
    crisis = replace(
        made_up(),
        attacks=attacks_of([{**week, "events": 3.0, "source": "Monitor"}]),
        reports=reports_of([{**week, "persons": 3.0, "source": "Monitor"}]),
    )
    table = freshness(crisis, day("2018-06-15"))
    assert table["what"].tolist() == ["attacks", "reports"] or table["what"].tolist() == [
        "reports",
        "attacks",
    ]


def test_without_attacks_only_reports_are_listed() -> None:
    assert set(freshness(without_attacks(), day("2018-06-15"))["what"]) == {"reports"}


def test_before_anything_was_published_no_source_is_listed() -> None:
    table = freshness(made_up(), day("2016-12-01"))
    assert table.empty
    assert sorted(table.columns) == sorted(COLUMNS)


def test_every_source_of_north_west_syria_has_an_age() -> None:
    table = freshness(load_crisis("nw-syria"), day("2019-05-04"))
    assert table["max_age_days"].notna().all()
    assert (table["age_days"] >= 0).all()
    assert {"OCHA IDP Task Force", "UCDP GED"} <= set(table["source"])
