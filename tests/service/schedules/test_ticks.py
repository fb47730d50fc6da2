"""When a schedule ticks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.schedules.ticks import (
    ON_TIME,
    check_cron,
    check_zone,
    day_of,
    due,
    moments,
    next_tick,
)

ISTANBUL, BERLIN = "Europe/Istanbul", "Europe/Berlin"
DAY = timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def ticks(cron: str, zone: str, first: str, last: str) -> list[datetime]:
    return [one.at for one in due(cron, zone, "all", at(first), at(last))]


def test_monday_at_seven_is_seven_in_istanbul() -> None:
    found = ticks("0 7 * * 1", ISTANBUL, "2019-05-05T00:00+03:00", "2019-05-14T00:00+03:00")
    assert found == [at("2019-05-06T04:00Z"), at("2019-05-13T04:00Z")]


def test_a_reading_that_spring_skips_rings_once_an_hour_later() -> None:
    found = ticks("30 2 * * *", BERLIN, "2024-03-30T12:00+01:00", "2024-04-01T12:00+02:00")
    assert found == [at("2024-03-31T03:30+02:00"), at("2024-04-01T02:30+02:00")]


def test_two_readings_of_one_moment_are_one_tick() -> None:
    found = ticks("30 2,3 * * *", BERLIN, "2024-03-31T00:00+01:00", "2024-03-31T12:00+02:00")
    assert found == [at("2024-03-31T03:30+02:00")]


def test_a_reading_that_autumn_shows_twice_rings_the_first_time() -> None:
    found = ticks("30 2 * * *", BERLIN, "2024-10-27T00:00+02:00", "2024-10-28T00:00+01:00")
    assert found == [at("2024-10-27T02:30+02:00")]


ZONES = st.sampled_from([ISTANBUL, BERLIN, "America/New_York", "Australia/Lord_Howe", "UTC"])
DAYS = st.integers(0, 3650).map(lambda days: datetime(2015, 1, 1, tzinfo=UTC) + days * DAY)


@given(ZONES, DAYS, st.integers(0, 23), st.integers(0, 59), st.lists(st.integers(1, 5000)))
def test_daily_ticks_are_one_a_day_however_often_one_looks(
    zone: str, start: datetime, hour: int, minute: int, waits: list[int]
) -> None:
    cron, end = f"{minute} {hour} * * *", start + 10 * DAY
    found, last = [], start
    for wait in [*waits, 20_000]:
        now = min(last + timedelta(minutes=wait), end)
        found += [one.at for one in due(cron, zone, "all", last, now)]
        last = now
    assert found == [one.at for one in due(cron, zone, "all", start, end)]
    days = [one.astimezone(ZoneInfo(zone)).date() for one in found]
    assert len(set(days)) == len(days)
    assert 9 <= len(days) <= 11


@given(ZONES, DAYS, st.sampled_from(["skip", "latest", "all"]), st.integers(0, 20_000))
def test_every_tick_is_told_and_the_policy_only_says_which_are_served(
    zone: str, start: datetime, policy: str, minutes: int
) -> None:
    now = start + timedelta(minutes=minutes)
    found = due("0 7 * * *", zone, policy, start, now)  # type: ignore[arg-type]
    every = due("0 7 * * *", zone, "all", start, now)
    assert [one.at for one in found] == [one.at for one in every]
    served = [one.at for one in found if one.served]
    if policy == "all":
        assert served == [one.at for one in every]
    elif policy == "latest":
        assert served == [one.at for one in every][-1:]
    else:
        assert served == [one.at for one in every if now - one.at <= ON_TIME][-1:]


def test_what_is_due_at_this_very_moment_is_due_once() -> None:
    now = at("2019-05-06T04:00Z")
    assert [one.at for one in due("0 7 * * 1", ISTANBUL, "skip", now - DAY, now)] == [now]
    assert due("0 7 * * 1", ISTANBUL, "all", now, now + timedelta(seconds=1)) == []


def test_the_outlook_stands_on_the_last_whole_day_of_its_zone() -> None:
    assert str(day_of(at("2019-05-05T22:30Z"), ISTANBUL)) == "2019-05-05"
    assert str(day_of(at("2019-05-05T22:30Z"), "UTC")) == "2019-05-04"


@given(ZONES, DAYS)
def test_the_next_tick_is_the_first_that_comes_due(zone: str, now: datetime) -> None:
    found = next_tick("0 7 * * 1", zone, now)
    assert due("0 7 * * 1", zone, "all", now, found)[0].at == found


def test_a_year_is_walked_quickly() -> None:
    found = moments("0 * * * *", ISTANBUL, at("2019-01-01T00:00Z"), at("2020-01-01T00:00Z"))
    assert len(found) == 365 * 24


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "0 7 * *",
        "0 7 * * 1 *",
        "61 7 * * 1",
        "0 25 * * 1",
        "0 7 * * 8",
        "0 7 30 2 *",
        "0 7 31 4 *",
        "@daily",
        "R R * * *",
        "H 7 * * *",
        "* * * * *",
        "*/30 * * * *",
        "0,30 7 * * *",
        "0  7 * * 1",
        "0 7 * * 1\n",
        "0 7 * * monday",
        "٠ 7 * * 1",
        "0 7 * * *; rm",
        "-1 7 * * *",
        "0 7 * * 1 # x",
    ],
)
def test_what_is_no_cron_is_refused(cron: str) -> None:
    assert check_cron(cron)


@pytest.mark.parametrize(
    "cron", ["0 7 * * 1", "30 6 1 * *", "0 7 * * mon-fri", "0 */6 * * *", "0 7 29 2 *", "0 7 l * *"]
)
def test_what_is_cron_is_taken(cron: str) -> None:
    assert check_cron(cron) is None


def test_zones() -> None:
    assert check_zone(ISTANBUL) is None
    assert check_zone("Europe/Istambul") == "is no time zone; did you mean 'Europe/Istanbul'?"
    for wrong in ("", "../etc/passwd", "Mars", "europe/istanbul "):
        assert check_zone(wrong)
