"""Places that there are not for a key, and which of those it is told of may have been meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from features.errors import Finding
from features.ids import MOST_HINTS, Ids
from service.access.disclosure import Disclosure


def no_such_place(disclosure: Disclosure, place: str) -> str:
    """Why a place is none; what it hints at is told to the audience."""
    return f"there is no such place{meant(place, _told(disclosure))}"


def no_such_places(disclosure: Disclosure, option: str, places: Iterable[str]) -> list[Finding]:
    """A finding on every place that there is not for the audience, the first ones with hints."""
    wrong = [place for place in places if not disclosure.tells_of(place)]
    names = _told(disclosure) if wrong else {}
    hints = {place: meant(place, names) for place in islice(dict.fromkeys(wrong), MOST_HINTS)}
    return [
        Finding(option, f"there is no such place{hints.get(place, '')}", value=place)
        for place in wrong
    ]


def meant(place: str, names: Mapping[str, str]) -> str:
    """`"; did you mean 'SY07' (Idleb)?"` of places by id with their names, or where to look."""
    hint = Ids("place", "the crisis", dict(names)).hint(place)
    return hint or "; see the places of the crisis"


def _told(disclosure: Disclosure) -> dict[str, str]:
    """The names of the places and areas that the audience may know of, by id."""
    ground = disclosure.ground
    return {id_: names[1] for id_, names in ground.names.items() if disclosure.tells_of(id_)}
