"""Flee's forced redirections, and what else a conflict holds beside the crisis folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from features.crises.builders.flee.folder import read_conflict
from features.crises.builders.flee.redirections import Redirection, read_redirections
from tests.features.test_build_flee import FILES


def conflict(folder: Path, changes: dict[str, str] | None = None) -> Path:
    """The made-up conflict with files replaced."""
    for name, text in (FILES | (changes or {})).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


ROUTES = "#name1,name2,distance,forced_redirection\nHill,Halt,40,{}\n"
CLOSURES = "#closure_type,name1,name2,closure_start,closure_end\n{}\n"


@pytest.mark.parametrize(
    ("flag", "found"),
    [
        ("2", [Redirection("Hill", "Halt", 0, None)]),
        ("1", [Redirection("Halt", "Hill", 0, None)]),
        ("0", []),
        ("", []),
    ],
)
def test_one_sends_back_and_two_sends_on(
    tmp_path: Path, flag: str, found: list[Redirection]
) -> None:
    folder = conflict(tmp_path, {"input/routes.csv": ROUTES.format(flag)})
    assert read_redirections(folder / "input") == found


@pytest.mark.parametrize(
    ("closures", "found"),
    [
        ("remove_forced_redirection,Hill,Halt,9,0", [Redirection("Hill", "Halt", 0, 9)]),
        ("remove_forced_redirection,Halt,Hill,9,0", [Redirection("Hill", "Halt", 0, None)]),
        (
            "add_forced_redirection,Hill,Halt,12,0\nremove_forced_redirection,Hill,Halt,9,0",
            [Redirection("Hill", "Halt", 0, 9), Redirection("Hill", "Halt", 12, None)],
        ),
        ("country,Land,Far_Land,3,0", [Redirection("Hill", "Halt", 0, None)]),
    ],
    ids=["removed", "another", "removed and begun again", "a border"],
)
def test_closures_end_and_begin_them(
    tmp_path: Path, closures: str, found: list[Redirection]
) -> None:
    changes = {
        "input/routes.csv": ROUTES.format(2),
        "input/closures.csv": CLOSURES.format(closures),
    }
    assert read_redirections(conflict(tmp_path, changes) / "input") == found


def test_the_column_is_found_by_its_name(tmp_path: Path) -> None:
    routes = "#name1,name2,distance,link_type,forced_redirection\nHill,Halt,40,2,1\n"
    folder = conflict(tmp_path, {"input/routes.csv": routes})
    assert read_redirections(folder / "input") == [Redirection("Halt", "Hill", 0, None)]


def test_a_folder_without_routes_has_none(tmp_path: Path) -> None:
    assert read_redirections(tmp_path) == []


def test_a_conflict_holds_capacities_and_its_length(tmp_path: Path) -> None:
    found = read_conflict(conflict(tmp_path))
    assert found.days == 12
    assert found.redirections == [Redirection("Halt", "West_Camp", 0, None)]
    capacity = {place.name: place.capacity for place in found.locations}
    assert (capacity["West_Camp"], capacity["Yard"], capacity["Old Town"]) == (9000, 300, None)
    population = {place.name: place.population for place in found.locations}
    assert (population["West_Camp"], population["Old Town"]) == (None, 5000)
