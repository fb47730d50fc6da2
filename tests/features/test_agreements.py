from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from features.agreements import prior_of_holding
from features.crisis import Crisis
from features.errors import Finding
from tests.folders import Change, with_cell, with_row


@pytest.mark.parametrize(
    ("change", "line", "column", "why"),
    [
        (with_cell(0, "collapsed", "2017-05-05"), 2, "collapsed", "took effect (2017-05-06)"),
        (with_cell(0, "announced", ""), 2, "announced", "is blank"),
        (with_cell(0, "effective", "soon"), 2, "effective", "write it as YYYY-MM-DD"),
        (with_cell(0, "place_id", "M"), 2, "place_id", "add it to places.csv or areas.csv"),
        (with_cell(0, "kind", ""), 2, "kind", "is blank"),
        (with_row(), 4, None, "wholly identical to line 2"),
    ],
)
def test_bad_agreements(
    the_finding: Callable[..., Finding], change: Change, line: int, column: str | None, why: str
) -> None:
    finding = the_finding(agreements=change)
    assert (finding.file, finding.line, finding.column) == ("agreements.csv", line, column)
    assert why in finding.why


@pytest.mark.parametrize(
    ("day", "known", "collapsed"),
    [
        ("2017-05-03", 0, 0),
        ("2017-05-04", 1, 0),
        ("2017-10-31", 1, 0),
        ("2017-11-01", 1, 1),
        ("2018-09-17", 2, 1),
    ],
)
def test_a_collapse_is_hidden_until_its_day(
    loaded: Callable[..., Crisis], day: str, known: int, collapsed: int
) -> None:
    agreements = loaded().as_of(pd.Timestamp(day)).agreements
    assert len(agreements) == known
    assert agreements["collapsed"].notna().sum() == collapsed
    assert agreements["collapsed"].dtype == "datetime64[us]"


def test_the_prior_of_holding_counts_those_that_stood_thirty_days() -> None:
    days = pd.to_datetime(["2017-01-01", "2017-06-01", "2018-01-01", "2018-02-20", "2018-05-01"])
    ended = pd.to_datetime([None, "2017-06-05", "2018-05-01", None, None])
    rows = pd.DataFrame({"announced": days, "effective": days, "collapsed": ended})
    found = prior_of_holding(rows, pd.Timestamp("2018-03-01"))
    # the first stands, the second fell, the third still stood, the fourth is too young to tell
    assert (found.held, found.decided) == (2, 3)
    assert found.probability == pytest.approx(3 / 5)
    assert prior_of_holding(rows.head(0), pd.Timestamp("2018-03-01")).probability == 0.5
