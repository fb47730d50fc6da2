"""Webhooks, against a real HTTP server and against bad ones."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import socket
import ssl
from datetime import timedelta
from typing import Any

import pytest

from service.delivery.failures import Refused, TryLater
from service.delivery.networks import network_of
from service.delivery.webhook import Hooks, call, check_url, secret_of, sign
from tests.service.delivery.letters import LETTER, SENT
from tests.service.delivery.servers import Hook, endless, free_port, hook, rude

LOOPBACK = (network_of("127.0.0.0/8"),)
MASTER = "one secret of the service"


def post(url: str, seconds: float = 5.0, **changed: Any) -> None:
    hooks = Hooks(**{"secrets": [MASTER], "networks": LOOPBACK, "seconds": seconds, **changed})
    asyncio.run(call(LETTER, url, SENT, hooks))


def test_the_receiver_can_check_who_sent_what_and_when() -> None:
    with hook() as server:
        post(server.url)
    [(path, headers, body)] = server.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret_of(MASTER, server.url).removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert path == "/hook"
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-id"] == LETTER.id
    assert int(headers["webhook-timestamp"]) == SENT.timestamp()


def test_while_the_secret_changes_old_and_new_both_sign() -> None:
    with hook() as server:
        post(server.url, secrets=["new", MASTER])
    [(_, headers, body)] = server.got
    seconds = int(SENT.timestamp())
    secrets = [secret_of(one, server.url) for one in ("new", MASTER)]
    expected = [sign(one, LETTER.id, seconds, body) for one in secrets]
    assert headers["webhook-signature"].split(" ") == expected


def test_no_secret_is_written_by_chance() -> None:
    assert MASTER not in repr(Hooks([MASTER]))


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # The example of the standard's own libraries.
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    signed = sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_body_holds_the_files_with_their_fingerprints() -> None:
    with hook() as server:
        post(server.url)
    told = json.loads(server.got[0][2])
    [file] = told["files"]
    assert told["type"] == "outlook.sent"
    assert told["schedule"] == "monday"
    assert told["text"] == LETTER.text
    content = base64.b64decode(file["content"])
    assert content == LETTER.files[0].content
    assert file["sha256"] == hashlib.sha256(content).hexdigest()


def test_each_address_has_a_secret_of_its_own() -> None:
    assert secret_of(MASTER, "https://a.org/x") != secret_of(MASTER, "https://a.org/y")
    assert secret_of(MASTER, "https://a.org/x") != secret_of("another", "https://a.org/x")


@pytest.mark.parametrize("code", [500, 502, 503, 429, 408, 425])
def test_what_may_pass_is_tried_later(code: int) -> None:
    with (
        hook((code, {"retry-after": "120"})) as server,
        pytest.raises(TryLater, match=str(code)) as caught,
    ):
        post(server.url)
    assert caught.value.after == timedelta(seconds=120)


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("Mon, 06 May 2019 04:05:00 GMT", timedelta(minutes=5)),
        ("Mon, 06 May 2019 03:00:00 GMT", timedelta(0)),
        ("soon", timedelta(0)),
        ("-5", timedelta(0)),
        ("9" * 40, timedelta(seconds=10**6)),
    ],
)
def test_any_retry_after_is_read(told: str, wait: timedelta) -> None:
    with hook((503, {"retry-after": told})) as server, pytest.raises(TryLater) as caught:
        post(server.url)
    assert caught.value.after == wait


@pytest.mark.parametrize("code", [400, 401, 404, 410])
def test_what_will_not_pass_is_refused(code: int) -> None:
    with hook((code, {})) as server, pytest.raises(Refused, match=f"answers {code}"):
        post(server.url)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(code: int) -> None:
    with (
        hook() as inner,
        hook((code, {"location": inner.url})) as outer,
        pytest.raises(Refused, match="a redirect; give the address it leads to"),
    ):
        post(outer.url)
    assert len(outer.got) == 1
    assert inner.got == []


@pytest.mark.parametrize("manner", ["hangs", "drops", "drips"])
def test_a_bad_server_is_left_in_time(manner: str) -> None:
    with rude(manner) as port, pytest.raises(TryLater):
        post(f"http://127.0.0.1:{port}/", seconds=0.5)


def test_no_answer_is_read_beyond_its_head() -> None:
    with endless() as port:
        post(f"http://127.0.0.1:{port}/")


def test_no_server_is_tried_later() -> None:
    with pytest.raises(TryLater, match="cannot be used"):
        post(f"http://127.0.0.1:{free_port()}/")


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://[fe80::1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.1/",
    ],
)
def test_no_private_address_is_reached(url: str) -> None:
    with pytest.raises(Refused, match="no public address"):
        post(url, networks=())


def answering(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """The name server gives these answers in turn; the names it was asked for."""
    asked: list[str] = []

    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        at = min(len(asked), len(answers)) - 1
        kind = socket.SOCK_STREAM
        return [(socket.AF_INET, kind, 6, "", (ip, port)) for ip in answers[at]]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ["8.8.8.8", "10.0.0.1"])
    with pytest.raises(Refused, match=r"leads to 10\.0\.0\.1"):
        post("https://hook.example.org/", networks=())


def with_tls(server: Hook) -> str:
    return f"https://hook.example.org:{server.server_port}/hook?a=1"


def test_the_judged_address_is_the_one_reached(
    monkeypatch: pytest.MonkeyPatch, certificate: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    theirs, trusted = certificate
    asked = answering(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])
    with hook(tls=theirs) as server:
        post(with_tls(server), trusted=trusted)
    [(path, headers, _)] = server.got
    assert path == "/hook?a=1"
    assert headers["host"] == f"hook.example.org:{server.server_port}"
    assert asked.count("hook.example.org") == 1


def test_a_certificate_of_another_name_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, certificate: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    theirs, trusted = certificate
    answering(monkeypatch, ["127.0.0.1"])
    with hook(tls=theirs) as server, pytest.raises(TryLater, match="cannot be used"):
        post(with_tls(server).replace("hook.", "another."), trusted=trusted)
    assert server.got == []


def test_a_name_without_an_address_is_tried_later(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nothing)
    with pytest.raises(TryLater, match="has no address at the moment"):
        post("https://hook.example.org/")


def test_nothing_goes_unencrypted_to_the_open_internet(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, ["8.8.8.8"])
    with pytest.raises(Refused, match="take https"):
        post("http://hook.example.org/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook.example.org",
        "ftp://a.org/",
        "file:///etc/passwd",
        "https://",
        "https://a.org:0/",
        "https://a.org:99999/",
        "https://user:pw@a.org/",
        "https://a.org/a b",
        "https://a.org/\r\nX: 1",
        "https://köy.org/",
        "https://[::1/",
        "https://a.org/#x",
    ],
)
def test_what_is_no_webhook_is_refused(url: str) -> None:
    assert check_url(url)
    with pytest.raises(Refused):
        post(url)
