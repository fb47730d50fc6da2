"""A conflict as the agent-based simulator Flee keeps it, read and checked.

`input/` (or `input_csv/`) holds locations, routes, conflict flags, and optionally closures and
dates of re-counts; `validation/` (or `source_data/`) holds what was counted in the camps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from features.crises.builders.flee.counts import Counts, read_counts
from features.crises.builders.flee.flags import read_flags
from features.crises.builders.flee.locations import Location, read_locations
from features.crises.builders.flee.redirections import Redirection, read_redirections
from features.crises.builders.flee.routes import Closure, Route, read_closures, read_routes
from features.crises.builders.flee.rows import read_rows
from features.errors import Finding, InputError

INPUT = ("input", "input_csv")
VALIDATION = ("validation", "source_data")
PERIOD = ("sim_period.csv", "conflict_period.csv")


@dataclass(frozen=True)
class Conflict:
    """One Flee conflict; `flags` has a row a day since `start` and a column a place.

    `days` is how long Flee simulates it, None where it does not say.
    """

    start: pd.Timestamp
    days: int | None
    locations: Sequence[Location]
    routes: Sequence[Route]
    closures: Sequence[Closure]
    redirections: Sequence[Redirection]
    flags: pd.DataFrame
    counts: Counts

    @property
    def home(self) -> str:
        """The country people flee: that of most conflict zones, else of the first town."""
        flagged = {str(name) for name in self.flags.columns if (self.flags[name] > 0).any()}
        zones = [place for place in self.locations if place.is_conflict or place.name in flagged]
        towns = [place for place in self.locations if not place.is_camp]
        return Counter(place.country for place in zones or towns[:1]).most_common(1)[0][0]

    @property
    def camps(self) -> list[Location]:
        """Camps by type, and whatever else was counted."""
        counted = self.counts.camps
        return [place for place in self.locations if place.is_camp or place.name in counted]


def read_conflict(source: Path) -> Conflict:
    """The conflict of a folder. Raises InputError with all findings of all files."""
    findings: list[Finding] = []
    given, counted = (_folder(source, names, findings) for names in (INPUT, VALIDATION))
    if given is None or counted is None:
        raise InputError(findings)
    locations = read_locations(given, findings)
    names = [place.name for place in locations]
    start, length = _read_period(given, findings)
    conflict = Conflict(
        start=start,
        days=length,
        locations=locations,
        routes=read_routes(given, names, findings),
        closures=read_closures(given, locations, findings),
        redirections=read_redirections(given),
        flags=read_flags(given, locations, length, findings),
        counts=read_counts(given, counted, names, findings),
    )
    if locations and all(place.is_camp for place in locations):
        findings.append(Finding(f"{given.name}/locations.csv", "holds camps only; add the places"))
    if findings:
        raise InputError(findings)
    return conflict


def _folder(source: Path, names: Sequence[str], findings: list[Finding]) -> Path | None:
    for name in names:
        if (source / name).is_dir():
            return source / name
    why = f"holds no folder {' or '.join(names)}; name the folder of a Flee conflict"
    findings.append(Finding(str(source), why))
    return None


def _read_period(directory: Path, findings: list[Finding]) -> tuple[pd.Timestamp, int | None]:
    """First day and number of days, None where it is not given."""
    file = next((name for name in PERIOD if (directory / name).is_file()), PERIOD[0])
    before = len(findings)
    start, length = None, None
    for row in read_rows(directory, file, findings):
        key = row.cell(0).lstrip("# ").lower()
        if key == "startdate":
            start = row.day(1, "StartDate")
        elif key == "length":
            length = row.whole(1, "Length")
    if start is None and len(findings) == before:
        findings.append(
            Finding(f"{directory.name}/{file}", "names no StartDate; add the first day")
        )
    return pd.Timestamp(start or "1970-01-01"), length
