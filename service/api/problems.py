"""Every error as `application/problem+json` (RFC 9457), from one table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from http import HTTPStatus
from typing import Any, NamedTuple

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from features.errors import Finding, InputError, NuzuhError, StoreError, TooLittleData
from service import errors
from service.access.keys import masked

MEDIA_TYPE = "application/problem+json"
LONGEST_DETAIL = 4_000
MOST_ERRORS = 1_000


class Kind(NamedTuple):
    """A kind of problem: its status, the last part of its `type`, and what it is called."""

    status: int
    name: str
    title: str


KINDS: dict[type[NuzuhError], Kind] = {
    errors.Malformed: Kind(400, "malformed", "The body cannot be read"),
    errors.Unauthorised: Kind(401, "unauthorised", "A valid key is needed"),
    errors.Forbidden: Kind(403, "forbidden", "The key may not do this"),
    errors.NotFound: Kind(404, "not-found", "There is no such thing"),
    errors.Conflict: Kind(409, "conflict", "It contradicts what stands"),
    errors.WrongType: Kind(415, "wrong-type", "The body is of another media type"),
    InputError: Kind(422, "wrong-input", "What was given cannot be used"),
    TooLittleData: Kind(422, "too-little-data", "Too little is known to say anything"),
    errors.TooMany: Kind(429, "too-many", "Too many requests"),
    errors.Stale: Kind(503, "stale-source", "A source is too old to forecast from"),
    errors.Ended: Kind(503, "ended", "What was asked was ended before it was done"),
    errors.TookTooLong: Kind(503, "took-too-long", "What was asked took too long"),
    errors.Broke: Kind(503, "broke", "What was asked could not be done"),
    StoreError: Kind(503, "no-answer", "The store does not answer"),
}
OTHERS = {
    404: Kind(404, "not-found", "There is no such thing"),
    405: Kind(405, "method-not-allowed", "This cannot be done here"),
    408: Kind(408, "too-slow", "The body came too slowly"),
    413: Kind(413, "too-large", "The body is too large"),
    500: Kind(500, "fault", "A fault of the service"),
}


class Problem(BaseModel):
    """What went wrong. `errors` lists everything wrong with an input; more may stand beside."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(examples=["/problems/wrong-input"])
    title: str = Field(examples=["What was given cannot be used"])
    status: int = Field(examples=[422])
    detail: str = Field(examples=["displacement.csv:2: persons '-5': is below 0"])
    request_id: str
    errors: list[dict[str, Any]] | None = None
    errors_left_out: int = 0


def install(app: FastAPI) -> None:
    """Have the app answer every error with a problem."""
    app.add_exception_handler(NuzuhError, _of_nuzuh)
    app.add_exception_handler(RequestValidationError, _of_request)
    app.add_exception_handler(HTTPException, _of_http)


def fault(request: Request) -> Response:
    """The answer to an error that nobody foresaw: it tells nothing of it."""
    return _answer(request, OTHERS[500], "the fault was logged under the request id")


def findings(name: str, found: Sequence[Finding]) -> dict[str, Any]:
    """The first MOST_ERRORS findings under a name, and how many more there are."""
    told = [asdict(finding) for finding in found[:MOST_ERRORS]]
    return {name: told, f"{name}_left_out": len(found) - len(told)}


def schema() -> dict[str, Any]:
    """The JSON schema of a problem, for OpenAPI."""
    return Problem.model_json_schema()


def declared(statuses: list[int]) -> dict[str, Any]:
    """The responses of an operation that are problems, as OpenAPI has them."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {"description": HTTPStatus(status).phrase, "content": content}
        for status in statuses
    }


def _of_nuzuh(request: Request, error: Exception) -> Response:
    kind = next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)
    more: dict[str, Any] = {}
    headers = {}
    if isinstance(error, InputError):
        more = findings("errors", error.findings)
    elif isinstance(error, errors.Stale):
        more = error.document()
    elif isinstance(error, errors.TooMany | errors.Conflict) and error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    elif isinstance(error, errors.Unauthorised):
        headers["WWW-Authenticate"] = "Bearer"
    return _answer(request, kind, str(error), more, headers)


def _of_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    every = error.errors()
    found = [
        {"where": [str(part) for part in wrong["loc"]], "why": wrong["msg"]}
        for wrong in every[:MOST_ERRORS]
    ]
    told = "; ".join(f"{'.'.join(one['where'])}: {one['why']}" for one in found)
    more = {"errors": found, "errors_left_out": len(every) - len(found)}
    return _answer(request, KINDS[InputError], told, more)


def _of_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    kind = OTHERS.get(error.status_code)
    if kind is None:
        phrase = HTTPStatus(error.status_code).phrase
        kind = Kind(error.status_code, phrase.lower().replace(" ", "-"), phrase)
    return _answer(request, kind, str(error.detail), {}, dict(error.headers or {}))


def _answer(
    request: Request,
    kind: Kind,
    detail: str,
    more: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    body = {
        "type": f"/problems/{kind.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": detail[:LONGEST_DETAIL],
        "request_id": getattr(request.state, "request_id", ""),
        **(more or {}),
    }
    text = masked(json.dumps(body, ensure_ascii=False, allow_nan=False))
    return Response(text, kind.status, headers, MEDIA_TYPE)
