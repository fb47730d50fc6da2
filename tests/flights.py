"""Generators for where people go: who leaves, what draws them, camps in time."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.camps import Counts

Floats = NDArray[np.float64]
ROUTES = ["from_id", "to_id", "distance_km", "open_from", "open_to"]


@st.composite
def departures_and_weights(draw: st.DrawFn) -> tuple[Floats, Floats]:
    """People leaving (draws, origins) and weights (origins, destinations), some without a way."""
    draws, origins, ends = (draw(st.integers(1, 6)) for _ in range(3))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    weights = numbers.gamma(0.5, size=(origins, ends))
    weights *= numbers.random((origins, ends)) < draw(st.sampled_from([0.3, 0.8, 1.0]))
    people = numbers.gamma(0.3, 1000.0, size=(draws, origins))
    people *= numbers.random((draws, origins)) < draw(st.sampled_from([0.5, 1.0]))
    return people, weights


@st.composite
def camps_in_time(draw: st.DrawFn) -> tuple[Floats, Floats, Counts]:
    """Totals (days,), shares of those who come (days, camps), and counts of the camps."""
    days, camps = draw(st.integers(2, 60)), draw(st.integers(1, 5))
    numbers = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    totals = np.maximum(numbers.normal(300.0, 400.0, size=days).cumsum(), 0.0)
    shares = numbers.gamma(0.3, size=(days, camps)) + 1e-9
    count = draw(st.integers(0, 12))
    counts = Counts(
        day=numbers.integers(0, days, size=count),
        camp=numbers.integers(0, camps, size=count),
        persons=numbers.gamma(0.5, 2000.0, size=count),
    )
    return totals, shares / shares.sum(axis=1, keepdims=True), counts


def places_at(points: dict[str, tuple[float, float] | None]) -> pd.DataFrame:
    """Places by id with lat, lon in degrees; None for an unknown position."""
    known = {place: point or (np.nan, np.nan) for place, point in points.items()}
    return pd.DataFrame.from_dict(known, orient="index", columns=["lat", "lon"], dtype=np.float64)


def routes_of(*rows: tuple[str, str, float, str, str]) -> pd.DataFrame:
    """Open spells as a crisis holds them; a blank day leaves a spell unbounded."""
    found = pd.DataFrame(rows, columns=ROUTES)
    for column in ROUTES[3:]:
        found[column] = pd.to_datetime(found[column]).astype("datetime64[us]")
    return found.astype({"distance_km": np.float64})
