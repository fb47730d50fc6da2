"""What an outlook is written from: one forecast and all that stands beside it.

Every number comes from the draws and from what was known on the day; only `afterwards` came later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from features.crisis import Crisis
from features.errors import InputError, TooLittleData
from features.overlap import DAY
from forecast.afterwards import Afterwards, afterwards
from forecast.analogues import Analogues, analogues
from forecast.disagreement import disagreements
from forecast.export import forecast_document, to_json
from forecast.names import BELT
from forecast.reconcile import Reconciled, reconcile
from forecast.records import records
from forecast.result import Forecast
from forecast.scenario import Scenario
from forecast.scenario_compare import SideBySide
from forecast.scenario_file import ScenarioFile
from forecast.situation import situate
from forecast.summary import Summary, summarise
from forecast.whatif import WhatIf, planning_places
from service.access.disclosure import Disclosure
from service.outlook.baseline import Beside, baseline_beside
from service.outlook.changes import Changes, Last, changes
from service.outlook.record import Record, past_record
from service.scenario_run import settle_all
from service.version import nuzuh_version

MONTHS = 6
EPISODES = 3
# Enough for the interval of a month long past.
PAST_DRAWS = 500
# Days after which an outlook is no longer to be used, though nothing it stands on is stale.
VALID_DAYS = 30
# Measures that tell how many fled.
FLIGHT = ("arrivals", "departures", "newly_displaced")


@dataclass(frozen=True, eq=False)
class Outlook:
    """What an outlook is written from.

    `beside` is the best simple baseline, `record` how past forecasts did, `changes` what moved the
    figures since the last outlook, None where none is named; `afterwards` is what was published
    later, None unless asked for; `asked` are the places that the reader named,
    `left_out` titles of scenarios for which too little is known. Where an audience
    is told a part (`service.outlook.told`), `served` is the whole forecast, `disclosure` what may
    be told.
    """

    forecast: Forecast
    reconciled: Reconciled
    beside: Beside
    scenarios: SideBySide
    episodes: Analogues | None
    record: Record
    changes: Changes | None
    afterwards: Afterwards | None
    asked: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    served: Forecast | None = None
    disclosure: Disclosure | None = None

    def tells_of(self, place: str) -> bool:
        """Whether its readers are told of a place or area."""
        return self.disclosure is None or self.disclosure.tells_of(place)

    def text(self, text: str) -> str | None:
        """A text, or None when it names a place that its readers are not told of."""
        return text if self.disclosure is None else self.disclosure.text(text)

    def rounded(self, figure: float) -> float:
        """A figure of people as its readers are told it."""
        return figure if self.disclosure is None else self.disclosure.policy.rounded(figure)

    def summary(self, draws: np.ndarray) -> Summary:
        """Draws (draws,) of people in a few figures, as its readers are told them."""
        found = summarise(draws)
        ends = {
            level: (self.rounded(low), self.rounded(high))
            for level, (low, high) in found.intervals.items()
        }
        return Summary(self.rounded(found.mean), self.rounded(found.median), ends)

    @property
    def least(self) -> float:
        """The smallest figure of people that readers are told; under it stands 0."""
        return 0.0 if self.disclosure is None else self.disclosure.policy.rounding / 2

    @cached_property
    def apart(self) -> pd.DataFrame:
        """The figures that two sources put furthest apart, as `disagreements` gives them."""
        return disagreements(self.known, self.forecast.as_of)

    @property
    def known(self) -> Crisis:
        """The crisis as it was known on the day."""
        return self.forecast.crisis

    @property
    def places(self) -> list[str]:
        """The focus, the border belt and the cells, without the places of the belt."""
        others = {*self.known.border_belt, *self.asked}.difference(self.cells, [self.known.focus])
        return [id_ for id_ in self.forecast.places if id_ not in others]

    @property
    def cells(self) -> list[str]:
        """The places that attacks are told apart for."""
        return [str(cell) for cell in self.forecast.intensity["place"].to_numpy()]

    @property
    def tells_belt(self) -> bool:
        """Whether the forecast tells the border belt apart, and its readers are told of it."""
        return BELT in self.forecast.places

    @property
    def belt(self) -> list[str]:
        """The places of the border belt that are told of; none where they cannot be told apart."""
        return list(filter(self.tells_of, self.known.border_belt)) if self.tells_belt else []

    @property
    def tells_pressure(self) -> bool:
        """Whether it says who stays in the places of the belt, which speaks of single counts."""
        return self.tells_belt and self.disclosure is None

    @property
    def destinations(self) -> list[str]:
        """The places of the table: those asked for, else those of the belt, else cells told of."""
        return list(self.asked) or self.belt or (self.cells if self.disclosure else [])

    @property
    def stale(self) -> list[str]:
        """The sources that it leans on most and that are too old."""
        fresh = self.forecast.freshness
        leaned = fresh["source"].isin([self.known.reference, self.known.attack_source])
        return fresh.loc[leaned & fresh["stale"].astype(bool), "source"].unique().tolist()

    @cached_property
    def document(self) -> bytes:
        """The forecast as JSON, of which the fingerprint is."""
        return to_json(forecast_document(self.served or self.forecast, nuzuh_version()))

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the JSON."""
        return hashlib.sha256(self.document).hexdigest()

    @property
    def expires(self) -> pd.Timestamp:
        """Last day it is to be used: the first on which a source it leans on turns stale, or soon.

        Never before the day it stands on.
        """
        leaned = self.forecast.freshness
        leaned = leaned[leaned["source"].isin([self.known.reference, self.known.attack_source])]
        limits = [
            row.through + row.max_age_days * DAY
            for row in records(leaned.dropna(subset=["max_age_days"]))
        ]
        day = self.forecast.as_of
        return max(day, min([day + VALID_DAYS * DAY, *limits]).normalize())

    def reported(self, start: pd.Timestamp, end: pd.Timestamp) -> bool:
        """Whether a report known on the day, of people who flee in the focus, tells of the days."""
        rows = self._flight
        return bool(((rows["start"] <= end) & (rows["end"] >= start)).any())

    @cached_property
    def _flight(self) -> pd.DataFrame:
        """Windows of all reports of flight in the focus, also those that readers are not told."""
        crisis = (self.served or self.forecast).crisis
        rows = crisis.reports[crisis.reports["measure"].isin(FLIGHT)]
        inside = {
            place: any(
                crisis.places.within(member, crisis.focus) for member in crisis.members(place)
            )
            for place in rows["place_id"].unique()
        }
        return rows.loc[rows["place_id"].map(inside).astype(bool), ["start", "end"]]

    def arrivals(self, place: str, first: int, last: int) -> Summary:
        """Arrivals of a place summed over periods `first`..`last`, both counted."""
        draws = self.forecast.draws["arrivals"].sel(place=place)
        return self.summary(draws.isel(period=slice(first - 1, last)).sum("period").to_numpy())

    def window(self, first: int, last: int) -> tuple[pd.Timestamp, pd.Timestamp]:
        """First and last day of periods `first`..`last`."""
        periods = self.forecast.periods
        return periods["start"].iloc[first - 1], periods["end"].iloc[last - 1]


def build_outlook(
    crisis: Crisis,
    as_of: pd.Timestamp,
    *,
    what_if: WhatIf | None = None,
    places: Sequence[str] = (),
    scenarios: Sequence[Scenario] = (),
    since: pd.Timestamp | None = None,
    last: Last | None = None,
    later: bool = False,
) -> Outlook:
    """The outlook of a day, forecast anew unless that was done before (`what_if`, by `warmed`).

    `places` are named in place of the belt's, `scenarios` are settled ones, `since` is the day of
    the last outlook, before `as_of`, `last` that outlook where it was kept; with `later`, what was
    published afterwards stands beside it. Raises as `forecast.run`.
    """
    warm = what_if or warmed(crisis, as_of, places)
    made, draws, seed = warm.baseline, warm.situation.draws, warm.situation.seed
    record = past_record(made.crisis.track_record)
    after = afterwards(crisis, as_of, made.periods, draws=draws, seed=seed) if later else None
    return Outlook(
        forecast=made,
        reconciled=reconcile(crisis, as_of, step="month", draws=min(draws, PAST_DRAWS), seed=seed),
        beside=baseline_beside(warm.situation, record.best),
        scenarios=SideBySide(made, [warm.project(scenario) for scenario in scenarios]),
        episodes=_episodes(crisis, as_of),
        record=record,
        changes=None if since is None else changes(crisis, since, warm, last),
        afterwards=after,
        asked=tuple(places),
    )


def fitting(
    files: Sequence[ScenarioFile], crisis: Crisis, as_of: pd.Timestamp, months: int
) -> tuple[list[Scenario], tuple[str, ...]]:
    """The scenarios that fit a day, settled, and the titles of those that do not."""
    settled: list[Scenario] = []
    left_out: list[str] = []
    for file in files:
        try:
            settled += settle_all([file], crisis, as_of, months)
        except InputError:
            left_out.append(file.scenario.title)
    return settled, tuple(left_out)


def warmed(
    crisis: Crisis,
    as_of: pd.Timestamp,
    places: Sequence[str] = (),
    *,
    months: int = MONTHS,
    draws: int = 2000,
    seed: int = 1,
) -> WhatIf:
    """The forecast that outlooks of a day share, whatever their language and scenarios."""
    situation = situate(crisis, as_of, months, draws=draws, seed=seed)
    wanted = dict.fromkeys([*planning_places(situation.panel), *places])
    return WhatIf(situation, list(wanted))


def _episodes(crisis: Crisis, as_of: pd.Timestamp) -> Analogues | None:
    """The nearest past episodes; None where too few weeks of attacks are known."""
    try:
        return analogues(crisis, as_of, count=EPISODES)
    except TooLittleData:
        return None
