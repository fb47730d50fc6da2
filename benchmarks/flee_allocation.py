"""Where people go, on the task that the simulator Flee is judged by; a few seconds.

    python -m benchmarks.flee_allocation [FOLDER ...]

Given the total of the counted camps on each day, share it out among them. The score is the mean
over days of sum |said - counted| / sum counted, on raw counts. A folder is in Flee's format;
without one, those of ../shared are taken.

    a    all that Flee is given: capacities (the highest counts later seen), routes, closures, zones
         at war and their first days: the same leak as Flee
    b    the same without capacities
    c    the forecast: as b, and counts at least 30 days old; the first 30 days are left out
    c0   the last such counts, scaled to the total
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path

import features._threads  # noqa: F401  before numpy loads

# isort: split
import numpy as np

from benchmarks._flee import Floats, Task, read_task
from features.errors import InputError
from models.camps import Memory, arrival_shares, fill, follow
from models.gravity import Gravity

SHARED = Path(__file__).parents[1] / ".." / "shared" / "data" / "flee"
# What Flee reaches with its authors' settings, and how long it takes (djgroen/flee).
FLEE = {"mali": (0.354, 16.0), "burundi": (0.470, 300.0)}
LAG = 30
QUARTERS = 4
Variant = Callable[[Task, Gravity, Memory], Floats]


def as_flee(task: Task, gravity: Gravity, memory: Memory) -> Floats:
    """Variant a, (days, camps)."""
    room = np.where(np.isnan(task.capacity), np.inf, task.capacity)
    return fill(task.totals, task.origins, task.ways(gravity, task.capacity), room)


def by_gravity(task: Task, gravity: Gravity, memory: Memory) -> Floats:
    """Variant b, (days, camps)."""
    return fill(task.totals, task.origins, task.ways(gravity))


def forecast(task: Task, gravity: Gravity, memory: Memory) -> Floats:
    """Variant c, (days, camps)."""
    shares = arrival_shares(task.origins, task.ways(gravity))
    return follow(task.totals, shares, task.counts, LAG, memory)


def persisted(task: Task, gravity: Gravity, memory: Memory) -> Floats:
    """The last counts at least 30 days old, scaled to the total; equal shares before any."""
    last = np.zeros_like(task.counted)
    for day, camp, persons in zip(
        task.counts.day, task.counts.camp, task.counts.persons, strict=True
    ):
        last[max(day + LAG, 0) :, camp] = persons
    held = last.sum(axis=1, keepdims=True)
    equal = np.full_like(last, 1.0 / last.shape[1])
    return np.divide(last, held, out=equal, where=held > 0.0) * task.totals[:, None]


VARIANTS: Mapping[str, tuple[Variant, int]] = {
    "a": (as_flee, 0),
    "b": (by_gravity, 0),
    "c": (forecast, LAG),
    "c0": (persisted, LAG),
}


def losses(said: Floats, counted: Floats) -> Floats:
    """|said - counted| over all people counted that day, (days, camps); days with people alone."""
    held = counted.sum(axis=1)
    some = held > 0.0
    return np.asarray(np.abs(said - counted)[some] / held[some, None])


def score(task: Task, name: str, gravity: Gravity, memory: Memory) -> float:
    """Score of a variant."""
    variant, first = VARIANTS[name]
    return float(losses(variant(task, gravity, memory)[first:], task.counted[first:]).sum(1).mean())


def main() -> int:
    """Print scores and seconds, where each variant loses, and what each constant matters.

    2 and every finding on standard error where a folder cannot be read.
    """
    parser = argparse.ArgumentParser(description="Score allocations on Flee's task.")
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    folders = parser.parse_args().folders or [SHARED / name for name in FLEE if SHARED.is_dir()]
    try:
        tasks = [_scores(folder) for folder in folders]
    except InputError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for task in tasks:
        _where(task)
    _sensitivity(tasks)
    return 0


def _scores(folder: Path) -> Task:
    start = time.perf_counter()
    task = read_task(folder)
    reading = time.perf_counter() - start
    days, camps = task.counted.shape
    print(f"{task.name}: {days} days, {camps} camps, {len(task.counts.day)} counts")
    print(f"{'':<4}{'score':>7}{'of Flee':>9}{'seconds':>9}{'with reading':>14}")
    for name in VARIANTS:
        start = time.perf_counter()
        found = score(task, name, Gravity(), Memory())
        seconds = time.perf_counter() - start
        flee = f"{found / FLEE[task.name][0]:9.3f}" if task.name in FLEE else f"{'':9}"
        print(f"{name:<4}{found:7.4f}{flee}{seconds:9.3f}{seconds + reading:14.3f}")
    if task.name in FLEE:
        print(f"Flee {FLEE[task.name][0]:6.3f}{1.0:9.3f}{FLEE[task.name][1]:9.0f}")
    print()
    return task


def _where(task: Task) -> None:
    """Mean loss by camp, then by quarter of the days."""
    heads = [*(camp[:10] for camp in task.camps), *(f"quarter {at + 1}" for at in range(QUARTERS))]
    print(f"{task.name}: mean loss by camp and by quarter of the days\n    " + _row(heads))
    for name, (variant, first) in VARIANTS.items():
        lost = losses(variant(task, Gravity(), Memory())[first:], task.counted[first:])
        quarters = [part.sum(axis=1).mean() for part in np.array_split(lost, QUARTERS)]
        print(f"{name:<4}" + _row([f"{value:.3f}" for value in [*lost.mean(axis=0), *quarters]]))
    print()


def _sensitivity(tasks: list[Task]) -> None:
    """Scores with each constant halved and half as much again."""
    print("each constant as it is, halved, and half as much again (memory at most 1)")
    for holder, names in ((Gravity(), "abc"), (Memory(), "c")):
        for field in fields(holder):
            if field.name == "danger":
                continue
            for task in tasks:
                found = [
                    f"{name} "
                    + " ".join(f"{value:.3f}" for value in _varied(task, name, holder, field.name))
                    for name in names
                ]
                print(f"{field.name:<10}{task.name:<10}" + "   ".join(found))


def _varied(task: Task, name: str, holder: Gravity | Memory, field: str) -> list[float]:
    found = []
    for factor in (1.0, 0.5, 1.5):
        value = factor * getattr(holder, field)
        changed = replace(holder, **{field: min(value, 1.0) if field == "memory" else value})
        gravity = changed if isinstance(changed, Gravity) else Gravity()
        memory = changed if isinstance(changed, Memory) else Memory()
        found.append(score(task, name, gravity, memory))
    return found


def _row(cells: list[str]) -> str:
    return "".join(f"{cell:>12}" for cell in cells)


if __name__ == "__main__":
    sys.exit(main())
