from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from features.crisis import Crisis
from features.errors import Finding
from tests.folders import Change, with_cell, with_row


@pytest.mark.parametrize(
    ("change", "line", "column", "why"),
    [
        (with_cell(0, "from_id", "Nowhere"), 2, "from_id", "add it to places.csv"),
        (with_cell(0, "to_id", "assessed"), 2, "to_id", "is an area, and a place is needed"),
        (with_cell(0, "to_id", "N02"), 2, "to_id", "leads to where it starts"),
        (with_cell(0, "distance_km", "0"), 2, "distance_km", "is not above 0"),
        (with_cell(0, "distance_km", "-3"), 2, "distance_km", "is not above 0"),
        (with_cell(2, "open_to", "2017-08-31"), 4, "open_to", "ends before it starts"),
        (with_cell(2, "open_from", "2017-06-30"), 4, "open_from", "overlaps the one of line 3"),
        (with_cell(2, "open_from", ""), 4, "open_from", "overlaps the one of line 3"),
        (with_cell(1, "open_to", ""), 4, "open_from", "overlaps the one of line 3"),
        (with_row(open_from="2017-01-01"), 6, "open_from", "overlaps the one of line 2"),
        (with_row(), 6, None, "wholly identical to line 2"),
    ],
)
def test_bad_routes(
    the_finding: Callable[..., Finding], change: Change, line: int, column: str | None, why: str
) -> None:
    finding = the_finding(routes=change)
    assert (finding.file, finding.line, finding.column) == ("routes.csv", line, column)
    assert why in finding.why


def test_a_long_spell_is_named_by_all_that_run_into_it(
    findings_of: Callable[..., list[Finding]],
) -> None:
    rows = "N01,N,1,2017-01-01,2018-12-31\nN01,N,1,2017-02-01,2017-02-02\nN01,N,1,2018-01-01,\n"
    findings = findings_of(routes=lambda text: text.splitlines()[0] + "\n" + rows)
    assert [(finding.line, "line 2" in finding.why) for finding in findings] == [
        (3, True),
        (4, True),
    ]


def test_the_way_back_is_another_route(findings_of: Callable[..., list[Finding]]) -> None:
    assert not findings_of(routes=with_row(from_id="N01", to_id="N02"))


def test_routes_and_agreements_may_be_missing(loaded: Callable[..., Crisis]) -> None:
    crisis = loaded(routes=None, agreements=None)
    assert list(crisis.routes) == ["from_id", "to_id", "distance_km", "open_from", "open_to"]
    assert crisis.routes["open_to"].dtype == crisis.agreements["collapsed"].dtype
    assert len(crisis.routes) == len(crisis.agreements) == 0


@pytest.mark.parametrize(
    ("day", "spells", "closures"),
    [("2017-06-29", 3, 0), ("2017-06-30", 3, 1), ("2017-09-01", 4, 1)],
)
def test_a_closure_is_hidden_until_its_day(
    loaded: Callable[..., Crisis], day: str, spells: int, closures: int
) -> None:
    routes = loaded().as_of(pd.Timestamp(day)).routes
    assert len(routes) == spells
    assert routes["open_to"].notna().sum() == closures
