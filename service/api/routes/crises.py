"""Which crises there are, what they are, and how fresh their sources."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from service.access.policy import policies
from service.api.deps import Asked, OfCrisis, Reader, Svc, today

NO_BIAS = "stored forecasts do not keep it; nuzuh reconcile tells it"
router = APIRouter(prefix="/v1", tags=["crises"])


class CrisisHead(BaseModel):
    """A crisis of the store."""

    id: str = Field(examples=["nw-syria"])
    title: str
    recorded: datetime = Field(description="When its latest rows came.")


class Crises(BaseModel):
    """The crises of the store."""

    crises: list[CrisisHead]


class CrisisFacts(CrisisHead):
    """A crisis, as the audience of the key is told of it."""

    focus: str
    border_belt: list[str]
    reference: str
    attack_source: str | None
    family_size: float
    family_size_source: str | None
    repeat_factor: float
    repeat_factor_source: str | None
    disclosure: dict[str, Any] = Field(description="What the audience of the key is told.")


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
    stale: bool
    bias: float | None = Field(description="Against the reference source, as a factor.")
    bias_note: str = Field(description="Why there is no bias.")


class Sources(BaseModel):
    """The sources of a crisis on a day."""

    as_of: date
    sources: list[Source]


class OnDay(BaseModel):
    """The day asked for."""

    model_config = ConfigDict(extra="forbid")

    as_of: date | None = Field(None, description="The day to stand on; today without it.")


@router.get("/crises")
def list_crises(service: Svc, key: Reader) -> Crises:
    """The crises of the store."""
    grounds = {id_: service.ground(id_) for id_ in service.store.crises()}
    return Crises(
        crises=[
            CrisisHead(id=id_, title=ground.facts.title, recorded=ground.recorded)
            for id_, ground in grounds.items()
        ]
    )


@router.get("/crises/{crisis_id}")
def read_crisis(asked: OfCrisis) -> CrisisFacts:
    """What a crisis is called, on whose scale it speaks, and what the key's audience is told."""
    disclosure = asked.disclosure
    told = disclosure.ground.facts
    policy = policies(told.disclosure)[asked.key.audience]
    return CrisisFacts(
        id=asked.crisis_id,
        title=told.title,
        recorded=disclosure.ground.recorded,
        focus=told.focus,
        border_belt=[place for place in told.border_belt if disclosure.tells_of(place)],
        reference=told.reference,
        attack_source=told.attack_source,
        family_size=told.family_size,
        family_size_source=disclosure.text(told.family_size_source),
        repeat_factor=told.repeat_factor,
        repeat_factor_source=disclosure.text(told.repeat_factor_source),
        disclosure=vars(policy).copy(),
    )


@router.get("/crises/{crisis_id}/sources")
def list_sources(asked: OfCrisis, wanted: Annotated[OnDay, Query()]) -> Sources:
    """How late each source tells, the last day it tells of, and whether it is stale."""
    day = asked.disclosure.latest(wanted.as_of or today(), today())
    assert day is not None
    return Sources(as_of=day, sources=_sources(asked, day))


def _sources(asked: Asked, day: date) -> list[Source]:
    import pandas as pd

    from forecast.freshness import freshness
    from forecast.records import records

    crisis = asked.service.crisis(asked.crisis_id, day)
    by_source: dict[str, list[Any]] = {}
    for row in records(freshness(crisis, pd.Timestamp(day))):
        by_source.setdefault(row.source, []).append(row)
    return [
        Source(
            source=source.source,
            what=row.what if row else None,
            delay_days=source.delay_days,
            basis=source.basis,
            max_age_days=source.max_age_days,
            rows=row.rows if row else 0,
            data_through=row.through.date() if row else None,
            published=row.published.date() if row else None,
            age_days=row.age_days if row else None,
            stale=bool(row.stale) if row else False,
            bias=1.0 if source.source == crisis.reference else None,
            bias_note="" if source.source == crisis.reference else NO_BIAS,
        )
        for source in records(crisis.sources.reset_index())
        for row in by_source.get(source.source, [None])
    ]
