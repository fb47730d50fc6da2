from __future__ import annotations

from collections.abc import Callable

import pytest

from features.attacks import KINDS, TARGETS
from features.crisis import Crisis
from features.errors import Finding
from tests.folders import Change, header_only, replaced, with_cell, with_row

COUNTLESS = with_row(events="", fatalities="", civilians_killed="")


@pytest.mark.parametrize(
    ("change", "line", "column", "why"),
    [
        (None, None, None, "the file is missing"),
        ("", None, None, "the file is empty"),
        (with_cell(0, "kind", "airstrike"), 2, "kind", "did you mean 'air_strike'"),
        (with_cell(0, "target", "hospital"), 2, "target", "use one of health, school"),
        (with_cell(0, "place_id", "front-south"), 2, "place_id", "is an area, and a place is"),
        (with_cell(0, "place_id", "N0203"), 2, "place_id", "did you mean"),
        (with_cell(0, "events", "-1"), 2, "events", "is below 0"),
        (with_cell(0, "fatalities", "few"), 2, "fatalities", "no finite number"),
        (with_cell(0, "civilians_killed", "-2"), 2, "civilians_killed", "is below 0"),
        (COUNTLESS, 206, "events", "fill in one of events, fatalities, civilians_killed"),
        (with_cell(0, "end", "2016-01-01"), 2, "end", "ends before it starts"),
        (with_cell(0, "published", "2016-01-01"), 2, "published", "before the window starts"),
        (with_cell(0, "source", "Event Date"), 2, "source", "did you mean 'Event Data'"),
        (with_row(), 206, None, "wholly identical to line 2"),
        (replaced("kind,", "type,"), 1, "type", "no such column"),
    ],
)
def test_bad_attacks(
    findings_of: Callable[..., list[Finding]],
    change: Change,
    line: int | None,
    column: str | None,
    why: str,
) -> None:
    first = findings_of(attacks=change)[0]
    assert (first.file, first.line, first.column) == ("attacks.csv", line, column)
    assert why in first.why


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("target", [*TARGETS, ""])
def test_every_kind_and_target_is_known(
    findings_of: Callable[..., list[Finding]], kind: str, target: str
) -> None:
    row = f"2017-01-01,2017-01-07,N,{kind},,0,,Event Data,,{target}\n"
    assert not findings_of(attacks=lambda text: header_only(text) + row)


def test_what_is_not_counted_is_missing_not_zero(loaded: Callable[..., Crisis]) -> None:
    attacks = loaded(attacks=with_cell(0, "events", "")).attacks.set_index("line")
    assert attacks["events"].isna().tolist().count(True) == 1
    assert attacks.loc[2, "fatalities"] >= 0


@pytest.mark.parametrize(
    "crisis",
    [replaced('[drivers]\nattacks = "Event Data"\n', ""), replaced('"Event Data"', '""')],
    ids=["no drivers", "blank"],
)
def test_a_crisis_without_attacks_is_allowed(loaded: Callable[..., Crisis], crisis: Change) -> None:
    loaded_crisis = loaded(attacks=header_only, crisis=crisis)
    assert loaded_crisis.attack_source is None
    assert loaded_crisis.attacks.empty
    assert loaded_crisis.attacks["published"].dtype == "datetime64[us]"
    assert loaded_crisis.attacks["published_assumed"].dtype == bool
