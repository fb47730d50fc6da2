"""Which part of a cell's departures and returns falls to each of its places; modelled, not told.

Few reports say which sub-district people left or went back to, so each place counts by the people
who live or were counted there, times how often it is attacked:

    departures_j ~ people_j * (USUAL + attacks_j / mean attacks)

with the attacks of the last `RECENT` days for departures. People go home to where they fled from:
returns count the attacks of a year, and ground lost in it, by `RETURNING` alone, the share taken of
scenarios on lost ground. As nothing was told of these shares, a log weight is off by `HOME_SD`.
Shares are weights over their sum, so places add up to their cell in every draw.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.crisis import Crisis
from features.intensity import KIND_WEIGHTS, newest_attacks
from features.overlap import DAY
from models.gravity import relative
from models.origins import RECENT

Floats = NDArray[np.float64]

# Departures of a place without attacks beside one under the usual attack.
USUAL = 0.1
YEAR = 365
RETURNING = 0.1
HOME_SD = 1.0
# A count of people older than so many days says little of who is there now.
OLDEST_STOCK = 62


def hazard(crisis: Crisis, day: pd.Timestamp, sites: Sequence[str], days: int = RECENT) -> Floats:
    """How strongly people are driven out of each site, (sites,): USUAL where nobody attacks."""
    amount = _attacks_on(crisis, day, sites, days)
    mean = amount.mean() if len(amount) else 0.0
    return USUAL + (amount / mean if mean > 0.0 else amount)


def leaving_weights(crisis: Crisis, day: pd.Timestamp, sites: Sequence[str]) -> Floats:
    """Weight of each site in the departures of its cell, (sites,)."""
    return _people(crisis, day, sites) * hazard(crisis, day, sites)


def returning_weights(crisis: Crisis, day: pd.Timestamp, sites: Sequence[str]) -> Floats:
    """Weight of each site in the returns to its cell, (sites,): few go back to ground lost."""
    kept = np.where(_lost(crisis, day, sites), RETURNING, 1.0)
    return _people(crisis, day, sites) * hazard(crisis, day, sites, YEAR) * kept


def sampled(
    weights: Floats, cell: NDArray[np.int64], draws: int, rng: np.random.Generator
) -> Floats:
    """Shares (draws, sites) of weights (sites,) that sum to one in each `cell` (sites,)."""
    drawn = weights * np.exp(HOME_SD * rng.standard_normal((draws, len(weights))))
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    held = np.add.reduceat(drawn, first, axis=1)
    return np.asarray(drawn / np.repeat(held, np.diff([*first, len(cell)]), axis=1))


def counted(crisis: Crisis, day: pd.Timestamp) -> pd.DataFrame:
    """The last count of people at each place not long before a day: rows of reports by place."""
    rows = crisis.reports
    rows = rows[(rows["measure"] == "stock") & (rows["end"] > day - OLDEST_STOCK * DAY)]
    last = rows.sort_values("end", kind="stable").drop_duplicates("place_id", keep="last")
    return last.set_index("place_id")


def _people(crisis: Crisis, day: pd.Timestamp, sites: Sequence[str]) -> Floats:
    """People of each site over the median, who live there or were counted; one if not known."""
    lives = crisis.places.frame["population"].reindex(list(sites)).to_numpy(np.float64)
    there = counted(crisis, day)["persons"].reindex(list(sites)).to_numpy(np.float64)
    known = np.nansum([lives, there], axis=0)
    return relative(np.where(known > 0.0, known, np.nan))


def _attacks_on(crisis: Crisis, day: pd.Timestamp, sites: Sequence[str], days: int) -> Floats:
    """Attacks of so many days on each site, weighted by kind; those on a wider place on none."""
    rows = newest_attacks(crisis.attacks[crisis.attacks["source"] == crisis.attack_source])
    rows = rows[rows["end"] > day - days * DAY]
    amount = rows["events"].fillna(1.0) * rows["kind"].map(KIND_WEIGHTS).astype(np.float64)
    position = {site: at for at, site in enumerate(sites)}
    found = np.zeros(len(sites))
    for place, value in amount.groupby(rows["place_id"]).sum().items():
        above = (str(place), *crisis.places.ancestors(str(place)))
        at = next((position[one] for one in above if one in position), None)
        if at is not None:
            found[at] += value
    return found


def _lost(crisis: Crisis, day: pd.Timestamp, sites: Sequence[str]) -> NDArray[np.bool_]:
    """Which sites saw ground change hands within a year, they or a place that holds them."""
    rows = crisis.attacks
    rows = rows[(rows["kind"] == "territory") & (rows["end"] > day - YEAR * DAY)]
    lost = set(rows["place_id"])
    return np.array([bool(lost & {one, *crisis.places.ancestors(one)}) for one in sites])
