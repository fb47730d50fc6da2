"""What the README shows is what the commands print."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.command import nuzuh

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    done = nuzuh("demo", "--out", str(tmp_path_factory.mktemp("demo")))
    assert done.code == 0
    return done.out


def test_each_line_of_output_shown_is_printed_by_the_demo(printed: str) -> None:
    shown = [block for block in BLOCKS if "%" in block]
    lines = [line for block in shown for line in block.splitlines() if line]
    told = printed.splitlines()
    assert len(lines) > 15
    assert [line for line in lines if line not in told] == []


def test_the_files_it_links_to_exist() -> None:
    links = re.findall(r"\]\((?!http)([^)]+)\)", README)
    missing = [link for link in links if not (Path(__file__).parents[2] / link).exists()]
    assert links
    assert missing == []
