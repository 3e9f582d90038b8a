"""Finds free ground for the runs' names: near the ends of their lines, on no line and on no other name.

A name never stands where another run's line is nearer than its own; those that find no place make a legend together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF

Floats = NDArray[np.float64]
_CELL = 4.0
"""Pixels of the raster on which free ground is looked for."""
_FARTHEST = 5.0
"""Lines of text from a line's end beyond which a name would belong to nobody."""
_TRIED, _EVERY = 240, 8
"""So many of the nearest places are looked at, one of every so many."""


class FreeGround:
    """A plot's raster of what is covered."""

    def __init__(self, size: tuple[float, float]) -> None:
        self.width, self.height = size
        self._columns, self._rows = (max(int(side / _CELL), 1) for side in size)
        self._covered: NDArray[np.int32] = np.zeros((self._rows, self._columns), np.int32)

    def copy(self) -> FreeGround:
        """The same ground, covered on its own from now on."""
        other = FreeGround((self._columns * _CELL, self.height))
        other._covered = self._covered.copy()
        return other

    def cover_lines(self, lines: Iterable[tuple[Floats, Floats]]) -> None:
        """Lines lie here, in pixels, each with rising x; where y is not a number they are taken to run on."""
        at = np.arange(self._columns + 1) * _CELL
        found = []
        for x, y in lines:
            has_place = np.isfinite(y)
            if has_place.any():
                x, y = x[has_place], y[has_place]
                heights = np.interp(at, x, y) / _CELL
                heights[(at < x[0] - _CELL) | (at > x[-1] + _CELL)] = np.nan
                found.append(heights)
        edges = np.array(found).reshape(-1, len(at))
        ends = np.stack((edges[:, :-1], edges[:, 1:]))
        number, column = np.nonzero(np.isfinite(ends).all(axis=0))
        ends = ends[:, number, column]
        low = np.clip(np.floor(ends.min(axis=0)), 0, self._rows - 1).astype(int)
        high = np.clip(np.floor(ends.max(axis=0)), 0, self._rows - 1).astype(int)
        shape = (self._rows + 1, self._columns)
        begun, ended = (
            np.bincount(row * self._columns + column, minlength=shape[0] * shape[1]).reshape(shape)
            for row in (low, high + 1)
        )
        self._covered |= (begun - ended).cumsum(axis=0)[:-1] > 0

    def cover(self, rect: QRectF) -> None:
        """Something else lies here."""
        left, top = max(int(rect.left() / _CELL), 0), max(int(rect.top() / _CELL), 0)
        right, bottom = int(np.ceil(rect.right() / _CELL)), int(np.ceil(rect.bottom() / _CELL))
        self._covered[top:bottom, left:right] = 1

    def is_free(self, rect: QRectF) -> bool:
        """Whether nothing lies there and it is inside the plot."""
        left, top = int(rect.left() / _CELL), int(rect.top() / _CELL)
        right, bottom = int(np.ceil(rect.right() / _CELL)), int(np.ceil(rect.bottom() / _CELL))
        is_inside = left >= 0 and top >= 0 and right <= self._columns and bottom <= self._rows
        return is_inside and not self._covered[top:bottom, left:right].any()

    def _free_places(self, width: float, height: float) -> tuple[Floats, Floats]:
        """Left and top, in cells, of every free rectangle of that size in pixels."""
        wide, high = int(np.ceil(width / _CELL)) + 1, int(np.ceil(height / _CELL))
        if wide > self._columns or high > self._rows:
            return np.zeros(0), np.zeros(0)
        total = np.zeros((self._rows + 1, self._columns + 1), np.int32)
        total[1:, 1:] = self._covered.cumsum(0).cumsum(1)
        count = total[high:, wide:] - total[:-high, wide:] - total[high:, :-wide] + total[:-high, :-wide]
        top, left = np.nonzero(count == 0)
        return left.astype(float), top.astype(float)

    def in_corner(self, width: float, height: float) -> QRectF | None:
        """The free rectangle of that size nearest to the right edge, and of those to the top."""
        left, top = self._free_places(width, height)
        if not len(left):
            return None
        best = int(np.lexsort((top, -left))[0])
        return QRectF(left[best] * _CELL, top[best] * _CELL, width, height)

    def nearest(
        self, x: float, y: float, width: float, height: float, suits: Callable[[QRectF], bool] | None = None
    ) -> QRectF | None:
        """The free rectangle of that size nearest to a point that `suits`, or None where there is none near it."""
        left, top = self._free_places(width, height)
        if not len(left):
            return None
        wide, high = int(np.ceil(width / _CELL)) + 1, int(np.ceil(height / _CELL))
        gap_x = np.maximum(np.maximum(left * _CELL - x, x - (left + wide) * _CELL), 0.0)
        gap_y = np.maximum(np.maximum(top * _CELL - y, y - (top + high) * _CELL), 0.0)
        # beside the line's end before above it, above before below, to the right before to the left
        cost = np.hypot(gap_x, gap_y) + 0.02 * (top * _CELL - y + height) - 0.05 * (left * _CELL - x)
        cost[np.hypot(gap_x, gap_y) > _FARTHEST * height] = np.inf
        for best in np.argsort(cost, kind="stable")[:_TRIED:_EVERY]:
            place = QRectF(left[best] * _CELL, top[best] * _CELL, width, height)
            if not np.isfinite(cost[best]):
                return None
            if suits is None or suits(place):
                return place
        return None


class Nearness:
    """Whose line is the nearest to a place."""

    def __init__(self, width: float, lines: Iterable[tuple[str, Floats, Floats]]) -> None:
        """Of each line its owner and its course, in pixels, with rising x."""
        at = np.arange(int(width / _CELL) + 1) * _CELL
        self._owners: list[str] = []
        courses = []
        for owner, x, y in lines:
            is_known = np.isfinite(y)
            if is_known.any():
                self._owners.append(owner)
                courses.append(np.interp(at, x[is_known], y[is_known], left=np.nan, right=np.nan))
        self._courses = np.array(courses).reshape(-1, len(at))

    def is_own(self, owner: str, place: QRectF, end: tuple[float, float]) -> bool:
        """Whether no other one's line is nearer to the place than the `end` of the owner's own."""
        left, right = int(place.left() / _CELL), int(np.ceil(place.right() / _CELL)) + 1
        courses = self._courses[:, left:right]
        gaps = np.maximum(np.maximum(place.top() - courses, courses - place.bottom()), 0.0)
        gaps[np.isnan(gaps)] = np.inf
        own = float(
            np.hypot(
                max(place.left() - end[0], end[0] - place.right(), 0.0),
                max(place.top() - end[1], end[1] - place.bottom(), 0.0),
            )
        )
        nearest = gaps.min(axis=1, initial=np.inf)
        return all(own <= gap for one, gap in zip(self._owners, nearest, strict=True) if one != owner)


def place_names(
    ends: Sequence[tuple[float, float, float]],
    height: float,
    ground: FreeGround,
    kept: Sequence[QRectF | None] = (),
    suits: Callable[[int, QRectF], bool] = lambda _number, _place: True,
) -> list[QRectF | None]:
    """A rectangle for each of `ends`, (x, y, width of the name), or None where it finds no room.

    `kept` are places that names have now: each stays while it is free and near its end, so that names of growing
    lines do not jump about. A place that does not suit the one of that number is none.
    """
    found: list[QRectF | None] = []
    for index, (x, y, width) in enumerate(ends):
        old = kept[index] if index < len(kept) else None
        place = None
        if old is not None and (old.width(), old.height()) == (width, height) and ground.is_free(old):
            near = QRectF(old).adjusted(-40, -24, 40, 24)
            place = old if near.contains(QPointF(x, y)) and suits(index, old) else None
        place = place or ground.nearest(x, y, width, height, partial(suits, index))
        if place is not None:
            ground.cover(place.adjusted(-6, 0, 6, 0))
        found.append(place)
    return found
