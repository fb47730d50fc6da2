"""Flee's routes and closures → the open spells of `routes.csv`.

Flee's links lead both ways, so there is one row a pair and spell. A closure of a country shuts the
links between two countries, one of a place all its links, from its first day to the day before its
last; a last day 0 never comes. What is shut on the first day of the conflict counts as shut before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from features.crises.builders.csvs import number_text
from features.crises.builders.flee.locations import Location
from features.crises.builders.flee.rows import Row, header_and_body, read_rows
from features.errors import Finding
from features.overlap import DAY

COLUMNS = ["from_id", "to_id", "distance_km", "open_from", "open_to"]
LINKS = ("link", "links")
CLOSURES = ("country", "location", "camp", "idpcamp", *LINKS)
REDIRECTIONS = ("remove_forced_redirection", "add_forced_redirection")
SHORTEST_KM = 1e-3
Spell = tuple[int | None, int | None]


@dataclass(frozen=True)
class Route:
    """Two places that are joined, and the km between them."""

    first: str
    second: str
    distance: float

    @property
    def ends(self) -> frozenset[str]:
        """Both places, whichever way."""
        return frozenset((self.first, self.second))


@dataclass(frozen=True)
class Closure:
    """What is shut from the day `start` to the day before `end`, counted from the first day.

    `end` is None where nothing reopens.
    """

    kind: str
    first: str
    second: str
    start: int
    end: int | None


def read_routes(directory: Path, names: Sequence[str], findings: list[Finding]) -> list[Route]:
    """One route a pair, the shortest where a pair is named more than once."""
    _, rows = header_and_body(read_rows(directory, "routes.csv", findings), "name1")
    shortest: dict[frozenset[str], Route] = {}
    for row in rows:
        route = _route(row, names)
        known = shortest.get(route.ends)
        if known is None or route.distance < known.distance:
            shortest[route.ends] = route
    return list(shortest.values())


def read_closures(
    directory: Path, locations: Sequence[Location], findings: list[Finding]
) -> list[Closure]:
    """What closes routes; none where there is no closures.csv. Redirections are passed by."""
    if not (directory / "closures.csv").is_file():
        return []
    names = [place.name for place in locations]
    countries = sorted({place.country for place in locations})
    _, rows = header_and_body(read_rows(directory, "closures.csv", findings), "closure_type")
    found = [
        _closure(row, names, countries) for row in rows if row.cell(0).lower() not in REDIRECTIONS
    ]
    return [closure for closure in found if closure is not None]


def route_rows(
    routes: Sequence[Route],
    closures: Sequence[Closure],
    country: Mapping[str, str],
    ids: Mapping[str, str],
    start: pd.Timestamp,
) -> pd.DataFrame:
    """Rows of `routes.csv`, all cells text; a route that is never open has none.

    `country` and `ids` are by name, `start` is the day that closures count from.
    """
    pairs = {route.ends for route in routes}
    rows = []
    for route in routes:
        shut = [closed for closed in closures if _closes(closed, route, country, pairs)]
        head = [ids[route.first], ids[route.second], number_text(route.distance)]
        for spell in open_spells(shut):
            rows.append([*head, *(_date(start, day) for day in spell)])
    return pd.DataFrame(rows, columns=COLUMNS)


def open_spells(closures: Sequence[Closure]) -> list[Spell]:
    """First and last open days between closures, None where unbounded."""
    spells: list[Spell] = []
    opens: int | None = None
    for closure in sorted(closures, key=lambda each: each.start):
        if closure.start > (opens or 0):
            spells.append((opens, closure.start - 1))
        if closure.end is None:
            return spells
        opens = max(opens or 0, closure.end)
    return [*spells, (opens, None)]


def _route(row: Row, names: Sequence[str]) -> Route:
    first, second = row.cell(0), row.cell(1)
    row.flag_unknown("name1", first, names, "place")
    row.flag_unknown("name2", second, names, "place")
    if first == second:
        row.flag("name2", second, "leads to where it starts; name another place")
    return Route(first, second, row.number(2, "distance", least=SHORTEST_KM) or 0.0)


def _closure(row: Row, names: Sequence[str], countries: Sequence[str]) -> Closure | None:
    kind = row.cell(0).lower()
    if kind not in CLOSURES:
        why = f"is no known closure_type; use one of {', '.join((*CLOSURES, *REDIRECTIONS))}"
        row.flag("closure_type", row.cell(0), why)
        return None
    known, what = (countries, "country") if kind == "country" else (names, "place")
    row.flag_unknown("name1", row.cell(1), known, what)
    if kind in ("country", *LINKS):
        row.flag_unknown("name2", row.cell(2), known, what)
    start, end = row.whole(3, "closure_start"), row.whole(4, "closure_end")
    if start is None or end is None:
        return None
    if 0 < end <= start:
        row.flag("closure_end", row.cell(4), "is not after closure_start; correct one of them")
    return Closure(kind, row.cell(1), row.cell(2), start, end or None)


def _closes(
    closure: Closure, route: Route, country: Mapping[str, str], pairs: set[frozenset[str]]
) -> bool:
    """Whether a closure shuts a route.

    One of a place that names a neighbour as well shuts the route between the two: Flee itself
    passes the second name by, and so shuts Bujumbura on all sides when its lake shore is closed.
    """
    named = frozenset((closure.first, closure.second))
    if closure.kind == "country":
        return frozenset(country[end] for end in route.ends) == named
    if closure.kind in LINKS or named in pairs:
        return route.ends == named
    return closure.first in route.ends


def _date(start: pd.Timestamp, day: int | None) -> str:
    return "" if day is None else f"{start + day * DAY:%Y-%m-%d}"
