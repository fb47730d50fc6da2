"""Flee's `locations.csv`: conflict zones, towns, camps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from features.crises.builders.flee.rows import Row, header_and_body, read_rows
from features.errors import Finding

FILE = "locations.csv"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "name": ("name",),
    "region": ("region",),
    "country": ("country",),
    "latitude": ("latitude", "lat", "gps_x"),
    "longitude": ("longitude", "lon", "lng", "gps_y"),
    "location_type": ("location_type",),
    "conflict_date": ("conflict_date",),
    "population": ("population", "pop/cap", "pop", "capacity"),
}
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Location:
    """A place in degrees and people; what is blank is None.

    Of camps there is a capacity, of other places a population; Flee's capacity is the highest count
    the camp ever had. `conflict_day` counts from the first day of the conflict, for conflict zones
    alone.
    """

    name: str
    country: str
    is_camp: bool
    is_conflict: bool
    lat: float | None
    lon: float | None
    conflict_day: int | None
    population: float | None
    capacity: float | None


def read_locations(directory: Path, findings: list[Finding]) -> list[Location]:
    """All places, in the order of the file; columns by their header, else by Flee's positions."""
    before = len(findings)
    header, rows = header_and_body(read_rows(directory, FILE, findings), "name")
    if not rows and len(findings) == before:
        findings.append(Finding(f"{directory.name}/{FILE}", "holds no location; add its places"))
    at = {
        column: next((header.index(name) for name in names if name in header), position)
        for position, (column, names) in enumerate(COLUMNS.items())
    }
    _check_names(rows, at["name"])
    return [_location(row, at) for row in rows]


def _check_names(rows: Sequence[Row], at: int) -> None:
    lines: dict[str, int] = {}
    for row in rows:
        name = row.cell(at)
        if not name:
            row.flag("name", name, "is blank; fill it in")
        elif name in lines:
            why = f"the place is there already in line {lines[name]}; use each name once"
            row.flag("name", name, why)
        lines.setdefault(name, row.line)


def _location(row: Row, at: Mapping[str, int]) -> Location:
    kind = row.cell(at["location_type"]).lower()
    if not kind:
        row.flag("location_type", kind, "is blank; write conflict_zone, town, camp or the like")
    is_camp, is_conflict = "camp" in kind, "conflict" in kind
    lat, lon = _point(row, at)
    dated = is_conflict and row.cell(at["conflict_date"])
    people = _optional(row, at["population"], "population") or None
    return Location(
        name=row.cell(at["name"]),
        country=row.cell(at["country"]) or UNKNOWN,
        is_camp=is_camp,
        is_conflict=is_conflict,
        lat=lat,
        lon=lon,
        conflict_day=row.whole(at["conflict_date"], "conflict_date") if dated else None,
        population=None if is_camp else people,
        capacity=people if is_camp else None,
    )


def _point(row: Row, at: Mapping[str, int]) -> tuple[float | None, float | None]:
    lat = _optional(row, at["latitude"], "latitude", 90.0)
    lon = _optional(row, at["longitude"], "longitude", 180.0)
    return (None, None) if lat is None or lon is None else (lat, lon)


def _optional(row: Row, at: int, column: str, most: float | None = None) -> float | None:
    if not row.cell(at):
        return None
    return row.number(at, column) if most is None else row.number(at, column, -most, most)
