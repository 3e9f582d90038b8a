"""Shapes and the ink that they are drawn with, as values: the screen paints them with Qt, paper with Matplotlib.

Lengths are the drawer's, pixels on the screen and 1/96 inch on paper, from the upper left corner.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

Point = tuple[float, float]


class Rect(NamedTuple):
    """A rectangle of the room."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def grown(self, across: float, down: float = 0.0) -> Rect:
        """Larger by so much on either side."""
        return Rect(self.left - across, self.top - down, self.width + 2 * across, self.height + 2 * down)

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in it."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


class Arc(NamedTuple):
    """A cubic Bézier curve."""

    start: Point
    first: Point
    second: Point
    end: Point

    def piece(self, start: float, stop: float) -> Arc:
        """From one parameter of the curve to another (0: its start, 1: its end)."""
        return _split(_split(self, stop)[0], start / stop)[1]

    def is_near(self, x: float, y: float, reach: float) -> bool:
        """Whether a point lies within `reach` of the curve."""
        t = np.linspace(0.0, 1.0, 49)[:, None]
        weights = np.hstack(((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3))
        return bool((np.hypot(*(weights @ np.array(self) - (x, y)).T) <= reach).any())


class Box(NamedTuple):
    """A rectangle with round corners."""

    rect: Rect
    radius: float


class Disc(NamedTuple):
    """The ellipse in a rectangle."""

    rect: Rect


class Outline(NamedTuple):
    """A closed convex polygon, or an open line."""

    points: tuple[Point, ...]
    is_closed: bool = True


Shape = Arc | Box | Disc | Outline


@dataclass(frozen=True)
class Ink:
    """How shapes are drawn: roles of colours for edge and filling, "" for none; dashes in widths of the edge."""

    edge: str = ""
    width: float = 1.0
    edge_opacity: float = 1.0
    dashes: tuple[float, ...] = ()
    fill: str = ""
    fill_opacity: float = 1.0


class Inked(NamedTuple):
    """Shapes of one ink; the key is whose they are, to be dimmed with it."""

    key: Hashable
    ink: Ink
    shapes: tuple[Shape, ...]


def _split(arc: Arc, t: float) -> tuple[Arc, Arc]:
    """De Casteljau: the curve before and after t."""
    rows: list[list[Point]] = [list(arc)]
    while len(rows[-1]) > 1:
        pairs = zip(rows[-1], rows[-1][1:], strict=False)
        rows.append([(a[0] * (1 - t) + b[0] * t, a[1] * (1 - t) + b[1] * t) for a, b in pairs])
    return Arc(*(row[0] for row in rows)), Arc(*(row[-1] for row in reversed(rows)))
