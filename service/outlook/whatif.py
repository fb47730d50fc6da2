"""Scenarios side by side with the forecast."""

from __future__ import annotations

from forecast.scenario_compare import Compared
from forecast.summary import Summary
from service.numbers import rounded
from service.outlook.language import Language
from service.outlook.teller import Teller
from service.outlook_sections import Section, Table


def scenarios_section(teller: Teller) -> Section:
    """Arrivals of the whole horizon under each scenario, and what each means for access."""
    language, outlook = teller.language, teller.outlook
    focus, last = outlook.places[0], len(outlook.forecast.periods)
    head = [
        language.say("what if"),
        language.say("middle"),
        teller.interval_head(80),
        language.say("difference"),
        teller.interval_head(80),
        language.say("above forecast"),
    ]
    base = outlook.arrivals(focus, 1, last)
    rows = [
        [language.say("As forecast"), language.figure(base.median), teller.bounds(base), "", "", ""]
    ]
    notes = []
    for projection, figures in outlook.scenarios.compared:
        scenario = projection.scenario
        title = language.named("scenario", scenario.title)
        rows.append([title, *_cells(teller, _whole(figures, focus))])
        if scenario.access:
            access = language.named("scenario", scenario.access)
            notes.append(language.say("%(title)s: %(access)s", title=title, access=access))
    if outlook.left_out:
        titles = language.apart([language.named("scenario", each) for each in outlook.left_out])
        notes.append(
            language.say(
                "Left out, for too little is known by this day: %(titles)s.", titles=titles
            )
        )
    text = language.say(
        "Projections, not forecasts: arrivals in %(place)s, %(window)s, if what is assumed came "
        "true. One fit and the same random numbers, so differences are the scenario's own. Below: "
        "what each would mean for access.",
        place=teller.place(focus),
        window=teller.months(1, last),
    )
    return Section(language.say("What if"), (text,), [Table(head, rows)], notes)


def _cells(teller: Teller, one: Compared) -> list[str]:
    language = teller.language
    scenario, change = map(teller.outlook.summary, (one.scenario, one.difference))
    arrivals = [language.figure(scenario.median), teller.bounds(scenario)]
    if not one.difference.any():
        return [*arrivals, language.say("no change"), "", ""]
    return [
        *arrivals,
        _signed(language, change.median),
        _ends(language, change),
        language.chance(one.exceeds),
    ]


def _whole(figures: list[Compared], place: str) -> Compared:
    return [one for one in figures if one.measure == "arrivals" and one.place == place][-1]


def _signed(language: Language, value: float) -> str:
    """A change to three digits."""
    return language.signed(rounded(abs(value), 3) * (1 if value > 0 else -1))


def _ends(language: Language, change: Summary) -> str:
    low, high = (_signed(language, end) for end in change.intervals[80])
    return language.say("%(low)s to %(high)s", low=low, high=high)
