"""Outlooks of a store: made from its rows for all languages and formats at once.

The forecast behind each is kept for good: so the next can tell what changed code moved.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd
import sqlalchemy as sa

from features.crisis import Crisis
from features.fingerprint import fingerprint
from forecast.export import forecast_rows, to_parquet
from forecast.scenario import Scenario
from forecast.scenario_file import ScenarioFile, read_draft
from forecast.scenario_folder import shipped
from service.access.disclosure import Disclosure
from service.access.policy import policies
from service.access.stored import read_ground
from service.answers import Made, Source, document_of, keep_once
from service.errors import StaleSource
from service.forecasts import ForecastRequest
from service.fresh import stale_sources
from service.outlook.build import Outlook, build_outlook, fitting, warmed
from service.outlook.changes import Last
from service.outlook.told import told_to
from service.projections import ScenarioRequest
from service.scenario_run import refuse_same_titles, settle_all
from service.store.documents import Document
from service.store.schema import documents
from service.store.store import Store

if TYPE_CHECKING:
    from service.schedules.editions import Edition

AUTHOR = "outlook"


def crisis_of(url: str, edition: Edition) -> Crisis:
    """The crisis of an edition, as known on its day."""
    return _read(url, edition.crisis_id, edition.as_of, edition.recorded)


@lru_cache(maxsize=1)
def _read(url: str, crisis_id: str, as_of: date, recorded: datetime) -> Crisis:
    with Store(url) as store:
        return Source(store, crisis_id, recorded).crisis(as_of)


def stale_on(url: str, edition: Edition) -> list[StaleSource]:
    """The sources that are too old on the day of an edition."""
    return stale_sources(crisis_of(url, edition), edition.as_of)


@lru_cache(maxsize=1)
def outlook_of(url: str, edition: Edition) -> Outlook:
    """The outlook of an edition, kept for its other languages and formats, which come next.

    Raises InputError and TooLittleData as what it calls does.
    """
    made = _made(url, replace(edition, audience=""))
    with Store(url) as store, store.reading() as connection:
        ground = read_ground(connection, edition.crisis_id)
    return told_to(made, Disclosure(policies(ground.facts.disclosure)[edition.audience], ground))


@lru_cache(maxsize=1)
def _made(url: str, edition: Edition) -> Outlook:
    """The outlook whoever reads it, its forecast kept."""
    crisis, day = crisis_of(url, edition), pd.Timestamp(edition.as_of)
    warm = warmed(crisis, day, edition.places, months=edition.horizon)
    with Store(url) as store:
        files = list(_files(store, edition))
        refuse_same_titles(files, [])
        scenarios, left_out = _settled(files, crisis, edition)
        made = build_outlook(
            crisis,
            day,
            what_if=warm,
            places=edition.places,
            scenarios=scenarios,
            since=None if edition.since is None else pd.Timestamp(edition.since),
            last=None if edition.last is None else last_of(store.document(edition.last), store),
        )
        source = Source(store, edition.crisis_id, edition.recorded)
        keep_once(store, _forecast(source, crisis, made))
    return replace(made, left_out=left_out)


def first_forecast(store: Store, crisis_id: str, day: date | None) -> str | None:
    """The id of the forecast behind the first outlook that was made of a day."""
    query = sa.select(documents.c.id).order_by(documents.c.created, documents.c.id).limit(1)
    kept = (documents.c.kind == ForecastRequest.document) & (documents.c.author == AUTHOR)
    of_day = (documents.c.crisis_id == crisis_id) & (documents.c.as_of == day)
    with store.reading() as connection:
        found: str | None = connection.scalar(query.where(kept, of_day))
    return found


def last_of(document: Document, store: Store) -> Last:
    """The forecast of the last outlook as it was kept, and the rows that it stood on."""
    source = Source(store, document.crisis_id, document.recorded)
    rows = pd.read_parquet(io.BytesIO(document.contents["parquet"]))
    means = (rows["measure"] == "arrivals") & (rows["output_type"] == "mean")
    return Last(source.crisis(document.as_of), rows[means])


def _files(store: Store, edition: Edition) -> Iterator[ScenarioFile]:
    """The scenarios of an edition: by name those of the crisis, by id those of a projection."""
    known = shipped(edition.crisis_id)
    for name in known if edition.scenarios is None else edition.scenarios:
        if name in known:
            yield read_draft(known[name])
        else:
            yield from ScenarioRequest(**store.document(name).request).read()


def _settled(
    files: list[ScenarioFile], crisis: Crisis, edition: Edition
) -> tuple[list[Scenario], tuple[str, ...]]:
    """The scenarios asked for, else those of the crisis that fit the day and the others' titles."""
    day = pd.Timestamp(edition.as_of)
    if edition.scenarios is None:
        return fitting(files, crisis, day, edition.horizon)
    return settle_all(files, crisis, day, edition.horizon), ()


def _forecast(source: Source, crisis: Crisis, made: Outlook) -> Document:
    """The forecast behind an outlook as one that was asked for; one from one version's models."""
    forecast = made.forecast
    request = ForecastRequest(
        as_of=forecast.as_of.date(), horizon=len(forecast.periods), places=tuple(forecast.places)
    )
    contents = {"json": made.document, "parquet": to_parquet(forecast_rows(forecast))}
    answer = Made(fingerprint(crisis), dict(forecast.models), contents)
    found = document_of(source, request, answer, AUTHOR)
    models = [f"{name} {version}" for name, version in sorted(found.models.items())]
    stands_on = found.crisis_id, found.recorded.isoformat(), found.nuzuh, *models
    name = "\0".join([*stands_on, request.model_dump_json()])
    return replace(found, id=hashlib.sha256(name.encode()).hexdigest()[:32])
