"""The task that Flee is judged by: read right, scored right, and nothing of the last 30 days."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks._flee import Task, read_task
from benchmarks.flee_allocation import (
    FLEE,
    LAG,
    SHARED,
    VARIANTS,
    as_flee,
    by_gravity,
    forecast,
    losses,
    persisted,
    score,
)
from models.camps import Counts, Memory
from models.gravity import Gravity
from tests.features.test_build_flee import FILES

needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the collected data (../shared/data/flee) is not there"
)
BARE = (Gravity(), Memory())
ROUTES = FILES["input/routes.csv"] + "Hill,Ford,20,0\n"
LONG = {
    "input/routes.csv": ROUTES,
    "input/sim_period.csv": "StartDate,2020-01-01\nLength,60\n",
    "validation/west.csv": "2019-12-30,90\n2020-01-11,120\n2020-02-15,190\n2020-03-05,50\n",
    "validation/east.csv": "2020-01-01,0\n2020-01-31,200\n2020-02-15,260\n",
}


def task_of(folder: Path, changes: dict[str, str]) -> Task:
    for name, text in (FILES | changes).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return read_task(folder)


@pytest.fixture
def task(tmp_path: Path) -> Task:
    """Sixty days of the made-up conflict."""
    return task_of(tmp_path, LONG)


def test_counts_run_straight_from_one_to_the_next(task: Task) -> None:
    assert task.camps == ("West_Camp", "East_Camp")
    np.testing.assert_allclose(task.counted[[0, 10, 45], 0], [90 + 30 * 2 / 12, 120, 190])
    np.testing.assert_allclose(task.counted[[0, 15, 30], 1], [0, 100, 200])


def test_a_count_after_the_last_day_is_no_part_of_it(task: Task) -> None:
    np.testing.assert_array_equal(task.counted[45:], [[190.0, 260.0]] * 15)
    assert task.counts.day.max() == 45


def test_who_is_at_war_and_how_many(task: Task) -> None:
    assert task.origins.shape == (60, 2)
    assert set(task.origins[:, 0]) == {5000.0}
    assert task.origins[[3, 4, 9, 10], 1].tolist() == [0.0, 5000.0, 5000.0, 0.0]


@pytest.mark.parametrize("name", list(VARIANTS))
def test_every_variant_shares_out_the_total(task: Task, name: str) -> None:
    variant, _ = VARIANTS[name]
    found = variant(task, *BARE)
    assert (found >= 0.0).all()
    np.testing.assert_allclose(found.sum(axis=1), task.totals)


def test_capacities_are_for_the_variant_that_may_know_them(task: Task) -> None:
    other = replace(task, capacity=task.capacity[::-1])
    assert (as_flee(other, *BARE) != as_flee(task, *BARE)).any()
    for variant in (by_gravity, forecast, persisted):
        np.testing.assert_array_equal(variant(other, *BARE), variant(task, *BARE))


@pytest.mark.parametrize("day", [LAG, 41, 59])
def test_the_forecast_looks_at_no_count_younger_than_thirty_days(task: Task, day: int) -> None:
    young = task.counts.day > day - LAG
    assert young.any()
    counts = Counts(task.counts.day, task.counts.camp, np.where(young, 9e4, task.counts.persons))
    assert not np.array_equal(counts.persons, task.counts.persons)
    totals = task.totals
    blind = _Known(task, counts, totals)
    for variant in (forecast, persisted):
        np.testing.assert_array_equal(
            variant(blind, *BARE)[: day + 1], variant(task, *BARE)[: day + 1]
        )


class _Known(Task):
    """A task with the totals as they were and other counts."""

    def __init__(self, task: Task, counts: Counts, totals: np.ndarray) -> None:
        super().__init__(**{**vars(task), "counts": counts})
        object.__setattr__(self, "_totals", totals)

    @property
    def totals(self) -> np.ndarray:
        return self._totals


def test_redirections_and_closures_move_people(tmp_path: Path, task: Task) -> None:
    west = as_flee(task, *BARE)[-1, 0]
    closed = "#closure_type,name1,name2,closure_start,closure_end\nlocation,Halt,,5,0\n"
    changes = {"input/closures.csv": closed}
    assert as_flee(task_of(tmp_path / "closed", LONG | changes), *BARE)[-1, 0] < west
    sent = ROUTES + "West_Camp,East_Camp,10,2\n"
    both = task_of(tmp_path / "sent", LONG | {"input/routes.csv": sent})
    assert as_flee(both, *BARE)[-1, 0] < west


def test_the_score_is_the_mean_over_days_with_people() -> None:
    counted = np.array([[10.0, 30.0], [0.0, 0.0], [20.0, 20.0]])
    said = np.array([[20.0, 20.0], [0.0, 0.0], [20.0, 20.0]])
    np.testing.assert_allclose(losses(said, counted).sum(axis=1), [0.5, 0.0])


@needs_shared
class TestShared:
    @pytest.mark.parametrize(("name", "known"), [("mali", 0.133), ("burundi", 0.173)])
    def test_persisted_shares_score_as_others_found(self, name: str, known: float) -> None:
        assert round(score(read_task(SHARED / name), "c0", *BARE), 3) == known

    @pytest.mark.parametrize("name", list(FLEE))
    def test_targets_are_met(self, name: str) -> None:
        task = read_task(SHARED / name)
        assert score(task, "a", *BARE) <= 0.5 * FLEE[name][0]
        assert score(task, "c", *BARE) <= 0.9 * score(task, "c0", *BARE)
