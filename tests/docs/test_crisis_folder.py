"""docs/crisis-folder.md names every file and column there is, and no other."""

import re
from pathlib import Path

import pytest

from features import facts, track_record
from features.facts import FLOW_STATE
from features.folder import OPTIONAL, TABLES

PAGE = Path(__file__).parents[2] / "docs" / "crisis-folder.md"
SECTIONS = {
    title.split(" ")[0]: (title, body)
    for title, body in re.findall(r"^## (.+?)\n\n(.*?)(?=\n## |\Z)", PAGE.read_text(), re.M | re.S)
}


def test_every_file_has_its_section():
    names = [facts.FILE, *(module.FILE for module in TABLES), track_record.FILE]
    assert sorted(SECTIONS) == sorted(names)


@pytest.mark.parametrize("module", TABLES, ids=lambda module: module.FILE)
def test_columns_are_those_that_are_read(module):
    title, body = SECTIONS[module.FILE]
    told = re.findall(r"`([a-z_]+\??\??)`", body.split("\n\n")[0])
    marks = {(False, False): "", (True, False): "?", (True, True): "??", (False, True): "??"}
    assert told == [column.name + marks[column.blank, column.optional] for column in module.COLUMNS]
    assert ("(optional)" in title) == (module.FILE in OPTIONAL)


def test_choices_are_told():
    for module in TABLES:
        _, body = SECTIONS[module.FILE]
        for column in module.COLUMNS:
            if column.choices and column.name not in ("window", "target"):
                missing = [choice for choice in column.choices if choice not in body]
                assert not missing, (module.FILE, column.name, missing)


def test_keys_of_the_facts_are_told():
    _, body = SECTIONS[facts.FILE]
    for key in (*facts.KEYS, *facts.TABLES, *facts.FREE_TABLES, *FLOW_STATE):
        assert key in body, key
