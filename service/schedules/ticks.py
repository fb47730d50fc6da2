"""When a schedule ticks: cron on the clock of its zone, every tick once.

The clock on the wall is walked without regard to summer time, and each reading then turned into a
moment. A reading that the clock skips in spring is taken as if it had not yet been put forward
(02:30 rings at 03:30), one that it shows twice in autumn rings the first time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from croniter import CroniterError, croniter

from features.spelling import did_you_mean

CatchUp = Literal["skip", "latest", "all"]
ON_TIME = timedelta(minutes=15)
FIELDS = 5
# The clocks of a zone never differ from their usual reading by more.
MARGIN = timedelta(days=1)


@dataclass(frozen=True)
class Due:
    """A tick, in UTC; one that is not `served` was missed and stands in the history alone."""

    at: datetime
    served: bool


def check_cron(cron: str) -> str | None:
    """Why a text is no time of a schedule, or None when it is one."""
    fields = cron.split()
    if len(fields) != FIELDS or cron != " ".join(fields):
        return "needs minute, hour, day, month and weekday with one space between, as in 0 7 * * 1"
    if any(letter in "RrHh@" for letter in fields[0] + fields[1]):
        return "has a minute or an hour that is no number"
    try:
        minutes = croniter.expand(cron)[0][0]
        croniter(cron, datetime(2024, 1, 1)).get_next(datetime)
    except CroniterError as error:
        return f"is no time: {error}"
    if minutes == ["*"] or len(minutes) > 1:
        return "comes more than once an hour; an outlook stands on a whole day"
    return None


def check_zone(name: str) -> str | None:
    """Why a text is no time zone, or None when it is one."""
    known = available_timezones()
    return None if name in known else f"is no time zone{did_you_mean(name, sorted(known))}"


def due(cron: str, zone: str, catch_up: CatchUp, last: datetime, now: datetime) -> list[Due]:
    """The ticks after `last` and up to `now`, oldest first.

    Of those missed by more than a quarter of an hour, `all` serves each, `skip` none, and `latest`
    the last one if nothing came on time.
    """
    found = [at for at in moments(cron, zone, last - MARGIN, now + MARGIN) if last < at <= now]
    if catch_up == "all":
        return [Due(at, True) for at in found]
    on_time = [at for at in found if now - at <= ON_TIME]
    served = on_time[-1:] or (found[-1:] if catch_up == "latest" else [])
    return [Due(at, at in served) for at in found]


def moments(cron: str, zone: str, first: datetime, last: datetime) -> list[datetime]:
    """The ticks whose reading of the clock lies from `first` to `last`, in UTC, each once."""
    place = ZoneInfo(zone)
    readings = _readings(
        cron,
        first.astimezone(place).replace(tzinfo=None),
        last.astimezone(place).replace(tzinfo=None),
    )
    return sorted({reading.replace(tzinfo=place).astimezone(UTC) for reading in readings})


def next_tick(cron: str, zone: str, now: datetime) -> datetime:
    """The first tick after `now`."""
    place = ZoneInfo(zone)
    readings = croniter(cron, (now - MARGIN).astimezone(place).replace(tzinfo=None))
    while True:
        at = readings.get_next(datetime).replace(tzinfo=place).astimezone(UTC)
        if at > now:
            return at


def day_of(at: datetime, zone: str) -> date:
    """The day that a tick's outlook stands on: the last whole day before it, in its zone."""
    return at.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)


def on_clock(at: datetime, zone: str) -> str:
    """A time as the clock of a zone shows it, to the second, with how far it is from UTC."""
    return at.astimezone(ZoneInfo(zone)).isoformat(" ", "seconds")


def _readings(cron: str, first: datetime, last: datetime) -> Iterator[datetime]:
    walk = croniter(cron, first)
    while (reading := walk.get_next(datetime)) <= last:
        yield reading
