"""What a scenario may assume: of places that its asker is told of, and of no others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from features.errors import Finding, InputError
from service.access.disclosure import Disclosure
from service.access.ground import Ground

if TYPE_CHECKING:
    from forecast.scenario_file import ScenarioFile

WHY = "there is no such place; see the places of the crisis"


def refuse_hidden(files: Iterable[ScenarioFile], disclosure: Disclosure) -> None:
    """Refuse clauses of places that an audience with limits is not told of, or that are not.

    A name is read as `forecast.scenario_ground.Ground.named` reads it; one of several places is
    told when all of them are. Raises InputError, alike for places that are hidden and unknown.
    """
    if disclosure.policy.unlimited:
        return
    findings: list[Finding] = []
    for file in files:
        for at, text in file.scenario.named():
            ids = _ids(disclosure.ground, text)
            if not ids or not all(map(disclosure.tells_of, ids)):
                findings.append(file.finding(at, WHY, text))
    if findings:
        raise InputError(findings)


def _ids(ground: Ground, text: str) -> list[str]:
    return [text] if text in ground else ground.places.resolve(text)
