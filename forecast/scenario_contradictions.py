"""Clauses of a scenario that cannot hold together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from features.errors import Finding, InputError
from features.spelling import listed
from forecast.names import BELT, name_of
from forecast.scenario import (
    Agreement,
    Attacks,
    Capacity,
    Closure,
    Gate,
    Outflow,
    Regimes,
    Scenario,
    Target,
    Territory,
)
from forecast.scenario_file import ScenarioFile, shown_part
from forecast.scenario_ground import Ground


def contradictions(file: ScenarioFile, scenario: Scenario, ground: Ground) -> Iterator[Finding]:
    """What cannot hold together in a settled scenario, at the later of two clauses."""
    clauses = list(scenario.clauses())
    for number, (at, clause) in enumerate(clauses):
        for before, other in clauses[:number]:
            why = _contradict(clause, other, ground) or _contradict(other, clause, ground)
            if why:
                line = file.finding(before, "").line
                where = shown_part(file.origin(before)) + (f" (line {line})" if line else "")
                yield file.finding(at, f"contradicts {where}: {why}")
    yield from _unreachable(file, scenario)


def _unreachable(file: ScenarioFile, scenario: Scenario) -> Iterator[Finding]:
    """A target that what is varied has no part in."""
    target = scenario.target
    if target is None:
        return
    leaving = [clause for clause in scenario.outflow if not clause.isolated]
    lacking = {
        "gate": (target.of != "crossed", "a gate changes who crossed alone; say of = 'crossed'"),
        "outflow": (not leaving, "there is no outflow to vary; add [[outflow]]"),
    }
    for at, lever in enumerate(target.vary):
        wrong, why = lacking.get(lever, (False, ""))
        if target.of == "crossed" and lever != "gate" and scenario.gate is None:
            wrong, why = True, "nobody crosses without a gate; add [gate], or vary gate alone"
        if wrong:
            yield file.finding(("target", "vary", at), why, lever)


def _contradict(one: Any, other: Any, ground: Ground) -> str:
    """Why two clauses cannot both hold, "" where they can."""
    if not _at_once(one, other):
        return ""
    if type(one) is type(other):
        return _twice(one, other, ground)
    if isinstance(one, Regimes) and isinstance(other, Attacks) and other.replay:
        return "regimes and a replay both say what all attacks are; take one out"
    way = set(one.between or ()) if isinstance(one, Closure) else set()
    if isinstance(other, Outflow) and {other.place, *other.destinations} == way:
        return "the way they would take is shut; choose one"
    if isinstance(other, Outflow) and not other.isolated and _holds(one, other.place, ground):
        return (
            f"{_named(one.place, ground)} is closed, so nobody leaves it; say isolated = true, or, "
            "where people leave and nobody gets in, take [[capacity]] with people = 0"
        )
    for shut, how in _shut(one):
        for place in _receives(other):
            if not unknown(ground, place) and _all_within(ground, place, shut):
                return f"{_named(place, ground)} is {how} and receives people; choose one"
    return ""


def _named(place: str, ground: Ground) -> str:
    return f"{name_of(ground.crisis, place)} ({place})"


def _holds(clause: Any, place: str, ground: Ground) -> bool:
    """Whether a clause closes all of a place."""
    closed = isinstance(clause, Closure) and clause.place is not None
    return closed and _all_within(ground, place, clause.place)


def _twice(one: Any, other: Any, ground: Ground) -> str:
    """Why two clauses of one kind cannot both hold, "" where they can."""
    if isinstance(one, Attacks):
        same = one.kind == other.kind or one.replay or other.replay
        if one.place == other.place and same:
            return "both change the same attacks on the same days; make it one"
    if isinstance(one, Agreement) and one.date == other.date:
        return "two agreements begin at once; make it one"
    if isinstance(one, Territory) and (lost := _lost_twice(one, other, ground)):
        named = listed(_named(place, ground) for place in lost)
        return f"control of {named} changes twice, and its people would leave twice"
    if isinstance(one, Capacity) and (one.place, one.opens) == (other.place, other.opens):
        return "both say how many one place takes in on the same days; make it one"
    return ""


def _lost_twice(one: Territory, other: Territory, ground: Ground) -> list[str]:
    """The places of a clause that share ground with those of another."""
    if any(unknown(ground, place) for place in (*one.places, *other.places)):
        return []
    return [place for place in one.places if any(ground.meet(place, lost) for lost in other.places)]


def _shut(clause: Any) -> list[tuple[str, str]]:
    """Places that a clause lets nobody into, and how they are told."""
    if isinstance(clause, Closure):
        return [(clause.place, "closed")] if clause.place else []
    if isinstance(clause, Territory):
        return [(place, "lost") for place in clause.places]
    return []


def _receives(clause: Any) -> list[str]:
    if isinstance(clause, Capacity):
        return [clause.place] if clause.opens else []
    if isinstance(clause, Gate):
        return [BELT]
    return list(getattr(clause, "destinations", ()))


def _all_within(ground: Ground, place: str, other: str) -> bool:
    try:
        held, shut = ground.sites_in(place) > 0.0, ground.sites_in(other) > 0.0
    except InputError:
        return place == other
    return bool(held.any() and shut[held].all())


def _at_once(one: Any, other: Any) -> bool:
    (first, first_to), (second, second_to) = _span(one), _span(other)
    return bool(first <= second_to and second <= first_to)


def _span(clause: Any) -> tuple[date, date]:
    if isinstance(clause, Target):
        return date.max, date.min
    return (clause.date, date.max) if hasattr(clause, "date") else (clause.from_, clause.to)


def unknown(ground: Ground, place: str) -> bool:
    """Whether no place or area, or more than one, is meant."""
    try:
        ground.named(place)
    except InputError:
        return True
    return False
