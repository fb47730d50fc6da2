"""Where people go, site by site: as the flows have it, under closures, or of a given total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from features.crisis import Crisis
from features.errors import Finding, InputError
from forecast.assumed import Assumed
from forecast.balance import Balance
from forecast.camps import are_camps, come_by_day
from forecast.closing import LEAST_LIKING
from forecast.given import NOWHERE, allocated, leaving_by
from forecast.names import name_of
from forecast.placing import Held, Opened, Placing, refuse_finer
from forecast.pressing import border_of, clock_under, pressed
from forecast.pressure import capacities
from forecast.result import Forecast
from forecast.sites import reports_on
from forecast.situation import Situation, going_home, splits
from models.closures import check_closures

Floats = NDArray[np.float64]

GIVEN = "people as given, each counted once"


def with_places(
    situation: Situation, made: Forecast, assumed: Assumed, placing: Placing | None = None
) -> Forecast:
    """The forecast with what the user assumes, the pressure on its places and on the border.

    Raises InputError for closures and capacities of what is not known or not told apart.
    """
    crisis = situation.panel.crisis
    check_closures(assumed.closures, list(crisis.places.frame.index), "--close")
    placing = placing or Placing(situation)
    refuse_finer(placing, list(assumed.capacity), "--capacity")
    limits = capacities(crisis, assumed.capacity)
    held = [Held(place, limit.people) for place, limit in limits.items()]
    if assumed.given is not None:
        _refuse_nowhere(placing, assumed.given)
    draws = dict(made.draws)
    trapped: Floats | None = None
    daily: Floats | None = None
    if assumed.given is not None:
        balance, trapped, daily = _given(placing, assumed, held)
        draws = _given_draws(made, assumed, balance.arrivals, placing)
    else:
        arrivals, lost = placing.closed(placing.arrivals, assumed.closures)
        trapped = lost if assumed.closures else None
        home = going_home(situation.panel, situation.by_cell)
        balance = placing.settled(arrivals, home, held, _gate(assumed), assumed.closures)
        found = placing.moved(draws["arrivals"], placing.arrivals, balance.arrivals, made.places)
        draws["arrivals"] = found
    clock = clock_under(placing, assumed)
    return replace(
        made,
        kind=assumed.kind,
        crisis=_counted_once(crisis) if assumed.given is not None else crisis,
        told_as=GIVEN if assumed.given is not None else "",
        draws=draws,
        modelled=frozenset(one for one in made.places if splits(situation, one)),
        reports_on=reports_on(crisis, situation.panel.reports, made.places),
        pressure=pressed(placing, balance, limits, made.places, clock, daily),
        clock=clock,
        border=border_of(placing, assumed, balance),
        trapped=trapped,
        assumptions=_told(situation, assumed),
    )


def _refuse_nowhere(placing: Placing, given: pd.DataFrame) -> None:
    """Refuse origins that hold all sites: everybody would be trapped. Raises InputError."""
    findings = [
        Finding("--given-outflow", f"{NOWHERE}; name places in it", value=str(place))
        for place in given["place_id"].unique()
        if placing.sites.parts(place).all()
    ]
    if findings:
        raise InputError(findings)


def _counted_once(crisis: Crisis) -> Crisis:
    return replace(crisis, repeat_factor=1.0, repeat_factor_source=GIVEN)


def _gate(assumed: Assumed) -> Opened | None:
    return None if assumed.gate is None else Opened(assumed.gate)


def _given(
    placing: Placing, assumed: Assumed, held: Sequence[Held]
) -> tuple[Balance, Floats, Floats | None]:
    """The balance of those who are given, who is trapped, and people by day where that is told.

    Camps are told day by day (`forecast.camps`), (draws, days, sites) from the day of the forecast
    on; where arrivals are shared among sub-districts those of a step go alike.
    """
    steps, panel = placing.steps, placing.situation.panel
    days = pd.date_range(steps["start"].iloc[0], steps["end"].iloc[-1])
    by_day = pd.DataFrame({"start": days, "end": days})
    leaving = leaving_by(_rows(assumed), by_day)
    step_of = np.searchsorted(steps["end"].to_numpy(), days.to_numpy())
    liking = placing.arrivals.sum(axis=1) + placing.arrivals.mean() * LEAST_LIKING
    daily = are_camps(panel)
    if daily:
        came, trapped = come_by_day(panel, leaving, liking, days, assumed.closures)
        placing = Placing(placing.situation, by_day)
    else:
        came, trapped = allocated(
            panel.crisis, leaving, liking, placing.sites.names, days, step_of, assumed.closures
        )
    nobody = np.zeros(came.shape[:2])
    found = placing.settled(came, nobody, held, _gate(assumed), assumed.closures, whole=True)
    if not daily:
        return found, trapped, None
    first = np.flatnonzero(np.diff(step_of, prepend=-1))
    people = found.staying[:, days > panel.day]
    return found.over(step_of), np.add.reduceat(trapped, first, axis=1), people


def _given_draws(
    made: Forecast, assumed: Assumed, arrivals: Floats, placing: Placing
) -> dict[str, xr.DataArray]:
    """Arrivals as allocated, departures as given; nothing is said of returns."""
    like = made.draws["arrivals"]
    leaving = leaving_by(_rows(assumed), placing.situation.steps)
    departures = np.zeros(like.shape)
    for origin, people in leaving.items():
        each = np.broadcast_to(people.to_numpy(np.float64), like.shape[:2])
        departures += placing.left(str(origin), each, made.places)
    return {
        "arrivals": like.copy(data=placing.sites.every(arrivals, made.places)),
        "departures": made.draws["departures"].copy(data=departures),
    }


def _rows(assumed: Assumed) -> pd.DataFrame:
    assert assumed.given is not None
    return assumed.given


def _told(situation: Situation, assumed: Assumed) -> tuple[str, ...]:
    """What the user assumes, in words."""
    crisis = situation.panel.crisis
    found = []
    for one in assumed.closures:
        way = f" to {name_of(crisis, one.other)}" if one.other else ""
        until = f" to {one.end:%Y-%m-%d}" if one.end is not None else " on"
        found.append(f"{name_of(crisis, one.place)}{way} is shut from {one.start:%Y-%m-%d}{until}")
    for place, people in assumed.capacity.items():
        found.append(f"{name_of(crisis, place)} holds {people:,.0f} people, who are there included")
    if assumed.gate is not None:
        found.append(f"the border gate lets {assumed.gate:,.0f} people a day through")
    if assumed.onward is not None:
        found.append(f"{assumed.onward:.0%} of those who cross move on abroad")
    if assumed.given is not None:
        total = assumed.given["persons"].sum()
        found.append(f"{total:,.0f} people leave, as given; how many is not forecast")
    return tuple(found)
