"""Triggers, their checks and alarms; outlooks and records of triggers are documents, too."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from service.store.migrations.versions.v0001_store import refuse_changes

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

UTC = sa.DateTime(timezone=True)
BEFORE = "kind in ('forecast', 'projection', 'scenario', 'track_record')"
NOW = f"{BEFORE[:-1]}, 'outlook', 'trigger_record')"


def upgrade() -> None:
    """Make the tables, and let documents be of two kinds more."""
    _more_kinds()
    _make_triggers()
    _make_alarms()
    for table in ("triggers", "trigger_checks", "alarms"):
        refuse_changes(table)


def _more_kinds() -> None:
    """Widen the check of the kind.

    SQLite: the text of the table alone is changed, as https://sqlite.org/lang_altertable.html
    (section 7) allows where what is on disk stays as it is.
    """
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("kind", "documents", type_="check")
        op.create_check_constraint("kind", "documents", NOW)
        return
    version = op.get_bind().exec_driver_sql("pragma schema_version").scalar() or 0
    op.execute("pragma writable_schema = on")
    quoted = (text.replace("'", "''") for text in (BEFORE, NOW))
    before, now = quoted
    op.execute(
        f"update sqlite_master set sql = replace(sql, '{before}', '{now}') "
        "where type = 'table' and name = 'documents'"
    )
    op.execute(f"pragma schema_version = {version + 1}")
    op.execute("pragma writable_schema = off")


def _make_triggers() -> None:
    op.create_table(
        "triggers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("crisis_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("untested", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created", UTC, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(None, "triggers", ["crisis_id"])
    op.create_table(
        "trigger_checks",
        sa.Column("trigger_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("activates", sa.Boolean(), nullable=False),
        sa.Column("created", UTC, nullable=False),
        sa.ForeignKeyConstraint(["trigger_id"], ["triggers.id"]),
        sa.PrimaryKeyConstraint("trigger_id", "day"),
    )
    op.create_index(None, "trigger_checks", ["created"])


def _make_alarms() -> None:
    op.create_table(
        "alarms",
        sa.Column("trigger_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("attempt", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("again", UTC, nullable=True),
        sa.Column("created", UTC, nullable=False),
        sa.CheckConstraint("outcome in ('sent', 'later', 'failed')", name="outcome"),
        sa.ForeignKeyConstraint(
            ["trigger_id", "day"], ["trigger_checks.trigger_id", "trigger_checks.day"]
        ),
        sa.PrimaryKeyConstraint("trigger_id", "day", "recipient", "attempt"),
    )
