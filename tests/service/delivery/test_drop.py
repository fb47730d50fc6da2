"""Folders."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from service.delivery.drop import put
from service.delivery.failures import Refused, TryLater
from service.delivery.letter import File
from tests.service.delivery.letters import LETTER, letter


def test_the_files_are_there_whole_and_listed(tmp_path: Path) -> None:
    put(LETTER, "cluster", tmp_path)
    folder = tmp_path / "cluster"
    told = json.loads((folder / f"outlook-{LETTER.id}.json").read_text())
    assert set(told["files"]) == {"outlook.pdf"}
    assert set(told["letter"]) == {f"letter-outlook-{LETTER.id}.txt"}
    listed = {**told["files"], **told["letter"]}
    for name, about in listed.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == about["sha256"]
    assert {path.name for path in folder.iterdir()} == {*listed, f"outlook-{LETTER.id}.json"}


def test_a_text_among_the_files_is_not_written_twice(tmp_path: Path) -> None:
    put(letter(files=(File("outlook.txt", "text/plain", b"x"),)), "cluster", tmp_path)
    names = {path.name for path in (tmp_path / "cluster").iterdir()}
    assert names == {"outlook.txt", f"outlook-{LETTER.id}.json"}


def test_a_correction_names_what_it_corrects(tmp_path: Path) -> None:
    corrects = letter(event="correction", id="b" * 32, answers=LETTER.id, files=())
    put(corrects, "cluster", tmp_path)
    told = json.loads((tmp_path / "cluster" / f"correction-{'b' * 32}.json").read_text())
    assert (told["corrects"], told["files"]) == (LETTER.id, {})


def test_a_repeat_changes_nothing(tmp_path: Path) -> None:
    put(LETTER, "cluster", tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "cluster").iterdir()}
    put(LETTER, "cluster", tmp_path)
    assert {path.name: path.read_bytes() for path in (tmp_path / "cluster").iterdir()} == before


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "/etc", "a/b", "a\\b", "a\0", ".x", "a" * 101, "köy", "a\n"]
)
def test_no_name_leads_out(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused):
        put(LETTER, name, tmp_path / "root")
    with pytest.raises(Refused):
        put(letter(files=(File(name, "text/plain", b"x"),)), "cluster", tmp_path / "root")
    assert {path.name for path in tmp_path.iterdir()} <= {"root"}


def test_no_link_leads_out(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "root" / "cluster").symlink_to(tmp_path / "outside")
    with pytest.raises(Refused, match="leads out"):
        put(LETTER, "cluster", tmp_path / "root")


def test_a_folder_that_cannot_be_written_is_tried_later(tmp_path: Path) -> None:
    (tmp_path / "cluster").write_text("a file, no folder")
    with pytest.raises(TryLater, match="cluster"):
        put(LETTER, "cluster", tmp_path)


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(TryLater, match="the folder cluster: cannot be written: File too large"):
            put(LETTER, "cluster", tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert [path.suffix for path in (tmp_path / "cluster").iterdir()] == [".txt"]
    put(LETTER, "cluster", tmp_path)
    assert len(list((tmp_path / "cluster").iterdir())) == 3
