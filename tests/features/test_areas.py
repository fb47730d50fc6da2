from __future__ import annotations

from collections.abc import Callable

import pytest

from features.errors import Finding
from tests.folders import Change, with_cell, with_row


@pytest.mark.parametrize(
    ("change", "line", "column", "why"),
    [
        (with_cell(0, "share", "0"), 2, "share", "is not above 0"),
        (with_cell(0, "share", "-0.1"), 2, "share", "is not above 0"),
        (with_cell(0, "share", "1.1"), 2, "share", "is above 1"),
        (with_cell(0, "share", "half"), 2, "share", "no finite number"),
        (with_cell(0, "share", ""), 2, "share", "is blank"),
        (with_cell(0, "place_id", ""), 2, "place_id", "is blank"),
        (with_cell(0, "place_id", "NO201"), 2, "place_id", "did you mean 'N0201'"),
        (with_cell(0, "place_id", "assessed"), 2, "place_id", "is an area; list its places"),
        (with_cell(1, "place_id", "N0201"), 3, "place_id", "already in line 2; take one of them"),
        (with_row(place_id="N0201x"), 6, "place_id", "did you mean 'N0201'"),
        (with_row(like=2, place_id="N0101"), 6, "place_id", "lies in 'N01' (line 4)"),
        (with_cell(1, "name", "Front"), 3, "name", "'Southern front' in line 2; give an area one"),
        (with_row(area_id="N01X", name="Gate"), 6, "area_id", "is the id of a place already"),
    ],
)
def test_bad_areas(
    the_finding: Callable[..., Finding], change: Change, line: int, column: str, why: str
) -> None:
    finding = the_finding(areas=change)
    assert (finding.file, finding.line, finding.column) == ("areas.csv", line, column)
    assert why in finding.why


def test_a_place_above_another_is_told_at_each_it_holds(
    findings_of: Callable[..., list[Finding]],
) -> None:
    findings = findings_of(areas=with_row(place_id="N02"))
    assert [(finding.line, finding.column) for finding in findings] == [
        (2, "place_id"),
        (3, "place_id"),
    ]
    assert "lies in 'N02' (line 6) of the same area" in findings[0].why


def test_areas_may_share_places(findings_of: Callable[..., list[Finding]]) -> None:
    assert not findings_of(areas=with_row(like=2, place_id="T"))
    assert not findings_of(areas=with_row(area_id="other", name="Other", place_id="N02"))
