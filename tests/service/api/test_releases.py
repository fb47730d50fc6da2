"""What a reader can check over the API, and what nobody is told there."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import SecretStr

from service.access.audit import read_audit
from service.delivery.post import post_of
from service.delivery.webhook import secret_of
from service.schedules.book import read_kept
from service.schedules.clock import Clock
from service.schedules.diary import read_ticks
from service.schedules.editions import edition_of, keep
from service.schedules.proof import FORECAST
from service.settings import Settings
from tests.service.api.conftest import DAY
from tests.service.api.land import Land
from tests.service.api.test_products import SCHEDULE
from tests.service.schedules.given import Here, print_all

SECRET, URL = "s" * 32, "http://hook.example.org/x"


def drafted(land: Land, **changed: Any) -> str:
    """A draft with a forecast behind it: its path."""
    assert land.post("/v1/schedules", json={**SCHEDULE, **changed}).status_code == 201
    tick = land.post(f"/v1/schedules/monday/run?as_of={DAY}").json()["tick"]
    kept, [due] = read_kept(land.store, "monday"), read_ticks(land.store)
    keep(land.store, edition_of(kept.schedule, due).key, *FORECAST, b"{}")
    print_all(land.store, kept, due)
    Clock(land.store, lambda *_: None).look(datetime.now(UTC))
    return f"/v1/releases/{tick}"


def test_the_fingerprint_that_pages_print_can_be_checked(changing: Land) -> None:
    path, printed = drafted(changing), hashlib.sha256(b"{}").hexdigest()
    check = f"/v1/releases/verify?sha256={printed}"
    assert changing.get(path).json()["forecast"] == printed
    assert not changing.get(check).json()["verified"]
    changing.post(f"{path}/approve")
    told = changing.get(check).json()
    assert told["verified"]
    assert (told["outlooks"][0]["language"], told["outlooks"][0]["format"]) == ("", "forecast")
    assert told["note"] == "releases to all audiences were looked at"
    hidden = changing.get(check, "partner").json()
    note = "releases to restricted were not looked at: they need a key of that audience"
    assert hidden == {"verified": False, "outlooks": [], "note": note}
    assert changing.get(f"/v1/releases/verify?sha256={'0' * 64}", "partner").json() == hidden


def test_a_draft_is_read_by_those_it_is_for(changing: Land) -> None:
    path = drafted(changing)
    listed = changing.get(path).json()["files"]
    assert {name.partition(".")[2] for name in listed} == {"html", "pdf", "txt"}
    for name, sha256 in listed.items():
        told = changing.get(f"{path}/files/{name}")
        assert hashlib.sha256(told.content).hexdigest() == sha256
        assert told.headers["nuzuh-state"] == "drafted"
        tag = {"If-None-Match": told.headers["etag"]}
        assert changing.get(f"{path}/files/{name}", headers=tag).status_code == 304
        policy = told.headers["content-security-policy"]
        assert ("img-src data:" in policy) == name.endswith("html")
        assert changing.get(f"{path}/files/{name}", "partner").status_code == 404
    changing.post(f"{path}/approve")
    assert changing.get(f"{path}/files/ar.txt").headers["nuzuh-state"] == "released"


def test_a_file_that_there_is_not(changing: Land) -> None:
    path = drafted(changing)
    assert changing.get(f"{path}/files/ar.sms").status_code == 404
    assert changing.get(f"{path}/files/tr.txt").status_code == 404
    due = changing.post(f"/v1/schedules/monday/run?as_of={DAY}").json()["tick"]
    assert changing.get(f"/v1/releases/{due}/files/ar.txt").status_code == 404
    for name in (".forecast", "..%2Fen.txt", "en.json", "en.txt%0A"):
        assert changing.get(f"{path}/files/{name}").status_code in (404, 422), name


def test_no_secret_of_a_webhook_is_told(
    lands: Callable[..., Land], caplog: pytest.LogCaptureFixture
) -> None:
    land = lands(webhook_secret=SECRET)
    path = drafted(land, recipients=[{"way": "webhook", "address": URL}])
    caplog.set_level(logging.DEBUG)
    post = post_of(Settings(webhook_secret=SecretStr(SECRET)))
    here = Here(land.store, post)
    land.post(f"{path}/approve")
    here.clock.look(datetime.now(UTC))
    answers = [
        land.get(where, key).text
        for key in ("restricted", "admin")
        for where in (
            "/v1/schedules", "/v1/schedules/monday", "/v1/schedules/monday/history", "/v1/releases",
            path, "/v1/audit",
        )
    ]  # fmt: skip
    [letter] = json.loads(answers[2])["ticks"][0]["letters"]
    assert letter["outcome"] in {"later", "failed"}
    told = "\n".join([*answers, caplog.text, repr(post), str(read_audit(land.store, 50))])
    for secret in (SECRET, secret_of(SECRET, URL), secret_of(SECRET, URL).removeprefix("whsec_")):
        assert secret not in told


def test_who_only_reads_is_told_of_no_recipient(changing: Land) -> None:
    from service.access.keys import create_key

    drafted(changing)
    reader = create_key(changing.store, "reader", ["read"], "restricted")[1]
    for where in ("/v1/schedules", "/v1/schedules/monday", "/v1/schedules/monday/history"):
        assert changing.get(where, reader).status_code == 403
    assert "ngo.org" not in changing.get("/v1/releases", reader).text


def test_what_a_schedule_was_before_is_told_to_those_it_was_for(changing: Land) -> None:
    drafted(changing)
    wider = {**SCHEDULE, "audience": "partner"}
    assert changing.post("/v1/schedules?replace=true", json=wider).status_code == 201
    path = "/v1/schedules/monday/history"
    assert len(changing.get(path).json()["ticks"]) == 1
    assert changing.get(path, "partner").json() == {"ticks": []}
