"""What lies over the lines of a training plot: times, crosses and names. All in the plot's pixels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from resnet_viewer.charts.run_names import VARIANT_MARKERS, variant_numbers
from resnet_viewer.records.run_log import LabScene, depth_colour
from resnet_viewer.charts.interventions import TimeMark
from resnet_viewer.ui.widgets.plot_lines import BOLD, Stroke
from resnet_viewer.ui.widgets.theme import DARK, Theme

_CROSS = 5.0


def strokes_of(scene: LabScene, theme: Theme) -> dict[str, Stroke]:
    """How every run is drawn everywhere, by its key: one colour a depth, dashed without shortcuts, with marks where
    something else differs (normalisation, recipe, …), as in the figures.

    From the seventh depth on the colours begin again.
    """
    numbers = variant_numbers([log.run for log in scene.logs])
    return {
        log.key: Stroke(
            depth_colour(scene, log, theme.depths),
            not log.run.network.has_shortcuts,
            VARIANT_MARKERS[number % len(VARIANT_MARKERS)],
        )
        for log, number in zip(scene.logs, numbers, strict=True)
    }


@dataclass(frozen=True)
class Cross:
    """Where a run diverged."""

    x: float
    y: float
    colour: str


@dataclass(frozen=True)
class Name:
    """A run's name at its place, with the stroke it is drawn with."""

    text: str
    stroke: Stroke
    rect: QRectF


SIGN = 22.0
"""Pixels of a name's piece of line, with the gap after it."""


class Overlay(QGraphicsObject):
    """Names, crosses, the interventions' marks, and the dotted line at the time pointed at."""

    def __init__(self, parent: QGraphicsItem, font: QFont) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._font = font
        self._size = (1.0, 1.0)
        self.time: float | None = None
        self.is_pinned = False
        self.marks: tuple[TimeMark, ...] = ()
        self.crosses: tuple[Cross, ...] = ()
        self.names: tuple[Name, ...] = ()
        self.legend: QRectF | None = None
        """The frame around the names that stand at no line's end."""
        self.ring: QPointF | None = None
        self.told = ""
        self.setZValue(30)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_size(self, size: tuple[float, float]) -> None:
        """The plot's size."""
        if size != self._size:
            self.prepareGeometryChange()
            self._size = size

    def set_font(self, font: QFont) -> None:
        """Write in another font."""
        self._font = font
        self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        self._theme = theme
        self.update()

    def point_at(
        self, x: float | None, *, is_pinned: bool = False, ring: QPointF | None = None, told: str = ""
    ) -> None:
        """Draw the line there, and a ring around the point that is told about, with a name beside it."""
        if (x, is_pinned, ring, told) != (self.time, self.is_pinned, self.ring, self.told):
            self.time, self.is_pinned, self.ring, self.told = x, is_pinned, ring, told
            self.update()

    def show_marks(self, marks: Iterable[TimeMark], crosses: Iterable[Cross], names: Iterable[Name]) -> None:
        """Replace all of them."""
        wished = (tuple(marks), tuple(crosses), tuple(names))
        if wished != (self.marks, self.crosses, self.names):
            self.marks, self.crosses, self.names = wished
            self.update()

    def boundingRect(self) -> QRectF:
        return QRectF(0, 0, *self._size)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        theme, (width, height) = self._theme, self._size
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        for mark in self.marks:
            painter.setPen(QPen(QColor(theme.changed), 1.2, Qt.PenStyle.DashDotLine))
            painter.drawLine(QPointF(mark.x, mark.top), QPointF(mark.x, height))
        for mark in self.marks:
            if mark.word:
                self._write(painter, mark.rect, mark.word, theme.changed)
        if self.legend is not None:
            ground = QColor(theme.panel)
            ground.setAlphaF(0.8)
            painter.setPen(QPen(QColor(theme.grid), 1.0))
            painter.setBrush(ground)
            painter.drawRoundedRect(self.legend, 4, 4)
        for name in self.names:
            self._write(painter, name.rect.adjusted(SIGN, 0, 0, 0), name.text, theme.text, back=SIGN)
            y = name.rect.center().y()
            name.stroke.paint_sample(painter, QPointF(name.rect.left(), y), SIGN - 5, BOLD)
        for cross in self.crosses:
            painter.setPen(QPen(QColor(cross.colour), 2.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
            for sign in (-1, 1):
                painter.drawLine(
                    QLineF(
                        cross.x - _CROSS, cross.y - sign * _CROSS, cross.x + _CROSS, cross.y + sign * _CROSS
                    )
                )
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
                self._write(
                    painter, self._beside(self.ring, QFontMetricsF(self._font)), self.told, theme.text
                )

    def _beside(self, ring: QPointF, metrics: QFontMetricsF) -> QRectF:
        """Where the name of what is pointed at stands: up and right of the ring, inside the plot."""
        wide, high = metrics.horizontalAdvance(self.told), metrics.height()
        left = ring.x() + 12 if ring.x() + 12 + wide <= self._size[0] else ring.x() - 12 - wide
        top = ring.y() - high - 4 if ring.y() - high - 4 >= 0 else ring.y() + 6
        return QRectF(max(left, 3.0), top, wide, high)

    def _write(self, painter: QPainter, rect: QRectF, text: str, colour: str, back: float = 0.0) -> None:
        ground = QColor(self._theme.panel)
        ground.setAlphaF(0.8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(rect.adjusted(-back - 3, 0, 3, 0), 3, 3)
        painter.setPen(QColor(colour))
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
        painter.drawText(rect, left, text)
