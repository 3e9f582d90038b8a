"""Lines of a plot, in its pixels: thick and dashed ones cut into pieces that Qt paints quickly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from resnet_viewer.charts.log_axis import Lane, Series

_BETWEEN = 48.0
"""Pixels from one mark of a line to the next."""
_CORNERS = {
    "s": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "D": [(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)],
    "^": [(0, -1.15), (1.1, 0.85), (-1.1, 0.85)],
    "v": [(0, 1.15), (1.1, -0.85), (-1.1, -0.85)],
    "P": [(-0.4, -1.1), (0.4, -1.1), (0.4, -0.4), (1.1, -0.4), (1.1, 0.4), (0.4, 0.4), (0.4, 1.1), (-0.4, 1.1),
          (-0.4, 0.4), (-1.1, 0.4), (-1.1, -0.4), (-0.4, -0.4)],
}  # fmt: skip
"""By the letter that Matplotlib has for a shape, in halves of its size; "o" is a disc."""


def mark_size(width: float) -> float:
    """Half of a mark's size on a line of that width, in pixels."""
    return 1.6 + 0.9 * width


def paint_marks(painter: QPainter, mark: str, colour: str, half: float, places: list[QPointF]) -> None:
    """Discs, squares and so on, at these places; nothing for the mark ""."""
    if not mark:
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    for place in places:
        if mark == "o":
            painter.drawEllipse(QRectF(place.x() - half, place.y() - half, 2 * half, 2 * half))
        else:
            painter.drawPolygon(
                QPolygonF([QPointF(place.x() + half * x, place.y() + half * y) for x, y in _CORNERS[mark]])
            )
    painter.setBrush(Qt.BrushStyle.NoBrush)


def places_on(x: Floats, y: Floats) -> list[QPointF]:
    """Where the marks of a line stand, at equal steps of x, one on the shortest; `x` rises, y may be nan."""
    if not np.isfinite(y).any():
        return []
    first = _BETWEEN * (math.floor(float(x[0]) / _BETWEEN - 0.5) + 1.5)
    at = np.arange(first, float(x[-1]), _BETWEEN)
    heights = np.interp(at, x, y)
    is_there = np.isfinite(heights)
    if not is_there.any():
        known = np.flatnonzero(np.isfinite(y))
        middle = known[len(known) // 2]
        return [QPointF(float(x[middle]), float(y[middle]))]
    return [
        QPointF(float(one), float(height))
        for one, height in zip(at[is_there], heights[is_there], strict=True)
    ]


Points = NDArray[np.float64]
_DIAMOND = ((0.0, -5.0), (4.0, 0.0), (0.0, 5.0), (-4.0, 0.0))
_DOWN = ((-4.5, -3.5), (4.5, -3.5), (0.0, 4.5))
_UP = ((-4.5, 3.5), (4.5, 3.5), (0.0, -4.5))
_CROSS = ((-3.5, -3.5), (3.5, 3.5), (-3.5, 3.5), (3.5, -3.5))
_AROUND = 1.75
"""How much larger a mark is that another one stands in."""


class CurveDots(QGraphicsObject):
    """Paints in the pixels of the plot's view box, all dots with one call (1 200 of them in a ResNet-1202).

    On a lane two curves' marks lie on one place. With `is_around` they are drawn larger there, so that they show
    around the other curve's.
    """

    def __init__(self, parent: QGraphicsItem, *, is_around: bool = False) -> None:
        super().__init__(parent)
        self._size_on_lanes = _AROUND if is_around else 1.0
        self._size = (1.0, 1.0)
        self._colour, self._ground = QColor(), QColor()
        self._dots = QPolygonF()
        self._diameter = 5.6
        self._outlines: list[QPolygonF] = []
        self._crosses: list[QLineF] = []
        self.marks: dict[Lane, int] = {}
        """How many points lie on each lane, and on the logarithm."""
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def prepare(
        self,
        points: Series | None,
        pixels: tuple[Points, Points],
        has_dot: NDArray[np.bool_],
        colours: tuple[str, str],
        size: tuple[float, float],
    ) -> None:
        """Marks at `pixels` (x, y); `has_dot` says which joined points of the logarithm get a dot. `colours` are
        the curve's and the panel's ground.
        """
        if self._size != size:
            self.prepareGeometryChange()
        self._size = size
        self._colour, self._ground = QColor(colours[0]), QColor(colours[1])
        self._outlines, self._crosses = [], []
        self._dots = QPolygonF()
        self.marks = {}
        if points is None:
            self.update()
            return
        x, y = pixels
        self.marks["log"] = int(np.count_nonzero(~np.isnan(points.logs)))
        is_dot = points.is_joined & has_dot & ~np.isnan(points.logs)
        self._dots = QPolygonF(
            [QPointF(*at) for at in zip(x[is_dot].tolist(), y[is_dot].tolist(), strict=True)]
        )
        self._diameter = 5.6 if np.count_nonzero(is_dot) < 2 or float(np.diff(x[is_dot]).min()) > 5 else 3.0
        for index in np.flatnonzero(~points.is_joined | np.isnan(points.logs)).tolist():
            lane = points.lane(index)
            if lane != "log":
                self.marks[lane] = self.marks.get(lane, 0) + 1
            self._add(lane, float(x[index]), float(y[index]))
        self.update()

    def _add(self, lane: Lane, x: float, y: float) -> None:
        size = 1.0 if lane == "log" else self._size_on_lanes
        if lane == "nan":
            for start in (0, 2):
                (x0, y0), (x1, y1) = _CROSS[start], _CROSS[start + 1]
                self._crosses.append(QLineF(x + size * x0, y + size * y0, x + size * x1, y + size * y1))
            return
        corners = {"log": _DIAMOND, "zero": _DOWN, "infinite": _UP}[lane]
        self._outlines.append(QPolygonF([QPointF(x + size * dx, y + size * dy) for dx, dy in corners]))

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, *self._size)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        round_cap = Qt.PenCapStyle.RoundCap
        painter.setPen(QPen(self._colour, self._diameter, Qt.PenStyle.SolidLine, round_cap))
        painter.drawPoints(self._dots)
        painter.setPen(QPen(self._colour, 1.4))
        painter.setBrush(self._ground)
        painter.drawLines(self._crosses)
        for outline in self._outlines:  # 1 200 of them as one path take fifty times as long
            painter.drawConvexPolygon(outline)


Floats = NDArray[np.float64]
THIN, MIDDLE, BOLD = 1.0, 1.6, 2.4
_OVERHANG = 4.0
"""Pixels by which a point on the plot's edge stands out of it."""
_DASHES = (5.0, 3.0)
"""Pixels drawn and left out."""


@dataclass(frozen=True)
class Stroke:
    """One colour, whole or dashed, with small marks on it where another line has the same."""

    colour: str
    is_dashed: bool
    mark: str = ""

    def pen(self, width: float) -> QPen:
        """With dashes of one length in pixels, however thick the line."""
        pen = QPen(QColor(self.colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        if self.is_dashed:
            pen.setDashPattern([length / max(width, 1.0) for length in _DASHES])
        return pen

    def paint_sample(self, painter: QPainter, left: QPointF, length: float, width: float) -> None:
        """A stretch of such a line, as it stands beside a name."""
        painter.setPen(self.pen(width))
        painter.drawLine(left, left + QPointF(length, 0))
        paint_marks(painter, self.mark, self.colour, mark_size(width), [left + QPointF(length / 2, 0)])


@dataclass(frozen=True, eq=False)
class Line:
    """A line in pixels, broken where y is not a number; a point between two gaps is a dot."""

    x: Floats
    y: Floats
    stroke: Stroke
    width: float


class Lines(QGraphicsObject):
    """Paints many lines; setting one makes ready that one alone."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._size = (1.0, 1.0)
        self._lines: dict[object, Line] = {}
        self._pieces: dict[object, _Pieces] = {}
        self._order: tuple[object, ...] = ()
        self.prepared = 0
        """How many lines were made ready since the beginning."""
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        # A moving pointer repaints what lies over the lines, not the lines.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    @property
    def lines(self) -> dict[object, Line]:
        """What is drawn, by key."""
        return self._lines

    def set_size(self, size: tuple[float, float]) -> None:
        """The plot's size."""
        if size != self._size:
            self.prepareGeometryChange()
            self._size = size

    def set_line(self, key: object, line: Line) -> None:
        """Replace one line."""
        self._lines[key] = line
        self._pieces[key] = _pieces(line)
        self.prepared += 1
        self.update()

    def set_order(self, keys: Sequence[object]) -> None:
        """Draw these, the last one on top, and forget all others."""
        order = tuple(keys)
        if order != self._order:
            self._order = order
            for gone in self._lines.keys() - set(order):
                del self._lines[gone], self._pieces[gone]
            self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, *self._size).adjusted(-_OVERHANG, -_OVERHANG, _OVERHANG, _OVERHANG)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for key in self._order:
            if key not in self._lines:
                continue
            line, pieces = self._lines[key], self._pieces[key]
            painter.setPen(line.stroke.pen(line.width))
            for polygon in pieces.polygons:
                painter.drawPolyline(polygon)
            pen = QPen(QColor(line.stroke.colour), line.width)  # its square caps close the gaps at corners
            if pieces.segments is not None:
                painter.setPen(pen)
                painter.drawLines(*pieces.segments.drawargs())
            if not pieces.dots.isEmpty():
                pen.setWidthF(line.width + 2.0)
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                painter.setPen(pen)
                painter.drawPoints(pieces.dots)
            paint_marks(painter, line.stroke.mark, line.stroke.colour, mark_size(line.width), pieces.marks)


@dataclass(frozen=True, eq=False)
class _Pieces:
    """A line made ready to paint: polylines where it is thin, else separate segments, dashes already cut.

    Qt strokes a thick polyline, or a dashed one, as one path: a line that goes up and down takes twenty times as long.
    """

    polygons: tuple[QPolygonF, ...]
    segments: PrimitiveArray | None
    dots: QPolygonF
    marks: list[QPointF]


def _pieces(line: Line) -> _Pieces:
    x, y = np.ascontiguousarray(line.x), np.ascontiguousarray(line.y)
    has_place = np.isfinite(y)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], has_place, [False])).astype(np.int8)))
    runs: list[tuple[int, int]] = [(start, end) for start, end in edges.reshape(-1, 2).tolist()]
    dots = QPolygonF([QPointF(x[start], y[start]) for start, end in runs if end - start == 1])
    runs = [(start, end) for start, end in runs if end - start > 1]
    marks = places_on(x, y) if line.stroke.mark else []
    if line.width <= THIN:
        polygons = tuple(pg.functions.arrayToQPolygonF(x[start:end], y[start:end]) for start, end in runs)
        return _Pieces(polygons, None, dots, marks)
    cut = [_segments(x[start:end], y[start:end], line) for start, end in runs]
    ends = np.concatenate(cut) if cut else np.zeros((0, 4))
    segments = PrimitiveArray(QLineF, 4)
    segments.resize(len(ends))
    segments.ndarray()[:] = ends
    return _Pieces((), segments if len(ends) else None, dots, marks)


def _segments(x: Floats, y: Floats, line: Line) -> Floats:
    """(n, 4): both ends of every straight piece of a line, between its corners and the ends of its dashes."""
    if line.stroke.is_dashed:
        along = np.concatenate(([0.0], np.hypot(np.diff(x), np.diff(y)).cumsum()))
        drawn, left_out = _DASHES
        starts = np.arange(0.0, along[-1], drawn + left_out)
        at = np.sort(np.concatenate((along, starts, np.minimum(starts + drawn - line.width, along[-1]))))
        middle = (at[1:] + at[:-1]) / 2
        is_drawn = (middle % (drawn + left_out) < drawn - line.width) & (at[1:] > at[:-1])
        x, y = np.interp(at, along, x), np.interp(at, along, y)
    else:
        is_drawn = np.ones(len(x) - 1, dtype=bool)
    found: Floats = np.stack((x[:-1], y[:-1], x[1:], y[1:]), axis=1)[is_drawn]
    return found
