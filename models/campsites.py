"""Which part of a sub-district's arrivals goes to each of its camps, and which stays outside them.

A camp has a share where something tells of it: coordinates, a capacity, or a report. What is
expected comes from gravity and size (people counted in it, else its capacity; the population of the
sub-district for those outside camps), and reports of arrivals move it, as they do the shares of
sub-districts (`models.allocation`). Camps and outside add up to the sub-district in every draw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from features.crisis import Crisis
from features.errors import Finding
from features.places import FILE
from models.allocation import LEVEL, Destinations, destinations_of, shares_of
from models.flow_state import FittedFlows
from models.gravity import relative
from models.homes import counted
from models.listings import Listings, covered_by, listings_of, said_of
from models.origins import pull_of
from models.routes import line_of

Floats = NDArray[np.float64]

CAMP = "camp"


def sites_of(crisis: Crisis, cell: str) -> tuple[str, ...]:
    """Where a cell's arrivals are told apart: its sub-districts, else itself; then their camps."""
    bases = bases_of(crisis, cell)
    return (*bases, *(camp for base in bases for camp in camps_of(crisis, base)))


def bases_of(crisis: Crisis, cell: str) -> tuple[str, ...]:
    """The sub-districts of a cell, or the cell where it has none."""
    return tuple(crisis.places.at_level(LEVEL, under=cell)) or (cell,)


def camps_of(crisis: Crisis, base: str) -> list[str]:
    """The camps in a place of which something is known."""
    inside = [one for one in crisis.places.descendants(base) if crisis.places.level(one) == CAMP]
    return [one for one in inside if told_of(crisis, one)]


def told_of(crisis: Crisis, camp: str) -> bool:
    """Whether coordinates, a capacity or a report tell of a camp."""
    row = crisis.places.frame.loc[camp]
    known = bool(row[["lat", "capacity"]].notna().any())
    return known or camp in set(crisis.reports["place_id"])


def untold(crisis: Crisis, camp: str, option: str) -> Finding:
    """Why a camp in a cell has no share of its arrivals; names its row."""
    line = line_of(crisis.places.frame, camp)
    why = (
        f"is a camp of which nothing is known (line {line} of {FILE}), so its share of arrivals is "
        "not; give its coordinates, its capacity with a source, or reports of it"
    )
    if told_of(crisis, camp):
        why = (
            f"is a camp in no {LEVEL} place (line {line} of {FILE}), among which arrivals are "
            "shared out; give the one it lies in as its parent_id"
        )
    return Finding(option, why, value=camp)


def camp_shares(fitted: FittedFlows, cell: str, bases: Floats, rng: np.random.Generator) -> Floats:
    """Shares of a cell's arrivals, (draws, sites of the cell), from those of its bases."""
    crisis = fitted.panel.crisis
    outside, inside = [], []
    for at, base in enumerate(bases_of(crisis, cell)):
        whole, camps = bases[:, [at]], camps_of(crisis, base)
        parts = np.ones((len(bases), 1))
        if camps:
            parts = fit_camps(fitted, cell, base, camps, float(whole.mean())).sample(
                len(bases), rng
            )
        outside.append(whole * parts[:, :1])
        inside.append(whole * parts[:, 1:])
    return np.concatenate([*outside, *inside], axis=1)


def fit_camps(
    fitted: FittedFlows, cell: str, base: str, camps: Sequence[str], share: float
) -> Destinations:
    """Log weights of outside and of each camp; the base takes this share of its cell's arrivals."""
    places = (base, *camps)
    pull, _ = pull_of(fitted, places)
    told = _listed(fitted, cell, base, camps, share)
    return destinations_of(fitted, places, shares_of(pull * _size(fitted, base, camps)), told)


def _listed(
    fitted: FittedFlows, cell: str, base: str, camps: Sequence[str], share: float
) -> Listings:
    """Listings of the camps; nobody is ever told of as outside them."""
    told = listings_of(fitted, cell, camps)
    if not len(told.whole):
        return replace(told, persons=np.zeros((0, len(camps) + 1)))
    covered = covered_by(fitted, cell)[told.report] * share
    said = said_of(fitted.panel, base, told.report)
    return replace(
        told,
        persons=np.concatenate([np.zeros((len(told.whole), 1)), told.persons], axis=1),
        whole=np.where(np.isnan(said), covered, said),
        covered=covered,
    )


def _size(fitted: FittedFlows, base: str, camps: Sequence[str]) -> Floats:
    """Size of outside and of each camp over the median; one where it is not known."""
    panel = fitted.panel
    frame, there = panel.crisis.places.frame, counted(panel.crisis, panel.day)["persons"]
    people = there.reindex(list(camps)).fillna(frame["capacity"].reindex(list(camps)))
    known = np.array([frame["population"][base], *people], dtype=np.float64)
    return relative(np.where(known > 0.0, known, np.nan))
