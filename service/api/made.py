"""What was made before: the same request from the same rows is not made twice."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from service.api.deps import Asked
from service.api.stored import Head, newest
from service.store.schema import documents

if TYPE_CHECKING:
    from service.forecasts import ForecastRequest
    from service.outlooks import OutlookRequest


def made_before(asked: Asked, kind: str, wanted: ForecastRequest | OutlookRequest) -> Head | None:
    """The newest answer of a request from the same rows by this nuzuh's models."""
    from features.fingerprint import fingerprint
    from forecast.run import MODELS
    from service.version import nuzuh_version

    same = [
        documents.c.crisis_id == asked.crisis_id,
        documents.c.as_of == wanted.as_of,
        documents.c.nuzuh == nuzuh_version(),
    ]
    request = wanted.model_dump(mode="json")

    @cache
    def rows() -> str:
        return fingerprint(asked.service.crisis(asked.crisis_id, wanted.as_of))

    def fits(head: Head) -> bool:
        alike = head.request == request and head.models == MODELS
        return alike and (head.recorded == head.latest or head.fingerprint == rows())

    found = newest(asked.service, asked.key, kind, 1, *same, fit=fits)
    return found[0] if found else None
