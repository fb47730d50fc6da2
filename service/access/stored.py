"""The ground of disclosure, read from the store."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from features import areas, facts, places
from features.places import Places
from features.tables import table_of
from service.access.disclosure import Disclosure
from service.access.ground import Ground
from service.access.policy import Policy, policies
from service.store.reading import Stored, read_stored, read_text, recorded_of, view_of
from service.store.rows import MODULES
from service.store.store import Store


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
    return disclosure_of(store, crisis_id, audience).policy


def disclosure_of(store: Store, crisis_id: str, audience: str) -> Disclosure:
    """A policy on the ground of a crisis as it stands. Raises InputError."""
    with store.reading() as connection:
        ground = read_ground(connection, crisis_id)
    return Disclosure(policies(ground.facts.disclosure)[audience], ground)


def _frame(stored: Stored) -> pd.DataFrame:
    records = stored.present().records
    return table_of(records, MODULES[records.file].COLUMNS).frame
