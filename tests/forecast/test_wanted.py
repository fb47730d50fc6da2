"""Reading the reports that are to be predicted; the refusals are tested in service/test_cli.py."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.crisis import Crisis
from features.errors import InputError
from forecast.wanted import horizon_of, read_wanted

DAY = pd.Timestamp("2018-05-04")


def test_rows_come_in_the_order_of_the_file_and_from_id_may_be_absent(
    made_up: Crisis, tmp_path: Path
) -> None:
    file = tmp_path / "wanted.csv"
    file.write_text(
        "source,start,end,measure,place_id,direction\n"
        "Monitor,2018-06-01,2018-06-30,arrivals,assessed,destination\n"
        "Task Force,2018-05-01,2018-05-31,newly_displaced,N,within\n"
    )
    rows = read_wanted(file, made_up, DAY)
    assert rows["source"].tolist() == ["Monitor", "Task Force"]
    assert rows["from_id"].tolist() == ["", ""]
    assert rows["start"].dtype == "datetime64[us]"


def test_findings_come_by_line(made_up: Crisis, tmp_path: Path) -> None:
    file = tmp_path / "wanted.csv"
    file.write_text(
        "start,end,measure,place_id,direction,source\n"
        "2018-06-01,2018-06-30,arrivals,N01,destination,Nobody\n"
        "2018-06-31,2018-06-30,arrivals,N91,destination,Monitor\n"
    )
    with pytest.raises(InputError) as refused:
        read_wanted(file, made_up, DAY)
    assert [finding.line for finding in refused.value.findings] == [2, 3, 3]


@pytest.mark.parametrize(
    ("as_of", "end", "horizon"),
    [
        ("2019-05-04", "2019-05-31", 1),
        ("2019-04-30", "2019-05-01", 1),
        ("2019-05-31", "2019-05-31", 0),
        ("2018-12-31", "2019-03-15", 3),
        ("2019-05-04", "2019-03-31", -1),
    ],
)
def test_horizon_counts_from_the_month_of_the_day_after(as_of: str, end: str, horizon: int) -> None:
    assert horizon_of(pd.Timestamp(as_of), pd.Timestamp(end)) == horizon


@given(st.dates(), st.integers(0, 700))
def test_horizon_never_falls_as_windows_end_later(day: object, days: int) -> None:
    as_of = pd.Timestamp(str(day))
    end = as_of + pd.Timedelta(days=days)
    assert horizon_of(as_of, end) <= horizon_of(as_of, end + pd.Timedelta(days=1))
    assert horizon_of(as_of, end) >= 0
