"""Taking rows in: whole or not at all, unless asked to take the sound ones."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from features.errors import Finding, InputError
from features.tables import Records, parse_csv
from service.access.audit import Deed, record_deeds
from service.access.keys import Key
from service.api.answers import csv_bytes, json_bytes
from service.api.bodies import CSV, JSON, media_type, parse_json, parse_text
from service.api.deps import PLAIN, Id, Publisher, Service, Svc
from service.api.problems import MOST_ERRORS, findings
from service.api.replies import once
from service.api.routes.asked import Once
from service.errors import Forbidden
from service.store.given import json_records
from service.store.ingest import ingest
from service.store.writing import Outcome

router = APIRouter(prefix="/v1", tags=["rows"])
FIRST = f"The first {MOST_ERRORS:,} alone."
FILES = {
    "displacement": "displacement.csv",
    "attacks": "attacks.csv",
    "places": "places.csv",
    "agreements": "agreements.csv",
}
# Blank cells are "": FastAPI takes nulls out of examples.
EXAMPLES: dict[str, dict[str, Any]] = {
    "displacement": {
        "start": "2019-05-01", "end": "2019-05-31", "measure": "arrivals", "place_id": "SY07",
        "direction": "destination", "from_id": "", "persons": 12000, "low": "", "high": "",
        "source": "ISMI", "published": "2019-06-20", "url": "", "note": "",
    },
    "attacks": {
        "start": "2019-05-04", "end": "2019-05-04", "place_id": "SY07", "kind": "air_strike",
        "events": 3, "fatalities": "", "civilians_killed": "", "source": "SNHR",
        "published": "2019-05-08",
    },
    "places": {
        "place_id": "SY070399", "name": "New camp", "parent_id": "SY0703", "level": "camp",
        "lat": 36.2, "lon": 36.6, "population": "", "capacity": "", "aliases": "",
    },
    "agreements": {
        "announced": "2019-08-01", "effective": "2019-08-02", "collapsed": "",
        "kind": "ceasefire", "place_id": "SY-NW", "title": "Truce of August", "url": "",
    },
}  # fmt: skip


class Given(BaseModel):
    """How rows are taken in."""

    model_config = ConfigDict(extra="forbid")

    partial: bool = Field(False, description="Take the sound rows and list the others.")
    reason: str = Field("", max_length=1000, pattern=PLAIN, description="Why rows are corrected.")


class Taken(BaseModel):
    """What became of the rows; `intake` is null when they changed nothing."""

    intake: int | None
    added: int
    changed: int
    unchanged: int
    rejected: list[dict[str, Any]] = Field(description=f"What is wrong with rows left out. {FIRST}")
    rejected_left_out: int = Field(description="How many more of these there are.")
    warnings: list[dict[str, Any]] = Field(description=f"What looks wrong but was stored. {FIRST}")
    warnings_left_out: int = Field(description="How many more of these there are.")


async def raw(request: Request) -> bytes:
    """The bytes of the body."""
    return await request.body()


def _accepts(name: str) -> dict[str, Any]:
    row, cell = EXAMPLES[name], {"type": ["string", "number", "null"]}
    rows = {"type": "array", "items": {"type": "object", "additionalProperties": cell}}
    content: dict[str, Any] = {
        JSON: {"schema": {**rows, "examples": [[row]]}},
        CSV: {"schema": {"type": "string", "examples": [csv_bytes(row, [row.values()]).decode()]}},
    }
    return {"requestBody": {"required": True, "content": content}}


def _route(name: str) -> None:
    @router.post(
        f"/crises/{{crisis_id}}/{name}",
        response_model=Taken,
        name=f"take_{name}",
        openapi_extra=_accepts(name),
    )
    def take(
        request: Request,
        crisis_id: Id,
        service: Svc,
        key: Publisher,
        body: Annotated[bytes, Depends(raw)],
        wanted: Annotated[Given, Query()],
        once_key: Once = None,
    ) -> Response:
        if key.audience != "restricted":
            raise Forbidden("taking rows in needs the audience restricted: it shows what is stored")
        service.recorded(crisis_id)
        kind = media_type(request, [JSON, CSV])
        asked = [request.url.path.encode(), wanted.model_dump_json().encode(), kind.encode(), body]

        def do() -> Response:
            records = _records(FILES[name], kind, body)
            request_id = request.state.request_id
            return _take(service, key, crisis_id, records, wanted, request_id)

        return once(service.store, key.id, once_key, asked, do)

    take.__doc__ = (
        f"Take rows of {FILES[name]} in, as JSON or CSV: stored once, nothing overwritten."
    )


for _name in FILES:
    _route(_name)


def _records(file: str, kind: str, body: bytes) -> Records:
    if kind == CSV:
        return parse_csv(file, parse_text(body))
    rows = parse_json(body)
    if not isinstance(rows, list):
        raise InputError(Finding(file, "the body is no list of rows; write [{…}, {…}]"))
    return json_records(file, rows)


def _take(
    service: Service, key: Key, crisis_id: str, records: Records, wanted: Given, request_id: str
) -> Response:
    done = ingest(
        service.store,
        crisis_id,
        {records.file: records},
        author=key.id,
        reason=wanted.reason.strip(),
        partial=wanted.partial,
    )
    counts = {"added": done.added, "changed": done.changed, "unchanged": done.unchanged}
    detail = {"file": records.file, "intake": done.intake, "reason": wanted.reason, **counts}
    record_deeds(service.store, Deed(key.id, "take in", crisis_id, request_id, detail))
    return Response(json_bytes(_outcome(done)), media_type=JSON)


def _outcome(done: Outcome) -> dict[str, Any]:
    return {
        "intake": done.intake,
        "added": done.added,
        "changed": done.changed,
        "unchanged": done.unchanged,
        **findings("rejected", done.rejected),
        **findings("warnings", done.warnings),
    }
