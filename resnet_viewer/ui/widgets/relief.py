"""A study's numbers over two axes on the screen: cells in colours, lines of one value, a path, and the colours' scale.

The cell or the point of the path under pointer or keys says what was measured there.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from resnet_viewer.charts.chart import Floats, Room, Tick, inside
from resnet_viewer.charts.study_relief import (
    DOT,
    END,
    HALO,
    LINE,
    LINE_OPACITY,
    PATH,
    WHITE,
    Relief,
    ReliefChart,
    Word,
    scale_ticks,
)
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.widgets.cells import Cells
from resnet_viewer.ui.widgets.pixels import image_of_ramp, tiles_of

_BAR, _GAP = 10.0, 6.0
"""Pixels: the colours of the scale across, and what stays free beside numbers and scale."""
_TICK = 3.0
_NEAR = 9.0
"""Pixels from the pointer within which a point of the path is told about."""
_LEAST_PLOT = 40.0


class ReliefCells(Cells):
    """One relief; `rect_of` and the keys count cells row by row, the lowest row first."""

    opened = Signal(object)
    """The Wiring of a cell."""

    def __init__(self, chart: ReliefChart) -> None:
        super().__init__("")
        self.chart = chart
        self.relief: Relief | None = None
        """As it is laid out for the room there is."""
        self.area = QRectF()
        """The plot's."""
        self._ticks: tuple[Tick, ...] = ()
        self._image = QImage()
        self._ramp = QImage()
        self.restyled.connect(self._lay_out)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.show_chart(chart)

    def show_chart(self, chart: ReliefChart) -> None:
        """Another one; the cell that was told about is the one at the same place."""
        (rows, columns), (row, column) = self.chart.matrix.shape, divmod(self.current, self._columns)
        self.chart = chart
        self.current = 0
        if rows > 1 and columns > 1:
            row, column = chart.cell_at(column / (columns - 1), row / (rows - 1))
            self.current = row * self._columns + column
        self._image = tiles_of(chart.matrix.cells.from_below).image
        self._ramp = image_of_ramp(chart.matrix.colours)
        self.setAccessibleName(chart.matrix.panel.title)
        self.setAccessibleDescription(chart.matrix.scale.words)
        self._lay_out()
        self.update()

    @property
    def _columns(self) -> int:
        return max(self.chart.matrix.shape[1], 1)

    def minimumSizeHint(self) -> QSize:
        line = QFontMetricsF(self.font()).height()
        return QSize(140, round(7 * line))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    @Slot()
    def _lay_out(self) -> None:
        """The plot as large as numbers and scale allow, one unit as long on both axes where that suits it, and in the
        middle.
        """
        metrics, panel = QFontMetricsF(self.font()), self.chart.matrix.panel
        line, measure = metrics.height(), metrics.horizontalAdvance
        below = line + 3 + (line if panel.x.title else 0.0)
        high = max(self.height() - below - line / 2, _LEAST_PLOT)
        self._ticks = scale_ticks(self.chart.matrix, high, 1.25 * line)
        words = max((measure(tick.text) for tick in self._ticks), default=0.0)
        words = max(words, measure(panel.unit) - _BAR - _TICK)
        beside = 2 * _GAP + _BAR + _TICK + words + 4
        numbers = self.chart.axes(Room(high, high, measure, line))[1].numbers
        before = max((measure(tick.text) for tick in numbers), default=0.0) + _GAP
        before += line if panel.y.title else 0.0
        wide = max(self.width() - before - beside, _LEAST_PLOT)
        if self.chart.aspect is not None:
            wide, high = min(wide, high * self.chart.aspect), min(high, wide / self.chart.aspect)
        left = before + max(self.width() - before - beside - wide, 0.0) / 2
        self.area = QRectF(round(left) + 0.5, round(line / 2) + 0.5, round(wide), round(high))
        self.relief = self.chart.laid_out(Room(self.area.width(), self.area.height(), measure, line))

    # cells

    @property
    def count(self) -> int:
        rows, columns = self.chart.matrix.shape
        return rows * columns

    def _around(self) -> QRectF:
        """Of all cells, the outer halves beyond the plot included."""
        left, right, bottom, top = self.chart.around
        (low, high), (floor, ceiling) = self.chart.ends
        across, up = self.area.width() / (high - low), self.area.height() / (ceiling - floor)
        return QRectF(
            self.area.left() + (left - low) * across,
            self.area.top() + (ceiling - top) * up,
            (right - left) * across,
            (top - bottom) * up,
        )

    def rect_of(self, cell: int) -> QRect:
        rows, columns = self.chart.matrix.shape
        row, column = divmod(cell, columns)
        around = self._around()
        wide, high = around.width() / columns, around.height() / rows
        left, top = around.left() + column * wide, around.bottom() - (row + 1) * high
        return QRectF(left, top, wide, high).intersected(self.area).toAlignedRect()

    def cell_at(self, position: QPoint) -> int | None:
        if not self.count or not self.area.contains(QPointF(position)):
            return None
        across = (position.x() - self.area.left()) / self.area.width()
        up = (self.area.bottom() - position.y()) / self.area.height()
        row, column = self.chart.cell_at(across, up)
        return row * self._columns + column

    def words_of(self, cell: int) -> str:
        return self.chart.matrix.words(*divmod(cell, self._columns))

    def words_at(self, position: QPoint) -> str:
        point = self.path_point_at(position)
        return super().words_at(position) if point is None else self.chart.path_words(point)

    def path_point_at(self, position: QPoint) -> int | None:
        """The point of the path that is near; None for none."""
        if self.relief is None or not np.isfinite(self.relief.path).any():
            return None
        away = self.relief.path - (position.x() - self.area.left(), position.y() - self.area.top())
        distances = np.hypot(*away.T)
        nearest = int(np.nanargmin(distances))
        return nearest if distances[nearest] <= _NEAR else None

    def beside(self, across: int, down: int) -> int | None:
        rows, columns = self.chart.matrix.shape
        row, column = divmod(self.current, columns)
        return min(max(row - down, 0), rows - 1) * columns + min(max(column + across, 0), columns - 1)

    def take(self, cell: int, where: QPoint) -> None:
        self.current = cell
        self.update()
        if (state := self._state_of(cell)) is not None:
            self.opened.emit(state)

    def _state_of(self, cell: int) -> Wiring | None:
        states = self.chart.matrix.panel.states
        row, column = divmod(cell, self._columns)
        return states[row][column] if row < len(states) and column < len(states[row]) else None

    # painting

    def paint_cells(self, painter: QPainter, area: QRect) -> None:
        relief = self.relief
        if relief is None:
            return
        painter.save()
        painter.setClipRect(self.area)
        painter.drawImage(self._around(), self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(self.area.topLeft())
        for line in relief.lines:
            ink = QColor(line.colour)
            ink.setAlphaF(LINE_OPACITY)
            painter.setPen(QPen(ink, LINE))
            for piece in line.pieces:
                painter.drawPolyline(_polygon(piece))
        self._paint_path(painter, relief)
        for word in relief.words:
            _paint_word(painter, word)
        painter.restore()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(self.theme.border), 1.0))
        painter.drawRect(self.area)
        painter.setPen(QColor(self.theme.muted))
        self._paint_axes(painter, relief)
        self._paint_scale(painter)

    def _paint_path(self, painter: QPainter, relief: Relief) -> None:
        """A line with dots: the first point is open, the last one a square."""
        known = relief.path_line
        if not len(known):
            return
        colour, white = QColor(relief.path_colour), QColor(WHITE)
        for ink, wide in ((white, HALO), (colour, PATH)):
            painter.setPen(
                QPen(ink, wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
            )
            painter.drawPolyline(_polygon(known))
        painter.setPen(QPen(white, 0.6))
        painter.setBrush(colour)
        for x, y in known[1:-1].tolist():
            painter.drawEllipse(QPointF(x, y), DOT / 2, DOT / 2)
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(white)
        painter.drawEllipse(QPointF(*known[0].tolist()), END / 2, END / 2)
        if len(known) > 1:
            painter.setPen(QPen(white, 1.2))
            painter.setBrush(colour)
            x, y = known[-1].tolist()
            painter.drawRect(QRectF(x - END / 2, y - END / 2, END, END))

    def _paint_axes(self, painter: QPainter, relief: Relief) -> None:
        metrics = painter.fontMetrics()
        line, area, panel = float(metrics.height()), self.area, self.chart.matrix.panel
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
        widest = 0.0
        for tick in relief.y.numbers:
            y = area.bottom() - relief.y.share(tick.place) * area.height()
            painter.drawLine(QPointF(area.left() - _TICK, y), QPointF(area.left(), y))
            painter.drawText(QRectF(area.left() - _GAP - 80, y - line / 2, 80, line), right, tick.text)
            widest = max(widest, metrics.horizontalAdvance(tick.text))
        for tick in relief.x.numbers:
            x = relief.x.share(tick.place) * area.width()
            painter.drawLine(
                QPointF(area.left() + x, area.bottom()), QPointF(area.left() + x, area.bottom() + _TICK)
            )
            middle = area.left() + inside(x, metrics.horizontalAdvance(tick.text) / 2, area.width(), 16.0)
            place = QRectF(middle - 60, area.bottom() + _TICK + 1, 120, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, tick.text)
        if panel.x.title:
            room = 2 * min(area.center().x(), self.width() - area.center().x())
            words = metrics.elidedText(panel.x.title, Qt.TextElideMode.ElideRight, round(room))
            place = QRectF(area.center().x() - room / 2, area.bottom() + _TICK + line, room, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)
        if panel.y.title:
            painter.save()
            painter.translate(area.left() - _GAP - widest - line / 2 - 2, area.center().y())
            painter.rotate(-90)
            words = metrics.elidedText(panel.y.title, Qt.TextElideMode.ElideRight, round(area.height()))
            half = area.height() / 2
            painter.drawText(QRectF(-half, -line / 2, 2 * half, line), Qt.AlignmentFlag.AlignCenter, words)
            painter.restore()

    def _paint_scale(self, painter: QPainter) -> None:
        """The colours upright, with numbers; the unit stands above, where it has room beside the plot."""
        metrics, area, panel = painter.fontMetrics(), self.area, self.chart.matrix.panel
        line = float(metrics.height())
        above = line if panel.unit else 0.0
        bar = QRectF(area.right() + 2 * _GAP, area.top() + above, _BAR, area.height() - above)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
        painter.save()
        painter.translate(bar.left(), bar.bottom())
        painter.rotate(-90)
        painter.drawImage(QRectF(0, 0, bar.height(), bar.width()), self._ramp)
        painter.restore()
        for tick in self._ticks:
            y = bar.bottom() - tick.place * bar.height()
            painter.drawLine(QPointF(bar.right(), y), QPointF(bar.right() + _TICK, y))
            place = QRectF(bar.right() + _TICK + 3, y - line / 2, 80, line)
            painter.drawText(place, left, tick.text)
        if panel.unit:
            room = self.width() - bar.left()
            words = metrics.elidedText(panel.unit, Qt.TextElideMode.ElideRight, round(room))
            painter.drawText(QRectF(bar.left(), area.top() - line / 2, room, line), left, words)


def _polygon(points: Floats) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points.tolist()])


def _paint_word(painter: QPainter, word: Word) -> None:
    metrics = painter.fontMetrics()
    wide = metrics.horizontalAdvance(word.text)
    painter.save()
    painter.translate(word.x, word.y)
    painter.rotate(word.turned)
    at = QPointF(-wide / 2, (metrics.ascent() - metrics.descent()) / 2)
    if word.has_halo:
        path = QPainterPath()
        path.addText(at, painter.font(), word.text)
        halo = QPen(
            QColor(WHITE), 3.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
        )
        painter.strokePath(path, halo)
    painter.setPen(QColor(word.colour))
    painter.drawText(at, word.text)
    painter.restore()
