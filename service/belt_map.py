"""The map of the border belt: expected arrivals of each place, what lies around, the border."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import cos, pi, radians
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd

from features.crisis import Crisis
from forecast.records import records
from forecast.summary import Summary
from service.charts import place_map
from service.labels import Label, Spot, place_labels

MAPS = Path(__file__).parent / "maps"
WIDTH = 520
PAD_WEST, PAD_EAST, PAD_SOUTH, PAD_NORTH = 0.26, 0.14, 0.13, 0.17
LARGEST_RADIUS = 34.0
SCALES_KM = (20, 50, 100, 200, 500)
LEAST_BAR = 24.0
# Highest map over its width.
MOST_HEIGHT = 0.9
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
    def kilometres(self) -> int:
        """What the scale bar stands for: the first that is long enough to read."""
        long_enough = (each for each in SCALES_KM if self.length(each) >= LEAST_BAR)
        return next(long_enough, SCALES_KM[-1])

    def length(self, kilometres: float) -> float:
        """Pixels of a distance."""
        return kilometres / KM_PER_DEGREE * self.shrink

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


def belt_map(
    crisis: Crisis,
    arrivals: dict[str, Summary],
    named: Callable[[str], str],
    kilometres: Callable[[int], str],
    tells_of: Callable[[str], bool],
) -> alt.LayerChart:
    """The map: circles with an area in proportion to the median, rings for 80 %.

    `arrivals` holds located places only, at least one; `named` is what a reader calls a place,
    `kilometres` the label of a scale bar. Others are drawn where the reader is told of them.
    """
    frame = _frame(crisis, list(arrivals))
    scale = pi * LARGEST_RADIUS**2 / max(found.intervals[80][1] for found in arrivals.values())
    circles = [
        spot for place in arrivals for spot in _circles(crisis, frame, place, arrivals, scale)
    ]
    around = _around(crisis, frame, list(arrivals), named, tells_of)
    spots = [*circles, *(spot for spot, _, _ in around)]
    middles = {(spot.x, spot.y): spot for spot in circles if spot.kind == "middle"}
    wanted = [
        (middles[frame.at(*_point(crisis, place))], named(place), "belt") for place in arrivals
    ]
    wanted += [(spot, text, kind) for spot, text, kind in around if text]
    border, bar = _border(crisis, frame), _scale_bar(frame)
    in_way = [spot for spot in spots if spot.kind not in ("high", "low")]
    labels = place_labels(wanted, [*in_way, *_along(border)], frame.size)
    labels.append(Label(bar["x"].iloc[0], 24.0, "left", kilometres(frame.kilometres), "town"))
    if len(border):
        labels += [
            Label(14.0, frame.size[1] - 16.0, "left", named(place), "country")
            for place in _abroad(crisis)
        ]
    return place_map(border, bar, spots, labels, frame.size)


def signs(crisis: Crisis, places: list[str], tells_of: Callable[[str], bool]) -> set[str]:
    """What the map of located places shows besides them: border, crossing, neighbour."""
    frame = _frame(crisis, places)
    found = {spot.kind for spot, _, _ in _around(crisis, frame, places, str, tells_of)}
    return found | ({"border"} if len(_border(crisis, frame)) else set())


def _frame(crisis: Crisis, places: list[str]) -> Frame:
    """The places with room around them, no higher than a page has room for."""
    points = crisis.places.frame.loc[places, ["lon", "lat"]]
    (west, south), (east, north) = points.min(), points.max()
    found = Frame(west - PAD_WEST, east + PAD_EAST, south - PAD_SOUTH, north + PAD_NORTH)
    width, height = found.size
    aside = (found.east - found.west) * max(0.0, height / (MOST_HEIGHT * width) - 1.0) / 2.0
    return replace(found, west=found.west - aside, east=found.east + aside)


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


def _around(
    crisis: Crisis,
    frame: Frame,
    inner: list[str],
    named: Callable[[str], str],
    tells_of: Callable[[str], bool],
) -> list[tuple[Spot, str, str]]:
    """Neighbouring places and crossings with the labels of the larger; a blank label is none."""
    rows = crisis.places.frame.drop(index=inner)
    rows = rows[rows.index.map(tells_of).to_numpy(dtype=bool)]
    sub_districts = rows[rows["level"] == "admin3"]
    found = [
        (
            Spot(*frame.at(row.lon, row.lat), "neighbour", 14.0),
            _town(crisis, str(row.Index), named),
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
        (Spot(*frame.at(row.lon, row.lat), "crossing", 40.0), named(str(row.Index)), "crossing")
        for row in records(once)
        if frame.holds(row.lon, row.lat)
    ]


def _town(crisis: Crisis, place: str, named: Callable[[str], str]) -> str:
    """The label of a sub-district with a larger town, or a blank text.

    That is the governorate whose name an alias "… city" has, else the name of the sub-district
    where it shares it with its district.
    """
    places = crisis.places
    aliases = str(places.frame.loc[place, "aliases"]).split(";")
    cities = [alias.removesuffix(CITY) for alias in aliases if alias.endswith(CITY)]
    for above in places.ancestors(place):
        if places.name(above) in cities:
            return named(above)
    parent = places.parent(place)
    shared = parent is not None and places.name(parent) == places.name(place)
    return named(place) if shared else ""


def _abroad(crisis: Crisis) -> list[str]:
    """The country across the border, where the crisis names one."""
    places = crisis.places
    return [root for root in places.roots if places.level(root) == "external"][:1]


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
    right, length = frame.size[0] - 14.0, frame.length(frame.kilometres)
    return pd.DataFrame({"x": [right - length, right], "y": [12.0, 12.0], "order": [0, 1]})


def _along(border: pd.DataFrame) -> list[Spot]:
    """Small spots on the line, so that labels keep off it."""
    return [Spot(float(x), float(y), "border", 10.0) for x, y in border[["x", "y"]].to_numpy()]
