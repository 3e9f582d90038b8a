"""The confusion matrix: true classes in rows, predicted ones in columns, and each class's error beside it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viewer.charts.chart import shortened_inside
from resnet_viewer.charts.confusion import ConfusionChart
from resnet_viewer.charts.picture_grid import NO_PICTURES, PictureChart
from resnet_viewer.ui.widgets.cells import Cells, ScrollingCells
from resnet_viewer.ui.widgets.pixels import image_of_rgb

_NOTHING = ConfusionChart(np.zeros((0, 0), np.int64), ())
_SMALLEST = 5
"""Pixels of a cell's side at least."""
_MANY, _LEAST = 24, 16
"""With more classes than these the cells may be that small; with fewer they are so wide at least."""
_WIDEST_NAME, _NARROWEST_NAME = 72, 32
_POINTS = (4, 2, 1, 0, -2, -3)
"""Sizes of the letters beside the window's: the largest whose cells are so many lines high, else the first of the small
ones with which the matrix need not scroll, else the last."""
_SMALL, _SMALLEST_POINTS = -2, 6.0
_ROOMY = 2.5
_LEAST_LINES = 9
"""A lower matrix has no line for the word above its columns."""


class _Cells(Cells):
    """The whole matrix with its names and errors, inside the scrolling view, row by row."""

    chosen = Signal(object)
    """A pair (true, predicted)."""

    def __init__(self) -> None:
        super().__init__("Confusion matrix")
        self.chart = _NOTHING
        self._image: QImage | None = None
        self._is_deep = np.zeros((0, 0), bool)
        self._pair: tuple[int, int] | None = None
        self._left = self._top = self._right = 0
        self._cell = QSize(_SMALLEST, _SMALLEST)
        self._is_turned = False
        self.letters = self.font()
        """Of names, counts and errors."""
        self._head = self._slack = 0
        """Pixels for the word above the columns; for the upper half of the first row's name, where rows are low."""
        self.restyled.connect(self._colour)

    @property
    def classes(self) -> int:
        return len(self.chart.names)

    @property
    def count(self) -> int:
        return self.classes**2

    def show_chart(self, chart: ConfusionChart) -> None:
        row, column = divmod(self.current, max(self.classes, 1))
        self.chart, last = chart, max(len(chart.names) - 1, 0)
        self.current = min(row, last) * self.classes + min(column, last)
        self._colour()

    def set_pair(self, pair: tuple[int, int] | None) -> None:
        if pair != self._pair:
            self._pair = pair
            self.update()

    def _colour(self) -> None:
        theme = self.theme
        colours, self._is_deep = self.chart.colours(
            ground=theme.panel, right=theme.branch, wrong=theme.changed, text=theme.text
        )
        self._image = image_of_rgb(colours) if self.classes else None
        self.update()

    # geometry

    def fit(self, room: QSize) -> None:
        """Be as large as the room, or larger where the cells would be too small in it; letters grow with the cells."""
        for points in _POINTS:
            metrics = self._lay_out(room, max(self.font().pointSizeF() + points, _SMALLEST_POINTS))
            is_whole = self.height() <= room.height() and self.width() <= room.width()
            is_roomy = min(self._cell.height(), self._cell.width()) >= _ROOMY * metrics.height()
            if is_whole and (is_roomy or points <= _SMALL):
                break
        self.update()

    def _lay_out(self, room: QSize, points: float) -> QFontMetrics:
        """With letters of that size: every class is named where there are few, every second or third of many."""
        self.letters = QFont(self.font())
        self.letters.setPointSizeF(points)
        metrics = QFontMetrics(self.letters)
        count = max(self.classes, 1)
        wide, high = (_SMALLEST, _SMALLEST) if count > _MANY else (_LEAST, metrics.ascent())
        widest = max((metrics.horizontalAdvance(name) for name in self.chart.names), default=0)
        names = min(widest, _WIDEST_NAME, max(room.width() // 5, _NARROWEST_NAME))
        self._left = max(names, metrics.horizontalAdvance(self.chart.rows)) + 6
        self._right = max(map(metrics.horizontalAdvance, ("100.0 %", self.chart.ratio))) + 12
        self._head = metrics.height() if room.height() >= _LEAST_LINES * metrics.height() else 0
        across = max(wide, (room.width() - self._left - self._right) // count)
        self._is_turned = widest > across + 4
        turned = min(widest, _WIDEST_NAME, max(room.height() // 4, _NARROWEST_NAME)) + 6
        self._slack = (metrics.height() - high + 1) // 2
        self._top = self._head + (turned if self._is_turned else metrics.height() + 2) + self._slack
        down = max(high, (room.height() - self._top - 2) // count)
        self._cell = QSize(across, down)
        self.resize(
            max(room.width(), self._left + count * across + self._right),
            max(room.height(), self._top + count * down + 2),
        )
        return metrics

    def rect_of(self, cell: int) -> QRect:
        width, height = self._cell.width(), self._cell.height()
        true, given = divmod(cell, max(self.classes, 1))
        return QRect(self._left + given * width, self._top + true * height, width, height)

    def _rect(self, true: int, given: int) -> QRect:
        return self.rect_of(true * self.classes + given)

    def _place_at(self, position: QPoint) -> tuple[int, int] | None:
        """Row and column at a point; the column is -1 beside the cells, on a name or an error."""
        row = (position.y() - self._top) // self._cell.height()
        column = (position.x() - self._left) // self._cell.width()
        if not 0 <= row < self.classes:
            return None
        return row, column if 0 <= column < self.classes else -1

    def cell_at(self, position: QPoint) -> int | None:
        place = self._place_at(position)
        return None if place is None or place[1] < 0 else place[0] * self.classes + place[1]

    def words_at(self, position: QPoint) -> str:
        place = self._place_at(position)
        return "" if place is None else self.chart.describe(*place)

    def words_of(self, cell: int) -> str:
        return self.chart.describe(*divmod(cell, self.classes))

    def beside(self, across: int, down: int) -> int:
        row, column = divmod(self.current, self.classes)
        last = self.classes - 1
        return min(max(row + down, 0), last) * self.classes + min(max(column + across, 0), last)

    def take(self, cell: int, where: QPoint) -> None:
        self.current = cell
        self.chosen.emit(divmod(cell, self.classes))

    # painting

    def paint_cells(self, painter: QPainter, area: QRect) -> None:
        if self._image is None:
            return
        whole = QRectF(self.rect_of(0).united(self.rect_of(self.count - 1)))
        painter.setFont(self.letters)
        painter.drawImage(whole, self._image)
        metrics = painter.fontMetrics()
        if self._cell.height() >= metrics.ascent():
            self._paint_counts(painter, metrics)
        self._paint_names(painter, metrics)
        self._paint_headings(painter, metrics)
        painter.setPen(QPen(QColor(self.theme.border), 1.0))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(whole.adjusted(-0.5, -0.5, 0, 0))
        if self._pair is not None and max(self._pair) < self.classes:
            painter.setPen(QPen(QColor(self.theme.text), 2.0))
            painter.drawRect(self._rect(*self._pair).adjusted(0, 0, -1, -1))

    def _paint_counts(self, painter: QPainter, metrics: QFontMetrics) -> None:
        """The counts that fit into their cells, and percent of the row where two lines do."""
        theme, lines = self.theme, 2 if self._cell.height() >= _ROOMY * metrics.height() else 1

        def fits(words: str) -> bool:
            return metrics.horizontalAdvance(words) < self._cell.width()

        for true, given in zip(*np.nonzero(self.chart.counts), strict=True):
            said = [words for words in self.chart.cell_words(int(true), int(given))[:lines] if fits(words)]
            painter.setPen(QColor(theme.panel if self._is_deep[true, given] else theme.text))
            place = self._rect(true, given)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "\n".join(said))

    def _paint_names(self, painter: QPainter, metrics: QFontMetrics) -> None:
        """Names at the left and above, and errors at the right; every second or third where rows are narrow."""
        theme, height, width = self.theme, self._cell.height(), self._cell.width()
        every = max(1, -(-(metrics.ascent()) // height))
        across = max(1, -(-(metrics.ascent()) // width)) if self._is_turned else 1
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        measure, room = metrics.horizontalAdvance, self._top - self._head - 5
        edge = self._rect(0, self.classes - 1).right() + 2
        for i, name in enumerate(self.chart.names):
            middle = self._rect(i, 0).center().y()
            line = QRect(0, middle - metrics.height() // 2, self._left - 4, metrics.height())
            if i % every == 0:
                painter.setPen(QColor(theme.muted))
                painter.drawText(line, right, shortened_inside(name, self._left - 5, measure))
                painter.setPen(QColor(theme.changed if self.chart.errors[i] > 0 else theme.muted))
                place = QRect(edge, line.top(), self._right - 4, line.height())
                painter.drawText(place, right, self.chart.error_words(i))
            if i % across == 0:
                painter.setPen(QColor(theme.muted))
                above = shortened_inside(name, room, measure) if self._is_turned else name
                self._paint_column(painter, above, i, metrics)

    def headings(self, metrics: QFontMetrics) -> list[tuple[QRect, str]]:
        """What rows, columns and the numbers at the right are, and where it says so."""
        line = self._top - self._slack - metrics.height()
        edge = self._rect(0, self.classes - 1).right() + 2
        wide = metrics.horizontalAdvance(self.chart.columns)
        centre = (self._left + edge) // 2
        found = [
            (QRect(0, line, self._left - 4, metrics.height()), self.chart.rows),
            (QRect(edge, line, self._right - 4, metrics.height()), self.chart.ratio),
        ]
        if self._head:
            found.append((QRect(centre - wide // 2 - 1, 0, wide + 2, self._head), self.chart.columns))
        return found

    def _paint_headings(self, painter: QPainter, metrics: QFontMetrics) -> None:
        font = QFont(self.letters)
        font.setItalic(True)
        painter.setFont(font)
        painter.setPen(QColor(self.theme.text))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
        for place, words in self.headings(metrics):
            painter.drawText(place, right, words)

    def _paint_column(self, painter: QPainter, name: str, column: int, metrics: QFontMetrics) -> None:
        centre = self._rect(0, column).center().x()
        if not self._is_turned:
            high = self._top - 1 - self._head
            place = QRect(centre - self._cell.width(), self._head, 2 * self._cell.width(), high)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, name)
            return
        painter.save()
        painter.translate(centre, self._top - 4)
        painter.rotate(-90)
        place = QRect(0, -metrics.height() // 2, self._top - self._head, metrics.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)
        painter.restore()


class ConfusionMatrix(ScrollingCells):
    """The matrix in the room there is; scrolls where that is too little. Its cells tell what is wished and pointed at.

    A cell's colour is its share of the row, blue where it is right and red where it is not; its count is written in it
    where there is room.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        self.cells = _Cells()
        super().__init__(self.cells, parent)
        self._shown = NO_PICTURES
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_predictions(self, shown: PictureChart) -> None:
        """Count what became of these pictures, whichever of them are chosen."""
        old, self._shown = self._shown, shown
        is_same = shown.labels is old.labels and shown.predicted is old.predicted
        if not is_same or shown.class_names != old.class_names:
            self.show_chart(ConfusionChart.of(shown.labels, shown.predicted, shown.class_names))

    def show_chart(self, chart: ConfusionChart) -> None:
        """What was counted."""
        self.cells.show_chart(chart)
        self.fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(120, 80)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        room = self.maximumViewportSize()
        self.cells.fit(room)
        if self.cells.height() > room.height():
            # else the bar at the side would cover the errors, and bring the bar below
            self.cells.fit(room - QSize(self.verticalScrollBar().sizeHint().width(), 0))
