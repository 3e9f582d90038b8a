"""Test pictures in rows, "true / predicted" under each, wrong ones first; as many as fit, page by page.

One widget paints the page from images that are made when its data, its size or its page change. A list view with a
model would bring scrolling, but its items' frames and marks would be painted by a delegate all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolTip, QWidget

from resnet_viewer.records.captions import class_name
from resnet_viewer.records.confusion import RULES, PictureRule, picture_order
from resnet_viewer.records.lab import Confidences, DataRead, Numbers
from resnet_viewer.records.predictions import percent
from resnet_viewer.records.story_words import thousands
from resnet_viewer.ui.widgets.labels import tooltip_text
from resnet_viewer.ui.widgets.pixels import image_of_rgb
from resnet_viewer.ui.widgets.theme import DARK, Theme

GAP = 6
SIDES = 40, 80
"""Pixels that a picture's side takes at least and at most, unless it is larger by itself."""
_LEAST = 24
"""The smallest side; pictures are no larger than wished, and smaller where only so two rows of them fit."""
_ENLARGED_BELOW = 65
"""Pictures of fewer pixels are enlarged by whole numbers, pixels repeated; larger ones are made smaller, smoothly."""
_WIDEST_TITLE = 96


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture on the page."""

    index: int
    place: QRect
    image: QImage
    title: str
    is_wrong: bool


@dataclass(frozen=True)
class Sheet:
    """What the pages of one data set look like in a widget of `size`: so many rows and columns of pictures."""

    size: QSize
    side: int
    columns: int
    rows: int
    line: int
    """Pixels from one row to the next."""
    title: int
    """Pixels of a title's width at most."""
    is_enlarged: bool

    @property
    def count(self) -> int:
        """Pictures on a page."""
        return self.columns * self.rows


def sheet_for(data: DataRead, size: QSize, metrics: QFontMetrics) -> Sheet:
    """As many pictures as fit with their titles, in two rows at least where they can be so small."""
    widest = max((metrics.horizontalAdvance(name) for name in data.class_names), default=0)
    title = min(2 * widest + metrics.horizontalAdvance(" / ") + 2, _WIDEST_TITLE)
    pixels = data.test_pictures.shape[-1]
    wished = min(max(size.width() // 8, title, SIDES[0]), SIDES[1])
    is_small = pixels < _ENLARGED_BELOW
    times = max(1, round(wished / pixels))
    sides = [pixels * i for i in range(times, 0, -1)] if is_small else [wished, *range(wished, _LEAST, -8)]

    def rows_of(side: int) -> int:
        return max(1, (size.height() - 2 + GAP) // (side + metrics.height() + GAP))

    side = next((side for side in sides if side >= _LEAST and rows_of(side) > 1), sides[0])
    cell = max(side, title) + GAP
    columns = max(1, (size.width() - 2 + GAP) // cell)
    line = side + metrics.height() + GAP
    return Sheet(size, side, columns, rows_of(side), line, cell - GAP + 2, is_small)


def frames_of(
    sheet: Sheet,
    data: DataRead,
    predicted: Numbers,
    shown: Sequence[int],
    metrics: QFontMetrics,
    pixel_ratio: float,
) -> list[Frame]:
    """These test pictures in their places, with true and predicted class."""
    names = _names(data, metrics, sheet.title)
    pitch = sheet.size.width() / sheet.columns
    found = []
    for place, index in enumerate(shown):
        row, column = divmod(place, sheet.columns)
        left = round(column * pitch + (pitch - sheet.side) / 2)
        true, given = int(data.test_labels[index]), int(predicted[index])
        image = image_of_rgb(data.test_pictures[index].transpose(1, 2, 0))
        if not sheet.is_enlarged:
            fit = round(sheet.side * pixel_ratio)
            smooth = Qt.TransformationMode.SmoothTransformation
            image = image.scaled(QSize(fit, fit), Qt.AspectRatioMode.KeepAspectRatio, smooth)
        rect = QRect(left, 2 + row * sheet.line, sheet.side, sheet.side)
        found.append(Frame(index, rect, image, f"{names[true]} / {names[given]}", true != given))
    return found


def place_in(frames: Sequence[Frame], position: QPoint, below: int) -> int | None:
    """The place on the page whose picture, or title of `below` pixels, lies at a point."""
    for place, frame in enumerate(frames):
        if frame.place.adjusted(-2, -2, 2, below).contains(position):
            return place
    return None


def _names(data: DataRead, metrics: QFontMetrics, width: int) -> list[str]:
    """Every class's name, cut where two of them with a stroke are wider than `width`: own ones often begin alike."""
    room = (width - metrics.horizontalAdvance(" / ")) // 2
    names = (class_name(i, data.class_names) for i in range(len(data.class_names) + 1))
    return [metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room) for name in names]


Choice = str | tuple[int, int]
"""Which pictures: "all", "wrong", the wrong ones as "surest" orders them, or those of one true class that were taken
for one class."""

_NOTCH = 120


class PicturesGrid(QWidget):
    """`picture_wished` carries a test picture's index; `paged` says that another page is shown."""

    picture_wished = Signal(int)
    pair_wished = Signal(object)
    hovered = Signal(str)
    paged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._data: DataRead | None = None
        self._predicted: Numbers | None = None
        self._confidence: Confidences | None = None
        self._source = ""
        self._choice: Choice = "all"
        self._order: Numbers = np.zeros(0, np.int64)
        self._wrong = 0
        self._first = 0
        self._current = 0
        self._frames: list[Frame] = []
        self._sheet: Sheet | None = None
        self._menu = QMenu(self)
        self._wheel = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Test pictures")

    # what is shown

    @property
    def order(self) -> Numbers:
        """Indices of the chosen pictures, as they follow each other over all pages."""
        return self._order

    @property
    def shown(self) -> tuple[int, ...]:
        """Indices of the pictures on this page."""
        return tuple(frame.index for frame in self._frames)

    @property
    def chosen(self) -> int:
        """The index of the picture that was chosen last, else of the page's first; 0 where there is none."""
        return int(self._order[self._current]) if self._current < self._order.size else 0

    @property
    def choice(self) -> Choice:
        """Which pictures are shown."""
        return self._choice

    @property
    def words(self) -> str:
        """ "1–24 of 360, 57 wrong"; of how many wrong ones are among the chosen."""
        if not self._order.size:
            return "none of these"
        last = self._first + len(self._frames)
        wrong = f", {thousands(self._wrong)} wrong" if self._choice == "all" else ""
        return f"{self._first + 1}–{last} of {thousands(self._order.size)}{wrong}"

    @property
    def rule(self) -> PictureRule:
        """By which the first pictures are chosen; "sample" also where nobody knows how sure the network was."""
        return "surest" if self._choice == "surest" and self._confidence is not None else "sample"

    @property
    def rule_words(self) -> str:
        """It in words, and why it is not the one that was asked for."""
        missing = self._choice == "surest" and self._confidence is None and self._predicted is not None
        return RULES[self.rule] + (
            "; how sure the network was is known from the next epoch on" if missing else ""
        )

    @property
    def has_page(self) -> tuple[bool, bool]:
        """Whether there is a page before this one, and one after it."""
        return self._first > 0, self._first + self._page_size < self._order.size

    @property
    def _page_size(self) -> int:
        return 1 if self._sheet is None else self._sheet.count

    def image_at(self, place: int) -> QImage:
        """The image that the page shows at a place, from 0."""
        return self._frames[place].image

    def rect_of(self, place: int) -> QRect:
        """Where the page shows that picture."""
        return self._frames[place].place

    def describe(self, index: int) -> str:
        """A picture in words: its number, its class and the class that it was given, with full names."""
        assert self._data is not None
        assert self._predicted is not None
        true, given = int(self._data.test_labels[index]), int(self._predicted[index])
        names = self._data.class_names
        how = "right" if true == given else "wrong"
        sure = "" if self._confidence is None else f" with {percent(float(self._confidence[index]))}"
        words = f"true {class_name(true, names)}, predicted {class_name(given, names)}{sure}"
        return f"test picture {index} · {words} · {how}"

    def show_pictures(
        self,
        data: DataRead | None,
        predicted: Numbers | None,
        source: str,
        confidence: Confidences | None = None,
    ) -> None:
        """Show test pictures with the classes that a network gave them and how sure it was; `source` names it. None for
        none.
        """
        if data is None or predicted is None:
            data = predicted = None
        if data is self._data and predicted is self._predicted and source == self._source:
            return
        is_other = data is not self._data or source != self._source
        self._data, self._predicted, self._source = data, predicted, source
        self._confidence = confidence
        self._arrange(keep_page=not is_other)

    def choose(self, choice: Choice) -> None:
        """Show all pictures, the wrong ones, or those of one pair (true, predicted)."""
        if choice != self._choice:
            self._choice = choice
            self._arrange(keep_page=False)

    def turn(self, pages: int) -> None:
        """Go that many pages on, or back."""
        size = self._page_size
        last = max(0, (self._order.size - 1) // size * size)
        first = min(max(self._first + pages * size, 0), last)
        if first != self._first:
            self._first = self._current = first
            self._make_page()

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours; the font may be another, too."""
        self._theme = theme
        self._make_page()

    def _arrange(self, *, keep_page: bool) -> None:
        """Which pictures, in which order."""
        if self._data is None or self._predicted is None:
            self._order = np.zeros(0, np.int64)
        else:
            labels, predicted = self._data.test_labels, self._predicted
            order = picture_order(labels, predicted, rule=self.rule, confidence=self._confidence)
            is_wrong = labels != predicted
            self._wrong = int(is_wrong.sum())
            if isinstance(self._choice, tuple):
                true, given = self._choice
                order = order[(labels[order] == true) & (predicted[order] == given)]
            elif self._choice in ("wrong", "surest"):
                order = order[is_wrong[order]]
            self._order = order
        if not keep_page:
            self._first = self._current = 0
        self._make_page()

    # the page

    def _title_font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF() - 1, 6.0))
        return font

    def _make_page(self) -> None:
        """Lay out the page and make its images."""
        self._frames = []
        if self._data is not None and self._predicted is not None and self.width() > 0:
            self._fill_page(self._data, self._predicted)
        self._current = min(max(self._current, self._first), max(self._first + len(self._frames) - 1, 0))
        self.setAccessibleDescription(self.words)
        self.update()
        self.paged.emit()

    def _fill_page(self, data: DataRead, predicted: Numbers) -> None:
        metrics = QFontMetrics(self._title_font())
        self._sheet = sheet = sheet_for(data, self.size(), metrics)
        self._first = min(self._first, max(0, (self._order.size - 1) // sheet.count * sheet.count))
        shown = self._order[self._first : self._first + sheet.count].tolist()
        self._frames = frames_of(sheet, data, predicted, shown, metrics, self.devicePixelRatioF())

    def place_at(self, position: QPoint) -> int | None:
        """The place on the page whose picture or title lies at a point."""
        return place_in(self._frames, position, QFontMetrics(self._title_font()).height())

    def sizeHint(self) -> QSize:
        return QSize(300, 130)

    def minimumSizeHint(self) -> QSize:
        return QSize(2 * (SIDES[0] + GAP), SIDES[0] + self.fontMetrics().height() + GAP)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._make_page()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._make_page()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        with QPainter(self) as painter:
            painter.setFont(self._title_font())
            height = painter.fontMetrics().height()
            for place, frame in enumerate(self._frames):
                rect = frame.place
                painter.drawImage(rect, frame.image)  # without smoothing: pixels are repeated
                painter.setBrush(Qt.BrushStyle.NoBrush)
                is_current = self.hasFocus() and self._first + place == self._current
                colour = theme.changed if frame.is_wrong else theme.border
                painter.setPen(QPen(QColor(colour), 2.0 if frame.is_wrong else 1.0))
                painter.drawRect(rect.adjusted(-1, -1, 0, 0))
                if frame.is_wrong:
                    self._paint_mark(painter, rect)
                if is_current:
                    painter.setPen(QPen(QColor(theme.accent), 1.5, Qt.PenStyle.DotLine))
                    painter.drawRect(rect.adjusted(-4, -3, 3, 2))
                painter.setPen(QColor(theme.changed if frame.is_wrong else theme.muted))
                below = QRect(rect.left() - 40, rect.bottom() + 2, rect.width() + 80, height)
                painter.drawText(below, Qt.AlignmentFlag.AlignCenter, frame.title)

    def _paint_mark(self, painter: QPainter, rect: QRect) -> None:
        """A cross in the corner: wrong ones differ by shape, too."""
        badge = QRectF(rect.right() - 8, rect.top() - 1, 10, 10)
        painter.fillRect(badge, QColor(self._theme.changed))
        painter.setPen(QPen(QColor(self._theme.panel), 1.6))
        inner = badge.adjusted(2.5, 2.5, -2.5, -2.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawLine(QPointF(inner.topLeft()), QPointF(inner.bottomRight()))
        painter.drawLine(QPointF(inner.topRight()), QPointF(inner.bottomLeft()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    # what is done to it

    def offer(self, index: int) -> QMenu:
        """The menu of what can be done with a picture."""
        self._menu.clear()
        self._menu.addAction(self.describe(index).replace("&", "&&")).setEnabled(False)
        self.add_actions(self._menu, index)
        return self._menu

    def add_actions(self, menu: QMenu, index: int) -> None:
        """Open the picture, or show only those of its kind."""
        assert self._data is not None
        assert self._predicted is not None
        menu.addAction("Open in Inspect", lambda: self._wish(index))
        pair = int(self._data.test_labels[index]), int(self._predicted[index])
        if self._choice != pair:
            names = self._data.class_names
            words = f"Show only true {class_name(pair[0], names)}, predicted {class_name(pair[1], names)}"
            menu.addAction(words.replace("&", "&&"), lambda: self.pair_wished.emit(pair))

    def take_at(self, position: QPoint) -> int | None:
        """Choose the picture at a point: its index, or None where there is none."""
        place = self.place_at(position)
        if place is None:
            return None
        self._current = self._first + place
        self.update()
        return self._frames[place].index

    def _wish(self, index: int) -> None:
        self.picture_wished.emit(index)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return  # the card has a menu for the other one
        index = self.take_at(event.position().toPoint())
        if index is not None:
            self.offer(index).popup(event.globalPosition().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        place = self.place_at(event.position().toPoint())
        hand = Qt.CursorShape.PointingHandCursor
        self.setCursor(Qt.CursorShape.ArrowCursor if place is None else hand)
        self.hovered.emit("" if place is None else self.describe(self._frames[place].index))

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit("")

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._wheel += event.angleDelta().y() or event.angleDelta().x()
        pages = int(self._wheel / _NOTCH)  # towards zero: a touchpad sends a notch in parts
        self._wheel -= pages * _NOTCH
        self.turn(-pages)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        columns = 1 if self._sheet is None else self._sheet.columns
        steps |= {Qt.Key.Key_Up: -columns, Qt.Key.Key_Down: columns}
        pages = {Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1}
        many = self._order.size
        pages |= {Qt.Key.Key_Home: -many, Qt.Key.Key_End: many}
        if key in steps:
            self._go(self._current + steps[key])
        elif key in pages:
            self.turn(pages[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._frames:
            frame = self._frames[self._current - self._first]
            self.offer(frame.index).popup(self.mapToGlobal(frame.place.center()))
        else:
            super().keyPressEvent(event)

    def _go(self, current: int) -> None:
        """Make another picture the current one, on its page."""
        if not 0 <= current < self._order.size:
            return
        self._current = current
        page = current // self._page_size * self._page_size
        if page != self._first:
            self._first = page
            self._make_page()
        self.hovered.emit(self.describe(int(self._order[current])))
        self.update()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            place = self.place_at(event.pos())
            words = "" if place is None else self.describe(self._frames[place].index)
            QToolTip.showText(event.globalPos(), tooltip_text(words), self)
            return True
        return super().event(event)
