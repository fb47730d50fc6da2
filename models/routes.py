"""How far it is from where people flee to where they may go, over the ways that are open.

A pair whose ends both lie on a route is as far apart as the open routes make it, and out of reach
where they do not join it. Any other pair is taken to be `DETOUR` times its straight line: a road
that nobody wrote down is no closed road.
"""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import dijkstra

from features.errors import Finding, InputError
from features.places import FILE
from models.closures import Closure

Floats = NDArray[np.float64]

# Places that an origin's people may go to, the nearest ones.
NEAREST = 40
# Kilometres of road a kilometre of straight line, where no route is known: assumed, as usual
# between towns (Ballou, Rahardja & Sakai, 2002, Transportation Research A 36(9): 1.1 to 2.1).
DETOUR = 1.3
EARTH_KM = 6371.0
BLOCK = 256


def reach(
    places: pd.DataFrame,
    routes: pd.DataFrame,
    origins: Sequence[str],
    destinations: Sequence[str],
    day: pd.Timestamp,
    closures: Sequence[Closure] = (),
    *,
    nearest: int = NEAREST,
) -> csr_array:
    """Kilometres to the nearest reachable destinations, sparse (origins, destinations).

    `places` is indexed by place_id with lat, lon; `routes` has a row an open spell: from_id, to_id,
    distance_km, open_from, open_to. What is not stored cannot be reached, a place itself above all.

    Raises InputError for a place that has neither coordinates nor a route.
    """
    _check_located(places, routes, [*origins, *destinations])
    if not (len(origins) and len(destinations)):
        return csr_array((len(origins), len(destinations)), dtype=np.float64)
    shut = [closure.shut for closure in closures if closure.holds(day)]
    network = _Network(routes, day, shut)
    ends = list(destinations)
    blocks = [
        _nearest(_block(places, network, shut, list(origins[at : at + BLOCK]), ends), nearest)
        for at in range(0, len(origins), BLOCK)
    ]
    return csr_array(vstack(blocks, format="csr"))


def great_circle(from_: pd.DataFrame, to: pd.DataFrame) -> Floats:
    """Kilometres of straight line (from, to) by lat, lon in degrees; NaN where one is missing."""
    first, second = np.radians(from_[["lat", "lon"]]), np.radians(to[["lat", "lon"]])
    lat, lon = (np.asarray(first[name])[:, None] for name in ("lat", "lon"))
    other_lat, other_lon = (np.asarray(second[name])[None] for name in ("lat", "lon"))
    north, east = np.sin((other_lat - lat) / 2), np.sin((other_lon - lon) / 2)
    half = north**2 + np.cos(lat) * np.cos(other_lat) * east**2
    return np.asarray(2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0.0, 1.0))))


class _Network:
    """The routes open on a day as a graph; a place without any route, open or not, is off it."""

    def __init__(
        self, routes: pd.DataFrame, day: pd.Timestamp, shut: Sequence[frozenset[str]]
    ) -> None:
        graph = nx.Graph()
        graph.add_nodes_from([*routes["from_id"], *routes["to_id"]])
        opened = ~(routes["open_from"] > day) & ~(routes["open_to"] < day)
        for row in routes[opened].sort_values("distance_km", ascending=False).itertuples():
            if not any(one <= {row.from_id, row.to_id} for one in shut):
                graph.add_edge(row.from_id, row.to_id, km=row.distance_km)
        self._places = pd.Index(list(graph))
        nodes = graph or nx.empty_graph(1)
        self._ways = csr_array(nx.to_scipy_sparse_array(nodes, weight="km"))

    def km(self, origins: Sequence[str], destinations: Sequence[str]) -> Floats:
        """Kilometres (origins, destinations), infinite without a way, NaN where one is off it."""
        found = np.full((len(origins), len(destinations)), np.nan)
        rows = self._places.get_indexer(pd.Index(origins))
        columns = self._places.get_indexer(pd.Index(destinations))
        if (rows >= 0).any() and (columns >= 0).any():
            km = dijkstra(self._ways, directed=False, indices=rows[rows >= 0])
            found[np.ix_(rows >= 0, columns >= 0)] = km[:, columns[columns >= 0]]
        return found


def _block(
    places: pd.DataFrame,
    network: _Network,
    shut: Sequence[frozenset[str]],
    origins: list[str],
    destinations: list[str],
) -> Floats:
    """Kilometres (origins, destinations), infinite where there is no way."""
    straight = DETOUR * great_circle(places.loc[origins], places.loc[destinations])
    km = network.km(origins, destinations)
    for one in shut:
        starts, ends = np.isin(origins, list(one)), np.isin(destinations, list(one))
        straight[np.logical_and.outer(starts, ends)] = np.inf
        if len(one) == 1:
            straight[starts] = straight[:, ends] = np.inf
    km = np.where(np.isnan(km), straight, km)
    km[np.equal.outer(np.array(origins, dtype=object), np.array(destinations, dtype=object))] = (
        np.inf
    )
    return np.where(np.isnan(km), np.inf, km)


def _nearest(km: Floats, most: int) -> csr_array:
    """The nearest of each row, sparse; what is infinitely far is not stored."""
    columns = np.argpartition(km, min(most, km.shape[1] - 1), axis=1)[:, :most]
    values = np.take_along_axis(km, columns, axis=1)
    kept = np.isfinite(values)
    starts = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
    return csr_array((values[kept], columns[kept], starts), shape=km.shape)


def line_of(places: pd.DataFrame, place: str) -> int:
    """The line of places.csv that a place stands in, one row a line below the header."""
    return int(places.index.get_indexer(pd.Index([place]))[0]) + 2


def _check_located(places: pd.DataFrame, routes: pd.DataFrame, wanted: Sequence[str]) -> None:
    on_route = {*routes["from_id"], *routes["to_id"]}
    lost = places.index.isin(wanted) & places["lat"].isna() & ~places.index.isin(on_route)
    why = "has neither coordinates nor a route, so nobody can be sent there; give it one of them"
    findings = [
        Finding(FILE, why, line_of(places, str(place)), "place_id", str(place))
        for place in places.index[lost]
    ]
    if findings:
        raise InputError(findings)
