"""Webhooks signed as Standard Webhooks (standardwebhooks.com) asks, for which libraries exist.

`webhook-id` is the same at every attempt, `webhook-timestamp` counts seconds since 1970, and
`webhook-signature` is `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`. Each address
has a secret of its own, drawn from the service's one; neither is in the database. While the
service's one changes there are two, and two signatures with a space between.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx2

from service.delivery.failures import Refused, TryLater, Undelivered
from service.delivery.letter import File, Letter
from service.delivery.networks import Network, judged_address

PORTS = {"https": 443, "http": 80}
MAY_PASS = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


@dataclass(frozen=True)
class Hooks:
    """How webhooks are called. `networks` may be reached though they are private, and by http.

    `secrets` has the service's one first, then those that it takes the place of.
    """

    secrets: Sequence[str] = field(repr=False)
    networks: Sequence[Network] = ()
    seconds: float = 30.0
    trusted: ssl.SSLContext = field(default_factory=ssl.create_default_context)


def check_url(url: str) -> str | None:
    """Why a text is no address of a webhook, or None when it is one."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"is no address: {error}"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "holds a character that no address has; write it in its %-form"
    if parts.scheme not in PORTS or not parts.hostname or port == 0:
        return "is no https address"
    if "#" in url:
        return "holds a #, which no server gets"
    if parts.username is not None or parts.password is not None:
        return "holds a password, which everyone who reads the schedule would see"
    return None


def secret_of(master: str, url: str) -> str:
    """The secret of one address, in the form that Standard Webhooks' libraries take."""
    key = hmac.digest(master.encode(), b"webhook\0" + url.encode(), "sha256")
    return f"whsec_{base64.b64encode(key).decode()}"


def sign(secret: str, id_: str, seconds: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{id_}.{seconds}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()}"


def body_of(letter: Letter) -> bytes:
    """The letter as JSON; its files are in base64, each with its SHA-256."""
    told: dict[str, Any] = {
        "type": f"{letter.event}.sent",
        "id": letter.id,
        "corrects": letter.answers,
        **letter.about,
        "language": letter.language,
        "subject": letter.subject,
        "text": letter.text,
        "files": [_file(file) for file in letter.files],
    }
    return json.dumps(told, ensure_ascii=False, allow_nan=False).encode()


def _file(file: File) -> dict[str, str]:
    return {
        "name": file.name,
        "media_type": file.media_type,
        "sha256": file.sha256,
        "content": base64.b64encode(file.content).decode(),
    }


async def call(letter: Letter, url: str, sent: datetime, hooks: Hooks) -> None:
    """Post a letter. Raises TryLater or Refused unless the answer is one of 200 to 299.

    A redirect is not followed. The whole call ends after `hooks.seconds`.
    """
    if why := check_url(url):
        raise Refused(f"the address {why}")
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(hooks.seconds):
            answer = await _post(parts, body_of(letter), _headers(letter, url, sent, hooks), hooks)
    except TimeoutError:
        raise TryLater(f"{parts.netloc} does not answer") from None
    except httpx2.HTTPError as error:
        raise TryLater(f"{parts.netloc} cannot be used: {error or type(error).__name__}") from None
    if not answer.is_success:
        raise _failure(answer, parts.netloc, sent)


def _headers(letter: Letter, url: str, sent: datetime, hooks: Hooks) -> dict[str, str]:
    seconds = int(sent.timestamp())
    body = body_of(letter)
    signed = [sign(secret_of(one, url), letter.id, seconds, body) for one in hooks.secrets]
    return {
        "content-type": "application/json",
        "user-agent": "nuzuh",
        "webhook-id": letter.id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(signed),
    }


async def _post(
    parts: SplitResult, body: bytes, headers: Mapping[str, str], hooks: Hooks
) -> httpx2.Response:
    """To the judged address, though `Host` and the certificate are those of the name."""
    host, port = str(parts.hostname), parts.port or PORTS[parts.scheme]
    ip, allowed = await judged_address(host, port, hooks.networks)
    if parts.scheme == "http" and not allowed:
        raise Refused(f"{parts.netloc} would get the letter unencrypted; take https")
    shown = f"[{ip}]" if ip.version == 6 else str(ip)
    target = f"{parts.scheme}://{shown}:{port}{parts.path or '/'}"
    async with (
        httpx2.AsyncClient(
            verify=hooks.trusted, trust_env=False, follow_redirects=False, timeout=hooks.seconds
        ) as client,
        client.stream(
            "POST",
            f"{target}?{parts.query}" if parts.query else target,
            content=body,
            headers={**headers, "host": parts.netloc},
            extensions={"sni_hostname": host},
        ) as answer,
    ):
        return answer


def _failure(answer: httpx2.Response, name: str, now: datetime) -> Undelivered:
    code = answer.status_code
    if answer.is_redirect:
        return Refused(f"{name} answers {code}, a redirect; give the address it leads to")
    if code in MAY_PASS or answer.is_server_error:
        return TryLater(f"{name} answers {code}", _asked(answer.headers.get("retry-after"), now))
    return Refused(f"{name} answers {code}")


def _asked(value: str | None, now: datetime) -> timedelta:
    """The wait of a Retry-After, in seconds or until a date; none where it is neither."""
    if value is None:
        return timedelta(0)
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), 10**6))
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return timedelta(0)
    return max(then.replace(tzinfo=then.tzinfo or UTC) - now, timedelta(0))
