"""The place tree of a Flee conflict: the country people flee from, and camps by country of asylum.

<id> → <id>-home → conflict zones, towns
     → <id>-camps → country-… → camps, towns on the way
     → country-… without a camp → towns
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from features.crises.builders.csvs import number_text
from features.crises.builders.flee.folder import Conflict
from features.crises.builders.flee.locations import UNKNOWN, Location

COLUMNS = [
    "place_id", "name", "parent_id", "level", "lat", "lon", "population", "capacity", "aliases",
]  # fmt: skip
ALL_CAMPS = "all-camps"


@dataclass(frozen=True)
class Tree:
    """Rows of `places.csv`, and the place_id of each location by its name in Flee."""

    rows: pd.DataFrame
    ids: Mapping[str, str]
    home: str
    focus: str
    camps: tuple[str, ...]


def place_tree(conflict: Conflict, crisis_id: str) -> Tree:
    """The places of a conflict; every id is there once, however places and countries are called."""
    home, camps = conflict.home, {place.name for place in conflict.camps}
    fixed = [crisis_id, f"{crisis_id}-home", f"{crisis_id}-camps", ALL_CAMPS]
    ids = _ids((place.name for place in conflict.locations), fixed)
    hosts = list(dict.fromkeys(place.country for place in conflict.camps))
    others = {place.country for place in conflict.locations} - {home, *hosts}
    countries = {
        country: f"country-{id_}" for country, id_ in _ids([*hosts, *sorted(others)], []).items()
    }
    root, at_home, abroad = fixed[:3]
    heads = [
        _place(root, f"{shown(home)} and where its people flee to", "", "region"),
        _place(at_home, shown(home), root, "region"),
        _place(abroad, "Camps", root, "region"),
        *(_country(countries[name], name, abroad, home) for name in hosts),
        *(_country(countries[name], name, root, home) for name in sorted(others)),
    ]
    rows = [
        _located(place, ids[place.name], countries, at_home, home, camps)
        for place in conflict.locations
    ]
    return Tree(
        rows=pd.DataFrame([*heads, *rows], columns=COLUMNS),
        ids=ids,
        home=at_home,
        focus=abroad,
        camps=tuple(ids[place.name] for place in conflict.camps),
    )


def shown(name: str) -> str:
    """A name of Flee's as a reader would write it: without underscores."""
    return name.replace("_", " ").strip() if name != UNKNOWN else "Unknown country"


def slug(name: str) -> str:
    """A name in small letters and digits with single hyphens."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-") or "place"


def _ids(names: Iterable[str], taken: Iterable[str]) -> dict[str, str]:
    """An id a name, numbered where two names become one."""
    ids: dict[str, str] = {}
    used = set(taken)
    for name in names:
        id_, number = slug(name), 1
        while id_ in used:
            number += 1
            id_ = f"{slug(name)}-{number}"
        used.add(id_)
        ids[name] = id_
    return ids


def _country(id_: str, name: str, parent: str, home: str) -> dict[str, str]:
    if name == home:
        return _place(id_, f"{shown(name)} (camps)", parent, "admin1")
    return _place(id_, shown(name), parent, "external")


def _located(
    place: Location,
    id_: str,
    countries: Mapping[str, str],
    at_home: str,
    home: str,
    camps: Iterable[str],
) -> dict[str, str]:
    is_camp = place.name in camps
    parent = at_home if place.country == home and not is_camp else countries[place.country]
    row = _place(id_, shown(place.name), parent, "camp" if is_camp else "community")
    row["lat"], row["lon"] = ("" if at is None else number_text(at, 6)
                              for at in (place.lat, place.lon))  # fmt: skip
    known = None if is_camp else place.population
    row["population"] = "" if known is None else number_text(known)
    return row


def _place(id_: str, name: str, parent: str, level: str) -> dict[str, str]:
    return dict.fromkeys(COLUMNS, "") | {
        "place_id": id_,
        "name": name,
        "parent_id": parent,
        "level": level,
    }
