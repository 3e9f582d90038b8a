"""One run's gradient records as a picture: its name above, time across, layers down."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viewer.charts.curves import Floats, at_time
from resnet_viewer.records.run_log import RunLog
from resnet_viewer.ui.train.plot_items import SIGN
from resnet_viewer.ui.train.record_pixels import (
    ColourScale,
    Quantity,
    image_of_records,
    painted_until,
    shown_records,
    values_of,
)
from resnet_viewer.ui.widgets.plot_axes import epoch_ticks
from resnet_viewer.ui.widgets.plot_lines import BOLD, Stroke
from resnet_viewer.ui.widgets.theme import DARK, Theme

LEAST_HEIGHT, LEAST_LINES = 40, 2
"""Pixels, and lines of text, of a picture under which layers cannot be told apart; then the panel scrolls."""
_GAP = 3.0
_MARK = 4.0


def least_height(metrics: QFontMetricsF, *, has_axis: bool) -> int:
    """The lowest that a run's picture may be with what stands above and below it."""
    line = math.ceil(metrics.height())
    return round((1 + has_axis) * (line + _GAP)) + max(LEAST_HEIGHT, LEAST_LINES * line)


@dataclass(frozen=True)
class Spot:
    """A place in a run's picture: a time in epochs, and the number of a layer or block, from 0, where one is there."""

    log: RunLog
    time: float
    row: int | None


class RunPicture(QWidget):
    """Paints an image that is made anew only where the records, the scale, the width or the time shown changed."""

    pointed = Signal(object)
    """Spot, or None when the pointer left."""
    chosen = Signal(str)
    """The run's key: a click on its name, or Return."""
    menu_wanted = Signal(object)
    """Global QPoint."""

    def __init__(self, log: RunLog, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.log = log
        self.images_made = 0
        """How many images were made since the beginning."""
        self._quantity: Quantity = "norms"
        self._scale = ColourScale(-3.0, 0.0)
        self._span = (0.0, 1.0)
        self._time: float | None = None
        self._row: int | None = None
        self._stroke = Stroke(DARK.text, False)
        self._is_selected = False
        self._has_axis = False
        self._theme = DARK
        self._image: QImage | None = None
        self._made: tuple[object, ...] = ()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_records(
        self, log: RunLog, quantity: Quantity, scale: ColourScale, span: tuple[float, float]
    ) -> None:
        """Show this run's records between two times."""
        self.log, self._quantity, self._scale, self._span = log, quantity, scale, span
        self.setAccessibleName(f"Gradient record of {log.title}")
        self._make()

    def show_looks(self, stroke: Stroke, *, is_selected: bool, has_axis: bool) -> None:
        """How its name is drawn, and whether the epochs stand below."""
        looks = (stroke, is_selected, has_axis)
        if looks != (self._stroke, self._is_selected, self._has_axis):
            self._stroke, self._is_selected, self._has_axis = looks
            self.updateGeometry()
            self.update()

    def show_time(self, time: float | None) -> None:
        """Draw the line at that time."""
        if time != self._time:
            self._time = time
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        self._theme = theme
        self._make()
        self.update()

    @property
    def picture_rect(self) -> QRectF:
        """Where the image lies."""
        line = math.ceil(QFontMetricsF(self.font()).height())
        foot = line + _GAP if self._has_axis else 0.0
        return QRectF(0, line + _GAP, self.width(), max(self.height() - line - _GAP - foot, 1.0))

    @property
    def image(self) -> QImage | None:
        """The records as they are painted."""
        return self._image

    def sizeHint(self) -> QSize:
        return QSize(200, self.minimumSizeHint().height() + 60)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, least_height(QFontMetricsF(self.font()), has_axis=self._has_axis))

    def _make(self) -> None:
        times = self.log.record_times
        columns = max(round(self.picture_rect.width() * self.devicePixelRatioF()), 1)
        colours = (self._theme.reference, self._theme.changed)
        end = painted_until(times, self.log.reached) if len(times) else None
        newest = (len(times), times[-1:].tolist(), end)
        wished = (self.log, newest, self._quantity, self._scale, self._span, columns, colours)
        if wished != self._made:
            self._made = wished
            values = values_of(self.log, self._quantity)
            records = shown_records(times, columns, self._span, self.log.reached)
            self._image = image_of_records(values, records, self._scale, *colours)
            self.images_made += 1
            self.update()

    def record_at(self, time: float) -> Floats | None:
        """The record that stands at that time, (layers,) or (blocks,)."""
        index = at_time(self.log.record_times, time, self.log.reached)
        values = values_of(self.log, self._quantity)
        return None if index is None or not values.shape[1] else values[index]

    def resizeEvent(self, event: QEvent) -> None:
        self._make()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    # Pointer and keyboard

    def _time_at(self, x: float) -> float:
        left, right = self._span
        return min(max(left + x * (right - left) / max(self.width(), 1), left), right)

    def _row_at(self, y: float) -> int | None:
        area, rows = self.picture_rect, int(values_of(self.log, self._quantity).shape[1])
        if not rows or not area.top() <= y < area.bottom():
            return None
        return min(int((y - area.top()) * rows / area.height()), rows - 1)

    def _is_title(self, position: QPointF) -> bool:
        metrics = QFontMetricsF(self.font())
        wide = SIGN + metrics.horizontalAdvance(self.log.title)
        return position.y() < self.picture_rect.top() and position.x() <= wide + 8

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        shape = Qt.CursorShape.PointingHandCursor if self._is_title(position) else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
        if self.picture_rect.contains(position):
            self._row = self._row_at(position.y())
            self.pointed.emit(Spot(self.log, self._time_at(position.x()), self._row))
        else:
            self.pointed.emit(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._is_title(event.position()):
            self.chosen.emit(self.log.key)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        left, right = self._span
        time = right if self._time is None else self._time
        rows = values_of(self.log, self._quantity).shape[1]
        step = (right - left) / 100
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.chosen.emit(self.log.key)
                return
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                time += step if event.key() == Qt.Key.Key_Right else -step
            case Qt.Key.Key_Up | Qt.Key.Key_Down if rows:
                down = 1 if event.key() == Qt.Key.Key_Down else -1
                self._row = min(max((self._row or 0) + down, 0), rows - 1)
            case _:
                event.ignore()
                return
        self.pointed.emit(Spot(self.log, min(max(time, left), right), self._row or 0))

    def focusOutEvent(self, event: QEvent) -> None:
        self.update()
        self.pointed.emit(None)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, area = self._theme, self.picture_rect
        metrics = QFontMetricsF(self.font())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_title(painter, metrics)
            if self._image is not None:
                painter.drawImage(area, self._image)
            else:
                is_missing = self._quantity == "dead" and len(self.log.record_times) > 0
                words = "dead channels were not recorded" if is_missing else "no record yet"
                painter.setPen(QColor(theme.muted))
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words if self.log.is_read else "")
            painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else theme.border), 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
            for time in self.log.intervention_times:
                self._paint_mark(painter, time)
            if self._time is not None:
                self._paint_line(painter, self._time)
            if self._has_axis:
                self._paint_axis(painter, metrics)

    def _paint_title(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        theme, high = self._theme, metrics.height()
        self._stroke.paint_sample(painter, QPointF(0, high / 2), SIGN - 5, BOLD)
        painter.setPen(QColor(theme.text))
        font = self.font()
        font.setUnderline(self._is_selected)
        painter.setFont(font)
        room = max(self.width() - SIGN, 0.0)
        text = metrics.elidedText(self.log.title, Qt.TextElideMode.ElideRight, room)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
        painter.drawText(QRectF(SIGN, 0, room, high), left, text)
        painter.setFont(self.font())

    def _x(self, time: float) -> float | None:
        left, right = self._span
        share = (time - left) / (right - left)
        return None if not -1e-6 <= share <= 1 + 1e-6 else share * self.width()

    def _paint_line(self, painter: QPainter, time: float) -> None:
        """Over any colour: dashes on a ground of their own."""
        x, area = self._x(time), self.picture_rect
        if x is None:
            return
        x = min(round(x) + 0.5, self.width() - 0.5)
        for colour, dashes in ((self._theme.panel, []), (self._theme.text, [3.0, 3.0])):
            pen = QPen(QColor(colour), 1.0)
            if dashes:
                pen.setDashPattern(dashes)
            painter.setPen(pen)
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    def _paint_mark(self, painter: QPainter, time: float) -> None:
        """An intervention: a line with a head."""
        x, area = self._x(time), self.picture_rect
        if x is None:
            return
        painter.setPen(QPen(QColor(self._theme.changed), 1.4, Qt.PenStyle.DashDotLine))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setPen(QPen(QColor(self._theme.panel), 1.0))
        painter.setBrush(QColor(self._theme.changed))
        top = area.top()
        corners = (QPointF(x - _MARK, top), QPointF(x + _MARK, top), QPointF(x, top + 1.5 * _MARK))
        painter.drawPolygon(QPolygonF(corners))

    def _paint_axis(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        left, right = self._span
        painter.setPen(QColor(self._theme.muted))
        top = self.picture_rect.bottom() + _GAP
        for x, words in epoch_ticks((left, right), self.width(), metrics):
            half = metrics.horizontalAdvance(words) / 2
            painter.drawText(QPointF(x - half, top + metrics.ascent()), words)
