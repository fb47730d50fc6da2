"""Rows to hand in to the made-up land."""

from __future__ import annotations

from typing import Any

from features.tables import Records
from service.store.given import json_records

REPORT = {
    "start": "2018-01-01",
    "end": "2018-01-31",
    "measure": "arrivals",
    "place_id": "N0101",
    "direction": "destination",
    "from_id": None,
    "persons": 1200,
    "low": None,
    "high": None,
    "source": "Monitor",
    "published": "2018-02-20",
    "url": None,
    "note": None,
}
ATTACK = {
    "start": "2018-01-06",
    "end": "2018-01-12",
    "place_id": "N0201",
    "kind": "shelling",
    "events": 4,
    "fatalities": 2,
    "civilians_killed": 1,
    "source": "Event Data",
    "published": None,
}
PLACE = {
    "place_id": "N0103",
    "name": "Tall",
    "parent_id": "N01",
    "level": "admin3",
    "lat": 36.2,
    "lon": 36.5,
    "population": 9000,
    "capacity": None,
    "aliases": None,
}
KEY = {name: str(REPORT[name] or "") for name in (
    "start", "end", "measure", "place_id", "direction", "from_id", "source"
)}  # fmt: skip


def reports(*changes: dict[str, Any]) -> dict[str, Records]:
    """Reports that differ from REPORT."""
    return {
        "displacement.csv": json_records("displacement.csv", [{**REPORT, **one} for one in changes])
    }


def attacks(*changes: dict[str, Any]) -> dict[str, Records]:
    """Attacks that differ from ATTACK."""
    return {"attacks.csv": json_records("attacks.csv", [{**ATTACK, **one} for one in changes])}


def places(*changes: dict[str, Any]) -> dict[str, Records]:
    """Places that differ from PLACE."""
    return {"places.csv": json_records("places.csv", [{**PLACE, **one} for one in changes])}
