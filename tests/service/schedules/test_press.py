"""Outlooks printed from the store, or the reason why not."""

from __future__ import annotations

import base64
import hashlib
from datetime import date
from typing import Any

from service.answers import answer, replay
from service.outlook.stored import first_forecast, outlook_of
from service.projections import ScenarioRequest
from service.schedules.editions import Edition
from service.schedules.press import CONTENT, STALE, TITLE, print_one
from service.store.store import Store

FRESH, TOO_LATE = date(2018, 11, 30), date(2019, 1, 29)


def edition(store: Store, as_of: date, **changed: Any) -> dict[str, Any]:
    given = {
        "crisis_id": "made-up",
        "as_of": as_of,
        "since": None,
        "recorded": store.recorded("made-up"),
        "horizon": 2,
        "audience": "restricted",
        "places": (),
        "scenarios": (),
        "nuzuh": "1",
    }
    return Edition(**{**given, **changed}).document()


def print_page(url: str, document: dict[str, Any], format_: str = "txt") -> dict[str, Any]:
    return print_one(url, document, "en", format_, told=lambda _share, _step: None)


def test_an_outlook_is_printed_from_the_store(store: Store, url: str) -> None:
    document = edition(store, FRESH)
    text = base64.b64decode(print_page(url, document)[CONTENT]).decode()
    assert "outlook of" in text.splitlines()[0]


def test_none_is_printed_from_sources_that_are_too_old(store: Store, url: str) -> None:
    found = print_page(url, edition(store, TOO_LATE))
    assert CONTENT not in found
    assert set(found[TITLE]) == {"en", "tr", "ar"}
    [source] = found[STALE]
    assert (source["source"], source["data_through"]) == ("Event Data", "2018-12-14")


def test_no_audience_sees_more_than_it_may(store: Store, url: str) -> None:
    pages = {
        audience: base64.b64decode(
            print_page(url, edition(store, FRESH, audience=audience))[CONTENT]
        ).decode()
        for audience in ("public", "partner", "restricted")
    }
    assert "Kafr Nabuda" in pages["restricted"]
    assert "Kafr Nabuda" not in pages["public"]
    assert len(set(pages.values())) == 3


def test_an_edition_reads_back_and_its_key_tells_editions_apart(store: Store) -> None:
    document = edition(store, date(2019, 5, 5), since=date(2019, 4, 28), places=("N01",))
    assert Edition.of_document(document).document() == document
    other = edition(store, date(2019, 5, 5), since=date(2019, 4, 28), places=("N02",))
    assert Edition.of_document(document).key != Edition.of_document(other).key


def test_the_forecast_behind_an_outlook_is_kept_once_and_made_again_to_the_byte(
    store: Store, url: str
) -> None:
    for audience in ("restricted", "public"):
        print_page(url, edition(store, FRESH, audience=audience))
    id_ = first_forecast(store, "made-up", FRESH)
    assert id_ is not None
    outlook = outlook_of(url, Edition.of_document(edition(store, FRESH)))
    kept = store.document(id_).contents
    assert hashlib.sha256(kept["json"]).hexdigest() == outlook.fingerprint
    assert replay(store, id_) == kept


def test_the_next_outlook_is_set_against_the_forecast_that_was_kept(store: Store, url: str) -> None:
    later, since = date(2018, 12, 15), FRESH
    document = edition(store, later, since=since)
    alone = base64.b64decode(print_page(url, document)[CONTENT]).decode()
    assert "covers calibration alone" in " ".join(alone.split())
    print_page(url, edition(store, since, horizon=6))
    told = base64.b64decode(print_page(url, document)[CONTENT]).decode()
    assert "covers calibration and changed code" in " ".join(told.split())


def test_stored_scenarios_stand_beside_unless_they_name_what_is_not_told(
    store: Store, url: str
) -> None:
    asked = [
        {"title": "Attacks double", "attacks": [{"multiply": 2.0}]},
        {"title": "A way shut", "closure": [{"place": "N0101"}]},
    ]
    given = {"scenarios": asked, "as_of": FRESH, "horizon": 2, "draws": 100}
    request = ScenarioRequest.model_validate(given)
    id_ = answer(store, "made-up", request, "tester")
    pages = {
        audience: base64.b64decode(
            print_page(url, edition(store, FRESH, scenarios=(id_,), audience=audience))[CONTENT]
        ).decode()
        for audience in ("restricted", "public")
    }
    assert "Attacks double" in pages["restricted"]
    assert "A way shut" in pages["restricted"]
    assert "Attacks double" in pages["public"]
    assert "A way shut" not in pages["public"]
