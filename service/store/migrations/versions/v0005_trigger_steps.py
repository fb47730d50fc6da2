"""What became of the watch that a trigger keeps, and who was told of it; no row changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.migrations.versions.v0001_store import refuse_changes

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables, and refuse every change to a row."""
    op.create_table(
        "trigger_steps",
        sa.Column("trigger_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created", UTC, nullable=False),
        sa.CheckConstraint("state in ('blind', 'watched', 'retired')", name="state"),
        sa.ForeignKeyConstraint(["trigger_id"], ["triggers.id"]),
        sa.PrimaryKeyConstraint("trigger_id", "step"),
    )
    op.create_index(None, "trigger_steps", ["created"])
    op.create_table(
        "trigger_notices",
        sa.Column("trigger_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("again", UTC, nullable=True),
        sa.Column("created", UTC, nullable=False),
        sa.CheckConstraint("outcome in ('sent', 'later', 'failed')", name="outcome"),
        sa.ForeignKeyConstraint(
            ["trigger_id", "step"], ["trigger_steps.trigger_id", "trigger_steps.step"]
        ),
        sa.PrimaryKeyConstraint("trigger_id", "step", "recipient", "attempt"),
    )
    for table in ("trigger_steps", "trigger_notices"):
        refuse_changes(table)
