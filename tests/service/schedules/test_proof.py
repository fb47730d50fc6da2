"""The fingerprint that a page prints is that of the forecast kept beside it."""

from __future__ import annotations

import base64
import hashlib
import json

from service.schedules.press import CONTENT
from service.schedules.proof import PROOF, fingerprint, print_proven
from service.store.store import Store
from tests.service.schedules.test_press import FRESH, TOO_LATE, edition


def test_what_is_printed_is_what_is_kept(store: Store, url: str) -> None:
    document = edition(store, FRESH, audience="public")
    found = print_proven(url, document, "ar", "txt", told=lambda *_: None)
    forecast = base64.b64decode(found[PROOF])
    assert hashlib.sha256(forecast).hexdigest() in base64.b64decode(found[CONTENT]).decode()
    assert json.loads(forecast)["as_of"] == str(FRESH)
    page = print_proven(url, document, "en", "html", told=lambda *_: None)
    assert hashlib.sha256(forecast).hexdigest() in base64.b64decode(page[CONTENT]).decode()
    assert PROOF not in page


def test_there_is_none_without_pages(store: Store, url: str) -> None:
    document = edition(store, TOO_LATE)
    assert PROOF not in print_proven(url, document, "en", "txt", told=lambda *_: None)
    assert fingerprint(store, None) is None
