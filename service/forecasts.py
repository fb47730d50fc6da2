"""Forecasts asked of the store: made once, kept for good, and made again to check."""

from __future__ import annotations

from datetime import date
from typing import Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from features.crisis import Crisis
from features.errors import Finding, InputError
from features.fingerprint import fingerprint
from forecast import export
from forecast.result import Forecast
from forecast.run import run
from service.store.documents import Document
from service.store.store import Store
from service.version import nuzuh_version


class ForecastRequest(BaseModel):
    """What is asked of a forecast; the limits are those of the command line."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date
    horizon: int = Field(3, ge=1, le=24)
    step: Literal["month", "week"] = "month"
    places: tuple[str, ...] = ()
    draws: int = Field(2000, ge=100, le=100_000)
    seed: int = Field(1, ge=0, le=2**63 - 1)


def make_forecast(store: Store, crisis_id: str, request: ForecastRequest, author: str) -> str:
    """Forecast from what the store holds now, and keep the answer; its id.

    Raises InputError and TooLittleData as `forecast.run.run` does.
    """
    recorded = store.recorded(crisis_id)
    crisis = store.crisis(crisis_id, pd.Timestamp(request.as_of), recorded)
    made = _run(crisis, request)
    document = Document(
        kind=made.kind,
        crisis_id=crisis_id,
        recorded=recorded,
        as_of=request.as_of,
        fingerprint=fingerprint(crisis),
        request=request.model_dump(mode="json"),
        models=dict(made.models),
        nuzuh=nuzuh_version(),
        seed=request.seed,
        author=author,
        contents=_contents(made),
    )
    return store.save(document)


def replay(store: Store, id_: str) -> dict[str, bytes]:
    """Make a stored forecast again from the rows it stood on: the same bytes by format.

    They are the same on one CPU architecture under one lock of the libraries. Raises InputError
    when the document is no forecast, or its rows are no longer those it stood on.
    """
    document = store.document(id_)
    if document.kind != "forecast":
        why = f"is a {document.kind}; only a forecast is made again from its request alone"
        raise InputError(Finding("document", why, value=id_))
    request = ForecastRequest(**document.request)
    crisis = store.crisis(document.crisis_id, pd.Timestamp(request.as_of), document.recorded)
    if fingerprint(crisis) != document.fingerprint:
        why = "stands on other rows than the store holds of that time; restore a backup"
        raise InputError(Finding("document", why, value=id_))
    return _contents(_run(crisis, request))


def _run(crisis: Crisis, request: ForecastRequest) -> Forecast:
    return run(
        crisis,
        pd.Timestamp(request.as_of),
        request.horizon,
        step=request.step,
        places=request.places,
        draws=request.draws,
        seed=request.seed,
    )


def _contents(made: Forecast) -> dict[str, bytes]:
    document = export.forecast_document(made, nuzuh_version())
    rows = export.to_parquet(export.forecast_rows(made))
    return {"json": export.to_json(document), "parquet": rows}
