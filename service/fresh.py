"""Whether a crisis is fresh enough to forecast from: never a stale number without a mark."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from service.errors import StaleSource

if TYPE_CHECKING:
    from features.crisis import Crisis


def stale_sources(crisis: Crisis, day: date) -> list[StaleSource]:
    """The reference source and that of the attacks, where they are past their limits on a day."""
    import pandas as pd

    from forecast.freshness import freshness
    from forecast.records import records

    told = {(row.source, row.what): row for row in records(freshness(crisis, pd.Timestamp(day)))}
    found = []
    for source, what in leading(crisis.reference, crisis.attack_source):
        limit = float(crisis.sources["max_age_days"][source])
        row = told.get((source, what))
        if row is None:
            found.append(StaleSource(source, what, None, None, limit))
        elif row.stale:
            through = f"{row.through:%Y-%m-%d}"
            found.append(StaleSource(source, what, through, int(row.age_days), limit))
    return found


def stale_of(document: Mapping[str, Any], attack_source: str | None) -> list[StaleSource]:
    """The sources that an answer says were stale on its day, of those that it leads with."""
    told = {(one["source"], one["what"]): one for one in document["sources"]}
    return [
        StaleSource(
            source, what, row.get("data_through"), row.get("age_days"), row.get("max_age_days")
        )
        for source, what in leading(document["crisis"]["reference"], attack_source)
        if (row := told.get((source, what), {})).get("stale", True)
    ]


def leading(reference: str, attack_source: str | None) -> list[tuple[str, str]]:
    """The sources that a forecast cannot do without, and what they tell."""
    attacks = [] if attack_source is None else [(attack_source, "attacks")]
    return [(reference, "reports"), *attacks]
