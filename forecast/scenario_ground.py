"""What a crisis knows of the places and kinds of attacks that a scenario names."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import Finding, InputError
from features.ids import Ids
from features.intensity import KIND_WEIGHTS, Intensity, share_of_places, weekly_part
from features.panel import Panel, drivers_of
from features.spelling import listed
from forecast.names import BELT
from forecast.sites import Sites, members

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# The mix of kinds and places that a factor works on is that of so many weeks.
RECENT_WEEKS = 26


class Ground:
    """Places and attacks of a panel, asked by what a scenario calls them.

    Arrays over `cells` have the ground outside all of them last.
    """

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.crisis = panel.crisis
        self.drivers = drivers_of(panel.crisis, panel.cells)
        self._weekly: dict[tuple[str | None, str | None], Floats] = {}
        self._reach: dict[str, Floats] = {}

    def named(self, text: str) -> str:
        """The id of a place, an area or the border belt. Raises InputError when none or several."""
        crisis = self.crisis
        if text == BELT or text in crisis.places or text in set(crisis.areas["area_id"]):
            return text
        match crisis.places.resolve(text):
            case [place]:
                return place
            case []:
                names = {
                    str(id_): crisis.places.name(str(id_)) for id_ in crisis.places.frame.index
                }
                names |= dict(zip(crisis.areas["area_id"], crisis.areas["name"], strict=True))
                ids = Ids("place or area", "places.csv or areas.csv", names)
                raise InputError(Finding("place", ids.why_unknown(text), value=text))
            case several:
                shown = listed(f"{place} ({crisis.places.level(place)})" for place in several)
                why = f"is the name of {len(several)} places; give the id of one: {shown}"
                raise InputError(Finding("place", why, value=text))

    @property
    def intensity(self) -> Intensity:
        """The attacks known. Raises InputError where there are none."""
        if self.panel.intensity is None:
            why = "the crisis has no full week of attack data by then, so attacks change nothing"
            raise InputError(Finding("attacks", why))
        return self.panel.intensity

    @cached_property
    def kinds(self) -> list[str]:
        """Kinds of attacks that drive the fit and that the crisis has data on."""
        attacks = self.crisis.attacks
        found = attacks.loc[attacks["source"] == self.crisis.attack_source, "kind"].unique()
        return [kind for kind in KIND_WEIGHTS if kind in set(found) and KIND_WEIGHTS[kind] > 0.0]

    def weekly(self, kind: str | None, place: str | None) -> Floats:
        """What attacks of a kind at a place make of the intensity, (cells, weeks known)."""
        key = (kind, place)
        if key not in self._weekly:
            self._weekly[key] = weekly_part(self.intensity, self.crisis, self.drivers, kind, place)
        return self._weekly[key]

    def part(self, kind: str | None, place: str | None) -> Floats:
        """Their part of the recent intensity of each cell, of all weeks where none is recent."""
        if kind is None and place is None:
            return np.ones(len(self.drivers))
        of, whole = self.weekly(kind, place), self.weekly(None, None)
        recent, lately = of[:, -RECENT_WEEKS:].sum(axis=1), whole[:, -RECENT_WEEKS:].sum(axis=1)
        ever, always = of.sum(axis=1), whole.sum(axis=1)
        amount, total = np.where(lately > 0.0, [recent, lately], [ever, always])
        return np.divide(amount, total, out=np.zeros_like(total), where=total > 0.0)

    def reach(self, place: str | None) -> Floats:
        """Share of the attacks on a place that counts in each cell, (cells,)."""
        if place is None:
            return np.ones(len(self.drivers))
        if place not in self._reach:
            self._reach[place] = self._reach_of(place)
        return self._reach[place]

    def _reach_of(self, place: str) -> Floats:
        own = weekly_part(self.intensity, self.crisis, {place: [place]}).sum()
        if own > 0.0:
            return self.weekly(None, place).sum(axis=1) / own
        members = pd.Series(list(self.crisis.members(place)))
        shares = [
            share_of_places(self.crisis, areas, members).mean() for areas in self.drivers.values()
        ]
        return np.array(shares)

    @cached_property
    def sites(self) -> Sites:
        """Where arrivals are told apart."""
        return Sites(self.panel)

    def sites_in(self, place: str) -> Floats:
        """Share of each site that a place holds, (sites,). Raises InputError when it is finer."""
        self.sites.refuse_finer(place, "place")
        return self.sites.parts(place)

    @cached_property
    def belt(self) -> Flags:
        """Which sites lie in the border belt."""
        return self.sites_in(BELT) > 0.0

    def meet(self, one: str, other: str) -> bool:
        """Whether two places or areas share ground, as far as places.csv tells."""
        within, inside = self.crisis.places.within, members(self.crisis, other)
        return any(
            within(place, held) or within(held, place)
            for place in members(self.crisis, one)
            for held in inside
        )

    def cells_of(self, place: str) -> Floats:
        """Share of what leaves a place that leaves each cell, (cells without the rest,)."""
        places, members = self.crisis.places, self.crisis.members(place)
        inside = np.array(
            [
                [
                    float(places.within(member, cell) or places.within(cell, member)) * share
                    for member, share in members.items()
                ]
                for cell in self.panel.cells
            ]
        ).sum(axis=1)
        return inside / inside.sum() if inside.sum() > 0.0 else inside

    def population(self, places: tuple[str, ...]) -> float | None:
        """People of places, areas dissolved; None where one is not known."""
        members = [pair for place in places for pair in self.crisis.members(place).items()]
        known = self.crisis.places.frame["population"]
        total = float(sum(known[place] * share for place, share in members))
        return total if np.isfinite(total) else None
