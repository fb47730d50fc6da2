"""Spots and labels of a map in pixels, labels set so that they cover nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import pi, sqrt

SIZES = {"belt": 12, "town": 11, "crossing": 10, "country": 14}
GAP = 4.0
WIDTH_OF_LETTER = 0.58


@dataclass(frozen=True)
class Spot:
    """A mark of a kind at x, y; `area` in square pixels."""

    x: float
    y: float
    kind: str
    area: float

    @property
    def radius(self) -> float:
        """Half the width of the mark."""
        return sqrt(self.area / pi)


@dataclass(frozen=True)
class Label:
    """A text of a kind at x, y, aligned left, center or right, its middle at the height y."""

    x: float
    y: float
    align: str
    text: str
    kind: str


Box = tuple[float, float, float, float]


def place_labels(
    wanted: Sequence[tuple[Spot, str, str]], spots: Sequence[Spot], size: tuple[int, int]
) -> list[Label]:
    """A label for each (spot, text, kind), the first come first served.

    Each takes the side of its spot where it covers least of the spots, the labels set before it and
    the margin.
    """
    taken = [_around(spot) for spot in spots]
    placed = []
    for spot, text, kind in wanted:
        options = _options(spot, text, kind)
        costs = [_cost(_box(label), taken, size) for label in options]
        best = options[costs.index(min(costs))]
        placed.append(best)
        taken.append(_box(best))
    return placed


def _options(spot: Spot, text: str, kind: str) -> list[Label]:
    away, up = spot.radius + GAP, SIZES[kind] / 2 + spot.radius + 2
    return [
        Label(spot.x + away, spot.y, "left", text, kind),
        Label(spot.x - away, spot.y, "right", text, kind),
        Label(spot.x, spot.y + up, "center", text, kind),
        Label(spot.x, spot.y - up, "center", text, kind),
        Label(spot.x + 0.8 * away, spot.y + 0.8 * up, "left", text, kind),
        Label(spot.x + 0.8 * away, spot.y - 0.8 * up, "left", text, kind),
        Label(spot.x - 0.8 * away, spot.y + 0.8 * up, "right", text, kind),
        Label(spot.x - 0.8 * away, spot.y - 0.8 * up, "right", text, kind),
    ]


def _around(spot: Spot) -> Box:
    return (spot.x - spot.radius, spot.y - spot.radius, spot.x + spot.radius, spot.y + spot.radius)


def _box(label: Label) -> Box:
    width = WIDTH_OF_LETTER * SIZES[label.kind] * len(label.text)
    left = {"left": 0.0, "center": -width / 2, "right": -width}[label.align] + label.x
    half = SIZES[label.kind] / 2
    return (left, label.y - half, left + width, label.y + half)


def _cost(box: Box, taken: Sequence[Box], size: tuple[int, int]) -> float:
    inside = _shared(box, (0.0, 0.0, float(size[0]), float(size[1])))
    outside = (box[2] - box[0]) * (box[3] - box[1]) - inside
    return 10 * outside + sum(_shared(box, other) for other in taken)


def _shared(one: Box, other: Box) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)
