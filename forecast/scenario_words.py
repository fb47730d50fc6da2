"""The assumptions of a scenario in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from features.agreements import prior_of_holding
from forecast.names import name_of
from forecast.scenario import (
    Agreement,
    Attacks,
    Capacity,
    Closure,
    Gate,
    Onward,
    Outflow,
    Regimes,
    Scenario,
    Territory,
)
from forecast.scenario_attacks import CALMING_WEEKS, TRUCE_FACTOR
from forecast.scenario_ground import RECENT_WEEKS, Ground
from forecast.scenario_people import population_of

UNCHANGED = "Nothing is assumed to differ from the forecast."


def assumptions(scenario: Scenario, ground: Ground) -> tuple[str, ...]:
    """A sentence or two for each clause of a settled scenario."""
    found = [_sentence(clause, ground) for _, clause in scenario.clauses()]
    return tuple(found) or (UNCHANGED,)


def _sentence(clause: Any, ground: Ground) -> str:
    return WORDS[type(clause)](clause, ground)


def _regimes(clause: Regimes, ground: Ground) -> str:
    shares = ", ".join(
        f"{name.replace('_', ' ')} {share:.0%}" for name, share in clause.weights.items()
    )
    return f"Attacks {_at(clause.place, ground)}{_window(clause)}: {shares}."


def _closure(clause: Closure, ground: Ground) -> str:
    return f"{_name(clause.place, ground)} receives nobody{_window(clause)}."


def _gate(clause: Gate, _: Ground) -> str:
    return (
        f"The border lets {clause.people_a_day:,.0f} people a day cross{_window(clause)}, of those "
        "who arrive in the border belt from then on."
    )


def _capacity(clause: Capacity, ground: Ground) -> str:
    verb = "opens and takes in up to" if clause.opens else "takes in at most"
    name = _name(clause.place, ground)
    return f"{name} {verb} {clause.people:,.0f} people{_window(clause)}."


def _onward(clause: Onward, ground: Ground) -> str:
    to = _names(clause.destinations, ground) or "the border belt"
    return f"{clause.share:.0%} of the arrivals elsewhere move on to {to}{_window(clause)}."


def _attacks(clause: Attacks, ground: Ground) -> str:
    what = "attacks" if clause.kind is None else f"attacks of the kind {clause.kind}"
    where, when = _at(clause.place, ground), _window(clause)
    if clause.replay is not None:
        weeks = f"{clause.replay.weeks} weeks of it" if clause.replay.weeks else "as far as known"
        return f"Attacks {where}{when} run as from {_day(clause.replay.from_)} on, {weeks}."
    if clause.set_ is not None:
        return f"{clause.set_:g} {what} a week {where}{when}."
    part = ground.part(clause.kind, clause.place)
    shares = ", ".join(
        f"{ground.crisis.places.name(cell)} {share:.0%}"
        for cell, share in zip(ground.panel.cells, part, strict=False)
        if share > 0.0
    )
    return (
        f"The {what} {where}{when} times {clause.multiply:g}. Their part of the intensity of the "
        f"last {RECENT_WEEKS} weeks known: {shares}."
    )


def _agreement(clause: Agreement, ground: Ground) -> str:
    probability, why = clause.probability, ""
    if probability is None:
        prior = prior_of_holding(ground.crisis.agreements, ground.panel.day)
        probability = prior.probability
        why = (
            f" (of {prior.decided} agreements known by then {prior.held} held 30 days or longer; "
            "shrunk to a half)"
        )
    return (
        f"An agreement of {_day(clause.date)} {_at(clause.place, ground)} holds with a probability "
        f"of {probability:.0%}{why}. Where it holds, attacks come half of the way down to the calm "
        f"in {CALMING_WEEKS:g} weeks and flight stops sooner (times {TRUCE_FACTOR:.2f}); where it "
        "fails, all stays as forecast."
    )


def _territory(clause: Territory, ground: Ground) -> str:
    people = sum(population_of(clause, ground).values())
    return (
        f"Control of {_names(clause.places, ground)} changes on {_day(clause.date)}: about "
        f"{clause.leaving:.0%} of {people:,.0f} people leave within four weeks, "
        f"{clause.returning:.0%} of the usual returns there remain, and nobody flees there."
    )


def _outflow(clause: Outflow, ground: Ground) -> str:
    who = f"{clause.people:,.0f} people"
    if clause.isolated:
        return f"{who} want to leave {_name(clause.place, ground)}{_window(clause)} and cannot."
    to = f" for {_names(clause.destinations, ground)}" if clause.destinations else ""
    return f"{who} leave {_name(clause.place, ground)}{to}{_window(clause)}."


def _at(place: str | None, ground: Ground) -> str:
    return "everywhere" if place is None else f"at {_name(place, ground)}"


def _name(place: str, ground: Ground) -> str:
    return name_of(ground.crisis, place)


def _names(places: tuple[str, ...], ground: Ground) -> str:
    return ", ".join(_name(place, ground) for place in places)


def _window(clause: Any) -> str:
    return f" from {_day(clause.from_)} to {_day(clause.to)}"


def _day(value: Any) -> str:
    if not isinstance(value, date):
        return f"day {value}"
    return f"{value.day} {value:%B %Y}"


WORDS: Mapping[type, Callable[[Any, Ground], str]] = {
    Attacks: _attacks,
    Regimes: _regimes,
    Agreement: _agreement,
    Territory: _territory,
    Closure: _closure,
    Gate: _gate,
    Capacity: _capacity,
    Outflow: _outflow,
    Onward: _onward,
}
