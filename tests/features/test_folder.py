"""What only shows when all files of a crisis folder are seen together."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.folders import replaced, write_crisis, wrong_in

CELLS = 'cells = ["N01", "N02"]'


@pytest.mark.parametrize(
    ("new", "value", "said"),
    [
        ('cells = ["N01", "N99"]', "N99", "places.csv"),
        (f"{CELLS}\nevent_trigered = []", None, "did you mean 'event_triggered'"),
        (f'{CELLS}\nevent_triggered = ["Nobody"]', "Nobody", "sources.csv"),
    ],
)
def test_a_wrong_model_table_is_found_by_the_check(
    tmp_path: Path, new: str, value: str | None, said: str
) -> None:
    folder = write_crisis(tmp_path / "made-up", crisis=replaced(CELLS, new))
    found = wrong_in(folder)
    assert [(finding.file, finding.value) for finding in found] == [("crisis.toml", value)]
    assert said in found[0].why


@pytest.mark.parametrize(
    ("line", "value"), [('N01 = ["front-nowhere"]', "front-nowhere"), ('N03 = ["N01"]', "N03")]
)
def test_a_driver_of_no_cell_or_from_no_place_is_found_by_the_check(
    tmp_path: Path, line: str, value: str
) -> None:
    folder = write_crisis(tmp_path / "made-up", crisis=replaced('N01 = ["front-south"]', line))
    assert value in [finding.value for finding in wrong_in(folder)]
