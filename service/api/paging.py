"""Pages: a cursor that means the same rows whatever is recorded in between."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, AwareDatetime
from pydantic_core import PydanticCustomError

from features.errors import Finding, InputError

MOST = 10_000
FOREIGN = "is none of this service; leave it out to begin anew"
YEARS = range(1900, 2200)
Day = TypeVar("Day", bound=date)


def cursor_of(**place: Any) -> str:
    """Where the next page begins, as an opaque text."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def place_of(cursor: str, kinds: dict[str, type]) -> dict[str, Any]:
    """What a cursor says: values of the given kinds by name. Raises InputError."""
    try:
        padded = cursor.encode() + b"=" * (-len(cursor) % 4)
        place = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        if {name: type(value) for name, value in place.items()} != kinds:
            raise ValueError
    except (ValueError, AttributeError, RecursionError, binascii.Error):
        raise InputError(Finding("cursor", FOREIGN, value=cursor[:80])) from None
    found: dict[str, Any] = place
    return found


def time_of(text: str) -> datetime:
    """A time in a cursor. Raises InputError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = datetime.min
    if found.tzinfo is None or found.year not in YEARS:
        raise InputError(Finding("cursor", FOREIGN, value=text[:80]))
    return found


def _of_our_time(value: Day) -> Day:
    if value.year not in YEARS:
        raise PydanticCustomError("time", "the year is not of our time")
    return value


Moment = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
OurDay = Annotated[date, AfterValidator(_of_our_time)]
