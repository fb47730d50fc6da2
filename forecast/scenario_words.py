"""The assumptions of a scenario in plain words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from features.agreements import prior_of_holding
from features.spelling import listed
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
    Target,
    Territory,
)
from forecast.scenario_attacks import CALMING_WEEKS, TRUCE_FACTOR
from forecast.scenario_ground import RECENT_WEEKS, Ground
from forecast.scenario_people import population_of

REGIME_WORDS = {
    "holds": "the quietest weeks known in",
    "low_level": "weeks of low-level violation in",
    "offensive": "past offensives in",
    "territorial": "the worst weeks known, with ground lost, in",
}
UNCHANGED = "Nothing is assumed to differ from the forecast."


def assumptions(scenario: Scenario, ground: Ground) -> tuple[str, ...]:
    """A sentence or two for each clause of a settled scenario."""
    found = [_sentence(clause, ground) for _, clause in scenario.clauses()]
    return tuple(found) or (UNCHANGED,)


def _sentence(clause: Any, ground: Ground) -> str:
    return WORDS[type(clause)](clause, ground)


def _regimes(clause: Regimes, ground: Ground) -> str:
    shares = ", ".join(
        f"{REGIME_WORDS[name]} {share:.0%}" for name, share in clause.weights.items() if share
    )
    return f"Attacks {_at(clause.place, ground)}{_window(clause)} are as in {shares} of all draws."


def _closure(clause: Closure, ground: Ground) -> str:
    if clause.place is not None:
        return (
            f"{_name(clause.place, ground)} is closed{_window(clause)}: nobody gets in, out or "
            "through; who would go there goes on, who is inside is trapped."
        )
    one, other = clause.between or ("", "")
    routes = ground.crisis.routes
    pairs = zip(routes["from_id"], routes["to_id"], strict=True)
    known = {one, other} in [set(pair) for pair in pairs]
    told = "No route of routes.csv runs between them: only those who leave one for the other are "
    told += "held up."
    return (
        f"The way between {_name(one, ground)} and {_name(other, ground)} is "
        f"closed{_window(clause)}; who has no other way is trapped.{'' if known else f' {told}'}"
    )


def _gate(clause: Gate, _: Ground) -> str:
    waiting = "Of those who were there before, none is taken to cross: nobody publishes how many "
    waiting += "would."
    if clause.waiting:
        waiting = (
            f"Of those who were there before, up to {clause.waiting:,.0f} cross as there is room."
        )
    return (
        f"The border lets {clause.people_a_day:,.0f} people a day cross{_window(clause)}; who "
        f"arrives in the border belt from then on queues. {waiting}"
    )


def _capacity(clause: Capacity, ground: Ground) -> str:
    name = _name(clause.place, ground)
    if clause.opens:
        return f"{name} opens and takes in up to {clause.people:,.0f} people{_window(clause)}."
    if not clause.people:
        return f"{name} takes in nobody{_window(clause)}; people may leave it."
    return (
        f"{name} holds {clause.people:,.0f} people{_window(clause)}, those counted there before "
        "included; who comes when it is full goes on."
    )


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
        f"last {RECENT_WEEKS} weeks known: {shares}.{_without(clause, ground)}"
    )


def _without(clause: Attacks, ground: Ground) -> str:
    """Where a factor raises nothing, though the place reaches there."""
    names = ground.crisis.places
    reached = ground.reach(clause.place) > 0.0
    here = reached & (ground.part(clause.kind, clause.place) == 0.0)
    silent = [names.name(cell) for cell, at in zip(ground.panel.cells, here, strict=False) if at]
    if not silent or (clause.multiply or 0.0) <= 1.0:
        return ""
    return f" None are known at {listed(silent)}, where no factor raises any; set can."


def _target(clause: Target, ground: Ground) -> str:
    what = "people to cross the border"
    if clause.place is not None:
        what = f"arrivals at {_name(clause.place, ground)}"
    varied = {"attacks": "attacks", "gate": "the gate", "outflow": "the outflow"}
    levers = " and, apart, ".join(varied[lever] for lever in clause.vary)
    return (
        f"Asked is what it would take for {clause.people:,.0f} {what} by {_day(clause.by)}: "
        f"{levers} varied, all else as above."
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
    Target: _target,
}
