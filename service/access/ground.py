"""What disclosure must know of a crisis: its places, its areas and its facts, read once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

import pandas as pd
import sqlalchemy as sa

from features import areas, facts, places
from features.facts import Facts
from features.places import Places
from features.tables import table_of
from forecast.names import BELT
from service.access.policy import DEPTH, Policy, policies
from service.store.reading import Stored, read_stored, read_text, recorded_of, view_of
from service.store.rows import MODULES
from service.store.store import Store

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
        return id_ in self.places or id_ in self.areas or id_ == BELT

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


def read_ground(connection: sa.Connection, crisis_id: str) -> Ground:
    """The ground of a crisis as it stands. Raises InputError when the store lacks the crisis."""
    view = view_of(connection, crisis_id)
    place = _frame(read_stored(connection, view, places.FILE))
    area = _frame(read_stored(connection, view, areas.FILE))
    told = facts.check_facts(facts.parse_facts(read_text(connection, view, facts.FILE)))
    members = area.groupby("area_id", sort=False)["place_id"]
    return Ground(
        recorded=recorded_of(connection, view),
        facts=told,
        places=Places(place),
        areas={str(id_): tuple(listed) for id_, listed in members},
        area_names=dict(zip(area["area_id"], area["name"], strict=True)),
    )


def policy_of(store: Store, crisis_id: str, audience: str) -> Policy:
    """What an audience is told of a crisis as it stands. Raises InputError."""
    with store.reading() as connection:
        ground = read_ground(connection, crisis_id)
    return policies(ground.facts.disclosure)[audience]


def _frame(stored: Stored) -> pd.DataFrame:
    records = stored.present().records
    return table_of(records, MODULES[records.file].COLUMNS).frame
