"""Arrivals in tables: by place and month, along the border, who stays, odds of high months."""

from __future__ import annotations

from collections.abc import Iterable

from forecast.pressure import Pressure
from forecast.result import THRESHOLDS
from forecast.summary import Summary, summarise
from service.outlook.gate import capacity_notes
from service.outlook.language import Language, Text, mark
from service.outlook.teller import Teller
from service.outlook_sections import Section, Table
from service.where_sections import pressed

SPANS = (2, 3, 6)
PARTS_NOTE = mark("Middles of parts do not add up to the middle of the whole.")


def arrivals_section(teller: Teller) -> Section:
    """Arrivals by place, month by month and summed."""
    language, known = teller.language, teller.known
    head = ["", language.say("middle"), *teller.interval_heads()]
    head += [language.say("persons"), language.say("families")]
    tables = [
        Table(
            head,
            [_arrival_row(teller, place, *span) for span in _spans(teller)],
            teller.place(place),
        )
        for place in teller.outlook.places
    ]
    return Section(
        language.say("Expected arrivals"),
        tables=tables,
        notes=(
            language.say(
                "Middle: half of the simulated courses lie above, half below. Rounded to three "
                "digits."
            ),
            language.say(PARTS_NOTE),
            language.say(
                "Persons: of the movements those by people not displaced before, movements / "
                "%(factor)s (%(source)s). Who flees anew needs shelter again: plan with movements.",
                factor=language.plain(known.repeat_factor),
                source=language.foreign(known.repeat_factor_source),
            ),
            language.say(
                "Families: persons / %(size)s (%(source)s).",
                size=language.plain(known.family_size),
                source=language.foreign(known.family_size_source),
            ),
        ),
    )


def destinations_section(teller: Teller) -> Section:
    """Arrivals in each place asked for, else in each of the border belt."""
    outlook, language = teller.outlook, teller.language
    places = sorted(outlook.destinations, key=lambda id_: -outlook.arrivals(id_, 1, 1).median)
    last = min(3, len(outlook.forecast.periods))
    interval = teller.interval_head(80)
    head = ["", teller.months(1, 1), interval, teller.few_months(last), interval]
    rows = []
    for place in places:
        one, several = outlook.arrivals(place, 1, 1), outlook.arrivals(place, 1, last)
        cells = [_cells(teller, found) for found in (one, several)]
        rows.append([teller.marked_place(place), *cells[0], *cells[1]])
    notes = [language.say(PARTS_NOTE)]
    if any(map(outlook.forecast.low_evidence, places)):
        notes.append(
            language.say("Low evidence: fewer than four reports told of the place by then.")
        )
    title = language.say("Arrivals along the border")
    if outlook.asked or not outlook.belt:
        title = language.say("Arrivals by place")
    return Section(title, tables=[Table(head, rows)], notes=notes)


def pressure_section(teller: Teller) -> Section:
    """Who stays in the belt, and when places are full."""
    language = teller.language
    text = language.say(
        "People who came since the day and neither went home nor moved on: movements over the "
        "repeat factor %(factor)s, less their part of the returns.",
        factor=language.plain(teller.known.repeat_factor),
    )
    head = [
        language.say("staying on %(day)s", day=teller.last_day),
        language.say("middle"),
        teller.interval_head(80),
        language.say("highest wave"),
        language.say("passed"),
    ]
    rows = [_pressure_row(teller, one) for one in pressed(teller.outlook.forecast)]
    return Section(
        language.say("Pressure on places"), (text,), [Table(head, rows)], capacity_notes(teller)
    )


def odds_section(teller: Teller) -> Section:
    """How likely a month passes the thresholds."""
    language = teller.language
    tables = [odds_table(teller, place) for place in teller.headed_places]
    text = language.say("Probability that arrivals of a month pass:")
    return Section(language.say("Odds of high months"), (text,), tables)


def odds_table(teller: Teller, place: str) -> Table:
    """The odds of one place, a row a month and one for any of them."""
    language, made = teller.language, teller.outlook.forecast
    head = ["", *(language.say("over %(level)s", level=language.exact(at)) for at in THRESHOLDS)]
    over = made.exceedance().sel(place=place)
    rows = [
        [teller.months(at + 1, at + 1), *_chances(language, over.isel(period=at).to_numpy())]
        for at in range(len(made.periods))
    ]
    most = made.draws["arrivals"].max("period").sel(place=place).to_numpy()
    some = language.counted("in that month", "in any of the %(number)s months", len(made.periods))
    rows.append([some, *_chances(language, [(most > level).mean() for level in THRESHOLDS])])
    return Table(head, rows, teller.place(place))


def _chances(language: Language, found: Iterable[float]) -> list[str]:
    return [language.chance(float(one)) for one in found]


def _cells(teller: Teller, found: Summary) -> list[str]:
    return [teller.figure(found), teller.bounds(found)]


def _spans(teller: Teller) -> list[tuple[int, int]]:
    count = len(teller.outlook.forecast.periods)
    ones = [(at, at) for at in range(1, count + 1)]
    return ones + [(1, at) for at in SPANS if at <= count]


def _arrival_row(teller: Teller, place: str, first: int, last: int) -> list[str]:
    found, known = teller.outlook.arrivals(place, first, last), teller.known
    persons = found.over(known.repeat_factor)
    families = persons.over(known.family_size)
    label = teller.months(first, first) if first == last else teller.few_months(last)
    bounds = [teller.bounds(found, level) for level in found.intervals]
    figure = teller.language.figure
    return [label, teller.figure(found), *bounds, figure(persons.median), figure(families.median)]


def _pressure_row(teller: Teller, one: Pressure) -> list[str]:
    language = teller.language
    passed = "" if one.passes is None else language.chance(one.passes)
    return [
        teller.marked_place(one.place),
        *_cells(teller, summarise(one.staying[:, -1])),
        _wave(language, one),
        passed,
    ]


def _wave(language: Language, one: Pressure) -> str | Text:
    if one.wave is None:
        return language.say("none known")
    return language.say(
        "%(persons)s by %(month)s",
        persons=language.exact(one.wave.persons),
        month=language.dated(one.wave.end, "LLL y"),
    )
