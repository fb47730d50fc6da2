"""The tables: intakes, the versions of rows they recorded, documents and their contents, and those
of access: keys, the audit log, and answers kept for requests that are sent again.

An entry is one row of a file of a crisis, for good: what it describes (`subject`, a digest of the
key columns of its file) and the day it was published. A correction or deletion is a further version
of the entry, with a reason; the version of the latest intake counts. `written` holds the row as it
was written, a CSV record under the header that its intake had for the file; what one asks by stands
in columns of its own. A file that is no CSV is one entry, its text.

`code` follows Delphi Epidata's missing codes (0 not missing, 3 censored, 4 deleted, 5 other).
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import IntEnum

import sqlalchemy as sa


class Code(IntEnum):
    """Whether an entry has a figure, and if not, why: the source has none, does not tell it, or
    the row should not have been there.
    """

    PRESENT = 0
    WITHHELD = 3
    DELETED = 4
    MISSING = 5


class Utc(sa.TypeDecorator[datetime]):
    """An aware time, stored in UTC; SQLite keeps it without its zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Into UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Aware again, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

intakes = sa.Table(
    "intakes",
    metadata,
    sa.Column("crisis_id", sa.Text, primary_key=True),
    sa.Column("intake", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("recorded", Utc, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("origin", sa.Text, nullable=False),
    sa.Column("headers", sa.JSON, nullable=False),
)

row_versions = sa.Table(
    "row_versions",
    metadata,
    sa.Column("crisis_id", sa.Text, primary_key=True),
    sa.Column("file", sa.Text, primary_key=True),
    sa.Column("entry", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("intake", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("subject", sa.LargeBinary(16), nullable=False),
    sa.Column("place_id", sa.Text),
    sa.Column("source", sa.Text),
    sa.Column("starts", sa.Date),
    sa.Column("ends", sa.Date),
    sa.Column("published", sa.Date),
    sa.Column("code", sa.SmallInteger, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("digest", sa.LargeBinary(16), nullable=False),
    sa.Column("written", sa.Text, nullable=False),
    sa.Column("warnings", sa.JSON(none_as_null=True)),
    sa.ForeignKeyConstraint(["crisis_id", "intake"], ["intakes.crisis_id", "intakes.intake"]),
    sa.CheckConstraint("code in (0, 3, 4, 5)", name="code"),
    sa.Index(None, "crisis_id", "file", "subject"),
    sa.Index(None, "crisis_id", "file", "place_id"),
    sa.Index(None, "crisis_id", "file", "starts"),
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("crisis_id", sa.Text, nullable=False),
    sa.Column("intake", sa.Integer, nullable=False),
    sa.Column("as_of", sa.Date),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("request", sa.JSON, nullable=False),
    sa.Column("models", sa.JSON, nullable=False),
    sa.Column("nuzuh", sa.Text, nullable=False),
    sa.Column("seed", sa.BigInteger),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("created", Utc, nullable=False),
    sa.ForeignKeyConstraint(["crisis_id", "intake"], ["intakes.crisis_id", "intakes.intake"]),
    sa.CheckConstraint(
        "kind in ('forecast', 'projection', 'scenario', 'track_record', 'outlook',"
        " 'trigger_record')",
        name="kind",
    ),
    sa.Index(None, "crisis_id", "kind", "created"),
)

contents = sa.Table(
    "contents",
    metadata,
    sa.Column("document_id", sa.Text, sa.ForeignKey("documents.id"), primary_key=True),
    sa.Column("format", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

api_keys = sa.Table(
    "api_keys",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("scopes", sa.JSON, nullable=False),
    sa.Column("audience", sa.Text, nullable=False),
    sa.Column("created", Utc, nullable=False),
    sa.Column("expires", Utc),
    sa.Column("revoked", Utc),
    sa.CheckConstraint("audience in ('public', 'partner', 'restricted')", name="audience"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("entry", sa.Integer, primary_key=True),
    sa.Column("at", Utc, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("request_id", sa.Text),
    sa.Column("detail", sa.JSON, nullable=False),
)

replies = sa.Table(
    "replies",
    metadata,
    sa.Column("author", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("claimed", Utc, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("location", sa.Text),
    sa.Column("body", sa.LargeBinary),
)
