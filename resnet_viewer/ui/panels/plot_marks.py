"""Small shapes on lines that colour and dashes do not tell apart; the figures have the same."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF

Floats = NDArray[np.float64]
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
