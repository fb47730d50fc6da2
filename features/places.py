"""The place tree: regions, governorates, districts, communities, camps, crossings and abroad."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from features.cells import Column
from features.errors import Finding, InputError
from features.ids import Ids
from features.spelling import fold
from features.tables import Table

FILE = "places.csv"
KEY = ("place_id",)
LEVELS = ("region", "admin1", "admin2", "admin3", "community", "camp", "crossing", "external")
UNDIVIDED = ("community", "camp", "crossing")
COLUMNS = (
    Column("place_id"),
    Column("name"),
    Column("parent_id", blank=True),
    Column("level", choices=LEVELS),
    Column("lat", "number", blank=True, least=-90, most=90),
    Column("lon", "number", blank=True, least=-180, most=180),
    Column("population", "number", blank=True, least=0),
    Column("capacity", "number", blank=True, above=0),
    Column("aliases", blank=True),
    Column("capacity_source", blank=True, optional=True),
)


class Places:
    """The tree of places, asked by `place_id`.

    Built from a sound frame: `place_id, name, parent_id, level, lat, lon` (degrees), `population,
    capacity` (people, after `capacity_source`), `aliases` (`;`-separated). Every question about an
    id that is not there raises InputError.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame[[column.name for column in COLUMNS]].set_index("place_id")
        ids = [str(id_) for id_ in self.frame.index]
        self._parents: dict[str, str] = dict(
            zip(ids, self.frame["parent_id"].tolist(), strict=True)
        )
        self._names: dict[str, str] = dict(zip(ids, self.frame["name"].tolist(), strict=True))
        self._levels: dict[str, str] = dict(zip(ids, self.frame["level"].tolist(), strict=True))
        self._children: dict[str, list[str]] = {id_: [] for id_ in ids}
        for id_, parent in self._parents.items():
            if parent:
                self._children[parent].append(id_)
        self._folded = _by_fold(self.frame)

    def __contains__(self, place_id: object) -> bool:
        return place_id in self._parents

    def __len__(self) -> int:
        return len(self._parents)

    @property
    def roots(self) -> list[str]:
        """The places without a parent, in the order of the file."""
        return [id_ for id_, parent in self._parents.items() if not parent]

    def parent(self, place_id: str) -> str | None:
        """The place right above, or None for a root."""
        return self._parents[self._known(place_id)] or None

    def children(self, place_id: str) -> list[str]:
        """The places right below, in the order of the file."""
        return list(self._children[self._known(place_id)])

    def ancestors(self, place_id: str) -> list[str]:
        """All places above, the nearest first, without the place itself."""
        found = []
        above = self.parent(place_id)
        while above is not None:
            found.append(above)
            above = self.parent(above)
        return found

    def descendants(self, place_id: str) -> list[str]:
        """All places below, without the place itself; every parent before its children."""
        found = self.children(place_id)
        for child in found:
            found.extend(self._children[child])
        return found

    def within(self, place_id: str, other: str) -> bool:
        """Whether the place is the other one or lies under it."""
        above, wanted = self._known(place_id), self._known(other)
        while above and above != wanted:
            above = self._parents[above]
        return bool(above)

    def level(self, place_id: str) -> str:
        """One of LEVELS."""
        return self._levels[self._known(place_id)]

    def name(self, place_id: str) -> str:
        """The name for a reader; names repeat across levels."""
        return self._names[self._known(place_id)]

    def at_level(self, level: str, under: str | None = None) -> list[str]:
        """The places of a level, all or those that are `under` or lie below it."""
        found = [id_ for id_, its in self._levels.items() if its == level]
        return found if under is None else [id_ for id_ in found if self.within(id_, under)]

    def resolve(self, text: str, level: str | None = None) -> list[str]:
        """The place_ids whose name or alias is `text` when both are folded; none when unknown.

        Several when the name repeats: match on name *and* level.
        """
        found = self._folded.get(fold(text), [])
        return [id_ for id_ in found if level in (None, self._levels[id_])]

    def _known(self, place_id: str) -> str:
        if place_id not in self._parents:
            why = Ids("place", FILE, self._names).why_unknown(place_id)
            raise InputError(Finding(FILE, why, column="place_id", value=place_id))
        return place_id


def _by_fold(frame: pd.DataFrame) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for id_, name, aliases in zip(frame.index, frame["name"], frame["aliases"], strict=True):
        for spelling in dict.fromkeys(map(fold, [name, *aliases.split(";")])):
            if spelling:
                found.setdefault(spelling, []).append(str(id_))
    return found


def check_places(table: Table) -> None:
    """Note what is wrong with a `places.csv`; `Places` may be built when it has no finding."""
    table.flag_repeated(["place_id"], "the id is there already in line {line}; use each id once")
    for column, other in (("lat", "lon"), ("lon", "lat")):
        alone = table.blank(column) & ~table.blank(other)
        table.flag(alone, column, f"is blank beside a {other}; give both or none")
    table.flag(
        table.frame["capacity"].notna() & table.blank("capacity_source"),
        "capacity",
        "has no source; say after whom in the column capacity_source, or leave the capacity blank",
    )
    place_ids(table).flag_unknown(table, "parent_id")
    _flag_circles(table)


def place_ids(table: Table) -> Ids:
    """The ids of a `places.csv`, whatever else is wrong with it."""
    names = dict(zip(table.frame["place_id"], table.frame["name"], strict=True))
    names.pop("", None)
    return Ids("place", FILE, names, complete=bool(names))


def undivided_ids(table: Table) -> list[str]:
    """The places too small for anyone to be displaced inside them."""
    return table.frame.loc[table.frame["level"].isin(UNDIVIDED), "place_id"].tolist()


def _flag_circles(table: Table) -> None:
    ids = table.frame["place_id"]
    parents = dict(zip(ids, table.frame["parent_id"], strict=True))
    circles = {id_: circle for circle in _circles(parents) for id_ in circle}
    table.flag(
        ids.isin(list(circles)),
        "parent_id",
        lambda row: (
            f"the tree runs in a circle ({_shown(circles[ids.iloc[row]])}); "
            "give one of them another parent or none"
        ),
    )


def _circles(parents: Mapping[str, str]) -> list[list[str]]:
    """The circles of the links, each once."""
    done: set[str] = set()
    found = []
    for start in parents:
        trail: dict[str, None] = {}
        id_ = start
        while id_ in parents and id_ not in done and id_ not in trail:
            trail[id_] = None
            id_ = parents[id_]
        if id_ in trail:
            walked = list(trail)
            found.append(walked[walked.index(id_) :])
        done.update(trail)
    return found


def _shown(circle: list[str]) -> str:
    return " → ".join([*circle, circle[0]])
