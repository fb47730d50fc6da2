"""The tables of schedules. No row of them ever changes: what happens is a further row.

A tick stands on one version of its schedule. It takes at most three steps, each of them once: 1 it
was drafted, refused (no outlook can be made) or skipped (missed in an outage), 2 released, 3
withdrawn. An edition is an outlook by language and format, shared by all that would get the same.

A trigger is its rule as it was written, a check one day on which it was looked at, an alarm an
attempt at telling somebody that it was met. A step is what became of the watch itself, a notice an
attempt at telling somebody of that.
"""

from __future__ import annotations

import sqlalchemy as sa

from service.store.schema import Utc, metadata

schedules = sa.Table(
    "schedules",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("crisis_id", sa.Text, nullable=False),
    sa.Column("definition", sa.JSON, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False),
    sa.Column("since", Utc, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created", Utc, nullable=False),
)

ticks = sa.Table(
    "ticks",
    metadata,
    sa.Column("schedule_id", sa.Text, primary_key=True),
    sa.Column("at", Utc, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("since", sa.Date),
    sa.Column("recorded", Utc, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created", Utc, nullable=False),
    sa.ForeignKeyConstraint(["schedule_id", "version"], ["schedules.id", "schedules.version"]),
    sa.Index(None, "created"),
)

tick_steps = sa.Table(
    "tick_steps",
    metadata,
    sa.Column("schedule_id", sa.Text, primary_key=True),
    sa.Column("at", Utc, primary_key=True),
    sa.Column("step", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("edition", sa.Text),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created", Utc, nullable=False),
    sa.ForeignKeyConstraint(["schedule_id", "at"], ["ticks.schedule_id", "ticks.at"]),
    sa.CheckConstraint(
        "(step = 1 and state in ('drafted', 'refused', 'skipped'))"
        " or (step = 2 and state = 'released') or (step = 3 and state = 'withdrawn')",
        name="state",
    ),
    sa.Index(None, "created"),
)

editions = sa.Table(
    "editions",
    metadata,
    sa.Column("edition", sa.Text, primary_key=True),
    sa.Column("language", sa.Text, primary_key=True),
    sa.Column("format", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Column("created", Utc, nullable=False),
    sa.Index(None, "sha256"),
)

attempts = sa.Table(
    "attempts",
    metadata,
    sa.Column("schedule_id", sa.Text, primary_key=True),
    sa.Column("at", Utc, primary_key=True),
    sa.Column("event", sa.Text, primary_key=True),
    sa.Column("recipient", sa.Text, primary_key=True),
    sa.Column("attempt", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("again", Utc),
    sa.Column("created", Utc, nullable=False),
    sa.ForeignKeyConstraint(["schedule_id", "at"], ["ticks.schedule_id", "ticks.at"]),
    sa.CheckConstraint("event in ('outlook', 'refusal', 'correction')", name="event"),
    sa.CheckConstraint("outcome in ('sent', 'later', 'failed')", name="outcome"),
)

triggers = sa.Table(
    "triggers",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("crisis_id", sa.Text, nullable=False),
    sa.Column("rule", sa.Text, nullable=False),
    sa.Column("untested", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created", Utc, nullable=False),
    sa.Index(None, "crisis_id"),
)

trigger_checks = sa.Table(
    "trigger_checks",
    metadata,
    sa.Column("trigger_id", sa.Text, sa.ForeignKey("triggers.id"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("said", sa.JSON, nullable=False),
    sa.Column("activates", sa.Boolean, nullable=False),
    sa.Column("created", Utc, nullable=False),
    sa.Index(None, "created"),
)

alarms = sa.Table(
    "alarms",
    metadata,
    sa.Column("trigger_id", sa.Text, primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("recipient", sa.Text, primary_key=True),
    sa.Column("attempt", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("again", Utc),
    sa.Column("created", Utc, nullable=False),
    sa.ForeignKeyConstraint(
        ["trigger_id", "day"], ["trigger_checks.trigger_id", "trigger_checks.day"]
    ),
    sa.CheckConstraint("outcome in ('sent', 'later', 'failed')", name="outcome"),
)

trigger_steps = sa.Table(
    "trigger_steps",
    metadata,
    sa.Column("trigger_id", sa.Text, sa.ForeignKey("triggers.id"), primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("day", sa.Date, nullable=False),
    sa.Column("why", sa.JSON, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created", Utc, nullable=False),
    sa.CheckConstraint("state in ('blind', 'watched', 'retired')", name="state"),
    sa.Index(None, "created"),
)

trigger_notices = sa.Table(
    "trigger_notices",
    metadata,
    sa.Column("trigger_id", sa.Text, primary_key=True),
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("recipient", sa.Text, primary_key=True),
    sa.Column("attempt", sa.SmallInteger, primary_key=True, autoincrement=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("again", Utc),
    sa.Column("created", Utc, nullable=False),
    sa.ForeignKeyConstraint(
        ["trigger_id", "step"], ["trigger_steps.trigger_id", "trigger_steps.step"]
    ),
    sa.CheckConstraint("outcome in ('sent', 'later', 'failed')", name="outcome"),
)
