"""Scenarios asked of the store: projections, on a fit that is kept for the next one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from features.errors import Finding, InputError
from service.answers import Made, Request, Source, Told

if TYPE_CHECKING:
    from features.crisis import Crisis
    from forecast.parallel import Executor
    from forecast.scenario import Scenario
    from forecast.scenario_compare import SideBySide
    from forecast.scenario_file import ScenarioFile
    from forecast.whatif import WhatIf

FITS_KEPT = 3
MOST_SCENARIOS = 8


class FitKey(NamedTuple):
    """What a fit and its draws hang on."""

    crisis_id: str
    recorded: datetime
    as_of: date
    horizon: int
    places: tuple[str, ...]
    draws: int
    seed: int


class Fit(NamedTuple):
    """A fit that scenarios are projected on, and the fingerprint of its crisis."""

    fingerprint: str
    what_if: WhatIf


class ScenarioRequest(Request):
    """Scenarios, each the text of a TOML file or an object as JSON, side by side on one fit.

    They name no place that the `audience` is not told of; of a body it is that of the key.
    """

    document: ClassVar[str] = "projection"

    scenarios: tuple[str | dict[str, Any], ...] = Field(min_length=1, max_length=MOST_SCENARIOS)
    as_of: date
    horizon: int = Field(default=6, ge=1, le=24)
    places: tuple[str, ...] = ()
    draws: int = Field(
        default=2000,
        ge=100,
        le=100_000,
        description="Sample paths. A service takes at most NUZUH_MOST_DRAWS, 10,000 by default.",
    )
    seed: int = Field(default=1, ge=0, le=2**63 - 1)
    audience: SkipJsonSchema[Literal["public", "partner", "restricted"]] = "restricted"

    @property
    def day(self) -> date:
        """The day it stands on."""
        return self.as_of

    def key(self, crisis_id: str, recorded: datetime) -> FitKey:
        """The fit that it is projected on."""
        options = (self.as_of, self.horizon, self.places, self.draws, self.seed)
        return FitKey(crisis_id, recorded, *options)

    def check(self) -> None:
        """Read the scenarios. Raises InputError with everything wrong in any of them."""
        self.read()

    def read(self) -> list[ScenarioFile]:
        """The scenarios. Raises InputError with everything wrong in any of them."""
        from service.scenario_run import refuse_same_titles

        read, findings = [], []
        for number, given in enumerate(self.scenarios, start=1):
            try:
                read.append(_read(given, f"scenario {number}"))
            except InputError as error:
                findings += error.findings
        refuse_same_titles(read, findings)
        return read

    def make(self, source: Source, executor: Executor, told: Told) -> Made:
        """See Request."""
        from service.access.assumed import refuse_hidden
        from service.access.stored import disclosure_of

        read = self.read()
        refuse_hidden(read, disclosure_of(source.store, source.crisis_id, self.audience))
        fit = fit_of(self.key(source.crisis_id, source.recorded), source, executor, told)
        told(0.7, "projecting")
        found = compared(fit, read)
        told(0.8, "writing")
        return Made(
            fit.fingerprint,
            dict(fit.what_if.baseline.models),
            quick_contents(fit, found) | _slow_contents(found),
        )


_KEPT: OrderedDict[FitKey, Fit] = OrderedDict()


def kept(key: FitKey) -> Fit | None:
    """The fit of a key where this process keeps it."""
    if key in _KEPT:
        _KEPT.move_to_end(key)
    return _KEPT.get(key)


def kept_keys() -> list[FitKey]:
    """The fits that this process keeps."""
    return list(_KEPT)


def fit_of(key: FitKey, source: Source, executor: Executor, told: Told) -> Fit:
    """The fit of a key, made where this process does not keep it."""
    from features.fingerprint import fingerprint

    if (found := kept(key)) is not None:
        return found
    told(0.1, "reading the crisis")
    crisis = source.crisis(key.as_of)
    told(0.2, "fitting and simulating")
    [what_if] = executor.map(_warm_up, crisis, [key])
    _KEPT[key] = Fit(fingerprint(crisis), what_if)
    if len(_KEPT) > FITS_KEPT:
        _KEPT.popitem(last=False)
    return _KEPT[key]


def _warm_up(crisis: Crisis, key: FitKey) -> WhatIf:
    import pandas as pd

    from forecast.whatif import warm_up

    day = pd.Timestamp(key.as_of)
    return warm_up(crisis, day, key.horizon, places=key.places, draws=key.draws, seed=key.seed)


def compared(fit: Fit, read: Sequence[ScenarioFile]) -> SideBySide:
    """The scenarios on the fit. Raises InputError with all that does not fit in any of them."""
    from forecast.scenario_compare import SideBySide

    settled: list[Scenario] = []
    findings: list[Finding] = []
    for file in read:
        try:
            settled.append(fit.what_if.settle(file))
        except InputError as error:
            findings += error.findings
    if findings:
        raise InputError(findings)
    projections = [fit.what_if.project(scenario) for scenario in settled]
    return SideBySide(fit.what_if.baseline, projections)


def quick_contents(fit: Fit, found: SideBySide) -> dict[str, bytes]:
    """The comparison, and what the ledger keeps of it to judge later."""
    from forecast.export import to_json
    from forecast.ledger import entry_of
    from forecast.scenario_compare import comparison_document
    from service.version import nuzuh_version

    version = nuzuh_version()
    entries = [entry_of(fit.what_if, each, figures, version) for each, figures in found.compared]
    comparison = comparison_document(found, version)
    return {"json": to_json(comparison), "ledger": to_json({"entries": entries})}


def _slow_contents(found: SideBySide) -> dict[str, bytes]:
    from service.scenario_run import Shown, written

    return {shown.value: written(found, shown) for shown in (Shown.csv, Shown.html)}


def _read(given: str | dict[str, Any], name: str) -> ScenarioFile:
    from forecast.scenario_file import parse_json, parse_toml, scenario_of

    if isinstance(given, dict):
        return scenario_of(given, name, {})
    return (parse_json if given.lstrip().startswith("{") else parse_toml)(given, name)
