"""The ledger of scenarios: what was assumed, by whom, what it said, and what came of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from service.api.deps import Asked, OfCrisis, Text, today
from service.api.stored import Head, page
from service.errors import Forbidden

if TYPE_CHECKING:
    from forecast.ledger_score import Judged

router = APIRouter(prefix="/v1", tags=["scenarios"])
LEDGER = "ledger"


class Came(BaseModel):
    """A figure that was published later, beside what was projected."""

    measure: str
    places: list[str]
    start: date
    end: date
    persons: float
    median: float
    wis_log: float = Field(description="Weighted interval score on log(1 + x); lower is better.")
    baseline_wis_log: float | None = Field(description="That of the forecast without the scenario.")
    inside_80: bool | None


class Entry(BaseModel):
    """A scenario that was run."""

    scenario_id: str = Field(description="Where its figures are: /v1/scenarios/{scenario_id}.")
    title: str
    author: str = Field(description="The id of the key that asked.")
    as_of: date
    created: datetime
    assumptions: list[str]
    verdict: str = Field(description="Whether its condition came true; scored only where it did.")
    why: list[str]
    came: list[Came]


class Ledger(BaseModel):
    """A page of the ledger, the newest first, judged by all that is known by now."""

    entries: list[Entry]
    next: str | None


class LedgerPage(BaseModel):
    """Which entries."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(20, ge=1, le=100, description="Projections, each of one or more scenarios.")
    cursor: Text | None = Field(None, description="`next` of the page before.")


@router.get("/crises/{crisis_id}/ledger")
def read_ledger(asked: OfCrisis, wanted: Annotated[LedgerPage, Query()]) -> Ledger:
    """Every scenario that was run, what it assumed and what came of it; for keys told all."""
    if not asked.disclosure.policy.unlimited:
        raise Forbidden("the ledger speaks of single reports; it needs the audience restricted")
    service, key = asked.service, asked.key
    crisis_id, limit, cursor = asked.crisis_id, wanted.limit, wanted.cursor
    found, following = page(service, key, "projection", crisis_id, limit, cursor)
    asked.note("read", LEDGER)
    return Ledger(entries=_judged(asked, found), next=following)


def _judged(asked: Asked, found: Sequence[Head]) -> list[Entry]:
    from forecast.ledger_score import judge

    kept = [(head, entry) for head in found for entry in _entries(asked, head)]
    crisis = asked.service.crisis(asked.crisis_id, today())
    judged = judge([entry for _, entry in kept], crisis)
    return [_entry(head, one) for (head, _), one in zip(kept, judged, strict=True)]


def _entries(asked: Asked, head: Head) -> list[Mapping[str, Any]]:
    """What the ledger keeps of a projection; nothing of those from before there was one."""
    content = asked.service.store.document(head.id).contents.get(LEDGER)
    entries: list[Mapping[str, Any]] = [] if content is None else json.loads(content)["entries"]
    return entries


def _entry(head: Head, one: Judged) -> Entry:
    return Entry(
        scenario_id=head.id,
        title=one.entry["title"],
        author=head.author,
        as_of=one.entry["as_of"],
        created=head.created,
        assumptions=one.entry["assumptions"],
        verdict=one.verdict,
        why=list(one.why),
        came=[
            Came(**{str(name): _or_none(value) for name, value in row.items()})
            for row in one.rows.to_dict("records")
        ],
    )


def _or_none(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
