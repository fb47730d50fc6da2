"""Ways out that fail, for real: what the history of a schedule says of them, and of the others."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.delivery.mail import MailServer
from service.delivery.networks import network_of
from service.delivery.post import Post
from service.delivery.webhook import Hooks
from service.schedules.diary import read_tick
from service.schedules.history import letters_of
from service.schedules.opening import ask_tick
from service.store.store import Store
from tests.service.delivery.servers import (
    HERE,
    Mailbox,
    free_port,
    hook,
    mail_server,
    rude,
    scripted,
)
from tests.service.schedules.given import Here, kept, readers

HOOKS = Hooks(["s" * 32], [network_of("127.0.0.0/8")], seconds=0.5)
Told = dict[str, dict[str, Any]]


def history(store: Store, post: Post, recipients: list[dict[str, str]]) -> Told:
    """What the history says of each recipient of a tick."""
    made = kept(store, recipients=recipients, release="automatic")
    key = ask_tick(store, made, None, "tester", datetime.now(UTC))
    here = Here(store, post)
    for _ in range(4):
        here.clock.look(datetime.now(UTC))
    return {one["recipient"]: one for one in letters_of(store, read_tick(store, key))}


def by_mail(port: int) -> Post:
    return Post(MailServer(HERE, "outlook@nuzuh.example.org", port, "none", seconds=1.0))


def test_a_bad_recipient_among_fifty_is_named_and_the_others_get_theirs(store: Store) -> None:
    to = readers(50)
    answers = {to[7]["address"]: "550 no such box", to[8]["address"]: "451 greylisted"}
    mailbox = Mailbox(answers)
    with mail_server(mailbox) as port:
        told = history(store, by_mail(port), to)
    assert {address for address, _ in mailbox.taken} == {
        one["address"] for one in to if one["address"] not in answers
    }
    failed, later = (told[f"email:{to[n]['address']}"] for n in (7, 8))
    assert (failed["outcome"], failed["again"]) == ("failed", None)
    assert failed["reason"].endswith("answers 550 no such box")
    assert (later["outcome"], later["attempt"]) == ("later", 1)
    assert later["reason"].endswith("answers 451 greylisted")
    assert sorted(one["outcome"] for one in told.values()) == ["failed", "later"] + ["sent"] * 48


@contextmanager
def broken(manner: str) -> Iterator[int]:
    if manner == "nobody":
        yield free_port()
        return
    with rude(manner) if manner == "hangs" else scripted(content=manner) as port:
        yield port


@pytest.mark.parametrize(
    ("manner", "outcome", "reason"),
    [
        ("nobody", "later", "cannot be used"),
        ("hangs", "later", "does not answer"),
        ("drops", "later", "cannot be used"),
        ("554 spam", "failed", "answers 554 spam"),
        ("452 disk full", "later", "answers 452 disk full"),
    ],
)
def test_a_mail_server_that_fails(store: Store, manner: str, outcome: str, reason: str) -> None:
    with broken(manner) as port:
        told = history(store, by_mail(port), readers(3))
    assert [one["outcome"] for one in told.values()] == [outcome] * 3
    assert all(reason in one["reason"] for one in told.values())


@pytest.mark.parametrize(
    ("code", "outcome", "reason", "wait"),
    [
        (500, "later", "answers 500", 120),
        (429, "later", "answers 429", 120),
        (307, "failed", "answers 307, a redirect; give the address it leads to", 0),
        (401, "failed", "answers 401", 0),
    ],
)
def test_a_webhook_that_fails(
    store: Store, code: int, outcome: str, reason: str, wait: int
) -> None:
    elsewhere = f"http://127.0.0.1:{free_port()}/"
    with hook((code, {"retry-after": "120", "location": elsewhere})) as server:
        to = [{"way": "webhook", "address": server.url}]
        [told] = history(store, Post(hooks=HOOKS), to).values()
    assert (told["outcome"], told["reason"].partition(" ")[2]) == (outcome, reason)
    assert len(server.got) == 1
    if wait:
        assert told["again"] >= datetime.now(UTC) + timedelta(seconds=wait - 30)


def test_a_name_that_leads_inside_is_refused_when_it_is_called(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def inside(_host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    with hook() as server, monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", inside)
        to = [{"way": "webhook", "address": f"https://hook.example.org:{server.server_port}/"}]
        post = Post(hooks=Hooks(["s" * 32], seconds=0.5))
        [told] = history(store, post, to).values()
    assert told["outcome"] == "failed"
    assert "leads to 127.0.0.1, which is no public address" in told["reason"]
    assert server.got == []


def test_a_folder_that_cannot_be_written(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file, no folder")
    to = [{"way": "folder", "address": name} for name in ("file", "cluster")]
    told = history(store, Post(folder=tmp_path), to)
    assert told["folder:cluster"]["outcome"] == "sent"
    assert told["folder:file"]["outcome"] == "later"
    assert told["folder:file"]["reason"] == "the folder file cannot be written: File exists"


def test_a_way_that_is_not_set_up(store: Store) -> None:
    told = history(store, Post(), [*readers(1), {"way": "folder", "address": "a"}])
    assert {one["outcome"] for one in told.values()} == {"later"}
    assert "set NUZUH_OUTLOOKS" in told["folder:a"]["reason"]
