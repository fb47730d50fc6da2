"""Workers as a user starts them, to be killed; each hands in under a name of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any, NamedTuple, Self

from service.schedules.diary import read_attempts, read_ticks
from service.store.store import Store
from tests.conftest import ROOT

DOMAIN = "nuzuh.example.org"


class Mail(NamedTuple):
    """One message to one recipient; a repeat of it is equal."""

    recipient: str
    message_id: str


class Tally:
    """What a mail server took of whom; messages of megabytes are counted and let go."""

    def __init__(self) -> None:
        self.taken: dict[str, list[Mail]] = {}
        self.longest = 0
        self.with_pdf: set[str] = set()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        message_id = str(BytesHeaderParser().parsebytes(envelope.content)["Message-ID"])
        self.longest = max(self.longest, len(envelope.content))
        if b"\r\nContent-Type: application/pdf" in envelope.content:
            self.with_pdf.add(message_id)
        by = self.taken.setdefault(envelope.mail_from, [])
        by += [Mail(address, message_id) for address in envelope.rcpt_tos]
        return "250 taken"

    def counts(self) -> Counter[Mail]:
        """How often each message was taken."""
        return Counter(one for by in self.taken.values() for one in by)


class Killable:
    """`nuzuh worker` on a database that hands e-mail in at a port; killed at the end of `with`."""

    def __init__(self, url: str, port: int, name: str, log: Path) -> None:
        self.sender = f"{name}@{DOMAIN}"
        self._log = log.open("ab")
        named = {
            "NUZUH_DATABASE": url,
            "NUZUH_SMTP_HOST": "127.0.0.1",
            "NUZUH_SMTP_PORT": str(port),
            "NUZUH_SMTP_SECURITY": "none",
            "NUZUH_SMTP_SENDER": self.sender,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "service", "worker"],
            cwd=ROOT,
            env={**os.environ, **named},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> None:
        """At once, as a machine that loses its power."""
        self._process.kill()
        self._process.wait()
        self._log.close()


def noted(store: Store) -> set[tuple[str, str]]:
    """The letters that are noted as sent: tick and recipient."""
    return {
        (str(tick.key), name)
        for tick in read_ticks(store)
        for name, last in read_attempts(store, tick.key).get("outlook", {}).items()
        if last.outcome == "sent"
    }
