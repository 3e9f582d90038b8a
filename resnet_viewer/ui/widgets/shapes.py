"""Paints shapes of a chart from what is ready before the paint event comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPolygonF

from resnet_viewer.charts.shapes import Arc, Box, Disc, Ink, Outline, Shape
from resnet_viewer.ui.widgets.theme import Theme

Paint = Callable[[QPainter], object]


def ready(theme: Theme, ink: Ink, shapes: Sequence[Shape]) -> Paint:
    """What paints these."""
    pen, brush = QPen(Qt.PenStyle.NoPen), QBrush()
    if ink.edge:
        pen = QPen(colour_of(theme, ink.edge, ink.edge_opacity), ink.width)
        if ink.dashes:
            pen.setDashPattern(ink.dashes)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if ink.fill:
        brush = QBrush(colour_of(theme, ink.fill, ink.fill_opacity))
    return partial(_paint, pen, brush, [_painted(shape) for shape in shapes])


def nothing(painter: QPainter) -> None:
    """Nothing is shown yet."""


def _paint(pen: QPen, brush: QBrush, calls: Sequence[Paint], painter: QPainter) -> None:
    painter.setPen(pen)
    painter.setBrush(brush)
    for call in calls:
        call(painter)


def _painted(shape: Shape) -> Paint:
    match shape:
        case Arc():
            path = _path(shape)
            return lambda painter: painter.drawPath(path)
        case Box(rect, radius):
            box = QRectF(*rect)
            if radius:
                return lambda painter: painter.drawRoundedRect(box, radius, radius)
            return lambda painter: painter.drawRect(box)
        case Disc(rect):
            disc = QRectF(*rect)
            return lambda painter: painter.drawEllipse(disc)
        case Outline(points, is_closed):
            polygon = QPolygonF([QPointF(*point) for point in points])
            if is_closed:
                return lambda painter: painter.drawConvexPolygon(polygon)
            return lambda painter: painter.drawPolyline(polygon)


def _path(arc: Arc) -> QPainterPath:
    path = QPainterPath(QPointF(*arc.start))
    path.cubicTo(*(QPointF(*point) for point in arc[1:]))
    return path


def colour_of(theme: Theme, role: str, opacity: float = 1.0) -> QColor:
    colour = QColor(theme.colour(role))
    colour.setAlphaF(opacity)
    return colour
