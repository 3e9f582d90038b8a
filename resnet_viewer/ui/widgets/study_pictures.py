"""The pictures of a study's panel on the screen: side by side, or one place at a time that a slider chooses."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QKeyEvent, QPainter, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy

from resnet_viewer.charts.chart import Room
from resnet_viewer.charts.shapes import Rect
from resnet_viewer.charts.study_panel import PicturesPanel, Scale
from resnet_viewer.charts.study_pictures import Arranged, PicturesChart, Words, inside_box
from resnet_viewer.ui.widgets.cells import Cells
from resnet_viewer.ui.widgets.pixels import image_of_rgb

NO_PICTURES = PicturesChart(PicturesPanel("", Scale(""), np.zeros(0), ()))
_LEAST = 3.2
"""Lines of text: the narrowest of several pictures."""
_NOTCH = 120
"""What a wheel turns by from one place to the next."""
_STEPS = {
    Qt.Key.Key_Left: -1,
    Qt.Key.Key_Right: 1,
    Qt.Key.Key_PageUp: -10,
    Qt.Key.Key_PageDown: 10,
    Qt.Key.Key_Home: -(2**30),
    Qt.Key.Key_End: 2**30,
}


class Pictures(Cells):
    """A panel's pictures; each that is shown is a cell. With a slider, keys and wheel go from place to place."""

    moved = Signal(int)
    """A wish: to show this place."""

    def __init__(self) -> None:
        super().__init__("")
        self.chart = NO_PICTURES
        self.place = 0
        """The one that is shown, of a panel with a slider."""
        self.is_in_scroll = False
        """The wheel alone scrolls what it stands in; with Ctrl it goes from place to place."""
        self._arranged = Arranged()
        self._images: dict[tuple[int, int], QImage] = {}
        self._turned = 0
        self.restyled.connect(self._lay_out)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_chart(self, chart: PicturesChart, place: int) -> None:
        """Another one, at a place of it."""
        if chart is not self.chart:
            self._images = {}
        self.chart, self.place = chart, place
        self._lay_out()

    def minimumSizeHint(self) -> QSize:
        line = QFontMetricsF(self.font()).height()
        rows = 1 if self.chart.panel.has_slider else max(len(self.chart.panel.rows), 1)
        return QSize(120, round((rows * _LEAST + 2) * line))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()

    @Slot()
    def _lay_out(self) -> None:
        metrics = QFontMetricsF(self.font())
        room = Room(
            max(self.width() - 1.0, 1.0),
            max(self.height() - 1.0, 1.0),
            metrics.horizontalAdvance,
            metrics.height(),
        )
        if self.chart.panel.has_slider:
            self._arranged = self.chart.one_at_a_time(self.place, room)
        else:
            self._arranged = self.chart.side_by_side(room, _LEAST * room.line)
        self.current = min(self.current, max(self.count - 1, 0))
        self.update()

    # cells

    @property
    def arranged(self) -> Arranged:
        """What is shown, and where."""
        return self._arranged

    @property
    def count(self) -> int:
        return len(self._arranged.tiles)

    def rect_of(self, cell: int) -> QRect:
        return _rect(self._arranged.tiles[cell].box).toAlignedRect()

    def cell_at(self, position: QPoint) -> int | None:
        at = position.x(), position.y()
        return next((number for number, tile in enumerate(self._arranged.tiles) if tile.box.holds(*at)), None)

    def words_of(self, cell: int) -> str:
        tile = self._arranged.tiles[cell]
        return self.chart.words(tile.row, tile.place)

    def beside(self, across: int, down: int) -> int | None:
        """The nearest one on that side."""
        tiles = self._arranged.tiles
        here = _rect(tiles[self.current].box).center()
        best: tuple[float, int] | None = None
        for number, tile in enumerate(tiles):
            away = _rect(tile.box).center() - here
            ahead = away.x() * across + away.y() * down
            aside = abs(away.x() * down) + abs(away.y() * across)
            if ahead > 1 and aside < 2 * ahead and (best is None or ahead + 2 * aside < best[0]):
                best = ahead + 2 * aside, number
        return None if best is None else best[1]

    def take(self, cell: int, where: QPoint) -> None:
        self.go(cell)

    # one place at a time

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if self.chart.panel.has_slider and key in _STEPS and self.count:
            self._step(_STEPS[key])
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        has_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if not self.chart.panel.has_slider or not self.count or (self.is_in_scroll and not has_control):
            event.ignore()
            return
        self._turned -= event.angleDelta().y() + event.angleDelta().x()
        steps = int(self._turned / _NOTCH)
        self._turned -= steps * _NOTCH
        if steps:
            self._step(steps)
        event.accept()

    def _step(self, by: int) -> None:
        place = min(max(self.place + by, 0), len(self.chart.panel.places) - 1)
        if place != self.place:
            self.moved.emit(place)
            self.hovered.emit(self.words_of(self.current))

    # painting

    def paint_cells(self, painter: QPainter, area: QRect) -> None:
        theme = self.theme
        painter.setPen(QColor(theme.muted))
        if self.chart.message:
            wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), wrapped, self.chart.message)
            return
        for words in self._arranged.words:
            _write(painter, words)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for tile in self._arranged.tiles:
            pixels = self.chart.picture(tile.row, tile.place)
            where = _rect(tile.box)
            if pixels is not None:
                where = _rect(inside_box(pixels, tile.box))
                image = self._image(tile.row, tile.place)
                is_smaller = where.width() * self.devicePixelRatioF() < image.width()
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smaller)
                painter.drawImage(where, image)
            painter.setPen(QPen(QColor(theme.border), 1.0))
            painter.drawRect(where)

    def _image(self, row: int, place: int) -> QImage:
        found = self._images.get((row, place))
        if found is None:
            pixels = self.chart.picture(row, place)
            assert pixels is not None, "only what is made is painted"
            found = self._images[row, place] = image_of_rgb(pixels)
        return found


def _rect(box: Rect) -> QRectF:
    return QRectF(box.left, box.top, box.width, box.height)


def _write(painter: QPainter, words: Words) -> None:
    right = Qt.AlignmentFlag.AlignRight if words.is_right else Qt.AlignmentFlag.AlignHCenter
    painter.drawText(
        _rect(words.box), right | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, words.text
    )
