"""The border gate and full places in words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.overlap import DAY
from forecast.border import Border
from forecast.pressure import Pressure
from forecast.summary import Summary, summarise
from service.outlook.language import Text
from service.outlook.teller import Teller
from service.where_sections import MOST_SITES, SHARES, pressed


def gate_note(teller: Teller) -> list[Text]:
    """What is taken of the gate, who crosses and who waits."""
    border, language = teller.outlook.forecast.border, teller.language
    if border is None:
        return [
            language.say(
                "The border gate is taken as shut: pressure is arrivals in the border belt, not "
                "crossings."
            )
        ]
    found = [
        language.say(
            "The border gate lets %(people)s people a day through (%(source)s): pressure is "
            "arrivals in the border belt, not crossings.",
            people=language.exact(border.gate.people_a_day),
            source=language.foreign(teller.outlook.text(border.gate.source) or "—"),
        )
    ]
    return [*found, *_through(teller, border), *_registered(teller, border)]


def _through(teller: Teller, border: Border) -> list[Text]:
    """Who crosses, where any may, and who waits."""
    language = teller.language
    if not border.crossed.any() and not border.queue.any():
        return [language.say("No crossings are expected.")]
    found = []
    if border.gate.people_a_day:
        crossed = _people(teller, border.crossed.sum(axis=1))
        found.append(language.say("Cross: %(people)s.", people=crossed))
    waiting = _people(teller, border.queue[:, -1])
    say = language.say(
        "Wait before it on %(day)s: %(people)s.", day=teller.last_day, people=waiting
    )
    return [*found, say]


def _registered(teller: Teller, border: Border) -> list[Text]:
    if border.registered is None:
        return []
    known, language = border.registered, teller.language
    return [
        language.say(
            "Registered abroad on %(day)s: %(persons)s (%(source)s).",
            day=language.day(pd.Timestamp(known.day)),
            persons=language.exact(teller.outlook.rounded(known.persons)),
            source=teller.source(known.source),
        )
    ]


def capacity_notes(teller: Teller) -> list[Text]:
    """When each place with a capacity is full, who is beyond it and where they go."""
    made = teller.outlook.forecast
    found = [_full(teller, one) for one in made.pressure if one.capacity is not None]
    if any(one.capacity is None for one in pressed(made)):
        found.append(
            teller.language.say(
                "No day is told by which a place without a sourced capacity is full: instead, how "
                "likely arrivals of some month pass the most a day that any source ever published."
            )
        )
    return found


def _full(teller: Teller, one: Pressure) -> Text:
    """The sentence of one place with a capacity."""
    assert one.capacity is not None
    language = teller.language
    sentences = [
        language.say(
            "%(place)s, which holds %(people)s (%(source)s), is full: %(days)s.",
            place=teller.place(one.place),
            people=language.exact(one.capacity.people),
            source=teller.source(one.capacity.source),
            days=language.listed(_days(teller, one)),
        )
    ]
    if one.stock is None:
        sentences.append(
            language.say(
                "Nobody is known to have counted who is there already, so that the day comes "
                "earlier by as many."
            )
        )
    else:
        sentences.append(
            language.say(
                "%(persons)s were there on %(day)s (%(source)s).",
                persons=language.exact(one.stock.persons),
                day=language.day(pd.Timestamp(one.stock.day)),
                source=teller.source(one.stock.source),
            )
        )
    return Text(" ".join([*sentences, *_beyond(teller, one)]))


def _days(teller: Teller, one: Pressure) -> list[str]:
    language, made = teller.language, teller.outlook.forecast
    told = [(level, one.full_by(level)) for level in SHARES]
    by = [
        language.say(
            "%(chance)s by %(day)s",
            chance=language.percent(level),
            day=language.day(made.as_of + after * DAY),
        )
        for level, after in told
        if after is not None
    ]
    end = language.day(made.periods["end"].iloc[-1])
    never = language.chance(one.not_full or 0.0)
    return [*by, language.say("%(chance)s not by %(day)s", chance=never, day=end)]


def _beyond(teller: Teller, one: Pressure) -> list[Text]:
    """Who is over the capacity at the end, and where they go."""
    assert one.beyond is not None
    over, language = summarise(one.beyond[:, -1]), teller.language
    if over.intervals[80][1] < 1.0:
        return []
    told = [language.say("People beyond it by then: %(people)s.", people=_counted(teller, over))]
    sites = sorted(one.overflow.items(), key=lambda pair: -float(pair[1].mean()))[:MOST_SITES]
    went = [
        f"{teller.place(site)} {language.percent(float(draws.mean()) / over.mean)}"
        for site, draws in sites
    ]
    if not went:
        return [*told, language.say("No way leads on.")]
    return [*told, language.say("They go to %(places)s and others.", places=language.listed(went))]


def _people(teller: Teller, draws: np.ndarray) -> str:
    return _counted(teller, teller.outlook.summary(draws))


def _counted(teller: Teller, found: Summary) -> str:
    return f"{teller.language.figure(found.median)} ({teller.bounds(found)})"
