"""Backups: all of a store, into any other, or nothing."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from features.errors import InputError
from service.answers import answer, replay
from service.backup import MANIFEST, backup, restore
from service.store.folders import import_folder
from service.store.schema import audit, metadata
from service.store.store import Store
from tests.command import nuzuh
from tests.databases import KINDS
from tests.folders import with_cell, write_crisis
from tests.service.store.conftest import NewUrl, new_url, server
from tests.service.test_forecasts import REQUEST

__all__ = ["new_url", "server"]


@pytest.fixture(scope="session")
def full_url(new_url: NewUrl, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with a crisis, a correction, a forecast and an entry of the audit log."""
    url, folder = new_url(), tmp_path_factory.mktemp("backup") / "made-up"
    with Store(url) as store:
        import_folder(store, write_crisis(folder), author="tester")
        write_crisis(folder, displacement=with_cell(1, "persons", "5"))
        import_folder(store, folder, author="tester", reason="كفر نبودة")
        answer(store, "made-up", REQUEST, "planner")
        note(store)
    return url


@pytest.fixture
def full(full_url: str) -> Iterator[Store]:
    with Store(full_url) as store:
        yield store


@pytest.fixture
def file(full: Store, tmp_path: Path) -> Path:
    backup(full, tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A new store of each kind, whatever kind the backup is of."""
    from tests.databases import new_schema

    kind = request.param
    server = None if kind == "sqlite" else request.getfixturevalue("server")
    url = f"sqlite:///{tmp_path / 'empty.db'}" if server is None else new_schema(server)
    with Store(url) as store:
        yield store


def note(store: Store) -> None:
    row = {"at": datetime.now(UTC), "author": "me", "action": "did", "subject": "it", "detail": {}}
    with store.writing("") as connection:
        connection.execute(sa.insert(audit), row)


def rows(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store.reading() as connection:
        return {
            table.name: [
                tuple(row)
                for row in connection.execute(sa.select(table).order_by(*table.primary_key))
            ]
            for table in metadata.sorted_tables
        }


def test_a_backup_restores_every_row_into_either_database(
    full: Store, file: Path, empty: Store
) -> None:
    held = rows(full)
    assert restore(empty, file) == sum(map(len, held.values()))
    assert rows(empty) == held
    [(id_, *_)] = held["documents"]
    assert replay(empty, id_) == full.document(id_).contents
    note(empty)
    assert len(rows(empty)["audit"]) == len(held["audit"]) + 1


def test_a_store_that_holds_anything_is_left_alone(full: Store, file: Path) -> None:
    before = rows(full)
    with pytest.raises(InputError, match=r"is not empty \(it has .*intakes"):
        restore(full, file)
    assert rows(full) == before


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99, 0.995, 0.999, 0.9999])
def test_a_file_with_a_byte_changed_is_refused(file: Path, tmp_path: Path, share: float) -> None:
    content = bytearray(file.read_bytes())
    content[int(len(content) * share)] ^= 0x55
    file.write_bytes(content)
    refused(file, tmp_path, "is damaged|is no backup")


@pytest.mark.parametrize("length", [0, 100, -100, -1])
def test_a_file_cut_short_is_refused(file: Path, tmp_path: Path, length: int) -> None:
    file.write_bytes(file.read_bytes()[:length])
    refused(file, tmp_path, "is damaged")


def test_a_table_exchanged_inside_a_sound_zip_is_refused(file: Path, tmp_path: Path) -> None:
    rewritten(file, {"audit.jsonl": b""})
    refused(file, tmp_path, "audit is not what was written")


def test_a_file_of_a_newer_nuzuh_is_refused(file: Path, tmp_path: Path) -> None:
    manifest = json.loads(zipfile.ZipFile(file).read(MANIFEST))
    manifest |= {"nuzuh": "99.1"}
    manifest["tables"]["dreams"] = {"rows": 0, "columns": [], "sha256": ""}
    manifest["tables"]["audit"]["columns"].append("mood")
    rewritten(file, {MANIFEST: json.dumps(manifest).encode()})
    refused(file, tmp_path, r"does not know \(audit.mood, dreams\); restore it with nuzuh 99.1")


def test_other_files_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("x", "y")
    refused(other, tmp_path, "is no backup of nuzuh")
    refused(tmp_path / "nothing.zip", tmp_path, "cannot be read: No such file")


def refused(file: Path, tmp_path: Path, why: str) -> None:
    with Store(f"sqlite:///{tmp_path / 'refusing.db'}") as store:
        with pytest.raises(InputError, match=why):
            restore(store, file)
        assert not any(rows(store).values())


def rewritten(file: Path, changes: dict[str, bytes]) -> None:
    with zipfile.ZipFile(file) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()} | changes
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)


def test_the_commands(full_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "backup.zip"
    monkeypatch.setenv("NUZUH_DATABASE", full_url)
    said = nuzuh("backup", file)
    assert (said.code, file.exists()) == (0, True)
    assert f"wrote {file}: " in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["backup.zip"]
    assert "cannot be written" in nuzuh("backup", tmp_path / "no" / "where.zip").errors[0]
    monkeypatch.setenv("NUZUH_DATABASE", f"sqlite:///{tmp_path / 'new.db'}")
    assert "restored" in nuzuh("restore", file).err
    again = nuzuh("restore", file)
    assert (again.code, "is not empty" in again.errors[0]) == (2, True)
