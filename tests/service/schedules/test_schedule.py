"""What a schedule may be."""

from __future__ import annotations

from typing import Any

import pytest

from features.errors import InputError
from service.schedules.schedule import Schedule, parse_recipient, read_schedule
from tests.service.schedules.given import GIVEN


def findings(**changed: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_schedule({**GIVEN, **changed})
    return [str(finding) for finding in caught.value.findings]


def test_defaults() -> None:
    found = read_schedule(GIVEN)
    assert found.zone == "Europe/Istanbul"
    assert found.release == "manual"
    assert found.catch_up == "latest"


def test_it_reads_back_from_json() -> None:
    found = read_schedule(GIVEN)
    assert Schedule(**found.model_dump(mode="json")) == found


def test_everything_wrong_is_told_at_once() -> None:
    found = findings(
        id="No!",
        cron="61 7 * * 1",
        zone="Europe/Istambul",
        horizon=0,
        languages=["en", "de"],
        formats=["docx"],
        audience="all",
        catch_up="some",
        release="never",
        colour="red",
        recipients=[
            {"way": "email", "address": "nobody"},
            {"way": "webhook", "address": "ftp://a.org"},
            {"way": "folder", "address": "../x"},
            {"way": "fax", "address": "1"},
        ],
    )
    told = "\n".join(found)
    for name in ("id", "cron", "zone", "horizon", "languages:2", "formats:1", "audience"):
        assert f"{name}: " in told
    for number in (1, 2, 3, 4):
        assert f"recipients:{number}: " in told
    for name in ("catch_up", "release", "colour"):
        assert f"{name}: " in told
    assert "did you mean 'Europe/Istanbul'?" in told
    assert "'nobody' has no @" in told
    assert len(found) == 14


def test_nobody_gets_a_letter_twice() -> None:
    twice = [{"way": "folder", "address": "a"}] * 2
    assert findings(recipients=twice) == ["schedule: folder:a would get each letter twice"]


def test_a_reader_has_a_language_of_the_schedule() -> None:
    reader = {"way": "folder", "address": "a", "language": "ar"}
    [told] = findings(recipients=[reader])
    assert told == "schedule: no outlook is made in ar; add it to the languages"


def test_no_recipient_is_no_schedule() -> None:
    assert findings(recipients=[]) == [
        "recipients: Tuple should have at least 1 item after validation, not 0"
    ]


@pytest.mark.parametrize(("field", "value"), [
    ("cron", "0 7 " + "1," * 50 + "1 * *"), ("places", [f"N{n}" for n in range(13)]),
    ("scenarios", [f"s{n}" for n in range(9)]),
])  # fmt: skip
def test_no_text_or_list_is_longer_than_anybody_needs(field: str, value: Any) -> None:
    [told] = findings(**{field: value})
    assert told.startswith(f"{field}: ")
    assert "at most" in told


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("email:a@b.org", {"way": "email", "address": "a@b.org"}),
        ("email:a@b.org#ar", {"way": "email", "address": "a@b.org", "language": "ar"}),
        ("webhook:https://a.org:8/x", {"way": "webhook", "address": "https://a.org:8/x"}),
        ("folder:a#tr", {"way": "folder", "address": "a", "language": "tr"}),
        ("nonsense", {"way": "nonsense", "address": ""}),
    ],
)
def test_recipients_are_written_in_one_word(text: str, parts: dict[str, str]) -> None:
    assert parse_recipient(text) == parts
