"""Where arrivals are told apart: sub-districts and their camps, or the cell where it has none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.overlap import REST, cell_weights
from features.panel import Panel
from forecast.names import BELT
from models.allocation import LEVEL
from models.campsites import CAMP, sites_of, untold

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Why nobody knows how full an area is.
IN_PART = (
    "is an area that holds a part of some places, and who is in which part is not known; name "
    "places"
)


class Sites:
    """The sites of a panel, asked by places, areas and the border belt.

    A sub-district with camps is those who stay outside them, under its own id, and each camp.
    Arrays over sites follow their order, cell by cell; `cell` (sites,) is the index of each one's.
    """

    def __init__(self, panel: Panel) -> None:
        self._crisis = panel.crisis
        self._cells = panel.cells
        inside = [sites_of(panel.crisis, cell) for cell in panel.cells]
        self.names = tuple(site for sites in inside for site in sites)
        self.cell = np.repeat(np.arange(len(inside)), [len(sites) for sites in inside])
        self._under: dict[str, list[int]] = {}
        for at, site in enumerate(self.names):
            for above in (site, *panel.crisis.places.ancestors(site)):
                self._under.setdefault(above, []).append(at)
        self._held: dict[str, tuple[Ints, Floats]] = {}

    def held(self, place: str) -> tuple[Ints, Floats]:
        """The sites that a place, area or the belt holds, and how much of each."""
        if place not in self._held:
            found: dict[int, float] = {}
            for member, share in members(self._crisis, place).items():
                for row in self._under.get(member, []):
                    found[row] = max(found.get(row, 0.0), share)
            rows = np.array(sorted(found), dtype=np.int64)
            self._held[place] = rows, np.array([found[row] for row in rows.tolist()])
        return self._held[place]

    def parts(self, place: str) -> Floats:
        """Share of each site that a place, area or the belt holds, (sites,); zero if none."""
        rows, shares = self.held(place)
        found = np.zeros(len(self.names))
        found[rows] = shares
        return found

    def in_part(self, place: str) -> bool:
        """Whether an area holds a part of some site, not all of it."""
        return bool((self.held(place)[1] < 1.0).any())

    def refuse_finer(self, place: str, option: str) -> None:
        """Refuse a place finer than the sites. Raises InputError."""
        if len(self.held(place)[0]):
            return
        for member in members(self._crisis, place):
            if any(self._crisis.places.within(member, cell) for cell in self._cells):
                raise InputError(self._too_fine(place, member, option))

    def _too_fine(self, place: str, member: str, option: str) -> Finding:
        if self._crisis.places.level(member) == CAMP:
            return untold(self._crisis, member, option)
        cell = self._crisis.places.name(
            next(one for one in self._cells if self._crisis.places.within(member, one))
        )
        why = f"is finer than the {LEVEL} places among which the arrivals of {cell} are shared out"
        return Finding(option, why, value=place)

    def summed(self, by_site: Floats, place: str) -> Floats:
        """Draws of a place, (draws, steps), from those of the sites (draws, steps, sites)."""
        rows, shares = self.held(place)
        return np.asarray(by_site[:, :, rows] @ shares)

    def every(self, by_site: Floats, places: Sequence[str]) -> Floats:
        """Draws of places (draws, steps, places), from those of the sites."""
        held = [self.held(place) for place in places]
        rows, shares = (np.concatenate(one) for one in zip(*held, strict=True))
        columns = np.repeat(np.arange(len(places)), [len(one) for one, _ in held])
        parts = csr_array((shares, (rows, columns)), shape=(by_site.shape[2], len(places)))
        flat = by_site.reshape(-1, by_site.shape[2]) @ parts
        return np.asarray(flat).reshape(*by_site.shape[:2], len(places))

    def of_cells(self, by_cell: Floats, shares: Floats) -> Floats:
        """Draws of sites (draws, steps, sites), from those of cells and shares (draws, sites)."""
        return np.ascontiguousarray(by_cell[:, :, self.cell] * shares[:, None])


def members(crisis: Crisis, place: str) -> dict[str, float]:
    """The places meant by a place, an area or the border belt, each with its share."""
    return dict.fromkeys(crisis.border_belt, 1.0) if place == BELT else crisis.members(place)


def reports_on(crisis: Crisis, reports: pd.DataFrame, places: Sequence[str]) -> dict[str, int]:
    """How many of these reports tell of each place, area or the belt itself, or of places in it."""
    own = {str(place): int(count) for place, count in reports["place_id"].value_counts().items()}
    held = dict.fromkeys(crisis.places.frame.index, 0)
    for place, count in own.items():
        for above in (place, *crisis.places.ancestors(place)) if place in held else ():
            held[above] += count
    return {
        place: held[place]
        if place in held
        else own.get(place, 0) + sum(held[member] for member in members(crisis, place))
        for place in places
    }


def places_at(crisis: Crisis, cells: Sequence[str], level: str) -> list[str]:
    """The places of a level inside the focus that the flows tell apart.

    Raises InputError where there are none.
    """
    tree = crisis.places
    every = tree.at_level(level, under=crisis.focus)
    told = {above for cell in cells for above in (cell, *tree.ancestors(cell))}
    for cell in cells:
        for site in sites_of(crisis, cell):
            told |= {site, *tree.ancestors(site)}
    if level == CAMP:
        _refuse_untold(crisis, cells, [camp for camp in every if camp not in told])
    found = [place for place in every if place in told and _held(crisis, cells, place)]
    if not found:
        levels = sorted({tree.level(place) for place in told})
        why = (
            f"no {level} in {tree.name(crisis.focus)} is told apart"
            if every
            else f"there is no {level} in {tree.name(crisis.focus)}"
        )
        why += f"; arrivals are told apart by {', '.join(levels)}"
        raise InputError(Finding("--by", why, value=level))
    return found


def _refuse_untold(crisis: Crisis, cells: Sequence[str], camps: Sequence[str]) -> None:
    """Refuse camps in cells that are no sites."""
    inside = [camp for camp in camps if any(crisis.places.within(camp, cell) for cell in cells)]
    if inside:
        raise InputError([untold(crisis, camp, "--by") for camp in inside])


def _held(crisis: Crisis, cells: Sequence[str], place: str) -> bool:
    """Whether all ground of a place lies in cells."""
    return REST not in cell_weights(crisis, cells, place)
