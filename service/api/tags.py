"""ETags: who has an answer already is not sent it again."""

from __future__ import annotations

import hashlib

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send


def tagging(request: Request, send: Send) -> Send:
    """Sends on; every 200 to a GET has an ETag, and is a 304 where the asker shows that one.

    An answer that comes in parts has none.
    """
    held: Message | None = None

    async def tagged(message: Message) -> None:
        nonlocal held
        if request.method == "GET" and message.get("status") == 200:
            held = message
            return
        if held is not None:
            start, held = held, None
            if not message.get("more_body", False):
                message = _tag(request, start, message)
            await send(start)
        await send(message)

    return tagged


def _tag(request: Request, start: Message, message: Message) -> Message:
    """The body of an answer, whose start gets its ETag; none where it has not changed."""
    tag = f'"{hashlib.sha256(message.get("body", b"")).hexdigest()[:32]}"'
    headers = MutableHeaders(scope=start)
    headers["ETag"] = tag
    shown = request.headers.get("if-none-match", "")
    if tag not in [one.strip().removeprefix("W/") for one in shown.split(",")]:
        return message
    start["status"] = 304
    for name in ("content-length", "content-type"):
        del headers[name]
    return {**message, "body": b""}
