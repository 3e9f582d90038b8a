"""The vertical lines that run through strip and plot: the selected layer's, and the pointer's."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from resnet_viewer.ui.widgets.theme import Theme

_RING = 6.0


class CircuitLines(QGraphicsObject):
    """Lies over everything, in the view's pixels; repaints no more than the lines that moved."""

    def __init__(self, parent: QGraphicsItem, theme: Theme) -> None:
        super().__init__(parent)
        self._theme = theme
        self._bounds = QRectF(0, 0, 1, 1)
        self._span = (0.0, 1.0)
        self._rows = (0.0, 0.5, 1.0)
        self._selected: float | None = None
        self._pointer: float | None = None
        self._rings: list[QPointF] = []
        self.setZValue(100)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    @property
    def selected(self) -> float | None:
        """Pixels from the strip's left edge to the selected layer's line, or None."""
        return self._selected

    @property
    def pointer(self) -> float | None:
        """The same for the pointer's line."""
        return self._pointer

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        self._theme = theme
        self.update()

    def place(
        self,
        bounds: QRectF,
        span: tuple[float, float],
        rows: tuple[float, float, float],
        selected: float | None,
    ) -> None:
        """Left and right end, and the lower edge of the strip with the plot's edges, in the parent's pixels;
        then the selected layer's place, in pixels from the left end.
        """
        where = (bounds, span, rows, selected)
        if where == (self._bounds, self._span, self._rows, self._selected):
            return
        if bounds != self._bounds:
            self.prepareGeometryChange()
        self._bounds, self._span, self._rows, self._selected = where
        self.update()

    def point_at(self, x: float | None, rings: Sequence[QPointF]) -> None:
        """Move the pointer's line (pixels from the strip's left edge) and ring these points of the parent."""
        if x == self._pointer and list(rings) == self._rings:
            return
        self._update_pointer()
        self._pointer, self._rings = x, list(rings)
        self._update_pointer()

    def _update_pointer(self) -> None:
        if self._pointer is not None:
            x = self._span[0] + self._pointer
            self.update(QRectF(x - _RING - 2, 0, 2 * _RING + 4, self._bounds.height()))

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        left, right = self._span
        for x, colour, opacity, style in (
            (self._selected, self._theme.accent, 0.8, Qt.PenStyle.SolidLine),
            (self._pointer, self._theme.text, 0.5, Qt.PenStyle.DashLine),
        ):
            if x is None or not 0 <= x <= right - left:
                continue
            pen = QPen(QColor(colour), 1.0, style)
            painter.setOpacity(opacity)
            painter.setPen(pen)
            at = round(left + x) + 0.5
            strip, top, bottom = self._rows
            painter.drawLine(QPointF(at, top), QPointF(at, bottom))
            painter.setOpacity(0.4 * opacity)  # texts stand between strip and plot
            painter.drawLine(QPointF(at, strip), QPointF(at, top))
        painter.setOpacity(1.0)
        painter.setPen(QPen(QColor(self._theme.text), 1.4))
        for ring in self._rings:
            painter.drawEllipse(ring, _RING - 1, _RING - 1)
