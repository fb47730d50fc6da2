"""Outlooks printed, in a process of its own: heavy, and never on a number that is too old."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from service.schedules.editions import Edition
from service.store.store import Store

if TYPE_CHECKING:
    from features.facts import Facts
    from service.answers import Told
    from service.outlook.build import Outlook

CONTENT, STALE, TITLE = "content", "stale", "title"


def print_one(
    url: str, document: Mapping[str, Any], language: str, format_: str, *, told: Told
) -> dict[str, Any]:
    """An edition in one language and format, in base64, or the sources too old to make it from.

    Raises InputError, TooLittleData and StoreError as what it calls does.
    """
    from service.outlook.language import LOCALES
    from service.outlook.language import language as speak
    from service.outlook.render import render
    from service.outlook.stored import crisis_of, stale_on

    edition = Edition.of_document(document)
    told(0.0, "reading")
    if stale := stale_on(url, edition):
        crisis = crisis_of(url, edition)
        titles = {code: speak(code).crisis(crisis) for code in LOCALES}
        return {STALE: [asdict(source) for source in stale], TITLE: titles}
    told(0.1, "forecasting")
    outlook = outlook_of(url, edition)
    told(0.8, "writing")
    return {CONTENT: base64.b64encode(render(outlook, format_, language)).decode()}


def outlook_of(url: str, edition: Edition) -> Outlook:
    """The outlook of an edition, set against the last one as that was kept."""
    from service.outlook import stored

    with Store(url) as store:
        last = stored.first_forecast(store, edition.crisis_id, edition.since)
    return stored.outlook_of(url, replace(edition, last=last))


def facts_of(store: Store, crisis_id: str) -> Facts:
    """What a crisis says of itself. Raises InputError when the store does not hold it."""
    from service.access.stored import read_ground

    with store.reading() as connection:
        return read_ground(connection, crisis_id).facts
