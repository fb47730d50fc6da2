"""Pressure on the places of a forecast and on the border gate, from who comes to each site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.assumed import Assumed
from forecast.balance import Balance
from forecast.border import Border, Gate, gate_of, registered_abroad
from forecast.given import leaving_by
from forecast.names import BELT
from forecast.placing import Placing
from forecast.pressure import (
    Capacity,
    Pressure,
    clock_of,
    full_after,
    highest_wave,
    waves,
)

Floats = NDArray[np.float64]


def pressed(
    placing: Placing,
    balance: Balance,
    limits: Mapping[str, Capacity],
    places: Sequence[str],
    clock: Floats,
    daily: Floats | None = None,
) -> tuple[Pressure, ...]:
    """Pressure on each of the places and those with a capacity.

    `daily` are people by day where they are told so, (draws, days, sites).
    """
    situation, sites = placing.situation, placing.sites
    crisis, steps = situation.panel.crisis, placing.steps
    lengths = _days(steps["end"] - steps["start"]) + 1.0
    recorded = waves(situation.panel, float(lengths[0]))
    told_of = set(recorded["place_id"])
    passed = _passed_on(placing, balance)
    found = []
    for place in _places(crisis.border_belt, places, list(passed)):
        own = sites.summed(balance.staying, place)
        rows, shares = sites.held(place)
        before = float(balance.before[rows] @ shares)
        one = Pressure(place, own, before, stock=placing.stocks.get(place))
        if daily is not None:
            one = replace(one, daily=sites.summed(daily, place))
        if place in passed:
            turned, overflow = passed[place]
            days = full_after(own + turned, before, limits[place].people, clock)
            one = replace(one, capacity=limits[place], full_after=days, turned=turned)
            one = replace(one, overflow=overflow)
        named = crisis.border_belt if place == BELT else (place,)
        wave = highest_wave(recorded, named) if told_of & set(named) else None
        if wave is not None:
            highest = (sites.summed(balance.arrivals, place) / lengths).max(axis=1)
            one = replace(one, wave=wave, passes=float((highest > wave.a_day).mean()))
        found.append(one)
    return tuple(found)


def _passed_on(placing: Placing, balance: Balance) -> dict[str, tuple[Floats, dict[str, Floats]]]:
    """Who each full place passed on (draws, steps), and where to, (draws,) a site."""
    names = placing.sites.names
    return {
        limit.place: (turned, {names[at]: went[:, at] for at in np.flatnonzero(went.any(axis=0))})
        for limit, turned, went in zip(
            balance.limits, balance.turned, balance.overflow, strict=True
        )
    }


def clock_under(placing: Placing, assumed: Assumed) -> Floats:
    """Steps over by each day: evenly, or as people leave who are given."""
    situation, steps = placing.situation, placing.steps
    clock = clock_of(_days(steps["end"] - situation.as_of))
    if assumed.given is None:
        return clock
    days = pd.date_range(steps["start"].iloc[0], steps["end"].iloc[-1])
    leave = leaving_by(assumed.given, pd.DataFrame({"start": days, "end": days})).sum(axis=1)
    step = pd.Series(np.searchsorted(steps["end"].to_numpy(), days.to_numpy()))
    whole = leave.groupby(step).transform("sum")
    done = (step + leave.groupby(step).cumsum() / whole).to_numpy()[days > situation.as_of]
    return np.where(np.isnan(done), clock, done)


def _days(spans: pd.Series) -> Floats:
    return np.asarray(spans.dt.days, dtype=np.float64)


def _places(belt: Sequence[str], places: Sequence[str], held: Sequence[str]) -> list[str]:
    """The belt and its places among those listed, those with a capacity, then the others."""
    first = [place for place in (BELT, *belt) if place in places]
    return list(dict.fromkeys([*first, *held, *places]))


def border_of(placing: Placing, assumed: Assumed, balance: Balance) -> Border | None:
    """What the balance says of the gate; None where there is no belt or no gate."""
    crisis = placing.situation.panel.crisis
    gate = gate_of(crisis) if assumed.gate is None else Gate(assumed.gate, "given by the user")
    if gate is None or not placing.belt.any():
        return None
    return Border(gate, balance.crossed, balance.queue, registered_abroad(crisis), assumed.onward)
