"""Days of publication that nobody stated: how many there are, and another delay of the attacks."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.sources import with_published
from forecast.trigger_record import Vintage


def vintage_of(crisis: Crisis, day: pd.Timestamp) -> Vintage:
    """What was assumed of the reports and driving attacks published by `day`."""
    known, source = crisis.as_of(day), crisis.attack_source
    attacks = known.attacks[known.attacks["source"] == source]
    return Vintage(
        reports=_assumed(known.reports),
        attacks=_assumed(attacks),
        attack_source=source,
        attack_days=float(crisis.sources["delay_days"].get(source, 0.0)),
    )


def with_attack_delay(crisis: Crisis, days: float) -> Crisis:
    """The crisis, its driving attacks known so many days after they ended where no row says when.

    Raises InputError where every row says when, so that it would change nothing.
    """
    attacks, source = crisis.attacks, crisis.attack_source
    assumed = attacks["published_assumed"] & (attacks["source"] == source)
    if not assumed.any():
        why = "changes nothing: no attack of this crisis has an assumed day of publication"
        raise InputError(Finding("--attack-delay", f"{why}; leave it out", value=f"{days:g}"))
    sources = crisis.sources.copy()
    sources.loc[source, "delay_days"] = days
    unsaid = attacks["published"].mask(attacks["published_assumed"])
    bare = attacks.drop(columns="published_assumed").assign(published=unsaid)
    return replace(crisis, sources=sources, attacks=with_published(bare, sources))


def _assumed(rows: pd.DataFrame) -> float:
    return float(rows["published_assumed"].mean()) if len(rows) else 0.0
