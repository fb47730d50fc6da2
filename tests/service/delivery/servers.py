"""Servers on this machine that take letters, refuse them, hang or drop."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, ClassVar

from aiosmtpd.controller import Controller

HERE = "127.0.0.1"


class Mailbox:
    """What an SMTP server took; `answers` has a reply for recipients that are not to be taken."""

    def __init__(self, answers: Mapping[str, str] | None = None) -> None:
        self.answers = answers or {}
        self.taken: list[tuple[str, EmailMessage]] = []

    async def handle_RCPT(self, _s: Any, _session: Any, to: Any, address: str, _o: Any) -> str:  # noqa: N802
        if address in self.answers:
            return self.answers[address]
        to.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, _class=EmailMessage, policy=policy.default)
        self.taken += [(address, message) for address in envelope.rcpt_tos]
        return "250 taken"

    def counts(self) -> Counter[tuple[str, str]]:
        """How often each (recipient, Message-ID) was taken."""
        return Counter((address, str(message["Message-ID"])) for address, message in self.taken)


@contextmanager
def mail_server(handler: object, **options: Any) -> Iterator[int]:
    """An SMTP server that hands what it takes to a `Mailbox` or the like; its port."""
    controller = Controller(handler, hostname=HERE, port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        # What the other side has just closed is closed here too, before the loop ends.
        asyncio.run_coroutine_threadsafe(asyncio.sleep(0.05), controller.loop).result()
        controller.stop()


@contextmanager
def scripted(**answers: str) -> Iterator[int]:
    """An SMTP server that gives these answers to `greeting`, `mail`, `rcpt`, `data` and `content`.

    At `drops` it closes, in the middle of the content too; at `hangs` it says nothing more.
    """
    with _Scripted((HERE, 0), _Speaker) as server:
        server.answers = answers
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.ended.set()
            server.shutdown()
            thread.join()


class _Scripted(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.answers: Mapping[str, str] = {}
        self.ended = threading.Event()


class _Speaker(StreamRequestHandler):
    server: _Scripted
    usual: ClassVar = {"greeting": "220 here", "data": "354 go on", "quit": "221 bye"}

    def handle(self) -> None:
        verb = "greeting"
        while self._says(verb) and (line := self.rfile.readline()):
            verb = line[:4].decode().strip().lower()
            if verb == "data" and self.server.answers.get(verb) is None and self._says(verb):
                verb = "content"
                self._read()

    def _says(self, verb: str) -> bool:
        answer = self.server.answers.get(verb, self.usual.get(verb, "250 fine"))
        if answer == "hangs":
            self.server.ended.wait(10)
        if answer in {"hangs", "drops"}:
            return False
        self.wfile.write(f"{answer}\r\n".encode())
        return True

    def _read(self) -> None:
        if self.server.answers.get("content") != "drops":
            while self.rfile.readline() not in {b".\r\n", b""}:
                pass


class Hook(ThreadingHTTPServer):
    """An HTTP server that keeps what it got and gives its answers in turn, the last for good."""

    daemon_threads = True

    def __init__(self, answers: list[tuple[int, dict[str, str]]]) -> None:
        super().__init__((HERE, 0), _Handler)
        self.answers = answers
        self.got: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://{HERE}:{self.server_port}/hook"


@contextmanager
def endless() -> Iterator[int]:
    """A webhook that answers 200 and then never ends its body."""

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            with suppress(OSError):
                while True:
                    self.wfile.write(bytes(65_536))

    with ThreadingTCPServer((HERE, 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.got.append((self.path, headers, body))
        code, told = self.server.answers[min(len(self.server.got), len(self.server.answers)) - 1]
        self.send_response(code)
        for name, value in {"content-length": "0", **told}.items():
            self.send_header(name, value)
        self.end_headers()

    do_GET = do_POST  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def hook(*answers: tuple[int, dict[str, str]], tls: ssl.SSLContext | None = None) -> Iterator[Hook]:
    """A webhook that answers so; 204 without any."""
    with Hook(list(answers) or [(204, {})]) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def rude(manner: str) -> Iterator[int]:
    """A port that takes connections and then `hangs`, `drops` them, or `drips` one byte a while."""
    done = threading.Event()
    with socket.create_server((HERE, 0)) as listener:
        listener.settimeout(0.05)
        thread = threading.Thread(target=_be_rude, args=(listener, manner, done))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            done.set()
            thread.join()


def _be_rude(listener: socket.socket, manner: str, done: threading.Event) -> None:
    held: list[socket.socket] = []
    while not done.is_set():
        for one in held if manner == "drips" else ():
            with suppress(OSError):
                one.sendall(b"2")
        try:
            taken, _ = listener.accept()
        except TimeoutError:
            continue
        if manner == "drops":
            taken.close()
        else:
            held.append(taken)
    for one in held:
        one.close()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.create_server((HERE, 0)) as found:
        return int(found.getsockname()[1])
