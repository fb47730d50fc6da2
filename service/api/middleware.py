"""What happens to every request: an id, a line of the log, a count, a tag, careful headers."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import MutableMapping
from typing import Any
from uuid import uuid4

import structlog
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.access.keys import masked
from service.api import problems
from service.api.metrics import Metrics
from service.api.tags import tagging

BODY_SECONDS = 120.0
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Vary": "Authorization, Accept",
}
log = structlog.get_logger("nuzuh.requests")


class Requests:
    """Wraps the whole app. A request may bring its id in `X-Request-ID`; its body has a limit."""

    def __init__(self, app: ASGIApp, metrics: Metrics, most_bytes: int) -> None:
        self.app, self.metrics, self.most_bytes = app, metrics, most_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        given = request.headers.get("x-request-id", "")
        request.state.request_id = given if GIVEN_ID.fullmatch(given) else uuid4().hex
        told: dict[str, int] = {}

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                told["status"] = message["status"]
                _dress(message, request.state.request_id)
            await send(message)

        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request.state.request_id):
            try:
                limited = _limited(request, receive, self.most_bytes)
                await self.app(scope, limited, tagging(request, sending))
            except Exception:
                log.exception("fault", method=request.method, path=masked(request.url.path))
                if told:
                    raise
                await problems.fault(request)(scope, receive, sending)
            finally:
                self._tell(request, told.get("status", 500), time.perf_counter() - began)

    def _tell(self, request: Request, status: int, seconds: float) -> None:
        route = getattr(request.scope.get("route"), "path", "none")
        self.metrics.count(request.method, route, status, seconds)
        log.info(
            "request",
            method=request.method,
            path=masked(request.url.path),
            status=status,
            ms=round(seconds * 1000, 1),
            key=getattr(request.state, "key_id", None),
        )


def _limited(request: Request, receive: Receive, most: int) -> Receive:
    """Raises HTTPException 413 to whoever reads more than is let in, or is told of more, and 408
    where the body is not there after BODY_SECONDS.
    """
    ends = asyncio.get_running_loop().time() + BODY_SECONDS
    whole = False
    told = request.headers.get("content-length", "")
    read = int(told) if told.isascii() and told.isdigit() and len(told) < 20 else 0
    if read <= most:
        read = 0

    async def receiving() -> Message:
        nonlocal read, whole
        message: Message = {"type": "none"}
        if read <= most:
            try:
                async with asyncio.timeout_at(None if whole else ends):
                    message = await receive()
            except TimeoutError:
                why = f"the body took longer than {BODY_SECONDS:g} s; send it in parts"
                raise HTTPException(408, why) from None
        whole = not message.get("more_body", False)
        read += len(message.get("body", b""))
        if read > most:
            raise HTTPException(413, f"a body has at most {most:,} bytes; send it in parts")
        return message

    return receiving


def _dress(message: MutableMapping[str, Any], request_id: str) -> None:
    headers = MutableHeaders(scope=message)
    headers["X-Request-ID"] = request_id
    for name, value in SECURITY.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "private, no-cache")
