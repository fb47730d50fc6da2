"""One name for all that a forecast sees of a crisis."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features.crisis import load_crisis
from features.fingerprint import fingerprint
from tests.folders import Change, replaced, with_cell, write_crisis


def of(directory: Path, **changes: Change) -> str:
    return fingerprint(load_crisis(write_crisis(directory, months=4, **changes)))


def test_two_folders_alike_have_the_same(tmp_path: Path) -> None:
    first = of(tmp_path / "a")
    assert first == of(tmp_path / "b")
    (tmp_path / "b" / "notes.txt").write_text("mine")
    assert first == fingerprint(load_crisis(tmp_path / "b"))
    assert len(first) == 64


def test_blank_lines_and_spellings_of_a_figure_do_not_matter(tmp_path: Path) -> None:
    blank = of(tmp_path / "a", displacement=lambda text: text.replace("\n", "\n\n"))
    assert blank == of(tmp_path / "b", places=replaced("36.5,900000", "36.50,9e5"))


@pytest.mark.parametrize(
    "changes",
    [
        {"displacement": with_cell(0, "persons", "1")},
        {"displacement": with_cell(0, "published", "2017-02-28")},
        {"attacks": with_cell(0, "target", "market")},
        {"places": with_cell(0, "name", "Another")},
        {"areas": with_cell(0, "share", "0.5")},
        {"sources": with_cell(0, "delay_days", "29")},
        {"routes": with_cell(0, "distance_km", "69")},
        {"agreements": with_cell(1, "collapsed", "2018-12-01")},
        {"crisis": replaced("repeat_factor = 1.5", "repeat_factor = 1.6")},
        {"crisis": replaced('cells = ["N01", "N02"]', 'cells = ["N01"]')},
    ],
    ids="".join,
)
def test_any_change_changes_it(tmp_path: Path, changes: dict[str, Change]) -> None:
    assert of(tmp_path / "a") != of(tmp_path / "b", **changes)


def test_what_a_day_does_not_know_does_not_matter_on_it(tmp_path: Path) -> None:
    day = pd.Timestamp("2017-03-31")
    late = with_cell(15, "persons", "7")
    one, other = (
        load_crisis(write_crisis(tmp_path / name, months=4, displacement=change)).as_of(day)
        for name, change in (("a", str), ("b", late))
    )
    assert fingerprint(one) == fingerprint(other)
