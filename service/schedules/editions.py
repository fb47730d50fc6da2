"""Editions: an outlook by language and format, made once however many schedules would get it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Self

import sqlalchemy as sa

from service.delivery.letter import File
from service.schedules.diary import Tick
from service.schedules.schedule import Schedule
from service.schedules.schema import editions
from service.store.store import Store
from service.version import nuzuh_version

MEDIA = {
    "html": "text/html",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "sms": "text/plain",
}
SUFFIXES = {"html": ".html", "pdf": ".pdf", "txt": ".txt", "sms": ".sms.txt"}
# The row of an edition that cannot be made; its content tells why.
REFUSED = ("", "refused")


@dataclass(frozen=True)
class Edition:
    """All that the bytes of an outlook hang on, but for language and format.

    `places` stand in place of the border belt's; `scenarios` are names of those that come with the
    crisis, all of them where it is None, and ids of stored ones; `last` is the document of the
    forecast behind the outlook of `since`.
    """

    crisis_id: str
    as_of: date
    since: date | None
    recorded: datetime
    horizon: int
    audience: str
    places: tuple[str, ...]
    scenarios: tuple[str, ...] | None
    nuzuh: str
    last: str | None = None

    @property
    def key(self) -> str:
        """The same for all that would get the same."""
        written = json.dumps(self.document(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(written.encode()).hexdigest()

    def document(self) -> dict[str, Any]:
        """As JSON takes it."""
        days = {"as_of": self.as_of.isoformat(), "recorded": self.recorded.isoformat()}
        since = None if self.since is None else self.since.isoformat()
        return {**asdict(self), **days, "since": since}

    @classmethod
    def of_document(cls, found: Mapping[str, Any]) -> Self:
        """The edition of a JSON document."""
        since = found["since"]
        read = {
            "as_of": date.fromisoformat(found["as_of"]),
            "since": None if since is None else date.fromisoformat(since),
            "recorded": datetime.fromisoformat(found["recorded"]),
            "places": tuple(found["places"]),
            "scenarios": None if found["scenarios"] is None else tuple(found["scenarios"]),
        }
        return cls(**{**found, **read})


def edition_of(schedule: Schedule, tick: Tick) -> Edition:
    """The edition that a tick sends."""
    return Edition(
        crisis_id=schedule.crisis_id,
        as_of=tick.as_of,
        since=tick.since,
        recorded=tick.recorded,
        horizon=schedule.horizon,
        audience=schedule.audience,
        places=schedule.places,
        scenarios=schedule.scenarios or None,
        nuzuh=nuzuh_version(),
    )


def wanted(schedule: Schedule) -> list[tuple[str, str]]:
    """Languages and formats that a schedule sends; text is always among them."""
    languages = {schedule.language_of(one) for one in schedule.recipients}
    return sorted(
        (language, format_) for language in languages for format_ in {"txt", *schedule.formats}
    )


def made(store: Store, key: str) -> set[tuple[str, str]]:
    """The languages and formats that are there already; REFUSED where it cannot be made."""
    query = sa.select(editions.c.language, editions.c.format).where(editions.c.edition == key)
    with store.reading() as connection:
        return {(row.language, row.format) for row in connection.execute(query)}


def keep(store: Store, key: str, language: str, format_: str, content: bytes) -> None:
    """Keep the bytes of an edition, unless they are there already."""
    row = {"edition": key, "language": language, "format": format_}
    of_row = [editions.c[name] == value for name, value in row.items()]
    kept = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "content": content,
        "created": datetime.now(UTC),
    }
    with store.writing(key) as connection:
        if connection.scalar(sa.select(editions.c.edition).where(*of_row)) is None:
            connection.execute(sa.insert(editions), row | kept)


def keep_refusal(store: Store, key: str, why: Mapping[str, Any]) -> None:
    """Keep why an edition cannot be made."""
    keep(store, key, *REFUSED, json.dumps(why, ensure_ascii=False).encode())


def read_refusal(store: Store, key: str) -> dict[str, Any]:
    """Why an edition cannot be made."""
    where = (editions.c.edition == key) & (editions.c.format == REFUSED[1])
    with store.reading() as connection:
        found: dict[str, Any] = json.loads(
            connection.scalars(sa.select(editions.c.content).where(where)).one()
        )
    return found


def read_files(store: Store, schedule: Schedule, tick: Tick) -> dict[str, dict[str, File]]:
    """The files of its edition that a tick sends, by language and format."""
    found: dict[str, dict[str, File]] = {}
    query = sa.select(editions).where(editions.c.edition == tick.edition)
    pairs = wanted(schedule)
    with store.reading() as connection:
        for row in connection.execute(query):
            if (row.language, row.format) in pairs:
                name = f"{_stem(schedule, tick)}-{row.language}{SUFFIXES[row.format]}"
                file = File(name, MEDIA[row.format], row.content)
                found.setdefault(row.language, {})[row.format] = file
    return found


def _stem(schedule: Schedule, tick: Tick) -> str:
    """How the files of a tick begin: as those of no other tick, be it of the same day."""
    tick_hash = hashlib.sha256(str(tick.key).encode()).hexdigest()[:8]
    return f"outlook-{schedule.crisis_id}-{tick.as_of}-{tick_hash}"


def fingerprints(store: Store, key: str, schedule: Schedule) -> dict[str, str]:
    """SHA-256 by `language.format`, of what a schedule sends of an edition."""
    query = sa.select(editions.c.language, editions.c.format, editions.c.sha256)
    pairs = wanted(schedule)
    with store.reading() as connection:
        rows = connection.execute(query.where(editions.c.edition == key)).all()
    return {f"{one}.{two}": sha256 for one, two, sha256 in sorted(rows) if (one, two) in pairs}
