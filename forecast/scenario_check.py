"""A scenario seen against a crisis, a day and a horizon: every error at once, nothing run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations
from typing import Any

import pandas as pd

from features.errors import Finding, InputError
from features.intensity import KIND_WEIGHTS
from features.overlap import DAY, week_of
from features.spelling import did_you_mean, listed
from forecast.given import NOWHERE
from forecast.scenario import (
    PLACES,
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
    Window,
)
from forecast.scenario_contradictions import contradictions, unknown
from forecast.scenario_file import Place, ScenarioFile
from forecast.scenario_ground import Ground
from forecast.sites import IN_PART, members
from models.regimes import LEAST_WEEKS

ATTACKED = (Attacks, Regimes, Agreement)


def settle(file: ScenarioFile, ground: Ground, last: pd.Timestamp) -> Scenario:
    """The scenario with dates for days and ids for places, from the day of the panel to `last`.

    Raises InputError with everything that does not fit the crisis, the day or the horizon, and the
    faults of a draft.
    """
    settled, findings = _settled(file, ground, last)
    findings += file.faults
    findings += _unfit(file, settled, ground)
    findings += contradictions(file, settled, ground)
    if findings:
        raise InputError(sorted(set(findings), key=lambda one: (one.line or 0, str(one))))
    return settled


def _settled(
    file: ScenarioFile, ground: Ground, last: pd.Timestamp
) -> tuple[Scenario, list[Finding]]:
    findings: list[Finding] = []
    first = ground.panel.day + DAY
    found: dict[str, Any] = {}
    for at, clause in file.scenario.clauses():
        change = _days(file, at, clause, first, last, findings)
        change |= _names(file, at, clause, ground, findings)
        settled = clause.model_copy(update=change)
        if len(at) == 1:
            found[str(at[0])] = settled
        else:
            found[str(at[0])] = (*found.get(str(at[0]), ()), settled)
    return file.scenario.model_copy(update=found), findings


def _days(
    file: ScenarioFile,
    at: Place,
    clause: Any,
    first: pd.Timestamp,
    last: pd.Timestamp,
    findings: list[Finding],
) -> dict[str, date]:
    """The days of a clause as dates; noted are those outside `first`..`last`."""
    keys = {"from_": "from", "to": "to"} if isinstance(clause, Window) else {}
    if isinstance(clause, Agreement | Territory):
        keys = {"date": "date"}
    if isinstance(clause, Target):
        keys = {"by": "by"}
    found = {}
    for field, key in keys.items():
        given = getattr(clause, field)
        value = _day(given, first, last if key in ("to", "by") else first)
        if not first <= value <= last:
            why = (
                f"lies outside the horizon, {first:%Y-%m-%d} to {last:%Y-%m-%d}; choose a day in "
                "it, or another --as-of or --horizon"
            )
            shown = f"{value:%Y-%m-%d}" if value.year < 2500 else given
            findings.append(file.finding((*at, key), why, shown))
        found[field] = value.date()
    if found.get("to", date.max) < found.get("from_", date.min):
        why = f"lies before from ({found['from_']}); swap or correct the days"
        findings.append(file.finding((*at, "to"), why, found["to"]))
    return found


def _day(given: date | int | None, first: pd.Timestamp, blank: pd.Timestamp) -> pd.Timestamp:
    if given is None:
        return blank
    if isinstance(given, int):
        try:
            return first + (given - 1) * DAY
        except (OverflowError, ValueError):
            return pd.Timestamp("2999-01-01")
    return pd.Timestamp(given)


def _names(
    file: ScenarioFile, at: Place, clause: Any, ground: Ground, findings: list[Finding]
) -> dict[str, Any]:
    """The places of a clause as ids; noted are those unknown."""

    def named(key: str, text: str) -> str:
        try:
            return ground.named(text)
        except InputError as error:
            findings.extend(file.finding((*at, key), one.why, text) for one in error.findings)
            return text

    found: dict[str, Any] = {}
    if getattr(clause, "place", None) is not None:
        found["place"] = named("place", clause.place)
    for key in PLACES:
        if getattr(clause, key, None):
            found[key] = tuple(named(key, text) for text in getattr(clause, key))
    return found


def _unfit(file: ScenarioFile, scenario: Scenario, ground: Ground) -> list[Finding]:
    """What the crisis has no data for, or no part in."""
    found: list[Finding] = []
    for at, clause in scenario.clauses():
        try:
            for key, why, value in _why_unfit(clause, ground):
                found.append(file.finding((*at, key) if key else at, why, value))
        except InputError as error:
            found += [file.finding(at, one.why, one.value) for one in error.findings]
    return found


def _why_unfit(clause: Any, ground: Ground) -> Iterator[tuple[str, str, object]]:
    if any(unknown(ground, place) for place in _places_of(clause)):
        return
    if isinstance(clause, ATTACKED):
        yield from _unfit_attacks(clause, ground)
    elif isinstance(clause, Territory):
        yield from _unfit_territory(clause, ground)
    elif isinstance(clause, Outflow):
        yield from _unfit_outflow(clause, ground)
    elif isinstance(clause, Capacity):
        yield from _unfit_capacity(clause, ground)
    elif isinstance(clause, Closure):
        yield from _unfit_closure(clause, ground)
    for place in getattr(clause, "destinations", ()):
        yield from _unfit_site("destinations", place, ground)
    to_belt = isinstance(clause, Gate) or (isinstance(clause, Onward) and not clause.destinations)
    if isinstance(clause, Target):
        to_belt = clause.of == "crossed"
        yield from _unfit_target(clause, ground)
    if to_belt and not ground.belt.any():
        yield "", "the forecast cannot tell the border belt of this crisis apart", None


def _unfit_attacks(
    clause: Attacks | Regimes | Agreement, ground: Ground
) -> Iterator[tuple[str, str, object]]:
    known = ground.panel.intensity is not None
    if clause.place is not None and known and not ground.reach(clause.place).any():
        why = "attacks there drive no place that is forecast; name a place or front that does"
        yield "place", why, clause.place
    if isinstance(clause, Attacks):
        yield from _unfit_kind(clause, ground)
        yield from _unfit_replay(clause, ground)
    elif isinstance(clause, Regimes) and len(ground.intensity.weekly) < LEAST_WEEKS:
        why = f"needs {LEAST_WEEKS} weeks of attacks; {len(ground.intensity.weekly)} are known"
        yield "", why, None


def _places_of(clause: Any) -> list[str]:
    one = getattr(clause, "place", None)
    several = [place for key in PLACES for place in getattr(clause, key, None) or ()]
    return [place for place in (one, *several) if place is not None]


def _unfit_kind(clause: Attacks, ground: Ground) -> Iterator[tuple[str, str, object]]:
    ground.intensity  # noqa: B018  refuses a crisis without attacks
    if clause.kind is not None and clause.kind not in ground.kinds:
        why = (
            f"no data on this kind of attack by {ground.crisis.attack_source}, the source that "
            f"drives the forecast{did_you_mean(clause.kind, ground.kinds)}; it has: "
            f"{listed(ground.kinds)}"
        )
        if KIND_WEIGHTS.get(clause.kind) == 0.0:
            why = f"attacks of this kind do not drive the forecast; use {listed(ground.kinds)}"
        yield "kind", why, clause.kind
    elif clause.multiply is not None and not ground.part(clause.kind, clause.place).any():
        why = (
            "no such attacks are known by then, and no factor of nothing is something; say how "
            "many a week with set, kind and place"
        )
        yield "multiply", why, f"{clause.multiply:g}"


def _unfit_replay(clause: Attacks, ground: Ground) -> Iterator[tuple[str, str, object]]:
    if clause.replay is None:
        return
    weeks, day = ground.intensity.weekly.index, pd.Timestamp(clause.replay.from_)
    if not weeks[0] <= day <= ground.intensity.through:
        why = (
            f"lies outside what is known of attacks by then, {weeks[0]:%Y-%m-%d} to "
            f"{ground.intensity.through:%Y-%m-%d}; name a day in it"
        )
        yield "replay", why, clause.replay.from_
        return
    known = len(weeks) - int(weeks.get_indexer(pd.Index([week_of(day)]))[0])
    if clause.replay.weeks is not None and clause.replay.weeks > known:
        why = f"only {known} weeks from {clause.replay.from_} on are known; give at most so many"
        yield "replay", why, clause.replay.weeks


def _unfit_target(clause: Target, ground: Ground) -> Iterator[tuple[str, str, object]]:
    if clause.place is not None:
        yield from _unfit_site("place", clause.place, ground)
    if "attacks" in clause.vary and ground.panel.intensity is None:
        why = "the crisis has no full week of attack data by then, so attacks change nothing"
        yield "vary", why, "attacks"


def _unfit_closure(clause: Closure, ground: Ground) -> Iterator[tuple[str, str, object]]:
    """A place that nobody is known to go to or through."""
    if clause.place is None:
        return
    routes, tree = ground.crisis.routes, ground.crisis.places
    held = members(ground.crisis, clause.place)
    on_route = {*routes["from_id"], *routes["to_id"]}
    if any(tree.within(stop, place) for stop in on_route for place in held):
        return
    if clause.place in tree and tree.level(clause.place) == "crossing":
        why = (
            "no route of routes.csv passes this crossing, so closing it changes nobody's way; how "
            "many cross the border is said by [gate]"
        )
        yield "place", why, clause.place
    else:
        yield from _unfit_site("place", clause.place, ground)


def _unfit_origin(key: str, place: str, ground: Ground) -> Iterator[tuple[str, str, object]]:
    """A place from where nobody's way is known."""
    routes, known = ground.crisis.routes, ground.crisis.places.frame["lat"].notna()
    for member in members(ground.crisis, place):
        if not known[member] and member not in {*routes["from_id"], *routes["to_id"]}:
            why = (
                "has neither coordinates in places.csv nor a route, so nobody's way from there is "
                "known; give it one of them or name places in it"
            )
            yield key, why, member


def _unfit_outflow(clause: Outflow, ground: Ground) -> Iterator[tuple[str, str, object]]:
    """People who could go nowhere but to the place they leave."""
    if clause.isolated:
        return
    yield from _unfit_origin("place", clause.place, ground)
    inside = ground.sites.parts(clause.place) > 0.0
    if inside.all():
        yield "place", f"{NOWHERE}; name places in it, or say isolated = true", clause.place
    for place in clause.destinations:
        aims = ground.sites.parts(place) > 0.0
        if aims.any() and inside[aims].all():
            why = "lies in the place that people leave; name another, or leave destinations out"
            yield "destinations", why, place


def _unfit_territory(clause: Territory, ground: Ground) -> Iterator[tuple[str, str, object]]:
    if clause.population is None and ground.population(clause.places) is None:
        why = "the population of these places is not in places.csv; add population = …"
        yield "places", why, listed(clause.places)
    for place in clause.places:
        yield from _unfit_origin("places", place, ground)
    for before, place in combinations(clause.places, 2):
        if ground.meet(before, place):
            why = f"shares ground with {before}, and its people would leave twice; name one"
            yield "places", why, place


def _unfit_capacity(clause: Capacity, ground: Ground) -> Iterator[tuple[str, str, object]]:
    yield from _unfit_site("place", clause.place, ground)
    if not clause.opens:
        yield from _unfit_origin("place", clause.place, ground)
        if ground.sites.in_part(clause.place):
            yield "place", IN_PART, clause.place


def _unfit_site(key: str, place: str, ground: Ground) -> Iterator[tuple[str, str, object]]:
    try:
        if not ground.sites_in(place).any():
            why = "arrivals there are not forecast; name a place inside "
            yield key, why + listed(ground.panel.cells), place
    except InputError as error:
        yield key, error.findings[0].why, place
