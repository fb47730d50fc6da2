"""The label of a target by its rate and by truces."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from forecast.targets import targets
from tests.models.test_streams import month
from tests.strategies import day, made_up, reports_of

AS_OF = pd.DatetimeIndex([day("2018-03-31")])
# October to February are known by then; the last three have a mean of 100 a day.
RATES = [40.0, 60.0, 80.0, 100.0, 120.0]


def rows(*later: float, place: str = "N01") -> list[dict[str, object]]:
    """Monthly reports from October 2017: RATES, then March 2018 and on."""
    return [
        _of_rate(month(9 + i, 0, place_id=place), rate) for i, rate in enumerate([*RATES, *later])
    ]


def labels(*later: float, agreements: pd.DataFrame | None = None, place: str = "N01") -> list[str]:
    crisis = replace(made_up(), reports=reports_of(rows(*later, place=place)))
    crisis = replace(
        crisis, agreements=crisis.agreements.iloc[:0] if agreements is None else agreements
    )
    return targets(crisis, AS_OF, (1, 2, 3))["episode"].tolist()


def truce(effective: str, collapsed: str | None = None, place: str = "N") -> pd.DataFrame:
    agreements = made_up().agreements.iloc[:1].reset_index(drop=True)
    ends = pd.NaT if collapsed is None else day(collapsed)
    return agreements.assign(
        announced=day(effective), effective=day(effective), collapsed=ends, place_id=place
    ).astype(made_up().agreements.dtypes.to_dict())


def _of_rate(row: dict[str, object], rate: float) -> dict[str, object]:
    days = (row["end"] - row["start"]).days + 1  # type: ignore[operator]
    return {**row, "persons": rate * days}


@pytest.mark.parametrize(
    ("rate", "label"), [(149.0, "calm"), (67.0, "calm"), (66.0, "fall"), (151.0, "onset")]
)
def test_calm_is_within_a_factor_of_one_and_a_half(rate, label):
    assert labels(100.0, rate) == [label]


def test_the_first_above_is_the_onset_and_what_follows_it_escalation():
    assert labels(100.0, 200.0, 300.0, 160.0) == ["onset", "escalation", "escalation"]


def test_it_escalates_if_the_report_before_was_above_already_though_unpublished():
    assert labels(170.0, 200.0) == ["escalation"]


def test_above_again_after_a_pause_is_another_onset():
    assert labels(100.0, 200.0, 100.0, 200.0) == ["onset", "calm", "onset"]


def test_the_first_full_month_after_a_truce_is_apart():
    assert labels(100.0, 500.0, 500.0, agreements=truce("2018-04-16")) == [
        "onset",
        "after-ceasefire",
    ]
    assert labels(100.0, 500.0, 500.0, agreements=truce("2018-04-01")) == [
        "after-ceasefire",
        "escalation",
    ]


@pytest.mark.parametrize(
    ("collapsed", "held"), [("2018-03-27", False), ("2018-03-28", True), ("2018-04-20", True)]
)
def test_a_truce_must_hold_over_seven_days(collapsed, held):
    label = labels(100.0, 100.0, agreements=truce("2018-03-20", collapsed))
    assert label == ["after-ceasefire" if held else "calm"]


@pytest.mark.parametrize(
    ("place", "label"),
    [("N01", "after-ceasefire"), ("front-south", "calm"), ("L", "after-ceasefire")],
)
def test_a_truce_counts_where_it_was_agreed(place, label):
    assert labels(100.0, 100.0, agreements=truce("2018-03-20", place=place)) == [label]


def test_a_stream_of_zeros_that_stirs_is_an_onset():
    zeros = [month(9 + i, 0.0, place_id="N02") for i in range(6)]
    stirs = [*zeros, month(15, 5.0, place_id="N02"), month(16, 0.0, place_id="N02")]
    crisis = replace(made_up(), reports=reports_of(stirs), agreements=made_up().agreements.iloc[:0])
    assert targets(crisis, AS_OF, (1, 2))["episode"].tolist() == ["onset", "calm"]
