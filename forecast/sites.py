"""Where arrivals are told apart: the sub-districts of each cell, or the cell where it has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.overlap import REST, cell_weights
from features.panel import Panel
from forecast.names import BELT
from models.allocation import LEVEL

Floats = NDArray[np.float64]


class Sites:
    """The sites of a panel, asked by places, areas and the border belt.

    `inside` maps each cell to its sub-districts; arrays over sites follow their order.
    """

    def __init__(self, panel: Panel, inside: Mapping[str, Sequence[str]]) -> None:
        self._crisis = panel.crisis
        found = [
            (at, site) for at, cell in enumerate(panel.cells) for site in (inside[cell] or (cell,))
        ]
        self.names = tuple(site for _, site in found)
        self.cell = np.array([at for at, _ in found], dtype=np.int64)
        self._under: dict[str, list[int]] = {}
        for at, site in enumerate(self.names):
            for above in (site, *panel.crisis.places.ancestors(site)):
                self._under.setdefault(above, []).append(at)

    def parts(self, place: str) -> Floats:
        """Share of each site that a place, area or the belt holds, (sites,); zero if none."""
        found = np.zeros(len(self.names))
        for member, share in members(self._crisis, place).items():
            rows = self._under.get(member, [])
            found[rows] = np.maximum(found[rows], share)
        return found

    def summed(self, by_site: Floats, place: str) -> Floats:
        """Draws of a place, (draws, steps), from those of the sites (draws, steps, sites)."""
        parts = self.parts(place)
        rows = np.flatnonzero(parts)
        return np.asarray(by_site[:, :, rows] @ parts[rows])

    def of_cells(
        self, by_cell: Floats, shares: Mapping[str, tuple[tuple[str, ...], Floats]]
    ) -> Floats:
        """Draws of cells (draws, steps, cells) by site, (draws, steps, sites)."""
        parts = [
            share if share.shape[1] else np.ones((len(share), 1)) for _, share in shares.values()
        ]
        return np.asarray(by_cell[:, :, self.cell] * np.concatenate(parts, axis=1)[:, None])


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
        for site in tree.at_level(LEVEL, under=cell):
            told |= {site, *tree.ancestors(site)}
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


def _held(crisis: Crisis, cells: Sequence[str], place: str) -> bool:
    """Whether all ground of a place lies in cells."""
    return REST not in cell_weights(crisis, cells, place)
