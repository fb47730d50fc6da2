"""The sources of a crisis: how fresh each is, how late it tells, and by how much it differs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from service.api.answers import json_bytes
from service.api.deps import Asked, OfCrisis, today
from service.api.stored import latest_forecast

router = APIRouter(prefix="/v1", tags=["crises"])
NO_FORECAST = "no forecast of this day or before it is stored; ask for one"
NO_FACTORS = "the forecast in bias_from was made before these were kept; ask for a new one"
OF_REPORTS = "only what it reports of people is set against the reference source"
NONE_TOLD = "the forecast in bias_from saw no report of it that this key may set against others"


class Bias(BaseModel):
    """By how much a source differs from the reference source, as a forecast saw it: no truth."""

    measure: str
    flow: str = Field(description="What the measure observes.")
    reports: int = Field(description="How many of its reports this rests on.")
    factor: float = Field(
        description="What it publishes over what the reference source would, for the same flight."
    )
    low_80: float
    high_80: float


class BiasFrom(BaseModel):
    """The forecast that biases are told by."""

    forecast_id: str
    as_of: date


class Source(BaseModel):
    """A source: how late it tells, how far it reaches, and whether that is too long ago."""

    source: str
    what: str | None = Field(description="reports, attacks, or null where it told nothing yet.")
    delay_days: float
    basis: str
    max_age_days: float
    rows: int
    data_through: date | None
    published: date | None
    age_days: int | None
    stale: bool = Field(
        description="Whether its last day lies further back than max_age_days, or it told nothing."
    )
    bias: list[Bias] | None = Field(description="By measure; null where none is known.")
    bias_note: str | None = Field(description="Why there is none.")


class Sources(BaseModel):
    """The sources of a crisis on a day."""

    as_of: date
    reference: str = Field(description="The source that the others are set against.")
    bias_from: BiasFrom | None
    sources: list[Source]


class OnDay(BaseModel):
    """The day asked for."""

    model_config = ConfigDict(extra="forbid")

    as_of: date | None = Field(None, description="The day to stand on; today without it.")


@router.get("/crises/{crisis_id}/sources")
def list_sources(asked: OfCrisis, wanted: Annotated[OnDay, Query()]) -> Sources:
    """How late each source tells, the last day it tells of, whether it is stale, and its bias.

    The bias is that of the latest forecast of the day, or before it, that the key may know of.
    """
    day = asked.disclosure.latest(wanted.as_of or today(), today())
    assert day is not None
    bias_from, factors = _factors(asked, day)
    why = NO_FORECAST if bias_from is None else NO_FACTORS
    return Sources(
        as_of=day,
        reference=asked.disclosure.ground.facts.reference,
        bias_from=bias_from,
        sources=[Source(**fresh, **_bias(fresh, factors, why)) for fresh in _freshness(asked, day)],
    )


def _freshness(asked: Asked, day: date) -> list[dict[str, Any]]:
    import pandas as pd

    from forecast.freshness import freshness
    from forecast.records import records

    crisis = asked.service.crisis(asked.crisis_id, day)
    by_source: dict[str, list[Any]] = {}
    for row in records(freshness(crisis, pd.Timestamp(day))):
        by_source.setdefault(row.source, []).append(row)
    return [
        {
            "source": source.source,
            "what": row.what if row else None,
            "delay_days": source.delay_days,
            "basis": source.basis,
            "max_age_days": source.max_age_days,
            "rows": row.rows if row else 0,
            "data_through": row.through.date() if row else None,
            "published": row.published.date() if row else None,
            "age_days": row.age_days if row else None,
            "stale": bool(row.stale) if row else True,
        }
        for source in records(crisis.sources.reset_index())
        for row in by_source.get(source.source, [None])
    ]


def _factors(asked: Asked, day: date) -> tuple[BiasFrom | None, list[dict[str, Any]] | None]:
    """The factors of sources in the latest forecast, as the audience is told them."""
    service, audience = asked.service, asked.key.audience
    head = latest_forecast(service, asked.key, asked.crisis_id, day)
    if head is None or head.as_of is None:
        return None, None
    recorded = asked.disclosure.ground.recorded
    told, _ = service.written(head.id, asked.crisis_id, audience, recorded, _kept_factors)
    return BiasFrom(forecast_id=head.id, as_of=head.as_of), json.loads(told)


def _kept_factors(document: Mapping[str, Any]) -> bytes:
    """The factors in a forecast; null in one from before they were kept."""
    return json_bytes(document.get("factors"))


def _bias(
    fresh: Mapping[str, Any], factors: Sequence[Mapping[str, Any]] | None, why: str
) -> dict[str, Any]:
    """The bias of a source by its measures, or why there is none."""
    if fresh["what"] == "attacks":
        return {"bias": None, "bias_note": OF_REPORTS}
    if factors is None:
        return {"bias": None, "bias_note": why}
    own = [Bias.model_validate(row) for row in factors if row["source"] == fresh["source"]]
    return {"bias": own or None, "bias_note": None if own else NONE_TOLD}
