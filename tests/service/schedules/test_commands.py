"""`nuzuh schedule` and `nuzuh release`."""

from __future__ import annotations

import getpass
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.delivery.post import post_of
from service.delivery.webhook import secret_of
from service.schedules.book import read_kept
from service.schedules.clock import Clock
from service.schedules.diary import read_ticks
from service.schedules.editions import keep, read_files
from service.schedules.proof import FORECAST
from service.schedules.release import approve, withdraw
from service.schedules.sending import send
from service.settings import load_settings
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
    said = nuzuh("release", "verify", file)
    assert said.code == 2
    assert said.out == (
        f"WITHDRAWN {key} as of 2017-06-30 (en, pdf): withdrawn by {me}: counted twice\n"
    )
    history = nuzuh("schedule", "history", "monday").out
    assert history.startswith(f"{key}  as of 2017-06-30  withdrawn, asked for by {me}\n")
    assert f"released by {me}" in history
    assert "en.pdf" in history


def test_a_draft_is_read_before_it_is_approved(database: str, tmp_path: Path) -> None:
    add()
    key, pdf = drafted(database)
    said = nuzuh("release", "show", key)
    assert said.out == "Outlook of 2017-06-30 in en\n\nas txt\n"
    assert f"{key} as of 2017-06-30: drafted" in said.err
    out = tmp_path / "a" / "draft"
    listed = nuzuh("release", "show", key, "--out", out).out.splitlines()
    there = {f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file}" for file in out.iterdir()}
    assert set(listed) == there
    assert hashlib.sha256(pdf).hexdigest() in {line.split()[0] for line in listed}
    (tmp_path / "file").write_text("no folder")
    [wrong] = nuzuh("release", "show", key, "--out", tmp_path / "file").errors
    assert wrong.startswith("--out")


def test_what_is_not_there_or_stands_in_the_way_is_wrong_input(database: str) -> None:
    add()
    said = nuzuh("schedule", "run", "monday", "--as-of", "2017-06-30")
    key = said.out.partition(" ")[0]
    assert "nuzuh serve or nuzuh worker takes it up" in said.out
    assert f"nuzuh release show {key}" in said.out
    for words in (
        ("release", "show", key),
        ("release", "approve", key),
        ("release", "show", "monday@2001-01-01T00:00:00Z"),
        ("release", "approve", "monday@2001-01-01T00:00:00Z"),
        ("schedule", "run", "tuesday"),
        ("schedule", "history", "tuesday"),
    ):
        said = nuzuh(*words)
        assert said.code == 2, words
        assert len(said.errors) == 1, words


def test_a_folder_lists_what_verifies_and_the_history_tells_it_in_order(
    database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NUZUH_OUTLOOKS", str(tmp_path))
    add("--to", "folder:cluster", "--zone", "Asia/Kathmandu")
    key, _ = drafted(database)
    post = post_of(load_settings())
    with Store(database) as store:
        tick = read_ticks(store)[0].key
        approve(store, tick, "fatma")
        send(store, post, tick, "outlook", ["folder:cluster"])
        withdraw(store, tick, "counted twice", "fatma")
        send(store, post, tick, "correction", ["folder:cluster"])
    lines = nuzuh("schedule", "history", "monday").out.splitlines()
    letters = [line.split() for line in lines if line.endswith("folder:cluster")]
    assert [words[2] for words in letters] == ["outlook", "correction"]
    for words in (*letters, lines[1].split()):
        assert datetime.fromisoformat(" ".join(words[:2])).utcoffset() == timedelta(minutes=345)
    assert "07:00:00+05:45" in nuzuh("schedule", "list").out
    folder = tmp_path / "cluster"
    [about] = [json.loads(file.read_text()) for file in folder.glob("outlook-*.json")]
    assert len(about["files"]) == 3
    for name in about["files"]:
        assert key in nuzuh("release", "verify", folder / name).out
    [letter] = folder.glob("letter-*.txt")
    assert "counted twice" in letter.read_text()
    assert "SHA-256" not in letter.read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("schedule", "list"), ("release", "list"), ("key", "list"), ("key", "revoke", "x"),
        ("crisis", "export", "made-up", "out"), ("backup", "x.zip"),
        ("ingest", "displacement.csv", "--crisis", "made-up"),
    ],
)  # fmt: skip
def test_a_store_that_is_not_there_is_not_made(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NUZUH_DATABASE", f"sqlite:///{tmp_path / 'mistyped.db'}")
    said = nuzuh(*words)
    assert said.code == 2
    assert "there is no such file; is it misspelled?" in said.errors[0]
    assert not (tmp_path / "mistyped.db").exists()


def test_a_crisis_that_is_in_the_store_alone_is_known_by_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("--as-of", "2018-01-01", "--crisis")
    for command in (("forecast",), ("outlook",), ("reconcile",)):
        said = nuzuh(*command, *words, "made-up")
        assert said.code == 2
        assert "it is in the store: `nuzuh crisis export made-up DIR` first" in said.errors[0]
        assert "in the store" not in nuzuh(*command, *words, "x").err
    assert "made-up: in the store" in nuzuh("crisis", "list").out


@pytest.mark.parametrize("key", ["", "monday", "monday@", "monday@yesterday", "monday@2019-05-06"])
def test_what_is_no_tick_is_refused(key: str) -> None:
    said = nuzuh("release", "approve", key)
    assert said.code == 2
    assert "is no tick; write it as nuzuh release list does" in said.errors[0]


def test_a_file_that_is_not_there_is_no_outlook(tmp_path: Path) -> None:
    assert nuzuh("release", "verify", tmp_path / "none").code == 2
