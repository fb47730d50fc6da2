"""`nuzuh serve` and `nuzuh key`, as processes where it matters."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from features.errors import InputError
from service.access.audit import read_audit
from service.access.keys import create_key, find_key, list_keys
from service.commands.serve import prepare, where_served
from service.settings import Settings
from service.store.folders import import_folder
from service.store.store import Store
from tests.command import nuzuh
from tests.folders import write_crisis

Served = tuple[str, str, Path, subprocess.Popen[bytes]]


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'data' / 'store.db'}"
    monkeypatch.setenv("NUZUH_DATABASE", url)
    return url


def test_a_key_is_made_listed_and_revoked(database: str) -> None:
    words = ("Planning team", "--scope", "read", "--scope", "plan", "--audience", "partner")
    made = nuzuh("key", "create", *words, "--days", 3)
    shown = made.out.strip()
    assert made.code == 0
    with Store(database) as store:
        key = find_key(store, shown)
        assert (key.scopes, key.audience) == (("read", "plan"), "partner")
    listed = nuzuh("key", "list").out
    assert key.id in listed
    assert shown.split("_")[2] not in listed + made.err
    assert "revoked" in nuzuh("key", "revoke", key.id).out
    assert "there is no key of this id" in nuzuh("key", "revoke", "nobody").errors[0]
    with Store(database) as store:
        actions = [line["action"] for line in read_audit(store, 10)]
    assert actions == ["revoke key", "make key"]


def test_nobody_listens_beyond_loopback_before_a_key_was_made(database: str) -> None:
    open_ = Settings(database=database, host="0.0.0.0")
    with Store(database) as store:
        with pytest.raises(InputError, match="make one by: nuzuh key create"):
            prepare(store, open_)
        assert list_keys(store) == []
        create_key(store, "a", ["admin"], "restricted")
        prepare(store, open_)
        assert store.crises() == ["nw-syria"]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_the_first_start_prints_one_admin_key(
    database: str, host: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    with Store(database) as store:
        import_folder(store, write_crisis(tmp_path / "made-up", months=3), author="tester")
        prepare(store, Settings(database=database, host=host))
        [shown] = re.findall(r"nzh_\w+", capsys.readouterr().err)
        assert find_key(store, shown).may("admin")
        prepare(store, Settings(database=database, host=host))
        assert capsys.readouterr().err == ""
        assert store.crises() == ["made-up"]


def test_it_says_where_and_from_which_database_without_its_password() -> None:
    url = "postgresql://nuzuh:geheim@db/nuzuh"
    told = where_served(Settings(database=url, host="::1", port=8123))
    assert told.startswith("http://[::1]:8123 from postgresql://nuzuh:***@db/nuzuh; ")
    assert "http://[::1]:8123/v1/openapi.json" in told
    assert "geheim" not in told


@pytest.fixture
def served(
    database: str, tmp_path: Path
) -> Iterator[tuple[str, str, Path, subprocess.Popen[bytes]]]:
    """Address, admin key, log and process of a service on a store of its own."""
    with Store(database) as store:
        import_folder(store, write_crisis(tmp_path / "made-up", months=3), author="tester")
        shown = create_key(store, "tester", ["admin"], "restricted")[1]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path / "log"
    environment = {**os.environ, "NUZUH_PORT": str(port)}
    with log.open("wb") as told:
        command = [sys.executable, "-m", "service", "serve"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=told)
    yield f"http://127.0.0.1:{port}", shown, log, process
    process.kill()
    process.wait()


@pytest.mark.slow
def test_it_serves_logs_and_ends_when_told(served: Served) -> None:
    url, shown, log, process = served
    headers = {"Authorization": f"Bearer {shown}"}
    with httpx2.Client(base_url=url, headers=headers) as client:
        for _ in range(150):
            try:
                if client.get("/readyz").status_code == 200:
                    break
            except httpx2.ConnectError:
                time.sleep(0.2)
        told = client.get("/v1/crises", headers={"X-Request-ID": "request-0001"})
    assert told.json()["crises"][0]["id"] == "made-up"
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    assert process.stdout is not None
    with process.stdout as said:
        assert f"serving {url} from sqlite:///" in said.read().decode()
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    [line] = [line for line in lines if line.get("request_id") == "request-0001"]
    assert (line["path"], line["status"], line["key"]) == ("/v1/crises", 200, shown.split("_")[1])
    assert shown.split("_")[2] not in log.read_text("utf-8")
