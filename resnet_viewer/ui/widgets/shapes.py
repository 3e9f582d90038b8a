"""Paints shapes of a chart from what is ready before the paint event comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from math import inf
from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen, QPolygonF

from resnet_viewer.charts.shapes import Arc, Box, Disc, Ink, Outline, Shape
from resnet_viewer.ui.widgets.theme import Theme

MARGIN = 6.0
"""How far the widest pen reaches beyond its shape."""
_KEPT = 4096


class Paint(Protocol):
    """Paints what is ready, as far as it reaches into what lies between two places from the left."""

    def __call__(self, painter: QPainter, left: float = -inf, right: float = inf, /) -> None: ...


class _Painted:
    """One shape, and from where to where it reaches."""

    __slots__ = "call", "left", "right"

    def __init__(self, call: Callable[[QPainter], object], bounds: QRectF) -> None:
        self.call = call
        self.left, self.right = bounds.left() - MARGIN, bounds.right() + MARGIN


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


def nothing(painter: QPainter, left: float = -inf, right: float = inf, /) -> None:
    """Nothing is shown yet."""


def _paint(
    pen: QPen,
    brush: QBrush,
    shapes: Sequence[_Painted],
    painter: QPainter,
    left: float = -inf,
    right: float = inf,
    /,
) -> None:
    painter.setPen(pen)
    painter.setBrush(brush)
    for shape in shapes:
        if shape.left <= right and shape.right >= left:
            shape.call(painter)


@lru_cache(_KEPT)  # most shapes of a drawing were in the one before
def _painted(shape: Shape) -> _Painted:
    match shape:
        case Arc():
            path = _path(shape)
            return _Painted(lambda painter: painter.drawPath(path), path.controlPointRect())
        case Box(rect, radius):
            box = QRectF(*rect)
            if radius:
                return _Painted(lambda painter: painter.drawRoundedRect(box, radius, radius), box)
            return _Painted(lambda painter: painter.drawRect(box), box)
        case Disc(rect):
            disc = QRectF(*rect)
            return _Painted(lambda painter: painter.drawEllipse(disc), disc)
        case Outline(points, is_closed):
            polygon = QPolygonF([QPointF(*point) for point in points])
            if is_closed:
                return _Painted(lambda painter: painter.drawConvexPolygon(polygon), polygon.boundingRect())
            return _Painted(lambda painter: painter.drawPolyline(polygon), polygon.boundingRect())


def _path(arc: Arc) -> QPainterPath:
    path = QPainterPath(QPointF(*arc.start))
    path.cubicTo(*(QPointF(*point) for point in arc[1:]))
    return path


def colour_of(theme: Theme, role: str, opacity: float = 1.0) -> QColor:
    colour = QColor(theme.colour(role))
    colour.setAlphaF(opacity)
    return colour
