"""What disclosure must know of a crisis: its places, its areas and its facts, read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from features.facts import Facts
from features.places import Places
from forecast.names import BELT
from service.access.policy import DEPTH

FEWEST = 3


@dataclass(frozen=True, eq=False)
class Ground:
    """The places of a crisis as they stand, its areas as lists of them, and what it is called.

    `recorded` is when its latest rows came.
    """

    recorded: datetime
    facts: Facts
    places: Places
    areas: dict[str, tuple[str, ...]]
    area_names: dict[str, str]

    def __contains__(self, id_: object) -> bool:
        has_belt = bool(self.facts.border_belt)
        return id_ in self.places or id_ in self.areas or (id_ == BELT and has_belt)

    def depth(self, id_: str) -> int:
        """How fine a place or area is: an area as fine as the finest place in it.

        The border belt is a sum over its places, and coarse when these are not few.
        """
        if id_ in self.places:
            return DEPTH[self.places.level(id_)]
        if id_ == BELT and len(self.facts.border_belt) >= FEWEST:
            return 0
        listed = self.facts.border_belt if id_ == BELT else self.areas[id_]
        return max(DEPTH[self.places.level(place)] for place in listed)

    @cached_property
    def names(self) -> dict[str, list[str]]:
        """What each place and area may be called in a text: its id, its name, its aliases."""
        frame = self.places.frame
        rows = zip(frame.index, frame["name"], frame["aliases"], strict=True)
        found = {str(id_): [str(id_), name, *aliases.split(";")] for id_, name, aliases in rows}
        return found | {id_: [id_, name] for id_, name in self.area_names.items()}
