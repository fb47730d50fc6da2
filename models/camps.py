"""People present in camps day by day, given how many there are in all.

`newcomers` is one day of both for people who are given, by draws.

`fill` knows nothing of the camps but ways and capacities: those who come on a day go by gravity,
those who leave do so from each camp alike.

`follow` learns from counts as they become known. With `x` people by camp, `T` in all and `p` where
gravity sends those who come, a day with `d` more people moves

    x' = x + d (MEMORY x / T + (1 - MEMORY) p) + e,     Cov e = (DRIFT T)^2 (diag(s) - s s')

(`s` the bracket: who comes goes where people are already, or where gravity sends him), and a day
with fewer takes from all alike. The noise sums to zero, so the camps always add up to the total,
and a count of one camp also tells what the others hold together. It is a Kalman filter (Kalman,
1960, J. Basic Engineering 82(1)) run through the counts known on each day and then forward under
the totals alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.arrivals import Arrivals, share_out

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Totals are at least one person, and a count is off by one at least.
LEAST_PEOPLE = 1.0
# A camp that gravity sends nobody to may be counted all the same.
LEAST_SHARE = 1e-3


@dataclass(frozen=True)
class Memory:
    """What `follow` holds of camps; round figures, fitted to no crisis.

    Four of five newcomers go where those before them went (`memory`), a hundredth of all moves on
    unseen each day (`drift`), and a count is a hundredth off (`count_sd`).
    """

    memory: float = 0.8
    drift: float = 0.01
    count_sd: float = 0.01


@dataclass(frozen=True)
class Counts:
    """Counts of camps, each (counts,): day of the count, number of the camp, persons."""

    day: Ints
    camp: Ints
    persons: Floats


def fill(
    totals: Floats,
    origins: Floats,
    ways: Sequence[Floats],
    capacity: Floats | None = None,
) -> Floats:
    """People by day and camp, (days, camps), adding up to `totals` (days,).

    `origins` (days, origins) says from where those come who come on a day, relative; `ways` holds
    for each day the weights (origins, camps). Camps at their `capacity` (camps,) pass people on.
    """
    present = np.zeros((len(totals), ways[0].shape[1]))
    before, total = present[0], 0.0
    shares = arrival_shares(origins, ways)
    for day, now in enumerate(totals):
        if now > total:
            room = None if capacity is None else np.maximum(capacity - before, 0.0)[None]
            coming = _coming(now - total, origins[day], ways[day], shares[day], room)
            before = before + coming
        elif total > 0.0:
            before = before * (now / total)
        present[day], total = before, now
    return present


def arrival_shares(origins: Floats, ways: Sequence[Floats]) -> Floats:
    """Where those go who come on a day, (days, camps), by weights alone.

    On a day without anyone who can reach a camp, as on the last with one; equal before that.
    """
    camps = ways[0].shape[1]
    found, last = np.empty((len(ways), camps)), np.full(camps, 1.0 / camps)
    for day, weights in enumerate(ways):
        arrived = share_out(origins[day][None], weights).arrived[0]
        last = arrived / arrived.sum() if arrived.sum() > 0.0 else last
        found[day] = last
    return found


def _coming(
    people: float, origins: Floats, weights: Floats, shares: Floats, room: Floats | None
) -> Floats:
    """Arrivals (camps,) of people of whom it is known that they arrived."""
    able = origins * weights.any(axis=1)
    if able.sum() <= 0.0:
        able, weights = np.ones(1), shares[None]
    return share_out(people * (able / able.sum())[None], weights, room).arrived[0]


def newcomers(
    present: Floats, going: Floats, weights: Floats, liking: Floats, memory: float
) -> Arrivals:
    """Where those go who leave on one day: as those before them (`memory`), else by gravity.

    `present` and `liking` are (draws, camps), `going` (origins,), `weights` (origins, camps). Where
    nobody is in any camp that can be reached, all go by gravity.
    """
    draws = np.ones((len(present), 1))
    after = share_out(memory * going * draws, (weights > 0.0).astype(np.float64), liking=present)
    rest = (1.0 - memory) * going + after.trapped
    by_gravity = share_out(rest, weights, liking=liking)
    return Arrivals(after.arrived + by_gravity.arrived, by_gravity.trapped)


def between(counts: Counts, camps: int, days: int) -> Floats:
    """Counts straight from one to the next, level outside; nobody where none was, (days, camps)."""
    found = np.zeros((days, camps))
    for camp in np.unique(counts.camp):
        own = counts.camp == camp
        found[:, camp] = np.interp(np.arange(days), counts.day[own], counts.persons[own])
    return found


def follow(
    totals: Floats, shares: Floats, counts: Counts, lag: int = 0, memory: Memory | None = None
) -> Floats:
    """Expected people by day and camp, (days, camps), adding up to `totals` (days,).

    `shares` (days, camps) are where gravity sends those who come. What is said of a day rests on
    the totals up to it and on counts at least `lag` days older.
    """
    held = memory or Memory()
    people = np.maximum(totals, LEAST_PEOPLE)
    moves = _moves(people, shares, held)
    last_known = np.maximum(np.arange(len(totals)) - lag, 0)
    states = _filtered(people, shares, counts, moves, held)[last_known]
    if lag:
        unknown = np.arange(len(totals)) < lag
        states[unknown] = people[0] * shares[0]
    return _scaled(_forward(states, moves, last_known), shares, totals)


@dataclass(frozen=True)
class _Moves:
    """Each day multiplies who is there by `keep` (days,) and adds `come` (days, camps)."""

    keep: Floats
    come: Floats


def _moves(people: Floats, shares: Floats, memory: Memory) -> _Moves:
    change = np.diff(people, prepend=people[0])
    before = np.concatenate([people[:1], people[:-1]])
    follows = np.where(change > 0.0, memory.memory, 1.0)
    come = (1.0 - memory.memory) * np.maximum(change, 0.0)[:, None] * shares
    return _Moves(keep=1.0 + follows * change / before, come=come)


def _filtered(
    people: Floats, shares: Floats, counts: Counts, moves: _Moves, memory: Memory
) -> Floats:
    """Mean of each day given the totals and counts up to it, (days, camps)."""
    days, camps = shares.shape
    mean, covariance = people[0] * shares[0], people[0] ** 2 * _apart(shares[0])
    order = np.argsort(counts.day, kind="stable")
    due = np.searchsorted(counts.day[order], np.arange(days), side="right")
    found, at = np.empty((days, camps)), 0
    for day in range(days):
        mean = moves.keep[day] * mean + moves.come[day]
        goes = memory.memory * np.maximum(mean, 0.0) / people[day]
        goes = goes + (1.0 - memory.memory) * shares[day]
        covariance = moves.keep[day] ** 2 * covariance
        covariance += (memory.drift * people[day]) ** 2 * _apart(goes)
        for row in order[at : due[day]]:
            camp, persons = counts.camp[row], counts.persons[row]
            noise = (memory.count_sd * persons) ** 2 + LEAST_PEOPLE
            gain = covariance[:, camp] / (covariance[camp, camp] + noise)
            mean = mean + gain * (persons - mean[camp])
            covariance = covariance - np.outer(gain, covariance[camp])
        found[day], at = mean, due[day]
    return found


def _apart(shares: Floats) -> Floats:
    """diag(s) - s s' of shares, a little of everything in them: what one gains others lose."""
    s = np.maximum(shares, 0.0) + LEAST_SHARE
    s = s / s.sum()
    return np.asarray(np.diag(s) - np.outer(s, s))


def _forward(states: Floats, moves: _Moves, since: Ints) -> Floats:
    """States of the days `since` carried to each day by the totals alone, (days, camps)."""
    kept = np.cumprod(moves.keep)
    came = np.cumsum(moves.come / kept[:, None], axis=0)
    return (kept / kept[since])[:, None] * states + kept[:, None] * (came - came[since])


def _scaled(states: Floats, shares: Floats, totals: Floats) -> Floats:
    people = np.maximum(states, 0.0)
    held = people.sum(axis=1, keepdims=True)
    parts = np.divide(people, held, out=shares.copy(), where=held > 0.0)
    return np.asarray(parts * totals[:, None])
