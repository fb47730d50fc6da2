"""Pressure on places and the border gate in words and tables, for terminal and outlook alike."""

from __future__ import annotations

import numpy as np

from features.overlap import DAY
from forecast.border import Border
from forecast.names import BELT, name_of
from forecast.pressure import Pressure
from forecast.result import Forecast
from forecast.summary import summarise
from service.numbers import between, chance, day, exact, figure

LOW_EVIDENCE = "low evidence"
SHARES = (0.5, 0.8)
MOST_SITES = 3
HEAD = ("staying on the last day forecast", "median", "80% interval", "highest wave", "passed")


def place_name(forecast: Forecast, place: str) -> str:
    """The name of a place, marked where few reports ever told of it."""
    name = name_of(forecast.crisis, place)
    return f"{name} ({LOW_EVIDENCE})" if forecast.low_evidence(place) else name


def pressed(forecast: Forecast) -> list[Pressure]:
    """The belt, its places, and those with a capacity."""
    belt = {BELT, *forecast.crisis.border_belt}
    return [one for one in forecast.pressure if one.place in belt or one.capacity is not None]


def pressure_rows(forecast: Forecast) -> list[list[str]]:
    """A row under HEAD for each place."""
    rows = []
    for one in pressed(forecast):
        found = summarise(one.staying[:, -1])
        wave = "none known" if one.wave is None else _wave(one)
        passed = "" if one.passes is None else chance(one.passes)
        middle, bounds = figure(found.median), between(found.intervals[80])
        rows.append([place_name(forecast, one.place), middle, bounds, wave, passed])
    return rows


def _wave(one: Pressure) -> str:
    assert one.wave is not None
    return f"{exact(one.wave.persons)} by {one.wave.end:%b %Y}"


def capacity_notes(forecast: Forecast) -> list[str]:
    """When each place with a capacity is full, who is beyond it and where they go."""
    found = [_full(forecast, one) for one in forecast.pressure if one.capacity is not None]
    without = [one for one in pressed(forecast) if one.capacity is None]
    if without:
        found.append(
            "No day is told by which a place without a sourced capacity is full: instead, how "
            "likely arrivals of some step pass the most a day that any source ever published."
        )
    return found


def _full(forecast: Forecast, one: Pressure) -> str:
    assert one.capacity is not None
    assert one.beyond is not None
    assert one.not_full is not None
    name, limit = name_of(forecast.crisis, one.place), exact(one.capacity.people)
    told = [(level, one.full_by(level)) for level in SHARES]
    by = [
        f"{level:.0%} by {day(forecast.as_of + after * DAY)}"
        for level, after in told
        if after is not None
    ]
    end = day(forecast.periods["end"].iloc[-1])
    by.append(f"{chance(one.not_full)} not by {end}")
    text = f"{name}, which holds {limit} ({one.capacity.source}), is full: {', '.join(by)}."
    if one.stock is None:
        text += (
            " Nobody is known to have counted who is there already, so that the day comes earlier "
            "by as many."
        )
    else:
        text += f" {exact(one.stock.persons)} were there on {one.stock.day} ({one.stock.source})."
    over = summarise(one.beyond[:, -1])
    if over.intervals[80][1] < 1.0:
        return text
    text += f" People beyond it by then: {figure(over.median)} ({between(over.intervals[80])})"
    sites = sorted(one.overflow.items(), key=lambda pair: -float(pair[1].mean()))[:MOST_SITES]
    total = float(one.beyond[:, -1].mean())
    went = [f"{name_of(forecast.crisis, site)} {draws.mean() / total:.0%}" for site, draws in sites]
    return text + (f"; they go to {', '.join(went)} and others." if went else "; no way leads on.")


def border_note(forecast: Forecast) -> str:
    """What is taken of the gate, who crosses and who waits; a sentence for every output."""
    border = forecast.border
    if border is None:
        return (
            "The border gate is taken as shut: pressure is arrivals in the border belt, not "
            "crossings."
        )
    last = day(forecast.periods["end"].iloc[-1])
    return f"{_gate(border)} {_through(border, last)}{_abroad(border, last)}"


def _gate(border: Border) -> str:
    return (
        f"The border gate lets {exact(border.gate.people_a_day)} people a day through "
        f"({border.gate.source}): pressure is arrivals in the border belt, not crossings."
    )


def _through(border: Border, last: str) -> str:
    if not border.crossed.any() and not border.queue.any():
        return "No crossings are expected."
    text = f"Wait before it on {last}: {_people(border.queue[:, -1])}."
    if border.gate.people_a_day:
        text = f"Cross: {_people(border.crossed.sum(axis=1))}. {text}"
    return text


def _people(draws: np.ndarray) -> str:
    found = summarise(draws)
    return f"{figure(found.median)} ({between(found.intervals[80])})"


def _abroad(border: Border, last: str) -> str:
    text = ""
    if border.onward is not None:
        text += (
            f" Of those who cross, {border.onward:.0%} move on, as the user assumes; "
            "this is no forecast."
        )
    if border.registered is not None:
        known = border.registered
        text += f" Registered abroad on {known.day}: {exact(known.persons)} ({known.source})"
        text += f"; {_by_the_end(border)} by {last} with those who cross the gate and stay."
    return text


def _by_the_end(border: Border) -> str:
    assert border.stock is not None
    found = summarise(border.stock[:, -1])
    return exact(found.median) + (
        f" ({between(found.intervals[80])})" if border.crossed.any() else ""
    )


def trapped_note(forecast: Forecast) -> str:
    """People without a way out; blank where no way is shut."""
    if forecast.trapped is None:
        return ""
    found = summarise(forecast.trapped.sum(axis=1))
    return (
        f"Trapped, without an open way to any place: {figure(found.median)} "
        f"({between(found.intervals[80])})."
    )
