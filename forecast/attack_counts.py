"""Weekly counts of attacks by front: what a forecast of attacks is of, and what it is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from features.crisis import Crisis
from features.intensity import Intensity, newest_attacks, weekly_intensity
from features.overlap import REST
from features.panel import cells_of, usable

MEASURES = ("events", "fatalities")
FRONT = "front-"
WINDOW = ["start", "end", "place_id", "source"]

Fronts = Mapping[str, Sequence[str]]


def fronts_of(crisis: Crisis) -> dict[str, list[str]]:
    """The fronts of a crisis, each with its places or areas, and the rest of its ground.

    Fronts are the areas named `front-…`. Where there are none, or the source of attacks names no
    place of the focus as small as they are, the cells of the flow state stand in for them.
    """
    areas = {name: [name] for name in crisis.areas["area_id"].unique() if name.startswith(FRONT)}
    if not _told_by(crisis, areas):
        areas = {cell: [cell] for cell in cells_of(crisis, usable(crisis.reports))}
    return areas | {REST: _outside(crisis, areas)}


def weekly_counts(
    crisis: Crisis, fronts: Fronts, measure: str, day: pd.Timestamp | None = None
) -> Intensity | None:
    """Events or fatalities of the weeks told of in full by `day`, a column a front.

    Counts that the source gives for ground larger than a front are shared out, so that a count need
    not be whole. None where there is no week.
    """
    return weekly_intensity(_counted(crisis.attacks, measure), crisis, fronts, day)


def _counted(attacks: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Newest rows summed over kinds and targets, as rows of one kind that weighs one an event."""
    newest = newest_attacks(attacks)
    events = newest[measure].fillna(1.0 if measure == "events" else 0.0)
    by_window = newest.assign(events=events).groupby(WINDOW, as_index=False)
    summed = by_window.agg(events=("events", "sum"), published=("published", "max"))
    return summed.assign(kind="lethal", target="")


def _told_by(crisis: Crisis, areas: Fronts) -> bool:
    """Whether an attacked place of the focus lies in one of the areas."""
    of_source = crisis.attacks[crisis.attacks["source"] == crisis.attack_source]
    places = [
        place
        for place in of_source["place_id"].unique()
        if crisis.places.within(place, crisis.focus)
    ]
    members = {member for area in areas for member in crisis.members(area)}
    return any(crisis.places.within(place, member) for place in places for member in members)


def _outside(crisis: Crisis, areas: Fronts) -> list[str]:
    """The largest places that have no ground in common with any of the areas."""
    members = {member for area in areas for member in crisis.members(area)}

    def outside(place: str) -> list[str]:
        if any(crisis.places.within(place, member) for member in members):
            return []
        if not any(crisis.places.within(member, place) for member in members):
            return [place]
        return [found for child in crisis.places.children(place) for found in outside(child)]

    return [found for root in crisis.places.roots for found in outside(root)]
