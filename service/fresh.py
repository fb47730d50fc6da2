"""Whether a crisis is fresh enough to forecast from: never a stale number without a mark."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from features import attacks, reports
from service.errors import StaleSource

if TYPE_CHECKING:
    from features.crisis import Crisis
    from service.store.store import Store

FILES = {"reports": reports.FILE, "attacks": attacks.FILE}


def stale_sources(crisis: Crisis, day: date) -> list[StaleSource]:
    """The reference source and that of the attacks, where they are past their limits on a day."""
    import pandas as pd

    from forecast.freshness import freshness
    from forecast.records import records

    told = {
        (row.source, row.what): row.through.date()
        for row in records(freshness(crisis, pd.Timestamp(day)))
    }
    found = (
        _stale(source, what, told.get((source, what)), day, crisis.sources["max_age_days"][source])
        for source, what in leading(crisis.reference, crisis.attack_source)
    )
    return [one for one in found if one]


def stale_stored(
    store: Store, crisis_id: str, day: date, recorded: datetime | None = None
) -> list[StaleSource]:
    """The same of a crisis of the store, of which it reads only as many rows as that takes.

    Raises InputError for a crisis that the store does not hold, or did not hold at `recorded`.
    """
    import pandas as pd

    from features import facts
    from service.store.known import last_day, read_delays
    from service.store.reading import read_text, view_of

    found = []
    with store.reading() as connection:
        view = view_of(connection, crisis_id, recorded)
        told = facts.check_facts(facts.parse_facts(read_text(connection, view, facts.FILE)))
        limits = read_delays(connection, view)["max_age_days"]
        for source, what in leading(told.reference, told.attack_source):
            last = last_day(connection, view, FILES[what], source, pd.Timestamp(day))
            found.append(_stale(source, what, last, day, limits[source]))
    return [one for one in found if one]


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
    attacked = [] if attack_source is None else [(attack_source, "attacks")]
    return [(reference, "reports"), *attacked]


def _stale(
    source: str, what: str, last: date | None, day: date, limit: float
) -> StaleSource | None:
    """The source that tells of days up to `last`, where it is past its limit on a day."""
    if last is None:
        return StaleSource(source, what, None, None, float(limit))
    age = (day - last).days
    return StaleSource(source, what, str(last), age, float(limit)) if age > limit else None
