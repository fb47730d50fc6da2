"""The audit log: who asked for what and what was told to whom. Rows are added, never changed."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from features.errors import StoreError
from service.store.schema import audit
from service.store.store import Store

WRITING = "access"
MOST_WAITING = 100_000
MOST_AT_ONCE = 1_000


@dataclass(frozen=True)
class Deed:
    """One line of the log: `author` is the id of a key, `subject` what was read or changed."""

    author: str
    action: str
    subject: str
    request_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


def record_deeds(store: Store, *deeds: Deed) -> None:
    """Add lines to the log, for good."""
    with store.writing(WRITING) as connection:
        connection.execute(sa.insert(audit), [asdict(deed) for deed in deeds])


def read_audit(store: Store, limit: int, before: int | None = None) -> list[dict[str, Any]]:
    """Lines of the log with their `entry`, the newest first, those before an entry."""
    query = sa.select(audit).order_by(audit.c.entry.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.entry < before)
    with store.reading() as connection:
        return [dict(row._mapping) for row in connection.execute(query)]


class AuditWriter:
    """Adds lines from a thread of its own, so that no reader waits for the disk.

    Lines stand in the log about a second later, and all of them once it is closed. Changes do not
    go this way: `record_deeds` has them in the log before they are answered.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: queue.Queue[Deed | None] = queue.Queue(MOST_WAITING)
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()

    def note(self, deed: Deed) -> None:
        """Take a line. Raises StoreError when the log has fallen behind: nothing goes unlogged."""
        try:
            self._waiting.put_nowait(deed)
        except queue.Full:
            raise StoreError("the audit log cannot keep up; try again in a minute") from None

    def close(self) -> None:
        """Write all that waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        going = True
        while going:
            found = [self._waiting.get()]
            while len(found) < MOST_AT_ONCE and not self._waiting.empty():
                found.append(self._waiting.get_nowait())
            going = None not in found
            self._write([deed for deed in found if deed is not None])
            if going and len(found) < MOST_AT_ONCE:
                threading.Event().wait(0.2)

    def _write(self, deeds: list[Deed]) -> None:
        """Again and again while the store does not answer: a line is never given up."""
        while deeds:
            try:
                record_deeds(self._store, *deeds)
                return
            except StoreError:
                threading.Event().wait(1.0)
