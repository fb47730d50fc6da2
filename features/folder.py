"""Reading a crisis folder: every file, and what only shows when they are seen together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from features import agreements, areas, attacks, facts, places, reports, routes, sources
from features.errors import Finding
from features.facts import FLOW_STATE, REST, Facts, FactsFile
from features.ids import Ids
from features.places import Places
from features.spelling import did_you_mean, listed
from features.tables import Table

MODULES = (facts, places, areas, sources, attacks, reports, routes, agreements)
FILES = tuple(module.FILE for module in MODULES)
EXPECTED = ("SOURCES.md", "README*", "*.py", "__pycache__", "track_record.parquet", ".*")


@dataclass(frozen=True)
class Folder:
    """Every file of a crisis folder, read and checked."""

    facts: Facts
    facts_file: FactsFile
    places: Table
    areas: Table
    sources: Table
    attacks: Table
    reports: Table
    routes: Table
    agreements: Table

    @property
    def findings(self) -> list[Finding]:
        """All findings: file by file, line by line."""
        tables = [value for value in vars(self).values() if isinstance(value, Table)]
        by_file = [self.facts_file.findings, *(table.findings for table in tables)]
        return [finding for findings in by_file for finding in sorted(findings, key=_place)]

    def notes(self, directory: Path) -> tuple[str, ...]:
        """What the reader should know though nothing is wrong: files left alone, no effect."""
        notes = [
            f"{path.name}: left alone, no file of a crisis folder{did_you_mean(path.name, FILES)}"
            for path in sorted(directory.iterdir())
            if path.name not in FILES and not any(path.match(pattern) for pattern in EXPECTED)
        ]
        if self.facts.disclosure:
            notes.append(f"{facts.FILE}: [disclosure] is not applied yet")
        return tuple(notes)


def read_folder(directory: Path) -> Folder:
    """Every file of the folder with its findings; raises nothing for what they hold."""
    found, file = facts.read_facts(directory)
    place_table = places.read_places(directory)
    place_ids = places.place_ids(place_table)
    sound = place_table.readable and not place_table.findings
    tree = Places(place_table.frame) if sound else None
    area_table = areas.read_areas(directory, place_ids, tree)
    area_ids = areas.area_ids(area_table)
    only_places = areas.places_only(place_ids, area_ids)
    either = areas.places_and_areas(place_ids, area_ids)
    undivided = places.undivided_ids(place_table)
    source_table = sources.read_sources(directory)
    source_ids = sources.source_ids(source_table)
    folder = Folder(
        facts=found,
        facts_file=file,
        places=place_table,
        areas=area_table,
        sources=source_table,
        attacks=attacks.read_attacks(directory, only_places, source_ids),
        reports=reports.read_reports(directory, either, source_ids, undivided),
        routes=routes.read_routes(directory, only_places),
        agreements=agreements.read_agreements(directory, either),
    )
    _check_places(folder, only_places, tree)
    _check_source(folder, "reference.source", source_ids, folder.reports)
    _check_source(folder, "drivers.attacks", source_ids, folder.attacks)
    _check_drivers(folder)
    _check_flow_state(folder, only_places, either, source_ids)
    return folder


def _place(finding: Finding) -> int:
    return finding.line or 0


def _check_places(folder: Folder, ids: Ids, tree: Places | None) -> None:
    belt, file = folder.facts.border_belt, folder.facts_file
    for key, place in [("focus", folder.facts.focus), *(("border_belt", id_) for id_ in belt)]:
        if place and ids.complete and place not in ids.names:
            file.flag(key, ids.why_unknown(place), place)
    for place in belt:
        above = set(tree.ancestors(place)) if tree and place in tree else set()
        if over := listed(sorted(above & set(belt))):
            why = f"lies in {over} of the same belt and would count twice; take one out"
            file.flag("border_belt", why, place)


def _check_source(folder: Folder, key: str, ids: Ids, table: Table) -> None:
    found = folder.facts
    source = found.reference if key == "reference.source" else found.attack_source
    if not source or not ids.complete:
        return
    if source not in ids.names:
        folder.facts_file.flag(key, ids.why_unknown(source), source)
    elif _lacks_rows(table, source):
        why = f"no row of {table.file} is by this source; name one that has rows"
        folder.facts_file.flag(key, why, source)


def _lacks_rows(table: Table, source: str) -> bool:
    if table.findings and table.frame.empty:
        return False
    return "source" in table.cells and source not in table.cells["source"]


def _check_drivers(folder: Folder) -> None:
    file = folder.facts_file
    if file.readable and "drivers" not in file.values and len(folder.attacks.frame):
        why = f'is missing, yet {attacks.FILE} has rows; name the source that drives the fit, or ""'
        file.flag("drivers.attacks", why)


def _check_flow_state(folder: Folder, places: Ids, either: Ids, source_ids: Ids) -> None:
    """The table that the flow state reads: cells, their drivers, event-triggered sources."""
    table, file = folder.facts.models.get("flow_state", {}), folder.facts_file
    for key in [key for key in table if key not in FLOW_STATE]:
        why = f"is no key of [models.flow_state]{did_you_mean(key, FLOW_STATE)}; known: "
        file.flag(key, why + listed(FLOW_STATE))
    cells, named = table.get("cells", []), table.get("drivers", {})
    for cell in cells:
        _flag_unknown(file, "cells", cell, places)
    for cell, areas_ in named.items():
        if cells and cell not in (*cells, REST):
            why = f"is no cell; cells are {listed([*cells, REST])}"
            file.flag("drivers", why, cell)
        for area in areas_:
            _flag_unknown(file, "drivers", area, either)
    for source in table.get("event_triggered", []):
        _flag_unknown(file, "event_triggered", source, source_ids)


def _flag_unknown(file: FactsFile, key: str, id_: str, ids: Ids) -> None:
    if ids.complete and id_ not in ids.names:
        file.flag(key, ids.why_unknown(id_), id_)
