"""Which reports a forecast is judged by, rule by rule."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from features.crisis import Crisis
from forecast.targets import COLUMNS, month_ends, targets
from tests.models.test_streams import month
from tests.strategies import day, made_up, reports_of

AS_OF = pd.DatetimeIndex([day("2017-06-30")])
# Five months are known by the end of June: each comes out ten days after its end.
KNOWN = [month(i, 1000.0 + i) for i in range(5)]


def crisis(*rows: dict[str, object]) -> Crisis:
    return replace(made_up(), reports=reports_of([*KNOWN, *rows]))


def found(*rows: dict[str, object], horizons=(0, 1, 2, 3), days=AS_OF) -> pd.DataFrame:
    return targets(crisis(*rows), days, horizons)


def window(start: str, end: str, **other: object) -> dict[str, object]:
    return {"start": day(start), "end": day(end), "persons": 900.0, **other}


def test_month_ends_are_those_of_the_months_of_both_days():
    days = month_ends(pd.Timestamp("2018-11-07"), pd.Timestamp("2019-02-01"))
    assert [str(end.date()) for end in days] == [
        "2018-11-30",
        "2018-12-31",
        "2019-01-31",
        "2019-02-28",
    ]
    assert month_ends(pd.Timestamp("2019-02-01"), pd.Timestamp("2018-11-01")).empty


def test_horizons_are_those_of_the_month_a_window_ends_in():
    rows = found(*(month(i, 2000.0 + i) for i in (6, 7, 8, 9)))
    assert rows[["horizon", "persons"]].to_numpy().tolist() == [[1, 2006], [2, 2007], [3, 2008]]
    assert list(rows.columns) == COLUMNS
    across = found(window("2017-07-20", "2017-08-03"))
    assert across["horizon"].tolist() == [2]


def test_a_window_that_is_over_but_unpublished_is_the_nowcast():
    assert found(month(5, 2005.0))["horizon"].tolist() == [0]
    assert found(month(5, 2005.0), horizons=(1, 2, 3)).empty


def test_a_window_that_straddles_the_day_is_no_target():
    assert found(window("2017-06-28", "2017-07-12")).empty
    assert found(window("2017-07-01", "2017-07-12"))["horizon"].tolist() == [1]


def test_what_was_published_by_the_day_is_no_target():
    early = window("2017-07-01", "2017-07-20", published=day("2017-06-30"))
    late = window("2017-07-01", "2017-07-20", published=day("2017-07-01"))
    assert found(early).empty
    assert len(found(late)) == 1


@pytest.mark.parametrize(
    ("end", "is_target"),
    [("2017-07-04", False), ("2017-07-05", True), ("2017-08-04", True), ("2017-08-05", False)],
)
def test_windows_last_five_to_thirty_five_days(end, is_target):
    assert (len(found(window("2017-07-01", end))) == 1) is is_target


def test_a_stream_has_four_earlier_reports_of_any_window():
    new = [month(i, 500.0, place_id="N02") for i in range(3)]
    target = month(7, 700.0, place_id="N02")
    assert found(*new, target).empty
    long = window("2016-07-01", "2017-03-31", place_id="N02")
    assert found(*new, long, target)["place_id"].tolist() == ["N02"]


def test_a_revision_is_not_another_report():
    new = [month(i, 500.0, place_id="N02") for i in range(3)]
    again = month(2, 600.0, place_id="N02", published=day("2017-06-01"))
    assert found(*new, again, month(7, 700.0, place_id="N02")).empty


def test_another_origin_is_another_stream():
    assert found(month(7, 700.0, from_id="N02")).empty


def test_the_truth_is_the_newest_revision_and_counts_once():
    first = month(7, 700.0)
    revised = month(7, 900.0, published=day("2017-10-01"))
    rows = found(first, revised)
    assert rows[["persons", "published"]].to_numpy().tolist() == [[900.0, day("2017-10-01")]]


def test_a_report_known_by_the_day_is_no_target_though_revised_later():
    # The first version of May came out on 10 June, a revision in July.
    assert found(month(4, 777.0, published=day("2017-07-15"))).empty


def test_stock_is_no_flow():
    stock = [window("2017-07-01", "2017-07-10", measure="stock", direction="within")]
    assert found(*stock).empty


@pytest.mark.parametrize(
    ("place", "pooled"), [("N01", True), ("N", True), ("assessed", True), ("L", False)]
)
def test_streams_that_reach_outside_the_focus_are_not_pooled(place, pooled):
    rows = [month(i, 500.0, place_id=place, source="Monitor") for i in (0, 1, 2, 3, 7)]
    assert found(*rows)["pooled"].tolist() == [pooled]


def test_sources_that_publish_because_flight_is_high_are_marked():
    known = crisis(*(month(i, 500.0, source="Monitor") for i in (0, 1, 2, 3, 7)), month(7, 5.0))
    table = {**known.models["flow_state"], "event_triggered": ["Monitor"]}
    rows = targets(replace(known, models={"flow_state": table}), AS_OF, (2,))
    assert dict(zip(rows["source"], rows["event"], strict=True)) == {
        "Monitor": True,
        "Task Force": False,
    }


def test_numbers_run_over_all_days_and_lines_are_those_of_the_file():
    days = month_ends(day("2017-06-01"), day("2017-08-01"))
    rows = found(*(month(i, 2000.0 + i) for i in range(6, 12)), days=days, horizons=(1, 2, 3))
    assert rows["report_id"].tolist() == list(range(1, 10))
    assert rows.groupby("as_of").size().tolist() == [3, 3, 3]
    one = rows[rows["persons"] == 2008.0]
    assert one["horizon"].tolist() == [3, 2, 1]
    assert one["line"].nunique() == 1


def test_nothing_to_judge_by_is_an_empty_frame_of_all_columns():
    rows = targets(crisis(), AS_OF, (1, 2, 3))
    assert rows.empty
    assert list(rows.columns) == COLUMNS
