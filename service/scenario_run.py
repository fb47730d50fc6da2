"""Scenarios read, settled, projected and written, for the command line and every service alike."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from service.emit import progress

if TYPE_CHECKING:
    import pandas as pd

    from features.crisis import Crisis
    from features.errors import Finding
    from forecast.scenario import Scenario
    from forecast.scenario_compare import SideBySide
    from forecast.scenario_file import ScenarioFile
    from forecast.whatif import WhatIf


class Shown(StrEnum):
    """How a comparison is written."""

    table = "table"
    json = "json"
    csv = "csv"
    html = "html"


def read_all(files: list[str], crisis: str) -> list[ScenarioFile]:
    """Drafts of files, or of scenarios that come with a crisis; `settle_all` tells their faults.

    Raises InputError where a file cannot be read, or two have one title.
    """
    from features.errors import InputError
    from forecast.scenario_file import read_draft
    from forecast.scenario_folder import find

    read: list[ScenarioFile] = []
    findings: list[Finding] = []
    for name in files:
        try:
            read.append(read_draft(find(name, crisis)))
        except InputError as error:
            findings += error.findings
    findings += _same_titles([file for file in read if not file.faults])
    if findings:
        raise InputError([*findings, *(fault for file in read for fault in file.faults)])
    return read


def refuse_same_titles(read: Sequence[ScenarioFile], findings: Sequence[Finding]) -> None:
    """Raise InputError of the findings and of every title that is told twice; else nothing."""
    from features.errors import InputError

    if found := [*findings, *_same_titles(read)]:
        raise InputError(found)


def _same_titles(read: Sequence[ScenarioFile]) -> list[Finding]:
    why = "is the title of another scenario of this run; give each its own"
    return [
        file.finding(("title",), why, file.scenario.title)
        for number, file in enumerate(read)
        if file.scenario.title in [other.scenario.title for other in read[:number]]
    ]


def settle_all(
    read: list[ScenarioFile], crisis: Crisis, day: pd.Timestamp, horizon: int
) -> list[Scenario]:
    """The scenarios on this day. Raises InputError with all that is wrong in any of them."""
    from features.errors import InputError
    from features.panel import build_panel
    from forecast.periods import periods
    from forecast.scenario_check import settle
    from forecast.scenario_ground import Ground

    last = periods(day, horizon, "month")["end"].iloc[-1]
    ground = Ground(build_panel(crisis, day, last))
    settled: list[Scenario] = []
    findings: list[Finding] = []
    for file in read:
        try:
            settled.append(settle(file, ground, last))
        except InputError as error:
            findings += error.findings
    if findings:
        raise InputError(findings)
    return settled


def side_by_side(
    crisis: Crisis,
    day: pd.Timestamp,
    horizon: int,
    scenarios: list[Scenario],
    places: list[str],
    draws: int,
    seed: int,
) -> tuple[WhatIf, SideBySide]:
    """The warm fit, and the settled scenarios projected on it. Raises as `forecast.run`."""
    from forecast.scenario_compare import SideBySide
    from forecast.whatif import warm_up

    with progress("fitting and simulating"):
        what_if = warm_up(crisis, day, horizon, places=places, draws=draws, seed=seed)
        projections = [what_if.project(scenario) for scenario in scenarios]
    return what_if, SideBySide(what_if.baseline, projections)


def written(found: SideBySide, format_: Shown) -> bytes:
    """A comparison in one of its forms."""
    from forecast.export import to_csv, to_json
    from forecast.scenario_compare import comparison_document, comparison_rows
    from service.scenario_html import scenario_html
    from service.scenario_text import scenario_text
    from service.version import nuzuh_version

    if format_ is Shown.json:
        return to_json(comparison_document(found, nuzuh_version()))
    if format_ is Shown.csv:
        return to_csv(comparison_rows(found))
    if format_ is Shown.html:
        return scenario_html(found).encode()
    return scenario_text(found).encode()


def keep_all(ledger: Path, what_if: WhatIf, found: SideBySide, version: str) -> None:
    """Every projection into the ledger. Raises InputError where that cannot be written to."""
    from forecast.ledger import entry_of, keep

    for projection, figures in found.compared:
        path, is_new = keep(ledger, entry_of(what_if, projection, figures, version))
        typer.echo(f"{'kept' if is_new else 'already kept as'} {path}", err=True)
