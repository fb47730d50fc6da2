"""The forecast behind an edition, as JSON: its SHA-256 is the fingerprint that the pages print."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from service.schedules.editions import Edition
from service.schedules.press import CONTENT, outlook_of, print_one
from service.schedules.schema import editions
from service.store.store import Store

if TYPE_CHECKING:
    from service.answers import Told

PROOF = "proof"
# The row of an edition that holds its forecast.
FORECAST = ("", "forecast")


def print_proven(
    url: str, document: Mapping[str, Any], language: str, format_: str, *, told: Told
) -> dict[str, Any]:
    """What `print_one` gives, beside a text, which every edition has, the forecast in base64."""
    found = print_one(url, document, language, format_, told=told)
    if CONTENT in found and format_ == "txt":
        forecast = outlook_of(url, Edition.of_document(document)).document
        found[PROOF] = base64.b64encode(forecast).decode()
    return found


def fingerprint(store: Store, key: str | None) -> str | None:
    """The SHA-256 of the forecast of an edition, which its pages print; None without pages."""
    language, format_ = FORECAST
    where = {"edition": key, "language": language, "format": format_}
    query = sa.select(editions.c.sha256).filter_by(**where)
    with store.reading() as connection:
        return connection.scalar(query)
