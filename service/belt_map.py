"""The map of the border belt: expected arrivals of each place, what lies around, the border."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi, radians
from pathlib import Path

import numpy as np
import pandas as pd

from features.crisis import Crisis
from forecast.records import records
from forecast.summary import Summary
from service.charts import place_map, svg
from service.labels import Label, Spot, place_labels

MAPS = Path(__file__).parent / "maps"
WIDTH = 690
PAD_WEST, PAD_EAST, PAD_SOUTH, PAD_NORTH = 0.26, 0.14, 0.13, 0.17
LARGEST_RADIUS = 40.0
SCALE_KM = 20
KM_PER_DEGREE = 111.3
CITY = " city"
STEP = 6.0


@dataclass(frozen=True)
class Frame:
    """A part of the earth on paper, east-west shrunk by the cosine of its middle."""

    west: float
    east: float
    south: float
    north: float

    @property
    def shrink(self) -> float:
        """Pixels a degree of latitude."""
        return WIDTH / ((self.east - self.west) * self._cosine)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return WIDTH, round((self.north - self.south) * self.shrink)

    @property
    def _cosine(self) -> float:
        return cos(radians((self.south + self.north) / 2))

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Pixels from the south-west corner."""
        return (lon - self.west) * self._cosine * self.shrink, (lat - self.south) * self.shrink

    def holds(self, lon: float, lat: float) -> bool:
        """Whether a point lies well inside."""
        x, y = self.at(lon, lat)
        return 6 < x < self.size[0] - 6 and 6 < y < self.size[1] - 6


def located(crisis: Crisis, places: Sequence[str]) -> list[str]:
    """Those of the places that have coordinates."""
    points = crisis.places.frame.loc[list(places), ["lon", "lat"]].dropna()
    return [str(place) for place in points.index]


def belt_map(crisis: Crisis, arrivals: dict[str, Summary], alternative: str) -> str:
    """The map as SVG: circles with an area in proportion to the median, rings for 80 %.

    `arrivals` holds located places only, at least one.
    """
    frame = _frame(crisis, list(arrivals))
    scale = pi * LARGEST_RADIUS**2 / max(found.intervals[80][1] for found in arrivals.values())
    circles = [
        spot for place in arrivals for spot in _circles(crisis, frame, place, arrivals, scale)
    ]
    around = _around(crisis, frame, list(arrivals))
    spots = [*circles, *(spot for spot, _, _ in around)]
    middles = {(spot.x, spot.y): spot for spot in circles if spot.kind == "middle"}
    wanted = [
        (middles[frame.at(*_point(crisis, place))], crisis.places.name(place), "belt")
        for place in arrivals
    ]
    wanted += [(spot, text, kind) for spot, text, kind in around if text]
    border, bar = _border(crisis, frame), _scale_bar(frame)
    in_way = [spot for spot in spots if spot.kind not in ("high", "low")]
    labels = place_labels(wanted, [*in_way, *_along(border)], frame.size)
    labels.append(Label(bar["x"].iloc[0], 24.0, "left", f"{SCALE_KM} km", "town"))
    if len(border):
        labels += [
            Label(14.0, frame.size[1] - 16.0, "left", name, "country") for name in _abroad(crisis)
        ]
    return svg(place_map(border, bar, spots, labels, frame.size), alternative)


def _frame(crisis: Crisis, places: list[str]) -> Frame:
    points = crisis.places.frame.loc[places, ["lon", "lat"]]
    (west, south), (east, north) = points.min(), points.max()
    return Frame(west - PAD_WEST, east + PAD_EAST, south - PAD_SOUTH, north + PAD_NORTH)


def _point(crisis: Crisis, place: str) -> tuple[float, float]:
    lon, lat = crisis.places.frame.loc[[place], ["lon", "lat"]].to_numpy(dtype=np.float64)[0]
    return float(lon), float(lat)


def _circles(
    crisis: Crisis, frame: Frame, place: str, arrivals: dict[str, Summary], scale: float
) -> list[Spot]:
    found, (x, y) = arrivals[place], frame.at(*_point(crisis, place))
    low, high = found.intervals[80]
    sizes = {"high": high, "middle": found.median, "low": low}
    return [Spot(x, y, kind, scale * size) for kind, size in sizes.items()]


def _around(crisis: Crisis, frame: Frame, inner: list[str]) -> list[tuple[Spot, str, str]]:
    """Neighbouring places and crossings with the labels of the larger; a blank label is none."""
    rows = crisis.places.frame.drop(index=inner)
    sub_districts = rows[rows["level"] == "admin3"]
    found = [
        (
            Spot(*frame.at(row.lon, row.lat), "neighbour", 14.0),
            _town(crisis, str(row.Index)),
            "town",
        )
        for row in records(sub_districts)
        if frame.holds(row.lon, row.lat)
    ]
    # The two sides of one crossing may have one point; the side of the focus names it.
    crossings = rows[rows["level"] == "crossing"].copy()
    crossings["near"] = [crisis.places.within(str(id_), crisis.focus) for id_ in crossings.index]
    once = crossings.sort_values("near", ascending=False, kind="stable").drop_duplicates(
        ["lon", "lat"]
    )
    return found + [
        (Spot(*frame.at(row.lon, row.lat), "crossing", 40.0), row.name_, "crossing")
        for row in records(once.rename(columns={"name": "name_"}))
        if frame.holds(row.lon, row.lat)
    ]


def _town(crisis: Crisis, place: str) -> str:
    """The label of a sub-district with a larger town, or a blank text.

    That is the alias "… city" without the word, else the name it shares with its district.
    """
    aliases = str(crisis.places.frame.loc[place, "aliases"]).split(";")
    cities = [alias.removesuffix(CITY) for alias in aliases if alias.endswith(CITY)]
    parent, name = crisis.places.parent(place), crisis.places.name(place)
    shared = parent is not None and crisis.places.name(parent) == name
    return cities[0] if cities else name if shared else ""


def _abroad(crisis: Crisis) -> list[str]:
    """The country across the border, where the crisis names one."""
    places = crisis.places
    return [places.name(root) for root in places.roots if places.level(root) == "external"][:1]


def _border(crisis: Crisis, frame: Frame) -> pd.DataFrame:
    """The border inside the frame, in short steps: x, y, order, part."""
    file = MAPS / f"{crisis.id}.csv"
    if not file.is_file():
        return pd.DataFrame({"x": [], "y": [], "order": [], "part": []}, dtype=float)
    line = pd.read_csv(file)
    points = np.array([frame.at(*point) for point in line[["lon", "lat"]].to_numpy()])
    fine = np.concatenate([_steps(start, end) for start, end in pairwise(points)])
    inside = ((fine >= 0) & (fine <= np.array(frame.size))).all(axis=1)
    table = pd.DataFrame(fine.round(1), columns=["x", "y"])
    return table.assign(order=range(len(fine)), part=np.cumsum(~inside)).loc[np.flatnonzero(inside)]


def _steps(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Points from start to before the end, STEP pixels apart at most."""
    count = max(1, int(np.ceil(np.abs(end - start).max() / STEP)))
    return start + (end - start) * np.arange(count)[:, None] / count


def _scale_bar(frame: Frame) -> pd.DataFrame:
    right, length = frame.size[0] - 14.0, SCALE_KM / KM_PER_DEGREE * frame.shrink
    return pd.DataFrame({"x": [right - length, right], "y": [12.0, 12.0], "order": [0, 1]})


def _along(border: pd.DataFrame) -> list[Spot]:
    """Small spots on the line, so that labels keep off it."""
    return [Spot(float(x), float(y), "border", 10.0) for x, y in border[["x", "y"]].to_numpy()]
