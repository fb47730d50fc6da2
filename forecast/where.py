"""Where people go, site by site: as the flows have it, under closures, or of a given total."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from features.crisis import Crisis
from features.errors import Finding, InputError
from forecast.assumed import Assumed
from forecast.closing import redirected
from forecast.given import allocated, leaving_by
from forecast.names import BELT, name_of
from forecast.pressing import Coming, clock_under, pressed
from forecast.result import Forecast
from forecast.sites import Sites, reports_on
from models.closures import check_closures
from models.origins import attacked, leaving_of

if TYPE_CHECKING:
    from forecast.run import Situation

Floats = NDArray[np.float64]

GIVEN = "people as given, each counted once"


def with_places(situation: Situation, made: Forecast, assumed: Assumed) -> Forecast:
    """The forecast with what the user assumes, the pressure on its places and on the border.

    Raises InputError for closures and capacities of what is not known or not told apart.
    """
    crisis = situation.panel.crisis
    check_closures(assumed.closures, list(crisis.places.frame.index), "--close")
    sites = Sites(situation.panel, {cell: held for cell, (held, _) in situation.shares.items()})
    arrivals = sites.of_cells(situation.by_cell["arrivals"], situation.shares)
    returns = sites.of_cells(situation.by_cell["returns"], situation.shares)
    people, trapped, draws = arrivals / crisis.repeat_factor - returns, None, dict(made.draws)
    if assumed.given is not None:
        arrivals, trapped = _given(situation, assumed, arrivals, sites)
        people, draws = arrivals, _given_draws(made, assumed, arrivals, sites, situation)
    elif assumed.closures:
        closed, trapped = _closed(situation, assumed, arrivals, sites)
        people = closed / crisis.repeat_factor - returns
        draws["arrivals"], arrivals = _placed(made, closed, sites), closed
    clock = clock_under(situation, assumed)
    coming = Coming(situation, assumed, sites, arrivals, people)
    pressure, border = pressed(coming, made.places, clock)
    return replace(
        made,
        kind=assumed.kind,
        crisis=_counted_once(crisis) if assumed.given is not None else crisis,
        told_as=GIVEN if assumed.given is not None else "",
        draws=draws,
        reports_on=reports_on(crisis, situation.panel.reports, made.places),
        pressure=pressure,
        clock=clock,
        border=border,
        trapped=trapped,
        assumptions=_told(situation, assumed),
    )


def _counted_once(crisis: Crisis) -> Crisis:
    return replace(crisis, repeat_factor=1.0, repeat_factor_source=GIVEN)


def _placed(made: Forecast, by_site: Floats, sites: Sites) -> xr.DataArray:
    """Draws of sites (draws, steps, sites) as draws of the places of a forecast."""
    placed = np.stack([sites.summed(by_site, place) for place in made.places], axis=2)
    return made.draws["arrivals"].copy(data=placed)


def _closed(
    situation: Situation, assumed: Assumed, arrivals: Floats, sites: Sites
) -> tuple[Floats, Floats]:
    panel, flows = situation.panel, situation.fitted.lead.flows
    amount = attacked(panel)
    if amount.empty:
        why = "no attack of late says where people leave, so nothing says which way they come"
        raise InputError(Finding("--close", why))
    leaving = leaving_of(flows, amount)
    return redirected(
        panel.crisis, arrivals, sites.names, leaving, situation.steps, assumed.closures
    )


def _given(
    situation: Situation, assumed: Assumed, arrivals: Floats, sites: Sites
) -> tuple[Floats, Floats]:
    steps = situation.steps
    days = pd.date_range(steps["start"].iloc[0], steps["end"].iloc[-1])
    leaving = leaving_by(_rows(assumed), pd.DataFrame({"start": days, "end": days}))
    step_of = np.searchsorted(steps["end"].to_numpy(), days.to_numpy())
    liking = arrivals.sum(axis=1) + arrivals.mean() * 1e-6
    return allocated(
        situation.panel.crisis, leaving, liking, sites.names, days, step_of, assumed.closures
    )


def _given_draws(
    made: Forecast, assumed: Assumed, arrivals: Floats, sites: Sites, situation: Situation
) -> dict[str, xr.DataArray]:
    """Arrivals as allocated, departures as given; nothing is said of returns."""
    rows, tree = _rows(assumed), situation.panel.crisis
    leaving = leaving_by(rows, situation.steps)
    inside = np.array(
        [
            [
                float(any(tree.places.within(origin, held) for held in _held(situation, place)))
                for origin in leaving.columns
            ]
            for place in made.places
        ]
    )
    departures = np.broadcast_to(leaving.to_numpy() @ inside.T, made.draws["arrivals"].shape)
    return {
        "arrivals": _placed(made, arrivals, sites),
        "departures": made.draws["departures"].copy(data=departures),
    }


def _held(situation: Situation, place: str) -> Sequence[str]:
    crisis = situation.panel.crisis
    return crisis.border_belt if place == BELT else list(crisis.members(place))


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
    if assumed.gate is not None:
        found.append(f"the border gate lets {assumed.gate:,.0f} people a day through")
    if assumed.onward is not None:
        found.append(f"{assumed.onward:.0%} of those who cross move on abroad")
    if assumed.given is not None:
        total = assumed.given["persons"].sum()
        found.append(f"{total:,.0f} people leave, as given; how many is not forecast")
    return tuple(found)
