"""Numbers and days as a reader is given them."""

from __future__ import annotations

from datetime import date
from math import floor, log10


def rounded(value: float, digits: int) -> int:
    """A count to so many significant digits: 251,771 to 252,000."""
    if value < 0.5:
        return 0
    place = digits - 1 - floor(log10(value))
    return round(round(value, min(place, 0)))


def figure(value: float) -> str:
    """A forecast count for a table, to three significant digits: 252,000."""
    return f"{rounded(value, 3):,}"


def about(value: float) -> str:
    """A forecast count for a sentence, to two significant digits: 250,000."""
    return f"{rounded(value, 2):,}"


def exact(value: float) -> str:
    """A published count, as it stands: 251,771."""
    return f"{round(value):,}"


def between(bounds: tuple[float, float]) -> str:
    """An interval for a table."""
    return f"{figure(bounds[0])}–{figure(bounds[1])}"


def chance(probability: float) -> str:
    """A probability as a percentage; never 0 or 100, which draws cannot tell."""
    if probability < 0.01:
        return "under 1%"
    if probability > 0.99:
        return "over 99%"
    return f"{probability:.0%}"


def day(value: date) -> str:
    """A day: 4 May 2019."""
    return f"{value.day} {value:%B %Y}"


def span(start: date, end: date) -> str:
    """A window of days: 1–16 May 2019, 1 May – 13 June 2019; whole months as May–July 2019."""
    if start == end:
        return day(start)
    whole = start.day == 1 and end.day == _last_day(end)
    if (start.year, start.month) == (end.year, end.month):
        return f"{end:%B %Y}" if whole else f"{start.day}–{day(end)}"
    if whole and start.year == end.year:
        return f"{start:%B}–{end:%B %Y}"
    first = f"{start.day} {start:%B}" if start.year == end.year else day(start)
    return f"{first} – {day(end)}"


def _last_day(value: date) -> int:
    following = date(value.year + value.month // 12, value.month % 12 + 1, 1)
    return (following - date(value.year, value.month, value.day)).days + value.day - 1
