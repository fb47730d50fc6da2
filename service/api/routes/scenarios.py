"""Stored scenarios and backtests."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from service.access.audit import Deed
from service.api.answers import csv_bytes, json_bytes, wanted_format
from service.api.deps import Id, Reader, Svc, Text
from service.api.routes.forecasts import Heads, HeadsPage, heads, responses, tell
from service.api.stored import MayBeStale, find
from service.api.told import projected
from service.errors import NotFound

router = APIRouter(prefix="/v1")


class WantedPart(MayBeStale):
    """Which part of the scenarios, in which format."""

    place: Text | None = Field(None, description="Results of this place or area alone.")
    measure: Text | None = Field(None, description="Results of this measure alone.")
    format: Literal["json", "csv"] | None = None


@router.get("/scenarios", tags=["scenarios"])
def list_scenarios(service: Svc, key: Reader, wanted: Annotated[HeadsPage, Query()]) -> Heads:
    """Projections of scenarios that the key may know of, the newest first."""
    return heads(service, key, "projection", wanted)


@router.get(
    "/scenarios/{scenario_id}",
    tags=["scenarios"],
    responses=responses("json", "csv"),
    response_class=Response,
)
def read_scenario(
    request: Request,
    scenario_id: Id,
    service: Svc,
    key: Reader,
    wanted: Annotated[WantedPart, Query()],
) -> Response:
    """Scenarios beside the forecast without them: for their author, and keys that are told all."""
    format_ = wanted_format(request, wanted.format, ("json", "csv"))
    found = find(service, key, scenario_id, "projection")
    write = _writer(wanted.place, wanted.measure, format_)
    return tell(request, service, key, found, wanted.stale, write, format_)


@router.get("/backtests", tags=["backtests"])
def list_backtests(service: Svc, key: Reader, wanted: Annotated[HeadsPage, Query()]) -> Heads:
    """Backtests, the newest first; for keys that are told all."""
    return heads(service, key, "track_record", wanted)


@router.get(
    "/backtests/{backtest_id}",
    tags=["backtests"],
    responses=responses("json"),
    response_class=Response,
)
def read_backtest(request: Request, backtest_id: Id, service: Svc, key: Reader) -> Response:
    """The summary of a backtest; for keys that are told all."""
    head, _ = find(service, key, backtest_id, "track_record")
    content = service.store.document(head.id).contents.get("json")
    if content is None:
        raise NotFound("this track record came with its crisis and has no summary")
    subject = f"{head.crisis_id}/backtest/{head.id}"
    service.audit.note(Deed(key.id, "read", subject, request.state.request_id))
    return Response(content, media_type="application/json")


@lru_cache(256)
def _writer(
    place: str | None, measure: str | None, format_: str
) -> Callable[[dict[str, Any]], bytes]:
    """One function for one question, so that what it wrote is found again."""

    def write(document: dict[str, Any]) -> bytes:
        told = projected(document, place, measure)
        return json_bytes(told) if format_ == "json" else _as_rows(told)

    return write


def _as_rows(document: dict[str, Any]) -> bytes:
    """A row a scenario, figure and quantity, from what is told."""
    stale = "; ".join(document["stale"])
    rows = [
        {
            "scenario": scenario.get("title"),
            "kind": document["kind"],
            "as_of": document["as_of"],
            "measure": result["measure"],
            "location": result["location"],
            "first": result["first"],
            "last": result["last"],
            "quantity": quantity,
            "mean": result[quantity].get("mean"),
            "median": result[quantity].get("median"),
            **_ends(result[quantity].get("intervals", {})),
            "probability_above_baseline": result["probability_above_baseline"],
            "status": result[quantity].get("status", "present"),
            "stale": stale,
        }
        for scenario in document["scenarios"]
        for result in scenario["results"]
        for quantity in ("baseline", "scenario", "difference")
    ]
    header = list(rows[0]) if rows else ["scenario"]
    return csv_bytes(header, (row.values() for row in rows))


def _ends(intervals: dict[str, list[float]]) -> dict[str, float | None]:
    none = [None, None]
    return {
        f"{side}_{level}": intervals.get(level, none)[at]
        for level in ("50", "80", "95")
        for at, side in enumerate(("low", "high"))
    }
