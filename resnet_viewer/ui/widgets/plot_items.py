"""What a plot in the window is drawn with, in its pixels: lines, cut into pieces that Qt paints quickly, points, words,
and the frame with the numbers around it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyqtgraph as pg
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from resnet_viewer.charts.chart import (
    BOLD,
    DASHES,
    SAMPLE,
    THIN,
    Chart,
    Dots,
    Floats,
    Rect,
    Room,
    Shape,
    Sign,
    Stroke,
    inside,
    marked,
)
from resnet_viewer.charts.run_names import scene_strokes
from resnet_viewer.records.run_log import LabScene
from resnet_viewer.ui.widgets.shapes import Paint, ready
from resnet_viewer.ui.widgets.theme import DARK, Theme

_CORNERS = {
    "s": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "D": [(0, -1.2), (1.2, 0), (0, 1.2), (-1.2, 0)],
    "^": [(0, -1.15), (1.1, 0.85), (-1.1, 0.85)],
    "v": [(0, 1.15), (1.1, -0.85), (-1.1, -0.85)],
    "P": [(-0.4, -1.1), (0.4, -1.1), (0.4, -0.4), (1.1, -0.4), (1.1, 0.4), (0.4, 0.4), (0.4, 1.1), (-0.4, 1.1),
          (-0.4, 0.4), (-1.1, 0.4), (-1.1, -0.4), (-0.4, -0.4)],
}  # fmt: skip
"""By the letter that Matplotlib has for a shape, in halves of its size; "o" is a disc."""


def paint_marks(painter: QPainter, stroke: Stroke, width: float, places: list[QPointF]) -> None:
    """Discs, squares and so on of a line of that width, at these places; nothing where it has no mark."""
    if not stroke.mark:
        return
    half = 1.6 + 0.9 * width
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(stroke.colour))
    for place in places:
        if stroke.mark == "o":
            painter.drawEllipse(QRectF(place.x() - half, place.y() - half, 2 * half, 2 * half))
        else:
            painter.drawPolygon(
                QPolygonF(
                    [QPointF(place.x() + half * x, place.y() + half * y) for x, y in _CORNERS[stroke.mark]]
                )
            )
    painter.setBrush(Qt.BrushStyle.NoBrush)


_OUTLINES: dict[Shape, tuple[tuple[float, float], ...]] = {
    "log": ((0.0, -5.0), (4.0, 0.0), (0.0, 5.0), (-4.0, 0.0)),
    "square": ((-3.5, -3.5), (3.5, -3.5), (3.5, 3.5), (-3.5, 3.5)),
    "zero": ((-4.5, -3.5), (4.5, -3.5), (0.0, 4.5)),
    "infinite": ((-4.5, 3.5), (4.5, 3.5), (0.0, -4.5)),
}
_CURVE_SHAPES: tuple[Shape, Shape] = ("log", "square")
_CROSS = ((-3.5, -3.5), (3.5, 3.5), (-3.5, 3.5), (3.5, -3.5))
_AROUND = 1.75
"""How much larger a mark is that another one stands in."""


class PlotItem(QGraphicsObject):
    """Paints in the pixels of the plot's view box."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._size = (1.0, 1.0)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_size(self, size: tuple[float, float]) -> None:
        """The plot's size."""
        if size != self._size:
            self.prepareGeometryChange()
            self._size = size

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, *self._size)


class CurveDots(PlotItem):
    """Paints all dots with one call (1 200 of them in a ResNet-1202).

    On a lane two curves' marks lie on one place. With `is_around` they are drawn larger there, so that they show
    around the other curve's.
    """

    def __init__(self, parent: QGraphicsItem, *, is_around: bool = False) -> None:
        super().__init__(parent)
        self._size_on_lanes = _AROUND if is_around else 1.0
        self._colour, self._ground = QColor(), QColor()
        self._dots = QPolygonF()
        self._diameter = 5.6
        self._outlines: list[QPolygonF] = []
        self._marks: list[QPolygonF] = []
        self._crosses: list[QLineF] = []

    def show_dots(
        self, dots: Dots, pixels: tuple[Floats, Floats], ground: str, size: tuple[float, float]
    ) -> None:
        """Marks of these shapes at `pixels`, on the panel's ground."""
        self.set_size(size)
        self._colour, self._ground = QColor(dots.colour), QColor(ground)
        self._outlines, self._marks, self._crosses, self._dots = [], [], [], QPolygonF()
        self._diameter = dots.size
        plain = []
        for shape, x, y in zip(dots.shapes, *(values.tolist() for values in pixels), strict=True):
            if shape == "dot":
                plain.append((x, y))
            else:
                self._add(shape, x, y)
        self._dots = QPolygonF([QPointF(*at) for at in plain])
        self.update()

    def _add(self, shape: Shape, x: float, y: float) -> None:
        if shape in _CORNERS:
            half = self._diameter / 2 + 0.4
            self._marks.append(
                QPolygonF([QPointF(x + half * dx, y + half * dy) for dx, dy in _CORNERS[shape]])
            )
            return
        size = 1.0 if shape in _CURVE_SHAPES else self._size_on_lanes
        if shape == "nan":
            for start in (0, 2):
                (x0, y0), (x1, y1) = _CROSS[start], _CROSS[start + 1]
                self._crosses.append(QLineF(x + size * x0, y + size * y0, x + size * x1, y + size * y1))
            return
        corners = [QPointF(x + size * dx, y + size * dy) for dx, dy in _OUTLINES[shape]]
        self._outlines.append(QPolygonF(corners))

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        round_cap = Qt.PenCapStyle.RoundCap
        painter.setPen(QPen(self._colour, self._diameter, Qt.PenStyle.SolidLine, round_cap))
        painter.drawPoints(self._dots)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colour)
        for mark in self._marks:
            painter.drawPolygon(mark)
        painter.setPen(QPen(self._colour, 1.4))
        painter.setBrush(self._ground)
        painter.drawLines(self._crosses)
        for outline in self._outlines:  # 1 200 of them as one path take fifty times as long
            painter.drawConvexPolygon(outline)


_BAND_OPACITY = 0.18
_OVERHANG = 4.0
"""Pixels by which a point on the plot's edge stands out of it."""


def pen_of(stroke: Stroke, width: float) -> QPen:
    """With dashes of one length in pixels, however thick the line."""
    pen = QPen(QColor(stroke.colour), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
    if stroke.is_dashed:
        pen.setDashPattern([length / max(width, 1.0) for length in DASHES])
    return pen


def paint_sample(
    painter: QPainter, stroke: Stroke, left: QPointF, length: float, width: float = BOLD
) -> None:
    """A stretch of such a line, as it stands beside a name."""
    if stroke.has_line:
        painter.setPen(pen_of(stroke, width))
        painter.drawLine(left, left + QPointF(length, 0))
    paint_marks(painter, stroke, width, [left + QPointF(length / 2, 0)])


def coloured(stroke: Stroke, theme: Theme) -> Stroke:
    """The stroke in the theme's colour of its role."""
    return replace(stroke, colour=theme.colour(stroke.colour))


def strokes_of(scene: LabScene, theme: Theme) -> dict[str, Stroke]:
    """How every run is drawn everywhere, by its key."""
    return {key: coloured(stroke, theme) for key, stroke in scene_strokes(scene).items()}


@dataclass(frozen=True, eq=False)
class Line:
    """A line in pixels, broken where y is not a number; a point between two gaps is a dot. `band` is what lies around
    it, from one y to the other.
    """

    x: Floats
    y: Floats
    stroke: Stroke
    width: float
    band: tuple[Floats, Floats] | None = None

    def is_like(self, other: Line) -> bool:
        """Whether both look the same."""
        is_like = (self.stroke, self.width) == (other.stroke, other.width) and np.array_equal(self.x, other.x)
        is_like = is_like and (self.band is None) == (other.band is None)
        pairs = zip((self.y, *(self.band or ())), (other.y, *(other.band or ())), strict=False)
        return is_like and all(np.array_equal(ours, theirs, equal_nan=True) for ours, theirs in pairs)


class Lines(PlotItem):
    """Paints many lines; setting one makes ready that one alone."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._lines: dict[Hashable, Line] = {}
        self._pieces: dict[Hashable, _Pieces] = {}
        self._order: tuple[Hashable, ...] = ()
        self.opacities: Mapping[Hashable, float] = {}
        self.prepared = 0
        """How many lines were made ready since the beginning."""
        # A moving pointer repaints what lies over the lines, not the lines.
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    @property
    def lines(self) -> dict[Hashable, Line]:
        """What is drawn, by key."""
        return self._lines

    def set_line(self, key: Hashable, line: Line) -> None:
        """Replace one line, where it is another."""
        if key in self._lines and self._lines[key].is_like(line):
            return
        self._lines[key] = line
        self._pieces[key] = _pieces(line)
        self.prepared += 1
        self.update()

    def set_order(self, keys: Sequence[Hashable]) -> None:
        """Draw these, the last one on top, and forget all others."""
        order = tuple(keys)
        if order != self._order:
            self._order = order
            for gone in self._lines.keys() - set(order):
                del self._lines[gone], self._pieces[gone]
            self.update()

    def boundingRect(self) -> QRectF:
        return super().boundingRect().adjusted(-_OVERHANG, -_OVERHANG, _OVERHANG, _OVERHANG)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for key in self._order:
            for polygon in self._pieces[key].bands if key in self._lines else ():
                painter.setOpacity(_BAND_OPACITY * self.opacities.get(key, 1.0))
                painter.setBrush(QColor(self._lines[key].stroke.colour))
                painter.drawPolygon(polygon)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for key in self._order:
            if key not in self._lines:
                continue
            line, pieces = self._lines[key], self._pieces[key]
            painter.setOpacity(self.opacities.get(key, 1.0))
            painter.setPen(pen_of(line.stroke, line.width))
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
            paint_marks(painter, line.stroke, line.width, pieces.marks)


@dataclass(frozen=True, eq=False)
class _Pieces:
    """A line made ready to paint: polylines where it is thin, else separate segments, dashes already cut.

    Qt strokes a thick polyline, or a dashed one, as one path: a line that goes up and down takes twenty times as long.
    """

    polygons: tuple[QPolygonF, ...]
    segments: PrimitiveArray | None
    dots: QPolygonF
    marks: list[QPointF]
    bands: tuple[QPolygonF, ...] = ()


def _pieces(line: Line) -> _Pieces:
    x, y = np.ascontiguousarray(line.x), np.ascontiguousarray(line.y)
    has_place = np.isfinite(y)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], has_place, [False])).astype(np.int8)))
    runs: list[tuple[int, int]] = [(start, end) for start, end in edges.reshape(-1, 2).tolist()]
    dots = QPolygonF([QPointF(x[start], y[start]) for start, end in runs if end - start == 1])
    runs = [(start, end) for start, end in runs if end - start > 1]
    marks = [QPointF(*at) for at in zip(*marked(x, y), strict=True)] if line.stroke.mark else []
    bands = () if line.band is None else tuple(_bands(x, *line.band))
    if line.width <= THIN:
        polygons = tuple(pg.functions.arrayToQPolygonF(x[start:end], y[start:end]) for start, end in runs)
        return _Pieces(polygons, None, dots, marks, bands)
    cut = [_segments(x[start:end], y[start:end], line) for start, end in runs]
    ends = np.concatenate(cut) if cut else np.zeros((0, 4))
    segments = PrimitiveArray(QLineF, 4)
    segments.resize(len(ends))
    segments.ndarray()[:] = ends
    return _Pieces((), segments if len(ends) else None, dots, marks, bands)


def _bands(x: Floats, low: Floats, high: Floats) -> Iterator[QPolygonF]:
    """What lies between two lines, in pieces where either has gaps."""
    has_place = np.isfinite(low) & np.isfinite(high)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], has_place, [False])).astype(np.int8)))
    for start, end in edges.reshape(-1, 2).tolist():
        piece = slice(start, end)
        around = np.concatenate((x[piece], x[piece][::-1])), np.concatenate((low[piece], high[piece][::-1]))
        yield pg.functions.arrayToQPolygonF(*around)


def _segments(x: Floats, y: Floats, line: Line) -> Floats:
    """(n, 4): both ends of every straight piece of a line, between its corners and the ends of its dashes."""
    if line.stroke.is_dashed:
        along = np.concatenate(([0.0], np.hypot(np.diff(x), np.diff(y)).cumsum()))
        drawn, left_out = DASHES
        starts = np.arange(0.0, along[-1], drawn + left_out)
        at = np.sort(np.concatenate((along, starts, np.minimum(starts + drawn - line.width, along[-1]))))
        middle = (at[1:] + at[:-1]) / 2
        is_drawn = (middle % (drawn + left_out) < drawn - line.width) & (at[1:] > at[:-1])
        x, y = np.interp(at, along, x), np.interp(at, along, y)
    else:
        is_drawn = np.ones(len(x) - 1, dtype=bool)
    found: Floats = np.stack((x[:-1], y[:-1], x[1:], y[1:]), axis=1)[is_drawn]
    return found


_SIGN, _SQUARE = 5.0, 3.5
"""Half of a sign's size."""
_LEAST_OPACITY = 0.6
"""Of a name, however dim its line."""


class ChartItem(PlotItem):
    """Paints parts of a chart, in a theme's colours and a font."""

    def __init__(self, parent: QGraphicsItem, font: QFont) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._font, self._metrics = font, QFontMetricsF(font)
        self._chart: Chart | None = None

    def set_font(self, font: QFont) -> None:
        """Write in another font."""
        self.prepareGeometryChange()
        self._font, self._metrics = font, QFontMetricsF(font)

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        self._theme = theme
        self.update()

    def show_chart(self, chart: Chart, size: tuple[float, float]) -> None:
        """Draw this one's, of a plot of that size."""
        self.set_size(size)
        self._chart = chart
        self.update()


class Overlay(ChartItem):
    """A chart's names, signs and flags, and the dotted line at the time pointed at. All in the plot's pixels."""

    def __init__(self, parent: QGraphicsItem, font: QFont) -> None:
        super().__init__(parent, font)
        self.time: float | None = None
        self.is_pinned = False
        self.opacities: Mapping[Hashable, float] = {}
        self.ring: QPointF | None = None
        self.told = ""
        self.setZValue(30)

    def point_at(
        self, x: float | None, *, is_pinned: bool = False, ring: QPointF | None = None, told: str = ""
    ) -> None:
        """Draw the line there, and a ring around the point that is told about, with a name beside it."""
        if (x, is_pinned, ring, told) != (self.time, self.is_pinned, self.ring, self.told):
            self.time, self.is_pinned, self.ring, self.told = x, is_pinned, ring, told
            self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        theme, (width, height) = self._theme, self._size
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        if self._chart is not None:
            self._paint_chart(painter, self._chart)
        if self.time is not None and -0.5 <= self.time <= width + 0.5:
            pen = QPen(QColor(theme.text), 1.0)
            if not self.is_pinned:
                pen.setDashPattern([2.0, 3.0])
            painter.setPen(pen)
            x = round(self.time) + 0.5
            painter.drawLine(QPointF(x, 0), QPointF(x, height))
        if self.ring is not None:
            painter.setPen(QPen(QColor(theme.text), 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self.ring, 5.0, 5.0)
            if self.told:
                self._write(painter, self._beside(self.ring), self.told, theme.text)

    def _paint_chart(self, painter: QPainter, chart: Chart) -> None:
        theme, height = self._theme, self._size[1]
        for flag in chart.flags:
            painter.setPen(QPen(QColor(theme.changed), 1.2, Qt.PenStyle.DashDotLine))
            painter.drawLine(QPointF(flag.x, flag.top), QPointF(flag.x, height))
        for flag in chart.flags:
            if flag.word:
                self._write(painter, flag.rect, flag.word, theme.changed)
        if chart.legend is not None:
            ground = QColor(theme.panel)
            ground.setAlphaF(0.8)
            painter.setPen(QPen(QColor(theme.grid), 1.0))
            painter.setBrush(ground)
            painter.drawRoundedRect(QRectF(*chart.legend), 4, 4)
        for name in chart.names:
            left, top, wide, high = name.rect
            painter.setOpacity(max(self.opacities.get(name.key, 1.0), _LEAST_OPACITY))
            text = Rect(left + SAMPLE, top, wide - SAMPLE, high)
            self._write(painter, text, name.text, theme.text, back=SAMPLE)
            middle = QPointF(left, top + high / 2)
            paint_sample(painter, coloured(name.stroke, theme), middle, SAMPLE - 5)
        painter.setOpacity(1.0)
        for sign in chart.signs:
            self._paint_sign(painter, sign)

    def _paint_sign(self, painter: QPainter, sign: Sign) -> None:
        """A cross where a run diverged, an open square where it was stopped."""
        colour, at = QColor(self._theme.colour(sign.colour)), QPointF(sign.x, sign.y)
        painter.setPen(QPen(colour, 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        if sign.kind == "diverged":
            for down in (-_SIGN, _SIGN):
                painter.drawLine(at - QPointF(_SIGN, down), at + QPointF(_SIGN, down))
        else:
            painter.setPen(QPen(colour, 1.5))
            painter.setBrush(QColor(self._theme.panel))
            painter.drawRect(QRectF(sign.x - _SQUARE, sign.y - _SQUARE, 2 * _SQUARE, 2 * _SQUARE))

    def _beside(self, ring: QPointF) -> Rect:
        """Where the name of what is pointed at stands: up and right of the ring, inside the plot."""
        wide, high = self._metrics.horizontalAdvance(self.told), self._metrics.height()
        left = ring.x() + 12 if ring.x() + 12 + wide <= self._size[0] else ring.x() - 12 - wide
        top = ring.y() - high - 4 if ring.y() - high - 4 >= 0 else ring.y() + 6
        return Rect(max(left, 3.0), top, wide, high)

    def _write(self, painter: QPainter, rect: Rect, text: str, colour: str, back: float = 0.0) -> None:
        ground = QColor(self._theme.panel)
        ground.setAlphaF(0.8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        written = QRectF(*rect)
        painter.drawRoundedRect(written.adjusted(-back - 3, 0, 3, 0), 3, 3)
        painter.setPen(QColor(colour))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
        painter.drawText(written, left, text)


BOTTOM_ROOM = 4.0
"""Pixels between the plot and the numbers under it."""
RIGHT_ROOM = 12.0
TOP_ROOM = 8.0
"""Pixels above the plot, or between its highest number and the y axis's title."""
_WIDEST = "1e-14", "∞ nan"
_APART = 12.0
"""Pixels beside the y axis's numbers."""


class PlotFrame(ChartItem):
    """Paints in the pixels of the plot's view box (its owner keeps it at that place), and the numbers around it.

    `corner` is the word before the x axis's numbers, where there is one; with `has_x_title` its title stands below
    them.
    """

    def __init__(
        self, parent: QGraphicsItem, font: QFont, corner: str = "", *, has_x_title: bool = False
    ) -> None:
        super().__init__(parent, font)
        self._corner, self._has_x_title = corner, has_x_title
        self.reserved = 0.0
        """Pixels for numbers at the left that are wider than usual."""
        self.is_focused = False
        self.setZValue(-200)  # pyqtgraph puts view boxes at -100

    @property
    def left_room(self) -> float:
        """Pixels left of the plot for the y axis's numbers and the corner's word; the plot's owner leaves them free."""
        widths = map(self._metrics.horizontalAdvance, (*_WIDEST, f"{self._corner}0"))
        return max(*widths, self.reserved) + _APART

    @property
    def bottom_room(self) -> float:
        """Pixels below the plot for the x axis's numbers, and its title."""
        return BOTTOM_ROOM + self._metrics.height() * (2 if self._has_x_title else 1)

    def show_focus(self, is_focused: bool) -> None:
        """Frame the plot while the keys are its own."""
        if is_focused != self.is_focused:
            self.is_focused = is_focused
            self.update()

    def boundingRect(self) -> QRectF:
        width, height = self._size
        left, bottom = self.left_room, self.bottom_room
        top = TOP_ROOM + self._metrics.height()
        return QRectF(-left, -top, width + left + RIGHT_ROOM, height + top + bottom)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._chart is None:
            return
        width, height = self._size
        theme, chart, measure = self._theme, self._chart, self._metrics.horizontalAdvance
        x, y, line, room = chart.x, chart.y, self._metrics.height(), self.left_room
        faint = QColor(theme.grid)
        faint.setAlphaF(0.45)
        for places, colour, style in (
            (y.minor, faint, Qt.PenStyle.SolidLine),
            ([tick.place for tick in y.numbers], QColor(theme.grid), Qt.PenStyle.SolidLine),
            (y.edges, QColor(theme.faint), Qt.PenStyle.DotLine),
        ):
            painter.setPen(QPen(colour, 1.0, style))
            for place in places:
                down = round((1.0 - y.share(place)) * height) + 0.5
                painter.drawLine(QPointF(0, down), QPointF(width, down))
        if y.numbers:
            painter.setPen(QColor(theme.border))
            painter.drawLine(QPointF(0, height - 0.5), QPointF(width, height - 0.5))
        if self.is_focused:
            painter.setPen(QPen(QColor(theme.accent), 1.0))
            painter.drawRect(QRectF(0.5, 0.5, width - 1, height - 1))
        painter.setPen(QColor(theme.muted))
        painter.setFont(self._font)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for tick in (*y.numbers, *y.lanes):
            middle = (1.0 - y.share(tick.place)) * height
            painter.drawText(QRectF(-room, middle - line / 2, room - 8, line), right, tick.text)
        centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextDontClip
        for tick in x.numbers:
            middle = inside(x.share(tick.place) * width, measure(tick.text) / 2, width, RIGHT_ROOM)
            painter.drawText(QRectF(middle - 30, height + BOTTOM_ROOM, 60, line), centre, tick.text)
        # the first number stands around the corner
        apart = max(min(measure("0"), room - 8 - measure(self._corner)), 0.0)
        corner = QRectF(-room, height + BOTTOM_ROOM, room - 8 - apart, line)
        painter.drawText(corner, right, self._corner if x.numbers else "")
        if y.title:
            above = QRectF(8 - room, -TOP_ROOM - line, width + room, line)
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(above, left, self._shortened(y.title, above.width()))
            painter.drawText(above, right, chart.moment)
        if x.title and self._has_x_title:
            below = QRectF(-RIGHT_ROOM, height + BOTTOM_ROOM + line, width + 2 * RIGHT_ROOM, line)
            painter.drawText(below, centre, self._shortened(x.title, below.width()))
        if chart.message:
            whole = QRectF(0, 0, width, height)
            if not y.numbers:  # nothing stands beside the plot
                whole.adjust(-room, 0, RIGHT_ROOM, 0)
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(whole, words, chart.message)

    def _shortened(self, text: str, width: float) -> str:
        return self._metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)


class ShapesItem(ChartItem):
    """A chart's shapes, made ready when they are set."""

    def __init__(self, parent: QGraphicsItem, font: QFont) -> None:
        super().__init__(parent, font)
        self._ready: list[tuple[Hashable, Paint]] = []
        self.opacities: Mapping[Hashable, float] = {}
        self.setZValue(-1)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def show_chart(self, chart: Chart, size: tuple[float, float]) -> None:
        """Draw this one's."""
        super().show_chart(chart, size)
        self._ready = [(key, ready(self._theme, ink, shapes)) for key, ink, shapes in chart.shapes]
        self.setVisible(bool(self._ready))

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for key, paint in self._ready:
            painter.setOpacity(self.opacities.get(key, 1.0))
            paint(painter)


class Drawing:
    """A chart in a view box: axes around it, shapes, curves, points beside them, and words over them.

    `surround` is the view box's parent, for a view box clips its children, and the numbers stand outside it.
    """

    def __init__(
        self,
        box: pg.ViewBox,
        surround: QGraphicsItem,
        font: QFont,
        corner: str = "",
        *,
        has_x_title: bool = False,
    ) -> None:
        self._box, self._font, self._theme = box, font, DARK
        self.frame = PlotFrame(surround, font, corner, has_x_title=has_x_title)
        self.shapes = ShapesItem(box, font)
        self.lines = Lines(box)
        self.dots: dict[Hashable, CurveDots] = {}
        self.overlay = Overlay(box, font)
        self.opacities: Mapping[Hashable, float] = {}

    @property
    def size(self) -> tuple[float, float]:
        """The plot's width and height in pixels, at least one."""
        return max(float(self._box.width()), 1.0), max(float(self._box.height()), 1.0)

    @property
    def room(self) -> Room:
        """What a chart is made for."""
        metrics = QFontMetricsF(self._font)
        return Room(*self.size, metrics.horizontalAdvance, metrics.height())

    def set_font(self, font: QFont) -> None:
        """Write in another font, from the next chart on."""
        self._font = font
        self.frame.set_font(font)
        self.overlay.set_font(font)

    def apply_theme(self, theme: Theme) -> None:
        """Other colours, for curves from the next chart on."""
        self._theme = theme
        self.frame.apply_theme(theme)
        self.shapes.apply_theme(theme)
        self.overlay.apply_theme(theme)

    def draw(self, chart: Chart) -> None:
        """Draw this one; lines that are as they were are not made ready again."""
        size, theme = self.size, self._theme
        self.lines.set_size(size)
        for curve in chart.curves:
            places = chart.place(size, curve.x, curve.y)
            band = None
            if curve.band is not None:
                band = (
                    chart.place(size, curve.x, curve.band[0])[1],
                    chart.place(size, curve.x, curve.band[1])[1],
                )
            self.lines.set_line(curve.key, Line(*places, coloured(curve.stroke, theme), curve.width, band))
        self.lines.set_order([curve.key for curve in chart.curves])
        for gone in self.dots.keys() - {dots.key for dots in chart.dots}:
            self._box.scene().removeItem(self.dots.pop(gone))
        for dots in chart.dots:
            if dots.key not in self.dots:
                self.dots[dots.key] = CurveDots(self._box, is_around=dots.is_around)
                self.dots[dots.key].setZValue(9 if dots.is_around else 10)
            shown = replace(dots, colour=theme.colour(dots.colour))
            self.dots[dots.key].show_dots(shown, chart.place(size, dots.x, dots.y), theme.panel, size)
        self.shapes.show_chart(chart, size)
        self.overlay.show_chart(chart, size)
        self.frame.setPos(self._box.pos())
        self.frame.show_chart(chart, size)
        self.dim(self.opacities)

    def dim(self, opacities: Mapping[Hashable, float]) -> None:
        """Draw curves with their points and names so opaque, by their keys."""
        self.opacities = self.lines.opacities = self.overlay.opacities = self.shapes.opacities = opacities
        for key, dots in self.dots.items():
            dots.setOpacity(opacities.get(key, 1.0))
        for item in (self.shapes, self.lines, self.overlay):
            item.update()
