"""Numbers and days as a reader is given them, in English or by another locale.

Digits are 0–9 in every language, so that a figure reads the same wherever it is quoted.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from math import floor, log10

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

DIGITS = "latn"
# Left-to-right isolate: what stands in it is read from the left in a text that runs from the right.
ISOLATE, END_ISOLATE = "\u2066", "\u2069"
LEAST_CHANCE, MOST_CHANCE = 0.01, 0.99


class Numbers:
    """Figures, intervals and days by a locale of Babel's, such as `en`, `tr` or `ar_SY`."""

    def __init__(self, locale: str) -> None:
        self.locale = Locale.parse(locale)

    @cached_property
    def rtl(self) -> bool:
        """Whether the language runs from right to left."""
        return self.locale.text_direction == "rtl"

    def ltr(self, text: str) -> str:
        """A text that runs from left to right, kept so in a language that does not."""
        return f"{ISOLATE}{text}{END_ISOLATE}" if self.rtl else text

    def figure(self, value: float) -> str:
        """A forecast count for a table, to three significant digits: 252,000."""
        return self.exact(rounded(value, 3))

    def about(self, value: float) -> str:
        """A forecast count for a sentence, to two significant digits: 250,000."""
        return self.exact(rounded(value, 2))

    def exact(self, value: float) -> str:
        """A published count, as it stands: 251,771."""
        return self.decimal(round(value), 0)

    def decimal(self, value: float, digits: int) -> str:
        """A number with so many digits behind the point."""
        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        return format_decimal(value, pattern, self.locale, numbering_system=DIGITS)

    def plain(self, value: float) -> str:
        """A number with the digits it has: 1.63, 5.5, 6."""
        return format_decimal(value, "0.####", self.locale, numbering_system=DIGITS)

    def signed(self, value: float) -> str:
        """A change as it stands, with its sign: +12,300, −450, 0."""
        sign = "+" if value > 0 else "−" if value < 0 else ""
        return self.ltr(sign + self.exact(abs(value)))

    def factor(self, value: float, digits: int = 2) -> str:
        """A ratio: ×1.63."""
        return self.ltr(f"×{self.decimal(value, digits)}")

    def between(self, bounds: tuple[float, float]) -> str:
        """An interval for a table, the low end left in every language."""
        return self.ltr(f"{self.figure(bounds[0])}–{self.figure(bounds[1])}")

    def percent(self, share: float) -> str:
        """A share in whole hundredths: 82%."""
        return format_percent(round(share * 100) / 100, locale=self.locale, numbering_system=DIGITS)

    def day(self, value: date) -> str:
        """A day: 4 May 2019."""
        return self.dated(value, "d MMMM y")

    def dated(self, value: date, pattern: str) -> str:
        """A day by a pattern of Unicode's (LDML)."""
        return format_date(value, pattern, self.locale)

    def span(self, start: date, end: date) -> str:
        """A window of days: 1–16 May 2019, 1 May – 13 June 2019; whole months as May–July 2019."""
        if start == end:
            return self.day(start)
        whole = start.day == 1 and end.day == _last_day(end)
        if (start.year, start.month) == (end.year, end.month):
            return self.dated(end, "LLLL y") if whole else f"{start.day}–{self.day(end)}"
        if whole and start.year == end.year:
            return f"{self.dated(start, 'LLLL')}–{self.dated(end, 'LLLL y')}"
        first = self.dated(start, "d MMMM") if start.year == end.year else self.day(start)
        return f"{first} – {self.day(end)}"

    def short_span(self, start: date, end: date) -> str:
        """A window without its year: 1–31 May, 5 May–29 Jun."""
        first = f"{start.day}" if start.month == end.month else self.dated(start, "d MMM")
        return f"{first}–{self.dated(end, 'd MMM')}"


def rounded(value: float, digits: int) -> int:
    """A count to so many significant digits: 251,771 to 252,000."""
    if value < 0.5:
        return 0
    place = digits - 1 - floor(log10(value))
    return round(round(value, min(place, 0)))


def chance(probability: float) -> str:
    """A probability as a percentage; never 0 or 100, which draws cannot tell."""
    if probability < LEAST_CHANCE:
        return "under 1%"
    if probability > MOST_CHANCE:
        return "over 99%"
    return ENGLISH.percent(probability)


def _last_day(value: date) -> int:
    following = date(value.year + value.month // 12, value.month % 12 + 1, 1)
    return (following - date(value.year, value.month, value.day)).days + value.day - 1


ENGLISH = Numbers("en")
figure, about, exact, between = ENGLISH.figure, ENGLISH.about, ENGLISH.exact, ENGLISH.between
day, span = ENGLISH.day, ENGLISH.span
