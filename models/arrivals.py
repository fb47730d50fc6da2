"""Who arrives where: departures shared out by weight, full places passed over, nobody lost.

With weights `W` (origins, destinations), liking `L` of the destinations and `D` people leaving,
destination `j` receives `L_j sum_i W_ij D_i / (W L)_i`: two products with one matrix, so draws of
any number cost what they hold and no array of origins by destinations by draws is ever made.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]

ALMOST_NOBODY = 1e-12


@dataclass(frozen=True)
class Arrivals:
    """People who `arrived` (draws, destinations) and who are `trapped` (draws, origins).

    In every draw both add up to those who left.
    """

    arrived: Floats
    trapped: Floats


def share_out(
    departures: Floats,
    weights: csr_array | Floats,
    room: Floats | None = None,
    liking: Floats | None = None,
) -> Arrivals:
    """Share out departures (draws, origins) by weights (origins, destinations), zero for no way.

    `liking` (draws or 1, destinations) multiplies the weights. `room` (draws or 1, destinations) is
    how many more each destination takes, infinite without a limit: the others of an origin take
    what a full one cannot, and where all are full people crowd in by weight all the same. Those
    without a way to any destination are trapped.
    """
    likes = np.ones((1, weights.shape[1])) if liking is None else liking
    pull = likes @ weights.T
    going = np.where(pull > 0.0, departures, 0.0)
    trapped = departures - going
    if room is None:
        return Arrivals(_drawn(going, pull, likes, weights), trapped)
    arrived, left = _into_room(
        going, np.broadcast_to(room, (len(going), room.shape[1])), likes, weights
    )
    return Arrivals(arrived + _drawn(left, pull, likes, weights), trapped)


def _drawn(going: Floats, pull: Floats, likes: Floats, weights: csr_array | Floats) -> Floats:
    """Arrivals (draws, destinations) of people whose destinations pull in all by `pull`."""
    each = np.divide(
        going, pull, out=np.zeros(np.broadcast_shapes(going.shape, pull.shape)), where=pull > 0.0
    )
    return np.asarray(likes * (each @ weights))


def _into_room(
    going: Floats, room: Floats, likes: Floats, weights: csr_array | Floats
) -> tuple[Floats, Floats]:
    """Arrivals within the room there is, and who is left of each origin (draws, origins).

    Every round fills a place or ends, so there are no more rounds than places.
    """
    arrived, left = np.zeros(room.shape), going
    enough = ALMOST_NOBODY * going.sum()
    for _ in range(room.shape[1]):
        taking = likes * (room > arrived)
        pull = taking @ weights.T
        wanted = _drawn(left, pull, taking, weights)
        taken = np.minimum(wanted, room - arrived)
        if wanted.sum() <= enough:
            break
        arrived = np.where(taken < wanted, room, arrived + taken)
        accepted = np.divide(taken, wanted, out=np.zeros(room.shape), where=wanted > 0.0)
        each = np.divide(left, pull, out=np.zeros(left.shape), where=pull > 0.0)
        left = left - each * ((taking * accepted) @ weights.T)
        if left.sum() <= enough:
            break
    return arrived, np.maximum(left, 0.0)
