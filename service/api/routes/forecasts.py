"""Stored forecasts: listed, read in every format, and the chance of passing a threshold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from service.access.audit import Deed
from service.access.disclosure import Disclosure
from service.access.keys import Key
from service.api import told
from service.api.answers import MEDIA, answer, csv_bytes, json_bytes, wanted_format
from service.api.deps import ID, Id, Reader, Service, Svc, Text
from service.api.paging import MOST
from service.api.stored import Head, MayBeStale, find, page, refuse_stale
from service.commands.checks import MOST_STEPS
from service.errors import NotFound

router = APIRouter(prefix="/v1", tags=["forecasts"])
Measure = Literal["arrivals", "departures", "returns"]
STALE = {"Nuzuh-Stale": {"description": "The stale sources.", "schema": {"type": "string"}}}


def responses(*formats: str) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of an answer in formats, each of its own type."""
    kinds: dict[str, dict[str, Any]] = {"json": {"type": "object"}, "csv": {"type": "string"}}
    content = {
        MEDIA[name].partition(";")[0]: {"schema": kinds.get(name, {})}
        for name in formats
        if name != "hxl"
    }
    return {200: {"description": "As it was stored.", "content": content, "headers": STALE}}


class ForecastHead(BaseModel):
    """A stored answer without its figures."""

    id: str
    kind: str = Field(description="forecast, projection (it rests on assumptions) or track_record.")
    crisis_id: str
    as_of: date | None
    created: datetime
    recorded: datetime
    request: dict[str, Any]
    models: dict[str, str]
    nuzuh: str
    fingerprint: str


class Heads(BaseModel):
    """A page of stored answers, the newest first."""

    answers: list[ForecastHead]
    next: str | None


class HeadsPage(BaseModel):
    """Which answers."""

    model_config = ConfigDict(extra="forbid")

    crisis: str | None = Field(None, pattern=ID, description="Those of this crisis alone.")
    limit: int = Field(100, ge=1, le=MOST)
    cursor: Text | None = Field(None, description="`next` of the page before.")


class Part(MayBeStale):
    """Which part of a forecast."""

    place: Text | None = Field(None, description="This place or area alone.")
    measure: Measure | None = Field(None, description="This measure alone.")
    horizon: int | None = Field(
        None, ge=1, le=max(MOST_STEPS.values()), description="This horizon alone."
    )


class WholePart(Part):
    """Which part of a forecast, in which format."""

    format: Literal["json", "csv", "hxl", "parquet"] | None = Field(
        None, description="hxl is CSV with a row of HXL tags; without it as Accept says."
    )


class Passing(Part):
    """Which threshold."""

    over: float = Field(ge=0, le=1e9, allow_inf_nan=False, description="Movements in a period.")
    format: Literal["json", "csv"] | None = None


@router.get("/forecasts")
def list_forecasts(service: Svc, key: Reader, wanted: Annotated[HeadsPage, Query()]) -> Heads:
    """Stored forecasts that the key may know of, the newest first."""
    return heads(service, key, "forecast", wanted)


@router.get("/forecasts/{forecast_id}", responses=responses(*told.FORMATS), response_class=Response)
def read_forecast(
    request: Request,
    forecast_id: Id,
    service: Svc,
    key: Reader,
    wanted: Annotated[WholePart, Query()],
) -> Response:
    """A stored forecast: JSON, hubverse rows as CSV or Parquet, or CSV with HXL tags."""
    format_ = wanted_format(request, wanted.format, told.FORMATS)
    write = _writer(wanted.place, wanted.measure, wanted.horizon, format_)
    found = find(service, key, forecast_id, "forecast")
    return tell(request, service, key, found, wanted.stale, write, format_)


@router.get(
    "/forecasts/{forecast_id}/exceedance",
    responses=responses("json", "csv"),
    response_class=Response,
)
def read_exceedance(
    request: Request,
    forecast_id: Id,
    service: Svc,
    key: Reader,
    wanted: Annotated[Passing, Query()],
) -> Response:
    """The probability that arrivals, departures or returns of a period pass a threshold.

    It is interpolated between the two quantiles told that lie on either side of the threshold;
    `low` and `high` are the probabilities of passing these, between which it lies for certain. All
    three are one figure where the forecast holds that threshold itself.
    """
    format_ = wanted_format(request, wanted.format, ("json", "csv"))
    write = _exceedance_writer(wanted.place, wanted.measure, wanted.horizon, format_, wanted.over)
    found = find(service, key, forecast_id, "forecast")
    return tell(request, service, key, found, wanted.stale, write, format_)


def heads(service: Service, key: Key, kind: str, wanted: HeadsPage) -> Heads:
    """A page of stored answers of a kind that the key may know of."""
    if wanted.crisis is not None:
        service.recorded(wanted.crisis)
    found, following = page(service, key, kind, wanted.crisis, wanted.limit, wanted.cursor)
    answers = [ForecastHead.model_validate(vars(head), extra="ignore") for head in found]
    return Heads(answers=answers, next=following)


def tell(
    request: Request,
    service: Service,
    key: Key,
    found: tuple[Head, Disclosure],
    stale: str,
    write: Callable[[dict[str, Any]], bytes],
    format_: str,
) -> Response:
    """A stored answer as the audience of the key is told it, marked where a source was stale.

    Raises Stale for one that is and was not asked for as such.
    """
    head, disclosure = found
    recorded = disclosure.ground.recorded
    body, sources = service.written(head.id, head.crisis_id, key.audience, recorded, write)
    if stale != "allow" and head.as_of is not None:
        refuse_stale(service, key, head.crisis_id, head.as_of, sources)
    detail = {"format": format_, "audience": key.audience, "query": dict(request.query_params)}
    subject = f"{head.crisis_id}/{head.kind}/{head.id}"
    service.audit.note(Deed(key.id, "read", subject, request.state.request_id, detail))
    marks = {"Nuzuh-Stale": ", ".join(one.source for one in sources)} if sources else {}
    return answer(body, format_, marks)


@lru_cache(256)
def _writer(
    place: str | None, measure: str | None, horizon: int | None, format_: str
) -> Callable[[dict[str, Any]], bytes]:
    """One function for one question, so that what it wrote is found again."""

    def write(document: dict[str, Any]) -> bytes:
        return told.written(told.filtered(document, place, measure, horizon), format_)

    return write


@lru_cache(256)
def _exceedance_writer(
    place: str | None, measure: str | None, horizon: int | None, format_: str, over: float
) -> Callable[[dict[str, Any]], bytes]:
    def write(document: dict[str, Any]) -> bytes:
        rows = told.exceedance(told.filtered(document, place, measure, horizon), over)
        if not rows:
            raise NotFound("the forecast does not tell of this measure there")
        stale = "; ".join(document["stale"])
        if format_ == "csv":
            rows = [{**row, "stale": stale} if stale else row for row in rows]
            return csv_bytes(list(rows[0]), (row.values() for row in rows))
        names = ("id", "audience", "stale", "kind", "as_of", "scale")
        return json_bytes({**{name: document[name] for name in names}, "exceedance": rows})

    return write
