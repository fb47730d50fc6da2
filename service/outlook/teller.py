"""An outlook told in one language: what every section asks first."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from features.crisis import Crisis
from features.errors import NuzuhError
from forecast.names import BELT
from forecast.summary import INTERVALS, Summary
from service.outlook.build import Outlook
from service.outlook.language import Language, Text

# Of an interval cut after its dash, the rest would read as a figure of its own.
WHOLE = Markup('<bdi class="whole">{}</bdi>')


@dataclass(frozen=True)
class Teller:
    """An outlook and the language it is told in."""

    outlook: Outlook
    language: Language

    @property
    def known(self) -> Crisis:
        """The crisis as it was known on the day."""
        return self.outlook.known

    def place(self, place: str) -> str:
        """What a reader calls a place. Raises NuzuhError for one that readers are not told of."""
        if not self.outlook.tells_of(place):
            raise NuzuhError("the outlook would name a place that its readers are not told of")
        return self.language.place(self.known, place)

    def marked_place(self, place: str) -> str:
        """The same, marked where few reports ever told of it."""
        name = self.place(place)
        if not self.outlook.forecast.low_evidence(place):
            return name
        return self.language.say("%(place)s (low evidence)", place=name)

    def months(self, first: int, last: int) -> str:
        """Periods `first`..`last` by their days."""
        return self.language.span(*self.outlook.window(first, last))

    @property
    def last_day(self) -> str:
        """The last day that is forecast."""
        return self.language.day(self.outlook.forecast.periods["end"].iloc[-1])

    def few_months(self, last: int) -> str:
        """The first periods: May 2019, or 3 months, May–Jul."""
        start, end = self.outlook.window(1, last)
        language = self.language
        if last == 1:
            return language.span(start, end)
        first, final = language.dated(start, "LLL"), language.dated(end, "LLL")
        return language.counted(
            "%(number)s month, %(months)s",
            "%(number)s months, %(months)s",
            last,
            months=f"{first}–{final}",
        )

    def interval_heads(self) -> list[str]:
        """Heads of the columns of all intervals."""
        return [self.interval_head(level) for level in INTERVALS]

    def interval_head(self, level: int) -> str:
        """Head of a column of intervals."""
        return self.language.say("%(level)s interval", level=self.language.percent(level / 100))

    def figure(self, found: Summary) -> str:
        """The median for a table; what is too small to be told is under the least that is."""
        if self.outlook.least and found.median == 0:
            least = self.language.exact(self.outlook.least)
            return self.language.say("under %(share)s", share=least)
        return self.language.figure(found.median)

    def bounds(self, found: Summary, level: int = 80) -> str:
        """An interval for a table."""
        return self.language.between(found.intervals[level])

    def middle(self, place: str, first: int, last: int) -> Text:
        """The median of arrivals for a sentence, with where it is from."""
        median = self.outlook.arrivals(place, first, last).median
        return self.quoted(median, self.language.about(median), place, first, last, "0.5")

    def ends(self, place: str, first: int, last: int, level: int = 80) -> tuple[Text, Text]:
        """The ends of an interval of arrivals for a sentence, with where they are from."""
        low, high = self.outlook.arrivals(place, first, last).intervals[level]
        names = [f"{bound:g}" for bound in INTERVALS[level]]
        about = self.language.about
        return (
            self.quoted(low, about(low), place, first, last, names[0]),
            self.quoted(high, about(high), place, first, last, names[1]),
        )

    def quoted(
        self, value: float, text: str, place: str, first: int, last: int, statistic: str
    ) -> Text:
        """A number of arrivals with the value, place, days and statistic behind it in its markup.

        `statistic` is a quantile such as 0.5, or what the probability is of, such as >50000.
        """
        return datum(value, text, place, self.outlook.window(first, last), statistic)

    def people(self, place: str, first: int, last: int) -> dict[str, Text]:
        """Medians for a sentence: `persons` not displaced before, their `families`."""
        known, window = self.known, self.outlook.window(first, last)
        persons = self.outlook.arrivals(place, first, last).over(known.repeat_factor)
        medians = {"persons": persons.median, "families": persons.over(known.family_size).median}
        return {
            measure: datum(median, self.language.about(median), place, window, "0.5", measure)
            for measure, median in medians.items()
        }

    def marked_bounds(self, place: str, first: int, last: int) -> Text:
        """An interval of arrivals, uncut, with where its ends are from."""
        found = self.outlook.arrivals(place, first, last)
        ends = [
            self.quoted(end, self.language.figure(end), place, first, last, f"{at:g}")
            for end, at in zip(found.intervals[80], INTERVALS[80], strict=True)
        ]
        markup = Markup(self.language.ltr("{}–{}")).format(*ends)
        return Text(self.bounds(found), WHOLE.format(markup))

    def source(self, name: str) -> str:
        """The name of a source, as it calls itself."""
        return self.language.foreign(name)

    @property
    def spans(self) -> list[int]:
        """How many months are summed in boxes and tables."""
        return [last for last in (1, 3, 6) if last <= len(self.outlook.forecast.periods)]

    @property
    def headed_places(self) -> list[str]:
        """The focus, and the border belt where it is told apart."""
        return [self.outlook.places[0], *([BELT] if self.outlook.tells_belt else [])]


def datum(
    value: float,
    text: str,
    place: str,
    window: tuple[pd.Timestamp, pd.Timestamp],
    statistic: str,
    measure: str = "arrivals",
) -> Text:
    """A number with the value, measure, place, days and statistic behind it in its markup."""
    markup = Markup(
        '<data value="{}" data-measure="{}" data-place="{}" data-from="{:%Y-%m-%d}" '
        'data-to="{:%Y-%m-%d}" data-statistic="{}">{}</data>'
    ).format(f"{value:.6g}", measure, place, *window, statistic, text)
    return Text(text, markup)


def month_before(day: pd.Timestamp) -> pd.Timestamp:
    """First day of the month before that of a day."""
    return day.replace(day=1) - pd.DateOffset(months=1)
