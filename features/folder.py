"""Reading a crisis folder: every file, and what only shows when they are seen together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from features import agreements, areas, attacks, facts, places, reports, routes, sources
from features.errors import Finding
from features.facts import FLOW_STATE, REST, Facts, FactsFile
from features.ids import Ids
from features.places import Places
from features.spelling import did_you_mean, listed
from features.tables import Table, no_table, parse_csv, read_table, table_of

TABLES = (places, areas, sources, attacks, reports, routes, agreements)
OPTIONAL = (areas.FILE, routes.FILE, agreements.FILE)
MAY_HOLD_NO_ROW = (attacks.FILE, *OPTIONAL)
FILES = (facts.FILE, *(module.FILE for module in TABLES))
EXPECTED = (
    "SOURCES.md",
    "README*",
    "*.py",
    "__pycache__",
    "track_record.parquet",
    "scenarios",
    "ledger",
    ".*",
)


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


def left_alone(directory: Path) -> tuple[str, ...]:
    """A note on every file of a crisis folder that nuzuh does not know."""
    return tuple(
        f"{path.name}: left alone, no file of a crisis folder{did_you_mean(path.name, FILES)}"
        for path in sorted(directory.iterdir())
        if path.name not in FILES and not any(path.match(pattern) for pattern in EXPECTED)
    )


def read_folder(directory: Path) -> Folder:
    """Every file of the folder with its findings; raises nothing for what they hold."""
    tables = {
        module.FILE: read_table(
            directory / module.FILE,
            module.COLUMNS,
            optional=module.FILE in OPTIONAL,
            rows=module.FILE not in MAY_HOLD_NO_ROW,
        )
        for module in TABLES
    }
    return check_folder(facts.read_facts(directory / facts.FILE), tables)


def parse_folder(texts: Mapping[str, str]) -> Folder:
    """The files of a crisis given as texts by their names; of the OPTIONAL ones any may lack."""
    tables = {
        module.FILE: table_of(
            parse_csv(module.FILE, texts[module.FILE]),
            module.COLUMNS,
            rows=module.FILE not in MAY_HOLD_NO_ROW,
        )
        if module.FILE in texts
        else no_table(module.FILE, module.COLUMNS)
        for module in TABLES
    }
    return check_folder(facts.parse_facts(texts[facts.FILE]), tables)


@dataclass(frozen=True)
class Known:
    """What the rows of a crisis may name; `tree` is None when the places are not sound."""

    places: Ids
    either: Ids
    sources: Ids
    undivided: Sequence[str]
    tree: Places | None


def check_ground(place: Table, area: Table, source: Table) -> Known:
    """Note what is wrong with the places, areas and sources, which all other rows name."""
    places.check_places(place)
    place_ids = places.place_ids(place)
    tree = Places(place.frame) if place.readable and not place.findings else None
    areas.check_areas(area, place_ids, tree)
    area_ids = areas.area_ids(area)
    sources.check_sources(source)
    return Known(
        places=areas.places_only(place_ids, area_ids),
        either=areas.places_and_areas(place_ids, area_ids),
        sources=sources.source_ids(source),
        undivided=places.undivided_ids(place),
        tree=tree,
    )


def check_rows(file: str, table: Table, known: Known) -> None:
    """Note what is wrong with the rows of one of the other files, on known ground."""
    if file == attacks.FILE:
        attacks.check_attacks(table, known.places, known.sources)
    elif file == reports.FILE:
        reports.check_reports(table, known.either, known.sources, known.undivided)
    elif file == routes.FILE:
        routes.check_routes(table, known.places)
    elif file == agreements.FILE:
        agreements.check_agreements(table, known.either)


def check_folder(file: FactsFile, tables: Mapping[str, Table]) -> Folder:
    """The files of a crisis, by their names, with their findings: wherever they were read from."""
    folder = Folder(
        facts=facts.check_facts(file),
        facts_file=file,
        places=tables[places.FILE],
        areas=tables[areas.FILE],
        sources=tables[sources.FILE],
        attacks=tables[attacks.FILE],
        reports=tables[reports.FILE],
        routes=tables[routes.FILE],
        agreements=tables[agreements.FILE],
    )
    known = check_ground(folder.places, folder.areas, folder.sources)
    for name, table in tables.items():
        check_rows(name, table, known)
    _check_places(folder, known.places, known.tree)
    _check_source(folder, "reference.source", known.sources, folder.reports)
    _check_source(folder, "drivers.attacks", known.sources, folder.attacks)
    _check_drivers(folder)
    _check_flow_state(folder, known)
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


def _check_flow_state(folder: Folder, known: Known) -> None:
    """The table that the flow state reads: cells, their drivers, event-triggered sources."""
    table, file = folder.facts.models.get("flow_state", {}), folder.facts_file
    for key in [key for key in table if key not in FLOW_STATE]:
        why = f"is no key of [models.flow_state]{did_you_mean(key, FLOW_STATE)}; known: "
        file.flag(key, why + listed(FLOW_STATE))
    cells, named = table.get("cells", []), table.get("drivers", {})
    for cell in cells:
        _flag_unknown(file, "cells", cell, known.places)
    for cell, areas_ in named.items():
        if cells and cell not in (*cells, REST):
            why = f"is no cell; cells are {listed([*cells, REST])}"
            file.flag("drivers", why, cell)
        for area in areas_:
            _flag_unknown(file, "drivers", area, known.either)
    for source in table.get("event_triggered", []):
        _flag_unknown(file, "event_triggered", source, known.sources)


def _flag_unknown(file: FactsFile, key: str, id_: str, ids: Ids) -> None:
    if ids.complete and id_ not in ids.names:
        file.flag(key, ids.why_unknown(id_), id_)
