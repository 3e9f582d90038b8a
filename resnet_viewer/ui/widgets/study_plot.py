"""What a study shows, all panels in the room there is: a point says what was measured, and opens its state.

A panel of lines is a plot whose x axis can be zoomed, a matrix and pictures are cells; arrow keys go from point to
point; a matrix with contours is a relief. Where pictures have a slider, lines over the same x show where it stands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.charts.chart import Axis, Chart, Floats, Room, shortened_inside
from resnet_viewer.charts.palette import PAPER
from resnet_viewer.charts.study_chart import LaidOut, laid_out, point_words, x_limits
from resnet_viewer.charts.study_matrix import MatrixChart
from resnet_viewer.charts.study_panel import (
    Guide,
    LinesPanel,
    MatrixPanel,
    Panel,
    PicturesPanel,
    Scale,
    best_shape,
    columns_for,
)
from resnet_viewer.charts.study_pictures import PicturesChart
from resnet_viewer.charts.study_relief import ReliefChart
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.widgets.cells import Cells
from resnet_viewer.ui.widgets.colour_bar import ColourBar
from resnet_viewer.ui.widgets.labels import OneLineLabel, muted, plain_label, tooltip_text
from resnet_viewer.ui.widgets.pixels import tiles_of
from resnet_viewer.ui.widgets.plot import PlotCanvas
from resnet_viewer.ui.widgets.relief_pane import ReliefPane
from resnet_viewer.ui.widgets.study_pictures import Pictures
from resnet_viewer.ui.widgets.theme import DARK, Theme

OPENS = "click or Enter: open in Inspect"
_NEAR, _CLICKED = 40.0, 14.0
"""Pixels from the pointer within which a point is told about, and taken by a click."""
_LEAST_WIDTH, _LEAST_HEIGHT = 260.0, 156
"""Pixels of a panel beside another one, and of one that need not scroll."""
_WIDEST_NAME = 0.4
"""Of a panel, for the names of its rows."""
_ROW, _AROUND_ROWS = 1.1, 8
"""Lines of text of a row with a name; those around all rows: titles, numbers, and what the colours mean."""
_BELOW_TABLE = 5
"""Lines of text for the names of a table's columns, which may be turned."""
_LEAST_SPAN = 0.02
"""Of the x axis, at the nearest zoom."""
_KEYS = frozenset(
    {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter}
)
_NOTHING = LinesPanel("", Scale(""), Scale(""), ())


class _PanelView(QWidget):
    """A title, and what is shown below it."""

    hovered = Signal(str)
    opened = Signal(object)
    """A Wiring."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = OneLineLabel("")
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.title.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.head = QHBoxLayout()
        self.head.setSpacing(DARK.gap)
        self.head.addWidget(self.title, 1)
        self.whole = QVBoxLayout(self)
        self.whole.setContentsMargins(0, 0, 0, 0)
        self.whole.setSpacing(2)
        self.whole.addLayout(self.head)

    def name(self, title: str) -> None:
        """Say what is shown."""
        self.title.setText(title)
        self.title.setToolTip(tooltip_text(title))
        self.title.setVisible(bool(title))

    def apply_theme(self, theme: Theme) -> None:
        """Take other colours."""


def _told(words: str, state: Wiring | None) -> str:
    return words if state is None else f"{words} · {OPENS}"


class LinesView(_PanelView):
    """A panel of lines, dots and bars."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panel = _NOTHING
        self.made = LaidOut(Chart(Axis(0.0, 1.0), Axis(0.0, 1.0)))
        self.at: tuple[int, int] | None = None
        """The series and the point that is told about."""
        self.followed: float | None = None
        """Where a slider over the same x stands."""
        self.canvas = PlotCanvas("", has_x_title=True)
        self.canvas.keys = _KEYS
        self.whole.addWidget(self.canvas, 1)
        self.canvas.rearranged.connect(self._draw)
        self.canvas.pointed.connect(self._follow_pointer)
        self.canvas.clicked.connect(self._click)
        self.canvas.key_pressed.connect(self._press_key)

    def show_panel(self, panel: LinesPanel) -> None:
        """Show this one; the point that was told about is, while it is there."""
        if panel.title != self.panel.title:
            self.at = None
            self.canvas.reserve(0.0)
        self.panel = panel
        self.name(panel.title)
        self.canvas.setAccessibleName(f"{panel.title}: {panel.y.title} over {panel.x.title}")
        left, right = x_limits(panel)
        self.canvas.set_limits(left, right, _LEAST_SPAN * (right - left))
        self._draw()

    def _with_fitting_names(self, room: Room) -> LinesPanel:
        """The panel, names of its rows cut where they would leave no room to the plot."""
        y, most = self.panel.y, _WIDEST_NAME * self.width()
        names = tuple(shortened_inside(name, most, room.measure) for name in y.names)
        return self.panel if names == y.names else replace(self.panel, y=replace(y, names=names))

    def minimumSizeHint(self) -> QSize:
        """With a line of text for each row that has a name, and what stands around them."""
        least, line, rows = super().minimumSizeHint(), self.fontMetrics().height(), len(self.panel.y.names)
        wanted = round((_ROW * rows + _AROUND_ROWS) * line) if rows else 0
        return QSize(least.width(), max(least.height(), wanted))

    def apply_theme(self, theme: Theme) -> None:
        self.canvas.apply_theme(theme)
        self._draw()

    def follow(self, x: float | None) -> None:
        """Show where a slider over the same x stands; None where there is none."""
        if x != self.followed:
            self.followed = x
            self._draw()

    @Slot()
    def _draw(self) -> None:
        room = self.canvas.room
        panel = self._with_fitting_names(room)
        if self.followed is not None:
            panel = replace(panel, guides=(*panel.guides, Guide("", self.followed, is_upright=True)))
        self.made = laid_out(panel, room, self.canvas.x_range)
        axis = self.made.chart.y
        widest = max((room.measure(tick.text) for tick in (*axis.numbers, *axis.lanes)), default=0.0)
        reserved = self.canvas.frame.reserved
        if widest > reserved or (panel.y.names and widest < reserved):
            self.canvas.reserve(widest)  # which may come back here, with the plot's new size
        self.canvas.draw(self.made.chart)
        self._mark()

    def state_of(self, at: tuple[int, int]) -> Wiring | None:
        """What a point was measured with, where it tells."""
        series, point = at
        states = self.panel.series[series].states
        return states[point] if point < len(states) else None

    def pixels(self, series: int) -> tuple[Floats, Floats]:
        """Where its points lie in the plot; nan for what has no place."""
        return self.made.chart.place(self.canvas.size_of_plot, *self.made.places[series])

    def nearest(self, point: QPointF, within: float = _NEAR) -> tuple[int, int] | None:
        """The series and the point of it that is nearest to a place of the plot, where one is near; all of a bar is."""
        best: tuple[float, int, int] | None = None
        height = self.canvas.size_of_plot[1]
        for number, series in enumerate(self.panel.series[: len(self.made.places)]):
            x, y = self.pixels(number)
            down = np.abs(y - point.y())
            if series.looks == "bars":
                base = (1.0 - self.made.chart.y.share(self.made.base)) * height
                down[(np.minimum(y, base) <= point.y()) & (point.y() <= np.maximum(y, base))] = 0.0
            distances = np.hypot(x - point.x(), down)
            distances[np.isnan(distances)] = np.inf
            index = int(distances.argmin()) if len(distances) else -1
            if index >= 0 and distances[index] <= within and (best is None or distances[index] < best[0]):
                best = float(distances[index]), number, index
        return None if best is None else best[1:]

    @Slot(object)
    def _follow_pointer(self, point: QPointF | None) -> None:
        found = None if point is None else self.nearest(point)
        if found is None and self.at is None:
            return
        self.at = found
        is_open = found is not None and self.state_of(found) is not None
        self.canvas.viewport().setCursor(
            Qt.CursorShape.PointingHandCursor if is_open else Qt.CursorShape.ArrowCursor
        )
        self._tell()

    @Slot(QPointF)
    def _click(self, point: QPointF) -> None:
        self.at = self.nearest(point, _CLICKED)
        self._tell()
        self._open()

    def _open(self) -> None:
        state = None if self.at is None else self.state_of(self.at)
        if state is not None:
            self.opened.emit(state)

    def _tell(self) -> None:
        self._mark()
        words = ""
        if self.at is not None:
            words = _told(point_words(self.panel, *self.at), self.state_of(self.at))
        self.hovered.emit(words)

    def _mark(self) -> None:
        """A ring around the point that is told about."""
        at = self.at
        is_there = (
            at is not None and at[0] < len(self.made.places) and at[1] < len(self.made.places[at[0]][0])
        )
        if at is None or not is_there:
            self.at = None
            self.canvas.overlay.point_at(None)
            return
        x, y = (float(values[at[1]]) for values in self.pixels(at[0]))
        if math.isnan(x) or math.isnan(y):
            self.canvas.overlay.point_at(None)
            return
        name = self.panel.series[at[0]].name if len(self.panel.series) > 1 else ""
        self.canvas.overlay.point_at(None, ring=QPointF(x, y), told=name)

    @Slot(object)
    def _press_key(self, key: Qt.Key) -> None:
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
            return
        drawn = [n for n in range(len(self.made.places)) if len(self._drawn(n))]
        if not drawn:
            return
        if self.at is None or self.at[0] not in drawn:
            self.at = drawn[0], int(self._drawn(drawn[0])[0])
        else:
            self.at = self._beside(key, drawn)
        self._tell()

    def _drawn(self, series: int) -> NDArray[np.intp]:
        """The points that are in the plot, from the left."""
        x, y = self.pixels(series)
        is_drawn = ~np.isnan(y) & (x >= -0.5) & (x <= self.canvas.size_of_plot[0] + 0.5)
        return np.flatnonzero(is_drawn)

    def _beside(self, key: Qt.Key, drawn: list[int]) -> tuple[int, int]:
        """Left and right go along a series; up and down to the next point above or below at about the same x."""
        assert self.at is not None
        series, point = self.at
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            points = self._drawn(series)
            step = 1 if key == Qt.Key.Key_Right else -1
            place = int(np.searchsorted(points, point)) + step
            return series, int(points[min(max(place, 0), len(points) - 1)])
        x, y = (float(values[point]) for values in self.pixels(series))
        sign = -1.0 if key == Qt.Key.Key_Up else 1.0
        best: tuple[float, int, int] | None = None
        for other in drawn:
            if other == series:
                continue
            points = self._drawn(other)
            across, down = (values[points] for values in self.pixels(other))
            index = int(np.abs(across - x).argmin())
            ahead = sign * (float(down[index]) - y)
            if ahead > 0 and (best is None or ahead < best[0]):
                best = ahead, other, int(points[index])
        return (series, point) if best is None else best[1:]


class MatrixCells(Cells):
    """A panel's matrix, row by row; the numbers stand in the cells where all of them have room."""

    opened = Signal(object)

    def __init__(self) -> None:
        super().__init__("")
        self.chart = MatrixChart(MatrixPanel("", Scale(""), Scale(""), np.zeros((0, 0))))
        self._image: QImage | None = None
        self._area = QRectF()
        self._names = self._below = 0.0
        """Pixels for the names at the left, and for those below."""
        self._is_turned = False
        self._numbers: list[list[str]] | None = None
        """What stands in the cells, where it has room."""
        self.restyled.connect(self._lay_out)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_chart(self, chart: MatrixChart) -> None:
        """Another one."""
        row, column = divmod(self.current, max(self.chart.shape[1], 1))
        self.chart = chart
        rows, columns = chart.shape
        self.current = min(row, max(rows - 1, 0)) * columns + min(column, max(columns - 1, 0))
        self._image = tiles_of(chart.cells).image if not chart.message else None
        self.updateGeometry()
        self._lay_out()
        self.update()

    def minimumSizeHint(self) -> QSize:
        """With a line of text for each row of a table."""
        line = QFontMetricsF(self.font()).height()
        lines = self.chart.shape[0] * _ROW + _BELOW_TABLE if self.chart.panel.is_table else 0.0
        return QSize(120, round(max(6.0, lines) * line))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    @Slot()
    def _lay_out(self) -> None:
        """Square cells, as large as there is room beside the names; long matrices fill it."""
        metrics, (rows, columns) = QFontMetricsF(self.font()), self.chart.shape
        if not rows or not columns:
            return
        line, measure = metrics.height(), metrics.horizontalAdvance
        self._names = min(max(map(measure, self.chart.row_names)), 0.3 * self.width()) + 6
        left = self._names + (line if self.chart.panel.y.title else 0.0)
        wide = max(self.width() - left - 2, 1.0)
        widest = max(map(measure, self.chart.column_names))
        self._is_turned = widest > 4 * line or (widest + 8 > wide / columns and widest > 3 * measure("0"))
        self._below = (min(widest, 0.3 * self.height()) if self._is_turned else line) + 4
        high = max(self.height() - self._below - (line if self.chart.panel.x.title else 0.0) - 1, 1.0)
        across, down = wide / columns, high / rows
        if self.chart.has_squares:
            across = down = min(across, down)
        self._area = QRectF(left, 0.5, across * columns, down * rows)
        self._numbers = self.chart.fitting(across - 4, measure) if down >= line else None

    # cells

    @property
    def count(self) -> int:
        rows, columns = self.chart.shape
        return 0 if self.chart.message else rows * columns

    def rect_of(self, cell: int) -> QRect:
        row, column = divmod(cell, self.chart.shape[1])
        return self._rect(row, column).toAlignedRect()

    def _rect(self, row: int, column: int) -> QRectF:
        rows, columns = self.chart.shape
        wide, high = self._area.width() / columns, self._area.height() / rows
        return QRectF(self._area.left() + column * wide, self._area.top() + row * high, wide, high)

    def cell_at(self, position: QPoint) -> int | None:
        if not self.count or not self._area.contains(QPointF(position)):
            return None
        rows, columns = self.chart.shape
        row = int((position.y() - self._area.top()) / self._area.height() * rows)
        column = int((position.x() - self._area.left()) / self._area.width() * columns)
        return min(row, rows - 1) * columns + min(column, columns - 1)

    def words_of(self, cell: int) -> str:
        return _told(self.chart.words(*divmod(cell, self.chart.shape[1])), self._state_of(cell))

    def beside(self, across: int, down: int) -> int | None:
        rows, columns = self.chart.shape
        row, column = divmod(self.current, columns)
        return min(max(row + down, 0), rows - 1) * columns + min(max(column + across, 0), columns - 1)

    def take(self, cell: int, where: QPoint) -> None:
        self.current = cell
        self.update()
        if (state := self._state_of(cell)) is not None:
            self.opened.emit(state)

    def _state_of(self, cell: int) -> Wiring | None:
        states = self.chart.panel.states
        row, column = divmod(cell, self.chart.shape[1])
        return states[row][column] if row < len(states) and column < len(states[row]) else None

    # painting

    def paint_cells(self, painter: QPainter, area: QRect) -> None:
        theme, metrics = self.theme, painter.fontMetrics()
        painter.setPen(QColor(theme.muted))
        if self._image is None:
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), words, self.chart.message)
            return
        painter.drawImage(self._area, self._image)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(theme.border), 1.0))
        painter.drawRect(self._area)
        self._paint_numbers(painter)
        painter.setPen(QColor(theme.muted))
        self._paint_rows(painter, metrics.height())
        self._paint_columns(painter, metrics.height())

    def _paint_numbers(self, painter: QPainter) -> None:
        if self._numbers is None:
            return
        for (row, column), is_white in np.ndenumerate(self.chart.wants_white):
            painter.setPen(QColor("white" if is_white else PAPER["text"]))
            painter.drawText(
                self._rect(row, column), Qt.AlignmentFlag.AlignCenter, self._numbers[row][column]
            )

    def _paint_rows(self, painter: QPainter, line: float) -> None:
        measure, rows = painter.fontMetrics().horizontalAdvance, self.chart.shape[0]
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
        every = max(math.ceil(line / self._rect(0, 0).height()), 1)
        for row in range(0, rows, every):
            middle = self._rect(row, 0).center().y()
            top = max(
                middle - line / 2, 0.0
            )  # cells may be lower than letters, and nothing is drawn above the first
            place = QRectF(self._area.left() - self._names, top, self._names - 4, line)
            words = shortened_inside(self.chart.row_names[row], self._names - 4, measure)
            painter.drawText(place, right, words)
        if title := self.chart.panel.y.title:
            painter.save()
            painter.translate(line / 2, self._area.center().y())
            painter.rotate(-90)
            high = self._area.height()
            words = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, round(high))
            painter.drawText(QRectF(-high / 2, -line / 2, high, line), Qt.AlignmentFlag.AlignCenter, words)
            painter.restore()

    def _paint_columns(self, painter: QPainter, line: float) -> None:
        measure, columns = painter.fontMetrics().horizontalAdvance, self.chart.shape[1]
        widest = max(map(measure, self.chart.column_names))
        needed = line if self._is_turned else widest + 8
        every = max(math.ceil(needed / self._rect(0, 0).width()), 1)
        bottom = self._area.bottom() + 2
        for column in range(0, columns, every):
            name, middle = self.chart.column_names[column], self._rect(0, column).center().x()
            if not self._is_turned:
                place = QRectF(middle - widest, bottom, 2 * widest, line)
                painter.drawText(place, Qt.AlignmentFlag.AlignCenter, name)
                continue
            painter.save()
            painter.translate(middle, bottom + 1)
            painter.rotate(-90)
            place = QRectF(-self._below, -line / 2, self._below - 1, line)
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, right, shortened_inside(name, self._below - 2, measure))
            painter.restore()
        if title := self.chart.panel.x.title:
            place = QRectF(0, bottom + self._below - 2, self.width(), line)
            place.moveCenter(QPointF(self._area.center().x(), place.center().y()))
            room = 2 * min(self._area.center().x(), self.width() - self._area.center().x())
            words = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, round(room))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)


class MatrixView(_PanelView):
    """A panel's matrix under its title: cells below their colours, or a relief with its colours beside it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells = MatrixCells()
        self.relief: ReliefPane | None = None
        """Made for the first panel with contours."""
        self.bar = ColourBar()
        self.bar.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.note = muted(OneLineLabel(""))
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.head.addWidget(self.bar)
        self.whole.addWidget(self.cells, 1)
        self.whole.addWidget(self.note)
        self.cells.hovered.connect(self.hovered)
        self.cells.opened.connect(self.opened)

    def show_panel(self, panel: MatrixPanel) -> None:
        """Show this one."""
        chart = MatrixChart(panel)
        self.name(panel.title)
        is_relief = panel.has_contours and not chart.message
        if is_relief:
            self._show_relief(ReliefChart(chart))
        else:
            self.cells.setAccessibleName(panel.title)
            self.cells.show_chart(chart)
            low, high = chart.scale.ends
            self.bar.show_scale(replace(chart.scale, ends=(low, f"{high} {panel.unit}".strip())))
            self.note.setText(chart.beyond_words)
            self.note.setToolTip(tooltip_text(chart.beyond_words))
        if self.relief is not None:
            self.relief.setVisible(is_relief)
            self.relief.buttons.setVisible(is_relief)
        self.cells.setVisible(not is_relief)
        self.bar.setVisible(not is_relief and not chart.message)
        self.note.setVisible(not is_relief and bool(chart.beyond_words))

    def _show_relief(self, chart: ReliefChart) -> None:
        if self.relief is not None:
            self.relief.show_chart(chart)
            return
        self.relief = ReliefPane(chart)
        self.relief.hovered.connect(self.hovered)
        self.relief.opened.connect(self.opened)
        self.head.addWidget(self.relief.buttons)
        self.whole.insertWidget(self.whole.indexOf(self.cells), self.relief, 1)

    def apply_theme(self, theme: Theme) -> None:
        self.cells.update()
        if self.relief is not None:
            self.relief.apply_theme(theme)


class _Slider(QSlider):
    """Goes by the wheel as the pictures above it do."""

    def __init__(self, cells: Pictures) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._cells = cells

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._cells.wheelEvent(event)


class PicturesView(_PanelView):
    """A panel's pictures under its title; below them a slider with the name of its place, where the panel has one."""

    moved = Signal()
    """The slider stands elsewhere."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cells = Pictures()
        self.slider = _Slider(self.cells)
        self.said = muted(OneLineLabel(""))
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(0, 0, 0, 0)
        foot.setSpacing(DARK.gap)
        foot.addWidget(self.slider, 1)
        foot.addWidget(self.said)
        self.whole.addWidget(self.cells, 1)
        self.whole.addWidget(self._foot)
        self.cells.hovered.connect(self.hovered)
        self.cells.moved.connect(self.slider.setValue)
        self.slider.valueChanged.connect(self._move)

    @property
    def panel(self) -> PicturesPanel:
        """What is shown."""
        return self.cells.chart.panel

    @property
    def at(self) -> float | None:
        """The x where the slider stands; None where there is none to move."""
        if not self.panel.has_slider or self.cells.chart.message:
            return None
        return float(self.panel.places[self.cells.place])

    def show_panel(self, panel: PicturesPanel) -> None:
        """Show this one; a slider stays where it stood in one of the same title."""
        x, chart = self.at, PicturesChart(panel)
        count = len(panel.places)
        place = chart.nearest(x) if x is not None and panel.title == self.panel.title and count else 0
        self.name(panel.title)
        self.cells.setAccessibleName(panel.title)
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, max(count - 1, 0))
            self.slider.setPageStep(max(count // 10, 1))
            self.slider.setValue(place)
        self.slider.setAccessibleName(f"{panel.title}: {panel.x.title}")
        self._foot.setVisible(panel.has_slider and not chart.message and count > 1)
        self.cells.show_chart(chart, place)
        self._say()

    def go_to(self, x: float) -> None:
        """To the place that is nearest to x."""
        if self.at is not None:
            self.slider.setValue(self.cells.chart.nearest(x))

    @Slot(int)
    def _move(self, place: int) -> None:
        self.cells.show_chart(self.cells.chart, place)
        self._say()
        self.moved.emit()

    def _say(self) -> None:
        words = "" if self.at is None else self.cells.chart.place_words(self.cells.place)
        self.said.setText(words)
        self.slider.setAccessibleDescription(words)
        self.cells.setAccessibleDescription(words)
        self.slider.setToolTip(tooltip_text(words))

    def apply_theme(self, theme: Theme) -> None:
        self.cells.update()


AnyView = LinesView | MatrixView | PicturesView
View = TypeVar("View", LinesView, MatrixView, PicturesView)


class StudyPlot(QScrollArea):
    """All panels, in as many columns as suit the room; where they do not fit, it scrolls."""

    hovered = Signal(str)
    """What the point under pointer or keys says; "" for none."""
    opened = Signal(object)
    """The Wiring of a point that was clicked, or taken with Enter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.views: tuple[AnyView, ...] = ()
        self._theme = DARK
        self._columns = 0
        self._best = best_shape(())
        self._words = muted(plain_label(""))
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._inside = QWidget()
        self._grid = QGridLayout(self._inside)
        self._grid.setContentsMargins(0, 0, 2, 0)
        self._grid.setSpacing(DARK.gap)
        self.setWidget(self._inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self._inside.setAutoFillBackground(False)
        self.verticalScrollBar().rangeChanged.connect(self._lend_wheel)

    def show_panels(self, panels: Sequence[Panel], words: str = "") -> None:
        """Show these; without any, `words`. A view is kept where it shows a panel of the same kind again."""
        views = [
            self._view(panel, self.views[number] if number < len(self.views) else None)
            for number, panel in enumerate(panels)
        ]
        for gone in self.views:
            if gone not in views:
                self._grid.removeWidget(gone)
                gone.hide()  # which gives back what a surface holds
                gone.deleteLater()
        is_new = self.views != tuple(views)
        self._best = best_shape(panels)
        self.views = tuple(views)
        self._lend_wheel()
        self._follow_slider()
        self._words.setText(words)
        self._words.setVisible(not views)
        self._arrange(is_new=is_new)

    def _view(self, panel: Panel, old: AnyView | None) -> AnyView:
        """What shows that panel: the old view where it can."""
        if isinstance(panel, LinesPanel):
            lines = old if isinstance(old, LinesView) else self._followed(LinesView(self._inside))
            lines.show_panel(panel)
            return lines
        if isinstance(panel, PicturesPanel):
            pictures = old if isinstance(old, PicturesView) else self._moving(PicturesView(self._inside))
            pictures.show_panel(panel)
            return pictures
        cells = old if isinstance(old, MatrixView) else self._followed(MatrixView(self._inside))
        cells.show_panel(panel)
        return cells

    def _followed(self, view: View) -> View:
        view.apply_theme(self._theme)
        view.hovered.connect(self.hovered)
        view.opened.connect(self.opened)
        return view

    def _moving(self, view: PicturesView) -> PicturesView:
        view.moved.connect(self._follow_slider)
        return self._followed(view)

    @Slot()
    def _follow_slider(self) -> None:
        """Lines, and other sliders, over the same x as a slider go where it stands: the one that was moved last."""
        moved, places = self.sender(), dict[str, float]()
        sliders = [view for view in self.views if isinstance(view, PicturesView)]
        for slider in sorted(sliders, key=lambda slider: slider is not moved):
            if slider.at is not None:
                places.setdefault(slider.panel.x.title, slider.at)
        for slider in sliders:
            if slider.at is not None and slider is not moved:
                with QSignalBlocker(slider):
                    slider.go_to(places[slider.panel.x.title])
        for view in self.views:
            if isinstance(view, LinesView):
                view.follow(places.get(view.panel.x.title))

    def apply_theme(self, theme: Theme) -> None:
        """pyqtgraph does not follow the palette."""
        self._theme = theme
        for view in self.views:
            view.apply_theme(theme)

    @Slot()
    def _lend_wheel(self) -> None:
        """To the scroll bar, while there is something to scroll."""
        for view in self.views:
            if isinstance(view, LinesView):
                view.canvas.is_in_scroll = self.verticalScrollBar().maximum() > 0
            elif isinstance(view, PicturesView):
                view.cells.is_in_scroll = self.verticalScrollBar().maximum() > 0
            elif view.relief is not None:
                view.relief.is_in_scroll = self.verticalScrollBar().maximum() > 0

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 110)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self, *, is_new: bool = False) -> None:
        room = self.viewport().size()
        least = min(_LEAST_HEIGHT, room.height())
        for view in self.views:
            view.setMinimumHeight(max(least, view.minimumSizeHint().height()))
        size = float(max(room.width(), 1)), float(max(room.height(), 1))
        columns = columns_for(len(self.views), size, _LEAST_WIDTH, self._best) if self.views else 1
        if columns == self._columns and not is_new:
            return
        self._columns = columns
        for row in range(self._grid.rowCount()):  # also those that only an earlier study filled
            self._grid.setRowStretch(row, 0)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 0)
        if not self.views:
            self._grid.addWidget(self._words, 0, 0)
            return
        self._grid.removeWidget(self._words)
        count, last = len(self.views), len(self.views) % columns
        wide = columns * (last or 1)  # grid columns, so that the last row is as wide as the others
        for number, view in enumerate(self.views):
            row, column = divmod(number, columns)
            is_last = last and row == count // columns
            span = wide // last if is_last else wide // columns
            self._grid.addWidget(view, row, column * span, 1, span)
            self._grid.setRowStretch(row, 1)
        for column in range(wide):
            self._grid.setColumnStretch(column, 1)
