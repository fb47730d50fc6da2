"""A letter to send."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from service.delivery.letter import File, Letter, letter_id

SENT = datetime(2019, 5, 6, 4, 0, tzinfo=UTC)
LETTER = Letter(
    id=letter_id("monday", "2019-05-06T04:00:00Z", "outlook", "email:a@b.org"),
    event="outlook",
    language="ar",
    subject="نزوح: توقعات",
    text="Arrivals: about 150,000.\n",
    html="<p>Arrivals: about <b>150,000</b>.</p>",
    files=(File("outlook.pdf", "application/pdf", b"%PDF-1.7 " + bytes(range(256))),),
    about={"schedule": "monday", "tick": "2019-05-06T04:00:00Z", "crisis": "nw-syria"},
)


def letter(**changed: Any) -> Letter:
    """The letter, with something else in it."""
    return replace(LETTER, **changed)
