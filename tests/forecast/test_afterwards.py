"""What came later, against what was forecast for it."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from features.crisis import Crisis
from forecast.afterwards import Afterwards, afterwards, published_later
from forecast.periods import periods

DAY = pd.Timestamp("2018-05-04")


@pytest.fixture(scope="module")
def found(made_up: Crisis) -> Afterwards:
    return afterwards(made_up, DAY, periods(DAY, 3, "month"), draws=200)


def test_only_later_figures_for_the_months_ahead(made_up: Crisis, found: Afterwards) -> None:
    rows = found.rows
    assert len(rows) > 0
    assert (rows["published"] > DAY).all()
    assert rows["start"].min() == pd.Timestamp("2018-05-01")
    assert rows["end"].max() <= pd.Timestamp("2018-07-31")
    assert "stock" not in set(rows["measure"])
    later = made_up.reports[made_up.reports["published"] > DAY]
    within = later[(later["start"] >= "2018-05-01") & (later["end"] <= "2018-07-31")]
    assert len(rows) == (within["measure"] != "stock").sum()


def test_only_the_newest_of_revisions(made_up: Crisis) -> None:
    reports = made_up.reports
    row = reports[(reports["published"] > DAY) & (reports["start"] >= "2018-05-01")].iloc[[0]]
    revised = row.assign(persons=1.0, published=row["published"] + pd.Timedelta(days=9))
    twice = replace(made_up, reports=pd.concat([reports, revised], ignore_index=True))
    steps = periods(DAY, 3, "month")
    before, after = (published_later(crisis, DAY, steps) for crisis in (made_up, twice))
    assert len(before) == len(after)
    assert (after["persons"] == 1.0).sum() == 1


def test_a_figure_is_inside_when_it_lies_between_the_bounds(found: Afterwards) -> None:
    rows = found.rows
    for level in (50, 80, 95):
        inside = rows["persons"].between(rows[f"low_{level}"], rows[f"high_{level}"])
        assert (inside == rows[f"inside_{level}"]).all()
        assert found.inside(level) == inside.sum()
    assert (rows["low_95"] <= rows["low_80"]).all()
    assert (rows["low_50"] <= rows["median"]).all()
    assert (rows["high_80"] <= rows["high_95"]).all()


def test_what_came_later_moves_no_interval(made_up: Crisis, found: Afterwards) -> None:
    reports = made_up.reports.copy()
    reports.loc[reports["published"] > DAY, "persons"] *= 7
    changed = replace(made_up, reports=reports)
    again = afterwards(changed, DAY, periods(DAY, 3, "month"), draws=200)
    pd.testing.assert_series_equal(again.rows["low_80"], found.rows["low_80"])
    assert (again.rows["persons"] == 7 * found.rows["persons"]).all()


def test_one_flow_without_single_origins(found: Afterwards) -> None:
    arrivals = found.of("arrivals").rows
    assert set(arrivals["measure"]) == {"arrivals", "newly_displaced"}
    assert set(arrivals["from_id"]) == {""}
    assert len(arrivals) < len(found.rows)
    assert found.until(pd.Timestamp("2018-05-31")).rows["end"].max() == pd.Timestamp("2018-05-31")


def test_nothing_later_is_no_rows(made_up: Crisis) -> None:
    late = pd.Timestamp("2019-06-30")
    empty = afterwards(made_up, late, periods(late, 3, "month"), draws=100)
    assert empty.rows.empty
    assert empty.inside(80) == 0
