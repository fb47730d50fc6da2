"""Pressure on the places of a forecast and on the border gate, from who comes to each site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import Finding, InputError
from features.overlap import DAY
from forecast.assumed import Assumed
from forecast.border import Border, Gate, crossings, gate_of, registered_abroad
from forecast.given import leaving_by
from forecast.names import BELT
from forecast.pressure import (
    Pressure,
    capacities,
    clock_of,
    full_after,
    highest_wave,
    overflow_of,
    staying_of,
    stocks,
    waves,
)
from forecast.sites import Sites

if TYPE_CHECKING:
    from forecast.run import Situation

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Coming:
    """Who comes to each site: movements (`arrivals`), and `people` less those who go home.

    Both are (draws, steps, sites).
    """

    situation: Situation
    assumed: Assumed
    sites: Sites
    arrivals: Floats
    people: Floats


def pressed(
    coming: Coming, places: Sequence[str], clock: Floats
) -> tuple[tuple[Pressure, ...], Border | None]:
    """Pressure on each of the places and those with a capacity, and on the gate if there is one.

    Raises InputError for a capacity of what is not told apart.
    """
    situation, assumed, sites = coming.situation, coming.assumed, coming.sites
    crisis, day, steps = situation.panel.crisis, situation.as_of, situation.steps
    limits = capacities(crisis, assumed.capacity)
    told = {place: sites.parts(place) for place in limits}
    _refuse_finer(assumed, told)
    lengths = _days(steps["end"] - steps["start"]) + 1.0
    counted = stocks(crisis, day)
    before = np.array([counted[site].persons if site in counted else 0.0 for site in sites.names])
    recorded = waves(situation.panel, float(lengths[0]))
    told_of = set(recorded["place_id"])
    ahead = 1.0 if assumed.given is not None else float(_ends(situation)[0] / lengths[0])
    staying = staying_of(coming.people, before, ahead)
    found = []
    for place in _places(situation, places, limits, told):
        own = sites.summed(staying, place)
        one = Pressure(place, own, stock=counted.get(place) if place in sites.names else None)
        if place in limits:
            days = full_after(own, float(before @ sites.parts(place)), limits[place].people, clock)
            one = replace(one, capacity=limits[place], full_after=days)
        named = crisis.border_belt if place == BELT else (place,)
        wave = highest_wave(recorded, named) if told_of & set(named) else None
        if wave is not None:
            highest = (sites.summed(coming.arrivals, place) / lengths).max(axis=1)
            one = replace(one, wave=wave, passes=float((highest > wave.a_day).mean()))
        found.append(one)
    found = _with_overflow(coming, found, staying)
    belt = sites.parts(BELT)
    if not belt.any():
        return tuple(found), None
    held = float(before @ belt)
    moved = np.diff(sites.summed(staying, BELT), axis=1, prepend=held)
    return tuple(found), _border(situation, assumed, moved)


def _ends(situation: Situation) -> Floats:
    """Days from the day of the forecast to the end of each step."""
    return _days(situation.steps["end"] - situation.as_of)


def clock_under(situation: Situation, assumed: Assumed) -> Floats:
    """Steps over by each day: evenly, or as people leave who are given."""
    clock = clock_of(_ends(situation))
    if assumed.given is None:
        return clock
    steps = situation.steps
    days = pd.date_range(steps["start"].iloc[0], steps["end"].iloc[-1])
    leave = leaving_by(assumed.given, pd.DataFrame({"start": days, "end": days})).sum(axis=1)
    step = pd.Series(np.searchsorted(steps["end"].to_numpy(), days.to_numpy()))
    whole = leave.groupby(step).transform("sum")
    done = (step + leave.groupby(step).cumsum() / whole).to_numpy()[days > situation.as_of]
    return np.where(np.isnan(done), clock, done)


def _days(spans: pd.Series) -> Floats:
    return np.asarray(spans.dt.days, dtype=np.float64)


def _refuse_finer(assumed: Assumed, told: Mapping[str, Floats]) -> None:
    why = "is not told apart, so nobody knows when it is full; name a place with sub-districts"
    findings = [
        Finding("--capacity", why, value=place)
        for place in assumed.capacity
        if not told[place].any()
    ]
    if findings:
        raise InputError(findings)


def _places(
    situation: Situation,
    places: Sequence[str],
    limits: Mapping[str, object],
    told: Mapping[str, Floats],
) -> list[str]:
    belt = [place for place in (BELT, *situation.panel.crisis.border_belt) if place in places]
    held = [place for place in limits if told[place].any()]
    return list(dict.fromkeys([*belt, *held, *places]))


def _with_overflow(coming: Coming, pressed: Sequence[Pressure], staying: Floats) -> list[Pressure]:
    sites = coming.sites
    room = np.full((len(staying), len(sites.names)), np.inf)
    beyond = {}
    for one in pressed:
        if one.capacity is None or one.beyond is None:
            continue
        inside = sites.parts(one.place) > 0.0
        free = np.maximum(one.capacity.people - one.staying[:, -1], 0.0)
        room[:, inside] = np.minimum(room[:, inside], free[:, None] / inside.sum())
        if one.beyond[:, -1].any():
            beyond[one.place] = one.beyond[:, -1]
    if not beyond:
        return list(pressed)
    liking = coming.arrivals.mean(axis=0).sum(axis=0)
    went = overflow_of(
        coming.situation.panel.crisis,
        coming.situation.as_of,
        beyond,
        room,
        liking,
        sites.names,
        coming.assumed.closures,
    )
    return [replace(one, overflow=went.get(one.place, {})) for one in pressed]


def _border(situation: Situation, assumed: Assumed, moved: Floats) -> Border | None:
    crisis, steps = situation.panel.crisis, situation.steps
    gate = gate_of(crisis)
    if assumed.gate is not None:
        gate = Gate(assumed.gate, "given by the user")
    if gate is None:
        return None
    days = _days(steps["end"] - steps["start"]) + 1.0
    days[0] = float((steps["end"].iloc[0] - situation.as_of) / DAY)
    crossed, queue = crossings(moved, gate.people_a_day * days)
    return Border(gate, crossed, queue, registered_abroad(crisis), assumed.onward)
