"""Where people flee from of late, and how strongly that draws them to each place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.neighbors import BallTree

from features.crisis import Crisis
from features.intensity import KIND_WEIGHTS, newest_attacks
from features.overlap import DAY, REST
from features.panel import FLOWS, Panel
from models.flow_state import FittedFlows
from models.gravity import DAY_KM, Gravity
from models.routes import reach

Floats = NDArray[np.float64]

# Attacks and departures of so many days say where people flee from.
RECENT = 90
# Places that stand for all that people flee from.
MOST_ORIGINS = 500


def pull_of(fitted: FittedFlows, places: Sequence[str]) -> tuple[Floats, Floats]:
    """How strongly each place draws those who flee of late, and the log days of their journey.

    A place of unknown position draws, and lies, as the others do in the middle.
    """
    crisis = fitted.panel.crisis
    amount = attacked(fitted.panel)
    known = _located(crisis, places)
    ends = [place for place, there in zip(places, known, strict=True) if there]
    if amount.empty or not ends:
        return np.ones(len(places)), np.zeros(len(places))
    leaving = gathered(crisis, leaving_of(fitted, amount))
    km = reach(
        crisis.places.frame,
        crisis.routes,
        leaving.index.tolist(),
        ends,
        fitted.panel.day,
        nearest=len(ends),
    )
    km = _with_own(km, leaving.index.tolist(), ends)
    pull = leaving.to_numpy() @ Gravity().weights(km, danger=_danger(crisis, ends, amount))
    days = _mean_log_days(km, leaving.to_numpy())
    return _filled(pull, known), _filled(days, known)


def _with_own(km: csr_array, origins: Sequence[str], places: Sequence[str]) -> csr_array:
    """The ways, and that of those who flee within a place; it is no kilometre long, and stored."""
    own = pd.Index(places).get_indexer(pd.Index(origins))
    rows, columns = km.tocoo().coords
    at = np.flatnonzero(own >= 0)
    ends = (np.concatenate([rows, at]), np.concatenate([columns, own[at]]))
    return csr_array((np.concatenate([km.data, np.zeros(len(at))]), ends), shape=km.shape)


def _filled(values: Floats, known: NDArray[np.bool_]) -> Floats:
    found = np.full(len(known), np.median(values))
    found[known] = values
    return found


def _mean_log_days(km: csr_array, leaving: Floats) -> Floats:
    """Mean over those who can come of log(1 + days of the journey), (places,)."""
    days, way = csr_array(km, copy=True), csr_array(km, copy=True)
    days.data, way.data = np.log1p(km.data / DAY_KM), np.ones_like(km.data)
    able = leaving @ way
    return np.divide(leaving @ days, able, out=np.zeros(km.shape[1]), where=able > 0.0)


def attacked(panel: Panel) -> pd.Series:
    """Attacks of late by the place they fell on, weighted by kind; places with a position alone."""
    crisis, attacks = panel.crisis, panel.crisis.attacks
    rows = newest_attacks(attacks[attacks["source"] == crisis.attack_source])
    rows = rows[rows["end"] > panel.day - RECENT * DAY]
    amount = rows["events"].fillna(1.0) * rows["kind"].map(KIND_WEIGHTS).astype(np.float64)
    found = amount.groupby(rows["place_id"]).sum()
    narrow = np.array([crisis.places.level(place) != "region" for place in found.index], dtype=bool)
    return found[(found > 0.0) & narrow & _located(crisis, found.index)]


def leaving_of(fitted: FittedFlows, amount: pd.Series) -> pd.Series:
    """People who left of late by place: those of each cell, in proportion to its attacks."""
    panel, tree = fitted.panel, fitted.panel.crisis.places
    weeks = (panel.weeks > panel.day - RECENT * DAY) & (panel.weeks <= panel.day)
    departures = np.exp(fitted.eta_[FLOWS.index("departures")][:, weeks]).sum(axis=1)
    left = dict(zip([*panel.cells, REST], departures, strict=True))
    cells = [
        next((cell for cell in panel.cells if tree.within(place, cell)), REST)
        for place in amount.index
    ]
    of_cell = amount.groupby(cells).transform("sum")
    return amount / of_cell * [left[cell] for cell in cells]


def gathered(crisis: Crisis, leaving: pd.Series) -> pd.Series:
    """At most `MOST_ORIGINS` of them, the largest; the people of others count at the nearest.

    So cost grows with places and not with their square. Those without coordinates stay out: what
    counts is only how many leave one place beside another.
    """
    if len(leaving) <= MOST_ORIGINS:
        return leaving
    point = np.radians(crisis.places.frame.loc[leaving.index, ["lat", "lon"]].to_numpy(np.float64))
    located = leaving[np.isfinite(point).all(axis=1)]
    point = point[np.isfinite(point).all(axis=1)]
    largest = np.argsort(-located.to_numpy(), kind="stable")[:MOST_ORIGINS]
    tree = BallTree(point[largest], metric="haversine")
    nearest = tree.query(point, return_distance=False)[:, 0]
    people = np.bincount(nearest, weights=located.to_numpy(), minlength=len(largest))
    return pd.Series(people, index=located.index[largest])


def _danger(crisis: Crisis, places: Sequence[str], amount: pd.Series) -> Floats:
    """How dangerous each place is, 0..1, by the attacks on itself; a half at the usual amount."""
    own = dict.fromkeys(places, 0.0)
    for place, value in amount.items():
        for above in (str(place), *crisis.places.ancestors(str(place))):
            if above in own:
                own[above] += value
    found = np.array(list(own.values()))
    return found / (found + float(amount.median()))


def _located(crisis: Crisis, places: Iterable[str]) -> NDArray[np.bool_]:
    """Which places have coordinates or a route."""
    frame = crisis.places.frame
    there = set(frame.index[frame["lat"].notna()])
    there |= {*crisis.routes["from_id"], *crisis.routes["to_id"]}
    return np.array([place in there for place in places], dtype=bool)
