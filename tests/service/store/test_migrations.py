"""The tables, and that no row of them ever changes."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from features.errors import InputError
from service.store.engine import open_engine
from service.store.migrations import revision, upgrade, versions
from service.store.schema import metadata
from service.store.store import Store
from tests.service.store.conftest import NewUrl

STEPS = Path(versions.__file__).parent
TABLES = ("intakes", "row_versions", "documents", "contents")


def test_the_migrations_make_the_tables_of_the_schema(store: Store) -> None:
    with store.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
        assert revision(connection) == max(path.name[1:5] for path in STEPS.glob("v*_*.py"))


def test_opening_again_changes_nothing(new_url: NewUrl) -> None:
    url = new_url()
    for _ in range(2):
        Store(url).close()
    engine = open_engine(url)
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("select count(*) from alembic_version")) == 1
    engine.dispose()


def test_a_database_of_a_newer_nuzuh_is_refused(new_url: NewUrl) -> None:
    url = new_url()
    store = Store(url)
    with store.engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    store.close()
    with pytest.raises(InputError, match="was made by another nuzuh"):
        Store(url)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("change", ["update {} set crisis_id = 'x'", "delete from {}"])
def test_the_database_itself_refuses_to_change_a_row(
    filled: Store, table: str, change: str
) -> None:
    if table == "contents":
        change = change.replace("crisis_id", "format")
    if table in ("documents", "contents"):
        _add_document(filled)
    with (
        pytest.raises(sa.exc.DBAPIError, match=f"{table} is never overwritten"),
        filled.writing("made-up") as connection,
    ):
        connection.execute(sa.text(change.format(table)))


def _add_document(store: Store) -> None:
    from tests.service.store.test_documents import document

    store.save(document(store))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("nonsense", "is no address of a database"),
        ("mysql://root:secret@localhost/x", "take a SQLite file or PostgreSQL"),
        ("sqlite://", "take a SQLite file or PostgreSQL"),
        ("postgresql://me:secret@localhost:1/none", "cannot be opened"),
        ("sqlite:////proc/no/such/file.db", "cannot be opened"),
    ],
)
def test_an_address_that_cannot_be_opened_is_told_without_its_password(url: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        Store(url)
    assert "secret" not in str(caught.value)
