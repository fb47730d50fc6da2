"""Which crises there are, and what they are."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from service.access.policy import policies
from service.api.deps import OfCrisis, Reader, Svc

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
