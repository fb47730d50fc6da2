"""Outlooks printed, in a process of its own: heavy, and never on a number that is too old."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from service.schedules.editions import Edition
from service.store.store import Store

if TYPE_CHECKING:
    from features.crisis import Crisis
    from features.facts import Facts
    from service.access.disclosure import Disclosure
    from service.answers import Told
    from service.errors import StaleSource
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

    edition = Edition.of_document(document)
    told(0.0, "reading")
    crisis, stale = _read(url, edition)
    if stale:
        titles = {code: speak(code).crisis(crisis) for code in LOCALES}
        return {STALE: [asdict(source) for source in stale], TITLE: titles}
    told(0.1, "forecasting")
    outlook = outlook_of(url, edition)
    told(0.8, "writing")
    return {CONTENT: base64.b64encode(render(outlook, format_, language)).decode()}


def facts_of(store: Store, crisis_id: str) -> Facts:
    """What a crisis says of itself. Raises InputError when the store does not hold it."""
    from service.access.stored import read_ground

    with store.reading() as connection:
        return read_ground(connection, crisis_id).facts


@lru_cache(maxsize=1)
def _read(url: str, edition: Edition) -> tuple[Crisis, list[StaleSource]]:
    """The crisis, whole, and the sources that are too old on the day."""
    from service.fresh import stale_sources

    with Store(url) as store:
        crisis = store.crisis(edition.crisis_id, recorded=edition.recorded)
    return crisis, stale_sources(crisis.as_of(_stamp(edition)), edition.as_of)


def stale_on(url: str, edition: Edition) -> list[StaleSource]:
    """The sources that are too old on the day of an edition."""
    return _read(url, edition)[1]


@lru_cache(maxsize=1)
def outlook_of(url: str, edition: Edition) -> Outlook:
    """The outlook of an edition, kept for its other languages and formats, which come next."""
    import pandas as pd

    from forecast.scenario_folder import shipped
    from forecast.whatif import warm_up
    from service.outlook.build import build_outlook
    from service.outlook.told import told_to
    from service.scenario_run import read_all, settle_all

    crisis, _ = _read(url, edition)
    day = _stamp(edition)
    warm = warm_up(crisis, day, edition.horizon, places=_places(crisis, edition))
    known = shipped(edition.crisis_id)
    files = read_all([str(known[name]) for name in edition.scenarios], edition.crisis_id)
    found = build_outlook(
        crisis,
        day,
        what_if=warm,
        scenarios=settle_all(files, crisis.as_of(day), day, edition.horizon),
        since=None if edition.since is None else pd.Timestamp(edition.since),
    )
    return told_to(found, _disclosure(url, edition))


def _disclosure(url: str, edition: Edition) -> Disclosure:
    from service.access.disclosure import Disclosure
    from service.access.policy import policies
    from service.access.stored import read_ground

    with Store(url) as store, store.reading() as connection:
        ground = read_ground(connection, edition.crisis_id)
    return Disclosure(policies(ground.facts.disclosure)[edition.audience], ground)


def _places(crisis: Crisis, edition: Edition) -> list[str]:
    """Those that an outlook has of itself and those asked for."""
    from features.panel import build_panel
    from forecast.whatif import planning_places

    if not edition.places:
        return []
    usual = planning_places(build_panel(crisis, _stamp(edition), _stamp(edition)))
    return list(dict.fromkeys([*usual, *edition.places]))


def _stamp(edition: Edition) -> Any:
    import pandas as pd

    return pd.Timestamp(edition.as_of)
