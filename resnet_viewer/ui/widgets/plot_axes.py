"""The ground of a plot: grid, lanes, and the numbers around it, painted from places that are ready before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from resnet_viewer.charts.chart import Axis, inside
from resnet_viewer.ui.widgets.theme import Theme

BOTTOM_ROOM = 4.0
"""Pixels between the plot and the numbers under it."""
RIGHT_ROOM = 12.0
TOP_ROOM = 8.0
"""Pixels above the plot, or between its highest number and the y axis's title."""
_WIDEST = "1e-14", "∞ nan"
_APART = 12.0
"""Pixels beside the y axis's numbers."""

Tick = tuple[float, str]
"""Pixels from the plot's top or left edge, and what is written there."""


@dataclass(frozen=True)
class Marks:
    """What is drawn around a plot, in its pixels: the y axis's numbers with a line each, finer lines without numbers,
    the names of the lanes outside a logarithm and the lanes' edges, the x axis's numbers, a word before those,
    and a message in the middle.
    """

    numbers: tuple[Tick, ...] = ()
    minor: tuple[float, ...] = ()
    lanes: tuple[Tick, ...] = ()
    edges: tuple[float, ...] = ()
    below: tuple[Tick, ...] = ()
    corner: str = ""
    message: str = ""
    title: str = ""
    """What the y axis measures, above its numbers."""
    moment: str = ""
    """When it was measured, at the other end of the same line."""


def marks_of(
    x: Axis, y: Axis, size: tuple[float, float], measure: Callable[[str], float], **words: str
) -> Marks:
    """What stands around a plot of that size in pixels; `words` are its corner, message and moment."""
    width, height = size

    def down(place: float) -> float:
        return (1.0 - y.share(place)) * height

    below = (
        (inside(x.share(place) * width, measure(text) / 2, width, RIGHT_ROOM), text)
        for place, text in x.numbers
    )
    return Marks(
        tuple((down(place), text) for place, text in y.numbers),
        tuple(map(down, y.minor)),
        tuple((down(place), text) for place, text in y.lanes),
        tuple(map(down, y.edges)),
        tuple(below),
        title=y.title,
        **words,
    )


class Ground(QGraphicsObject):
    """Paints in the pixels of the plot's view box (its owner keeps it at that place), and the numbers around it.

    `corner` is the word before the x axis's numbers, where there is one.
    """

    def __init__(self, parent: QGraphicsItem, theme: Theme, font: QFont, corner: str = "") -> None:
        super().__init__(parent)
        self._theme = theme
        self._font = font
        self._metrics = QFontMetricsF(font)
        self._corner = corner
        self._size = (1.0, 1.0)
        self._marks = Marks()
        self.is_focused = False
        self.setZValue(-200)  # pyqtgraph puts view boxes at -100
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def set_font(self, font: QFont) -> None:
        """Write in another font, from the next `show_marks` on."""
        self.prepareGeometryChange()
        self._font, self._metrics = font, QFontMetricsF(font)

    @property
    def left_room(self) -> float:
        """Pixels left of the plot for the y axis's numbers and the corner's word; the plot's owner leaves them free."""
        widths = map(self._metrics.horizontalAdvance, (*_WIDEST, f"{self._corner}0"))
        return max(widths) + _APART

    def show_focus(self, is_focused: bool) -> None:
        """Frame the plot while the keys are its own."""
        if is_focused != self.is_focused:
            self.is_focused = is_focused
            self.update()

    @property
    def marks(self) -> Marks:
        """What is drawn, and where."""
        return self._marks

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        self._theme = theme
        self.update()

    def show_marks(self, marks: Marks, width: float, height: float) -> None:
        """Draw these around a plot of that size."""
        if self._size != (width, height):
            self.prepareGeometryChange()
        if (self._marks, self._size) != (marks, (width, height)):
            self._marks, self._size = marks, (width, height)
            self.update()

    def boundingRect(self) -> QRectF:
        width, height = self._size
        left, bottom = self.left_room, BOTTOM_ROOM + self._metrics.height()
        top = TOP_ROOM + self._metrics.height()
        return QRectF(-left, -top, width + left + RIGHT_ROOM, height + top + bottom)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        width, height = self._size
        theme, text_height, marks = self._theme, self._metrics.height(), self._marks
        painter.setFont(self._font)
        faint = QColor(theme.grid)
        faint.setAlphaF(0.45)
        painter.setPen(QPen(faint, 1.0))
        for y in marks.minor:
            painter.drawLine(QPointF(0, round(y) + 0.5), QPointF(width, round(y) + 0.5))
        painter.setPen(QPen(QColor(theme.grid), 1.0))
        for y, _ in marks.numbers:
            painter.drawLine(QPointF(0, round(y) + 0.5), QPointF(width, round(y) + 0.5))
        painter.setPen(QPen(QColor(theme.faint), 1.0, Qt.PenStyle.DotLine))
        for y in marks.edges:
            painter.drawLine(QPointF(0, round(y) + 0.5), QPointF(width, round(y) + 0.5))
        if marks.numbers:
            painter.setPen(QColor(theme.border))
            painter.drawLine(QPointF(0, height - 0.5), QPointF(width, height - 0.5))
        if self.is_focused:
            painter.setPen(QPen(QColor(theme.accent), 1.0))
            painter.drawRect(QRectF(0.5, 0.5, width - 1, height - 1))
        painter.setPen(QColor(theme.muted))
        room = self.left_room
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for y, text in (*marks.numbers, *marks.lanes):
            painter.drawText(QRectF(-room, y - text_height / 2, room - 8, text_height), right, text)
        centre = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextDontClip
        for x, text in marks.below:
            painter.drawText(QRectF(x - 30, height + BOTTOM_ROOM, 60, text_height), centre, text)
        free = room - 8 - self._metrics.horizontalAdvance(marks.corner)
        apart = max(
            min(self._metrics.horizontalAdvance("0"), free), 0.0
        )  # the first number stands around the corner
        corner = QRectF(-room, height + BOTTOM_ROOM, room - 8 - apart, text_height)
        painter.drawText(corner, right, marks.corner)
        if marks.title:
            above = QRectF(8 - room, -TOP_ROOM - text_height, width + room, text_height)
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(above, left, marks.title)
            painter.drawText(above, right, marks.moment)
        if marks.message:
            middle = QRectF(0, 0, width, height)
            if not marks.numbers:  # nothing stands beside the plot
                middle.adjust(-room, 0, RIGHT_ROOM, 0)
            words = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(middle, words, marks.message)
