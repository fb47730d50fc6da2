"""Bodies of requests: JSON without doubt, CSV in UTF-8, nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from math import isfinite
from typing import Any, NoReturn, TypeVar

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from service.errors import Malformed, WrongType

JSON, CSV = "application/json", "text/csv"
MOST_ASKED = 256_000
Model = TypeVar("Model", bound=BaseModel)


async def json_body(request: Request) -> Any:
    """A dependency: the value of a JSON body that asks. Raises WrongType, Malformed, and 413."""
    media_type(request, [JSON])
    body = await request.body()
    if len(body) > MOST_ASKED:
        raise HTTPException(413, f"a body that asks has at most {MOST_ASKED:,} bytes; ask for less")
    return parse_json(body)


def as_model(model: type[Model], value: Any) -> Model:
    """The value of a body as a model, every kind taken strictly. Raises RequestValidationError."""
    try:
        return model.model_validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        wrong = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(wrong) from None


def documented(
    model: type[BaseModel], example: Any, optional: Sequence[str] = ()
) -> dict[str, Any]:
    """What OpenAPI says of an operation whose body is read by `as_model`.

    `optional` are fields that the model needs, and that the operation fills in where left out.
    """
    schema = {**model.model_json_schema(), "examples": [example]}
    schema["required"] = [name for name in schema.get("required", ()) if name not in optional]
    return {"requestBody": {"required": True, "content": {JSON: {"schema": schema}}}}


def media_type(request: Request, known: Sequence[str]) -> str:
    """The media type of the body, one of those known, in UTF-8. Raises WrongType."""
    kind, _, rest = request.headers.get("content-type", "").partition(";")
    kind = kind.strip().lower()
    if kind not in known:
        raise WrongType(f"the Content-Type is {kind or 'missing'!r}; send {' or '.join(known)}")
    charset = rest.strip().lower().removeprefix("charset=").strip('"')
    if charset not in ("", "utf-8", "utf8") and "charset" in rest.lower():
        raise WrongType(f"the charset is {charset[:40]!r}; send UTF-8")
    return kind


def parse_text(body: bytes) -> str:
    """The body as UTF-8 text, a byte order mark left out. Raises Malformed."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"byte {error.start} is not UTF-8; send UTF-8") from None
    if "\0" in text:
        raise Malformed("the text holds a NUL character; take it out")
    return text


def parse_json(body: bytes) -> Any:
    """The value of a JSON text. Raises Malformed, also for NaN, infinity and a name twice."""
    try:
        return json.loads(
            parse_text(body),
            parse_constant=_no_constant,
            parse_float=_finite,
            object_pairs_hook=_no_twice,
        )
    except RecursionError:
        raise Malformed("the JSON is nested too deeply; send a list of flat objects") from None
    except ValueError as error:
        raise Malformed(f"the body is no JSON ({error}); correct it") from None


def _no_constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is no JSON; send null where there is no number")


def _finite(text: str) -> float:
    if not isfinite(number := float(text)):
        raise Malformed(f"{text[:40]} is larger than any number here; send a smaller one")
    return number


def _no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise Malformed(f"the name {twice[:40]!r} stands twice in an object; keep one")
    return found
