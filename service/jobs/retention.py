"""Jobs that ended long ago are forgotten, with their steps. What they became stays in the store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

import sqlalchemy as sa

from service.jobs.database import JobsDatabase, answering, past_fits
from service.jobs.glance import fits_until

KEPT = timedelta(days=90)
EVERY_SECONDS = 3600.0
AT_ONCE = 100


class Retention:
    """Looks once an hour for what ended more than 90 days ago."""

    def __init__(self, database: JobsDatabase) -> None:
        self._database = database
        self._next = 0.0

    def look(self) -> None:
        """Forget some of it, if it is time; the rest next time. Raises StoreError."""
        if monotonic() < self._next:
            return
        if forget(self._database, datetime.now(UTC) - KEPT) < AT_ONCE:
            self._next = monotonic() + EVERY_SECONDS


def forget(database: JobsDatabase, before: datetime) -> int:
    """Forget up to 100 jobs and other tasks that ended before; how many. Raises StoreError."""
    with answering():
        ended = database.client.list_workflows(
            completed_before=before.isoformat(), limit=AT_ONCE, load_input=False, load_output=False
        )
        if ended:
            _keep_count(database, int(before.timestamp() * 1000))
            database.client.delete_workflows([each.workflow_id for each in ended])
    return len(ended)


def _keep_count(database: JobsDatabase, until: int) -> None:
    """Fits that ended up to a time stay counted, for what is counted only grows."""
    with database.writing() as connection:
        so_far = connection.execute(sa.select(past_fits)).one_or_none()
        if so_far is not None and so_far.until >= until:
            return
        fits, milliseconds = connection.execute(fits_until(until)).one()
        connection.execute(sa.delete(past_fits))
        told = {"until": until, "fits": int(fits), "milliseconds": int(milliseconds)}
        connection.execute(sa.insert(past_fits).values(told))
