"""The marks of one curve: dots on the curve, diamonds for projections, and marks of their own on the lanes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from resnet_viewer.charts.log_axis import Lane, Series

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
