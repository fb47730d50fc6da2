"""Outlooks: schedules, their ticks and steps, editions, attempts at sending; no row changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import service.schedules.schema  # noqa: F401  every store that is opened knows these tables
from service.store.migrations.versions.v0001_store import refuse_changes

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and refuse every change to a row."""
    _make_schedules()
    _make_ticks()
    _make_editions()
    _make_attempts()
    for table in ("schedules", "ticks", "tick_steps", "editions", "attempts"):
        refuse_changes(table)


def _make_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("crisis_id", sa.Text(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("since", UTC, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created", UTC, nullable=False),
        sa.PrimaryKeyConstraint("id", "version"),
    )


def _make_ticks() -> None:
    op.create_table(
        "ticks",
        sa.Column("schedule_id", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("recorded", UTC, nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created", UTC, nullable=False),
        sa.ForeignKeyConstraint(["schedule_id", "version"], ["schedules.id", "schedules.version"]),
        sa.PrimaryKeyConstraint("schedule_id", "at"),
    )
    op.create_index(None, "ticks", ["created"])
    op.create_table(
        "tick_steps",
        sa.Column("schedule_id", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("step", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("edition", sa.Text(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created", UTC, nullable=False),
        sa.CheckConstraint(
            "(step = 1 and state in ('drafted', 'refused', 'skipped'))"
            " or (step = 2 and state = 'released') or (step = 3 and state = 'withdrawn')",
            name="state",
        ),
        sa.ForeignKeyConstraint(["schedule_id", "at"], ["ticks.schedule_id", "ticks.at"]),
        sa.PrimaryKeyConstraint("schedule_id", "at", "step"),
    )
    op.create_index(None, "tick_steps", ["created"])


def _make_editions() -> None:
    op.create_table(
        "editions",
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created", UTC, nullable=False),
        sa.PrimaryKeyConstraint("edition", "language", "format"),
    )
    op.create_index(None, "editions", ["sha256"])


def _make_attempts() -> None:
    op.create_table(
        "attempts",
        sa.Column("schedule_id", sa.Text(), nullable=False),
        sa.Column("at", UTC, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("again", UTC, nullable=True),
        sa.Column("created", UTC, nullable=False),
        sa.CheckConstraint("event in ('outlook', 'refusal', 'correction')", name="event"),
        sa.CheckConstraint("outcome in ('sent', 'later', 'failed')", name="outcome"),
        sa.ForeignKeyConstraint(["schedule_id", "at"], ["ticks.schedule_id", "ticks.at"]),
        sa.PrimaryKeyConstraint("schedule_id", "at", "event", "recipient", "attempt"),
    )
