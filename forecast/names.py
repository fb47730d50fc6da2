"""What a reader calls a place."""

from __future__ import annotations

from features.crisis import Crisis

BELT = "border_belt"


def name_of(crisis: Crisis, place: str) -> str:
    """The name of a place, an area or the border belt."""
    if place == BELT:
        return "Border belt"
    if place in crisis.places:
        return crisis.places.name(place)
    names = crisis.areas.loc[crisis.areas["area_id"] == place, "name"]
    return str(names.iloc[0])
