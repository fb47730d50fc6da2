"""The queue at a glance, of all workers: jobs by status, how long they wait, what fits took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import sqlalchemy as sa

from service.jobs.database import WORKFLOW, JobsDatabase, past_fits
from service.schedules.alarms import CHECK

WAITING = ("ENQUEUED", "DELAYED")
UNFINISHED = (*WAITING, "PENDING")
_jobs = sa.Table(
    "workflow_status",
    sa.MetaData(),
    *(sa.Column(name, sa.Text) for name in ("name", "status", "authenticated_user")),
    sa.Column("workflow_uuid", sa.Text),
    *(sa.Column(name, sa.BigInteger) for name in ("created_at", "updated_at")),
)
_steps = sa.Table(
    "operation_outputs",
    sa.MetaData(),
    sa.Column("function_name", sa.Text),
    *(sa.Column(name, sa.BigInteger) for name in ("started_at_epoch_ms", "completed_at_epoch_ms")),
)
_OURS = _jobs.c.name == WORKFLOW


@dataclass(frozen=True)
class Glance:
    """Jobs by status, the seconds that the one waiting longest has waited, 0 where none waits, how
    many fits there were, of how many seconds in all, and when the triggers of each crisis were last
    looked at, where anything was due or nothing.
    """

    by_status: Mapping[str, int]
    waited: float = 0.0
    fits: int = 0
    fit_seconds: float = 0.0
    looked: Mapping[str, datetime] = field(default_factory=dict)


def glance(database: JobsDatabase, named: Callable[[str], str]) -> Glance:
    """The queue as it is now; `named` gives our word for a status of DBOS."""
    status = _jobs.c.status
    counts = sa.select(status, sa.func.count()).where(_OURS).group_by(status)
    oldest = sa.select(sa.func.min(_jobs.c.created_at), database.now)
    by_status: Counter[str] = Counter()
    with database.engine.connect() as connection:
        for found, count in connection.execute(counts):
            by_status[named(found)] += count
        since, now = connection.execute(oldest.where(_OURS, status.in_(WAITING))).one()
        fitted, milliseconds = connection.execute(fits_until(None)).one()
        looked = _looked(connection)
    waited = 0.0 if since is None else max(0.0, float(now) - since / 1000)
    return Glance(by_status, waited, int(fitted), float(milliseconds) / 1000, looked)


def _looked(connection: sa.Connection) -> dict[str, datetime]:
    """When the last check of each crisis ended, by the names that the lookout gives them."""
    done = (_jobs.c.name == CHECK) & (_jobs.c.status == "SUCCESS")
    query = sa.select(_jobs.c.workflow_uuid, _jobs.c.updated_at).where(done)
    return {
        name.split(":")[1]: datetime.fromtimestamp(ended / 1000, UTC)
        for name, ended in connection.execute(query.order_by(_jobs.c.updated_at))
    }


def fits_until(until: int | None) -> sa.Select[int, int]:
    """How many fits ended up to a time, or all, those of forgotten jobs too; their milliseconds."""
    began, ended = _steps.c.started_at_epoch_ms, _steps.c.completed_at_epoch_ms
    past = sa.select(sa.func.coalesce(sa.func.max(past_fits.c.until), 0)).scalar_subquery()
    fits = (_steps.c.function_name == "fit") & (ended > past)
    if until is not None:
        fits &= ended <= until
    kept = [sa.select(sa.func.coalesce(sa.func.sum(one), 0)).scalar_subquery() for one in (
        past_fits.c.fits, past_fits.c.milliseconds
    )]  # fmt: skip
    took = sa.func.coalesce(sa.func.sum(ended - began), 0)
    return sa.select(sa.func.count() + kept[0], took + kept[1]).where(fits)


def unfinished(database: JobsDatabase, author: str) -> int:
    """How many jobs of an author wait or run."""
    theirs = (_jobs.c.authenticated_user == author) & _jobs.c.status.in_(UNFINISHED)
    with database.engine.connect() as connection:
        count = connection.scalar(sa.select(sa.func.count()).where(_OURS, theirs))
    return int(count or 0)
