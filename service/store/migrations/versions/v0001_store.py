"""The store: intakes, row versions, documents, contents; no row of them ever changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = ("intakes", "row_versions", "documents", "contents")
REFUSED = "is never overwritten: add a new version instead"


def upgrade() -> None:
    """Make the tables, and refuse every change to a row."""
    _make_intakes()
    _make_row_versions()
    _make_documents()
    for table in TABLES:
        refuse_changes(table)


def refuse_changes(table: str) -> None:
    """Have the database itself refuse every change to a row of a table."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    (_refuse_sqlite if sqlite else _refuse_postgresql)(table)


def _make_intakes() -> None:
    op.create_table(
        "intakes",
        sa.Column("crisis_id", sa.Text(), nullable=False),
        sa.Column("intake", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("crisis_id", "intake"),
    )


def _make_row_versions() -> None:
    op.create_table(
        "row_versions",
        sa.Column("crisis_id", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("entry", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("intake", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject", sa.LargeBinary(length=16), nullable=False),
        sa.Column("place_id", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("starts", sa.Date(), nullable=True),
        sa.Column("ends", sa.Date(), nullable=True),
        sa.Column("published", sa.Date(), nullable=True),
        sa.Column("code", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("warnings", sa.JSON(none_as_null=True), nullable=True),
        sa.CheckConstraint("code in (0, 3, 4, 5)", name="code"),
        sa.ForeignKeyConstraint(["crisis_id", "intake"], ["intakes.crisis_id", "intakes.intake"]),
        sa.PrimaryKeyConstraint("crisis_id", "file", "entry", "intake"),
    )
    for columns in (
        ["crisis_id", "file", "subject"],
        ["crisis_id", "file", "place_id"],
        ["crisis_id", "file", "starts"],
    ):
        op.create_index(None, "row_versions", columns)


def _make_documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("crisis_id", sa.Text(), nullable=False),
        sa.Column("intake", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("models", sa.JSON(), nullable=False),
        sa.Column("nuzuh", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind in ('forecast', 'projection', 'scenario', 'track_record')", name="kind"
        ),
        sa.ForeignKeyConstraint(["crisis_id", "intake"], ["intakes.crisis_id", "intakes.intake"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(None, "documents", ["crisis_id", "kind", "created"])
    op.create_table(
        "contents",
        sa.Column("document_id", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["documents.id"]),
        sa.PrimaryKeyConstraint("document_id", "format"),
    )


def _refuse_sqlite(table: str) -> None:
    for verb in ("update", "delete"):
        op.execute(
            f"create trigger {table}_no_{verb} before {verb} on {table} "
            f"begin select raise(abort, '{table} {REFUSED}'); end"
        )


def _refuse_postgresql(table: str) -> None:
    op.execute(
        f"create function {table}_refuse() returns trigger language plpgsql as "
        f"$$ begin raise exception '{table} {REFUSED}'; end $$"
    )
    op.execute(
        f"create trigger {table}_no_change before update or delete or truncate on {table} "
        f"for each statement execute function {table}_refuse()"
    )
