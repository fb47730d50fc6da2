"""How the sources disagree, and how fresh each is."""

from __future__ import annotations

from typing import Any

from forecast.records import records
from service.outlook.language import Language, Text, mark
from service.outlook.teller import Teller
from service.outlook_sections import Section, Table

MEASURES = {
    "arrivals": mark("arrivals"),
    "departures": mark("departures"),
    "newly_displaced": mark("newly displaced"),
    "returns": mark("returns"),
    "stock": mark("people on a day"),
}
WHAT = {"reports": mark("reports"), "attacks": mark("attacks")}
BASELINES = {
    "last_value": mark("the last value"),
    "expanding_mean": mark("the mean of all months"),
    "ewm_6": mark("the weighted mean of 6 months"),
    "ewm_18": mark("the weighted mean of 18 months"),
}


def baseline_name(language: Language, name: str) -> Text:
    """What a reader calls a baseline."""
    return language.say(BASELINES[name])


def measure_name(language: Language, measure: str, flow: str) -> Text:
    """A measure, with the flow that it observes where that is another."""
    words = language.say(MEASURES[measure])
    if measure == flow:
        return words
    flow_words = language.say(MEASURES[flow])
    return language.say("%(measure)s (%(flow)s)", measure=words, flow=flow_words)


def factors_section(teller: Teller) -> Section:
    """How the sources disagree."""
    language, known = teller.language, teller.known
    head = ["", *map(language.say, (mark("measure"), mark("reports"), mark("factor")))]
    rows = [
        [
            teller.source(row.source),
            measure_name(language, row.measure, row.flow),
            str(row.reports),
            language.factor(row.factor),
            language.ltr(f"{language.decimal(row.low_80, 2)}–{language.decimal(row.high_80, 2)}"),
        ]
        for row in records(teller.outlook.reconciled.sources)
        if row.source != known.reference
    ]
    first = Table([*head, teller.interval_head(80)], rows, left=2)
    text = language.say(
        "What each source publishes for the same flight over %(reference)s (×1): the mean over all "
        "its reports known.",
        reference=teller.source(known.reference),
    )
    apart = apart_table(teller)
    tables = [first, *([apart] if apart.rows else [])]
    return Section(language.say("How the sources disagree"), (text,), tables)


def apart_table(teller: Teller, most: int = 5) -> Table:
    """The figures that two sources put furthest apart."""
    language = teller.language
    marks = (
        mark("window"),
        mark("what"),
        mark("one source"),
        mark("another source"),
        mark("one says"),
        mark("another says"),
        mark("ratio"),
    )
    rows = [_pair(teller, row) for row in records(teller.outlook.apart.head(most))]
    title = language.say("Figures furthest apart for one window and ground, last 18 months")
    return Table([language.say(word) for word in marks], rows, title, left=4)


def _pair(teller: Teller, row: Any) -> list[str]:
    language = teller.language
    return [
        language.span(row.start, row.end),
        language.listed([language.say(MEASURES[row.flow]), teller.place(row.place_id)]),
        teller.source(row.low_source),
        teller.source(row.high_source),
        language.exact(row.low),
        language.exact(row.high),
        language.factor(row.ratio, 1),
    ]


def freshness_section(teller: Teller) -> Section:
    """How far each source reaches."""
    language = teller.language
    rows = [
        [
            teller.source(row.source),
            language.say(WHAT[row.what]),
            language.day(row.through),
            days(language, row.age_days),
            language.say("stale") if row.stale else "",
        ]
        for row in records(teller.outlook.forecast.freshness)
    ]
    head = ["", *map(language.say, (mark("what"), mark("reaches"), mark("age"))), ""]
    return Section(language.say("How fresh each source is"), tables=[Table(head, rows, left=2)])


def data_through(teller: Teller) -> Text:
    """How far the two sources reach that the forecast leans on most."""
    known, language = teller.known, teller.language
    fresh = teller.outlook.forecast.freshness
    parts = [
        language.say(
            "%(source)s to %(day)s (%(age)s)",
            source=teller.source(row.source),
            day=language.day(row.through),
            age=days(language, row.age_days),
        )
        for row in records(fresh[fresh["source"].isin([known.reference, known.attack_source])])
    ]
    if known.reference not in fresh["source"].to_list():
        source = teller.source(known.reference)
        parts.append(language.say("nothing yet of %(source)s", source=source))
    return language.say("Data: %(sources)s.", sources=language.listed(parts))


def days(language: Language, count: int) -> Text:
    """1 day, 34 days."""
    return language.counted("%(number)s day", "%(number)s days", int(count))
