from __future__ import annotations

import pytest

from features.errors import InputError
from models.closures import Closure, check_closures
from tests.strategies import day

JUNE, JULY, LATE = day("2018-06-01"), day("2018-07-01"), day("2018-09-01")
KNOWN = ["camp", "town", "gate"]


@pytest.mark.parametrize(
    "closures",
    [
        [],
        [Closure("camp", JUNE, JULY), Closure("camp", LATE)],
        [Closure("camp", LATE), Closure("camp", JUNE, JULY)],
        [Closure("camp", JUNE), Closure("camp", JUNE, other="town")],
    ],
)
def test_sound_closures(closures: list[Closure]) -> None:
    check_closures(closures, KNOWN, "closures")


@pytest.mark.parametrize(
    ("closures", "line", "value"),
    [
        ([Closure("camp", JUNE), Closure("camp", LATE)], 2, "2018-09-01"),
        ([Closure("camp", JULY, LATE), Closure("camp", JUNE, JULY)], 2, "2018-06-01"),
        (
            [Closure("camp", JUNE, None, "town"), Closure("town", LATE, None, "camp")],
            2,
            "2018-09-01",
        ),
        ([Closure("camp", JULY, JUNE)], 1, "2018-06-01"),
        ([Closure("camp", JUNE), Closure("gate", JUNE, None, "Atlantis")], 2, "Atlantis"),
    ],
    ids=["while shut for good", "sharing a day", "either way round", "ends early", "unknown"],
)
def test_what_is_wrong_names_its_row(closures: list[Closure], line: int, value: str) -> None:
    with pytest.raises(InputError) as caught:
        check_closures(closures, KNOWN, "closures")
    (finding,) = caught.value.findings
    assert (finding.line, finding.value) == (line, value)


def test_both_days_are_shut() -> None:
    closure = Closure("camp", JUNE, JULY)
    days = ["2018-05-31", "2018-06-01", "2018-07-01", "2018-07-02"]
    assert [closure.holds(day(each)) for each in days] == [False, True, True, False]
