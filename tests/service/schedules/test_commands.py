"""`nuzuh schedule` and `nuzuh release`."""

from __future__ import annotations

import getpass
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.delivery.webhook import secret_of
from service.schedules.book import read_kept
from service.schedules.clock import Clock
from service.schedules.diary import read_ticks
from service.schedules.editions import keep, read_files
from service.schedules.proof import FORECAST
from service.store.folders import import_folder
from service.store.store import Store
from tests.command import Said, nuzuh
from tests.service.schedules.given import print_all

ADD = ("--crisis", "made-up", "--cron", "0 7 * * 1", "--audience", "restricted")


@pytest.fixture(autouse=True)
def database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path) -> str:
    url = f"sqlite:///{tmp_path / 'store.db'}"
    monkeypatch.setenv("NUZUH_DATABASE", url)
    monkeypatch.setenv("NUZUH_WEBHOOK_SECRET", "s" * 32)
    with Store(url) as store:
        import_folder(store, folder, author="tester")
    return url


def add(*words: str) -> Said:
    return nuzuh("schedule", "add", "monday", *ADD, "--to", "email:me@ngo.org", *words)


def drafted(url: str) -> tuple[str, bytes]:
    """A draft of monday: the name of its tick and its PDF."""
    assert nuzuh("schedule", "run", "monday", "--as-of", "2017-06-30").code == 0
    with Store(url) as store:
        kept, [tick] = read_kept(store, "monday"), read_ticks(store)
        print_all(store, kept, tick)
        Clock(store, lambda *_: None).look(datetime.now(UTC))
        [tick] = read_ticks(store)
        return str(tick.key), read_files(store, kept.schedule, tick)["en"]["pdf"].content


def test_a_schedule_is_kept_listed_and_shown() -> None:
    said = add("--to", "webhook:https://hook.ngo.org/x", "--to", "folder:a#ar", "--lang", "en",
               "--lang", "ar")  # fmt: skip
    assert said.code == 0, said.err
    assert "to          folder:a#ar" in said.out
    assert "secret      whsec_" in said.out
    assert "nothing goes out by email without NUZUH_SMTP_HOST" in said.err
    assert nuzuh("schedule", "show", "monday").out == said.out
    assert "Europe/Istanbul" in nuzuh("schedule", "list").out


def test_while_the_secret_changes_both_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUZUH_WEBHOOK_SECRET", f"{'n' * 32} {'s' * 32}")
    said = add("--to", "webhook:https://hook.ngo.org/x")
    new, old = (secret_of(one * 32, "https://hook.ngo.org/x") for one in "ns")
    assert f"secret      {new} https://hook.ngo.org/x" in said.out
    assert f"former      {old} https://hook.ngo.org/x" in said.out
    for short in (" " * 40, f"{'n' * 32} old"):
        monkeypatch.setenv("NUZUH_WEBHOOK_SECRET", short)
        [wrong] = nuzuh("schedule", "show", "monday").errors
        assert wrong.startswith("NUZUH_WEBHOOK_SECRET: each of its secrets needs 32 characters")


def test_everything_wrong_is_told_at_once() -> None:
    said = nuzuh(
        "schedule", "add", "x", "--crisis", "made-up", "--cron", "61 7 * * 1", "--zone", "Mars",
        "--to", "email:nobody", "--to", "fax:1", "--lang", "de",
    )  # fmt: skip
    assert said.code == 2
    assert len(said.errors) == 5


def test_it_must_fit_its_crisis() -> None:
    assert add("--crisis", "nowhere").errors
    said = add("--place", "N9999", "--scenario", "flood")
    assert said.code == 2
    assert [line.partition(":")[0] for line in said.errors] == ["places", "scenarios"]
    [wrong] = add("--place", "N0101", "--audience", "public").errors
    assert "is finer than this audience is told of" in wrong
    assert nuzuh("schedule", "list").out.startswith("no schedule")


def test_a_second_of_its_name_must_say_that_it_replaces() -> None:
    add()
    assert add().errors == ["there is a schedule monday already; take another id"]
    said = add("--replace", "--horizon", "3")
    assert "version     2" in said.out
    assert "horizon     3" in said.out


def test_pause_and_resume() -> None:
    add()
    assert nuzuh("schedule", "pause", "monday").code == 0
    assert "paused" in nuzuh("schedule", "list").out
    assert "comes next at" in nuzuh("schedule", "resume", "monday").out
    assert nuzuh("schedule", "pause", "tuesday").errors == [
        "there is no schedule tuesday; see: nuzuh schedule list"
    ]


def test_a_draft_is_approved_checked_and_withdrawn(database: str, tmp_path: Path) -> None:
    add()
    key, pdf = drafted(database)
    file = tmp_path / "outlook.pdf"
    file.write_bytes(pdf)
    assert nuzuh("release", "verify", file).code == 2
    assert key in nuzuh("release", "list").out
    assert nuzuh("release", "approve", key).code == 0
    me = getpass.getuser()
    assert nuzuh("release", "verify", file).out == (
        f"{key} as of 2017-06-30 (en, pdf): released by {me}\n"
    )
    sha256 = hashlib.sha256(pdf).hexdigest()
    assert nuzuh("release", "verify", sha256.upper()).out == nuzuh("release", "verify", file).out
    with Store(database) as store:
        keep(store, read_ticks(store)[0].edition, *FORECAST, b"{}")
    printed = hashlib.sha256(b"{}").hexdigest()
    assert "as of 2017-06-30 (forecast): released by" in nuzuh("release", "verify", printed).out
    assert nuzuh("release", "verify", "0" * 64).code == 2
    assert nuzuh("release", "withdraw", key, "--reason", "counted twice").code == 0
    assert f"withdrawn by {me}: counted twice" in nuzuh("release", "verify", file).out
    history = nuzuh("schedule", "history", "monday").out
    assert history.startswith(f"{key}  as of 2017-06-30  withdrawn, asked for by {me}\n")
    assert f"released by {me}" in history
    assert "en.pdf" in history


@pytest.mark.parametrize("key", ["", "monday", "monday@", "monday@yesterday", "monday@2019-05-06"])
def test_what_is_no_tick_is_refused(key: str) -> None:
    said = nuzuh("release", "approve", key)
    assert said.code == 2
    assert "is no tick; write it as nuzuh release list does" in said.errors[0]


def test_a_file_that_is_not_there_is_no_outlook(tmp_path: Path) -> None:
    assert nuzuh("release", "verify", tmp_path / "none").code == 2
