"""What a target would take, in words and a table."""

from __future__ import annotations

from datetime import date

from forecast.names import name_of
from forecast.scenario import Target
from forecast.solve import CHANCES, Answer, Tried
from forecast.whatif import Projection
from service.numbers import chance, day, rounded
from service.outlook_sections import Section, Table

ODDS = {0.1: "one chance in ten", 0.5: "an even chance", 0.9: "nine chances in ten"}
LEVERS = {"attacks": "attacks, times", "gate": "gate, people a day", "outflow": "outflow, people"}
WITH = {
    "attacks": "attacks {}",
    "gate": "a gate of {} people a day",
    "outflow": "an outflow of {} people",
}


def answers_section(projection: Projection) -> Section | None:
    """What it would take for the target of a scenario; None where it has none."""
    target, answers = projection.scenario.target, projection.answers
    if target is None:
        return None
    what = "people across the border"
    if target.place is not None:
        what = f"arrivals at {name_of(projection.what_if.baseline.crisis, target.place)}"
    head = ["varied", *(f"for {ODDS[each]}" for each in CHANCES), "furthest tried"]
    rows = [
        [LEVERS[one.lever], *_values(one), _amount(one.lever, one.most.value)] for one in answers
    ]
    title = projection.scenario.title
    now = f"The scenario “{title}” as it stands: {_tried(answers[0].now)}."
    return Section(
        f"What would it take: {target.people:,.0f} {what} by {day(_last(target))}",
        (now, *map(_said, answers)),
        [Table(head, rows)],
    )


def _last(target: Target) -> date:
    assert isinstance(target.by, date)
    return target.by


def _said(one: Answer) -> str:
    """The answer of one lever in a sentence or two."""
    even = one.found[0.5]
    tried = one.most.value if even is None else even
    with_ = WITH[one.lever].format(_amount(one.lever, tried))
    if even is None:
        text = f"Not even {with_} would do: {_tried(one.most)}."
    elif even <= one.now.value:
        text = "The scenario as it stands would do for an even chance."
    else:
        text = f"It would take {with_} for an even chance."
    if one.seen is None:
        return text
    known = f"the highest known over as long a time are the scenario's ×{one.seen:.2g}"
    how = "more than anything seen" if tried > one.seen else "within what was seen before"
    return f"{text} That is {how}: {known}."


def _values(one: Answer) -> list[str]:
    values = [one.found[each] for each in CHANCES]
    return ["not reached" if value is None else _reached(one, value) for value in values]


def _reached(one: Answer, value: float) -> str:
    return "as it stands" if value == one.now.value else _amount(one.lever, value)


def _amount(lever: str, value: float) -> str:
    return f"×{value:.3g}" if lever == "attacks" else f"{rounded(value, 3):,}"


def _tried(tried: Tried) -> str:
    return f"the median is {rounded(tried.median, 3):,} and the chance {chance(tried.chance)}"
