"""The "?" beside a panel's title: the panel's words, two sentences each, with a small drawing where that helps."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from math import exp, log, sin
from typing import get_args

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Slot
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QAbstractButton, QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from resnet_viewer.charts.palette import lookup
from resnet_viewer.records.explained import WORDS, Drawing, Word
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.labels import TitleLabel
from resnet_viewer.ui.widgets.theme import DARK, Theme, theme_of

_SIDE = 17
"""Pixels of the button, at least."""
_LETTERS = 58
"""Of a line in the popup."""
_WIDE, _HIGH = 250.0, 62.0
"""The room of a drawing, in its own units; one is a pixel."""


def explain(card: Card, *words: Word) -> ExplainButton:
    """Put a "?" beside a card's title that explains these words; What's This on the title says the same."""
    button = ExplainButton(*words)
    card.add_beside_title(button)
    card.setWhatsThis(button.toolTip())
    return button


def rich(*words: Word) -> str:
    """The words with their sentences, for a tooltip or What's This."""
    parts = (f"<p><b>{escape(word)}</b><br>{escape(WORDS[word].sentences)}</p>" for word in words)
    return f"<qt>{''.join(parts)}</qt>"


class ExplainButton(QAbstractButton):
    """A question mark in a ring. Hovering it tells the words, pressing it shows them with drawings until they are
    dismissed."""

    def __init__(self, *words: Word, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.words = words
        self.popup: ExplanationPopup | None = None
        self.setText("?")
        self.setAccessibleName(f"Explain {', '.join(words)}")
        self.setAccessibleDescription(" ".join(WORDS[word].sentences for word in words))
        self.setToolTip(rich(*words))
        self.setWhatsThis(rich(*words))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.WhatsThisCursor)
        self.clicked.connect(self.show_words)

    def sizeHint(self) -> QSize:
        side = max(_SIDE, self.fontMetrics().height() + 1)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    @Slot()
    def show_words(self) -> None:
        """Open the popup under the button."""
        self.popup = ExplanationPopup(self.words, self)
        self.popup.show_below(self)

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        is_lit = self.underMouse() or self.hasFocus()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.accent if is_lit else theme.faint), 1.2))
            ring = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            painter.drawEllipse(ring)
            painter.setPen(QColor(theme.accent if is_lit else theme.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, "?")


class ExplanationPopup(QFrame):
    """The words of a panel. Escape, Enter or a click beside it dismisses it; arrows scroll where it is higher than the
    screen."""

    def __init__(self, words: tuple[Word, ...], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("message_bar")  # the style sheet gives it a frame
        self.setAccessibleName(f"Explained: {', '.join(words)}")
        inside = QWidget()
        layout = QVBoxLayout(inside)
        layout.setContentsMargins(DARK.padding, DARK.gap, DARK.padding, DARK.gap)
        layout.setSpacing(4)
        width = _LETTERS * self.fontMetrics().averageCharWidth()
        for place, word in enumerate(words):
            if place:
                layout.addSpacing(DARK.gap)
            found = WORDS[word]
            text = QLabel(found.sentences)
            text.setTextFormat(Qt.TextFormat.PlainText)
            text.setWordWrap(True)
            text.setFixedWidth(width)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(TitleLabel(f"{word[:1].upper()}{word[1:]}"))
            layout.addWidget(text)
            if found.drawing and found.drawing not in {WORDS[other].drawing for other in words[:place]}:
                layout.addWidget(ExplanationDrawing(found.drawing))
        self.area = QScrollArea()
        self.area.setWidget(inside)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.viewport().setAutoFillBackground(False)
        inside.setAutoFillBackground(False)
        outside = QVBoxLayout(self)
        outside.setContentsMargins(1, 1, 1, 1)
        outside.addWidget(self.area)
        self._inside = inside

    def show_below(self, button: QWidget) -> None:
        """Under the button, and wholly on its screen."""
        self.ensurePolished()
        screen = button.screen().availableGeometry()
        frame = 2 * (self.frameWidth() + 2)
        wanted = self._inside.sizeHint() + QSize(frame, frame)
        bar = self.area.verticalScrollBar().sizeHint().width()
        high = min(wanted.height(), screen.height() - 8)
        self.resize(wanted.width() + (bar if high < wanted.height() else 0), high)
        corner = button.mapToGlobal(QPoint(0, button.height() + 4))
        x = max(screen.left() + 4, min(corner.x(), screen.right() - self.width() - 4))
        y = max(screen.top() + 4, min(corner.y(), screen.bottom() - self.height() - 4))
        self.move(x, y)
        self.show()
        self.area.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.close()
        else:
            super().keyPressEvent(event)


class ExplanationDrawing(QWidget):
    """One small drawing, in the theme's colours."""

    def __init__(self, drawing: Drawing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawing = drawing
        self.setFixedSize(int(_WIDE), int(_HIGH))

    def paintEvent(self, _event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            _PAINTERS[self.drawing](painter, theme_of(self))


def _pen(colour: str, width: float = 1.8, *, is_dashed: bool = False) -> QPen:
    pen = QPen(QColor(colour), width)
    if is_dashed:
        pen.setDashPattern([3, 3])
    return pen


def _blocks(
    painter: QPainter, theme: Theme, *, cut: int | None = None, dropped: int | None = None, arcs: bool = True
) -> None:
    """Three blocks in a row, as on the wiring strip."""
    step, base = _WIDE / 3.2, 44.0
    for number in range(3):
        left = 12 + number * step
        middle, right = left + step / 2, left + step
        painter.setPen(_pen(theme.branch, is_dashed=number == dropped))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawLine(QPointF(left, base), QPointF(right, base))
        for x in (middle - 13, middle + 13):
            painter.setBrush(QColor(theme.panel if number == dropped else theme.branch_fill))
            painter.drawRoundedRect(QRectF(x - 8, base - 8, 16, 16), 3, 3)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if arcs:
            painter.setPen(
                _pen(theme.faint if number == cut else theme.shortcut, 2.2, is_dashed=number == cut)
            )
            path = QPainterPath(QPointF(left + 3, base))
            path.cubicTo(left + 3, 2, right - 3, 2, right - 3, base)
            painter.drawPath(path)
            if number == cut:
                painter.setPen(_pen(theme.changed, 2.2))
                for sign in (-1, 1):
                    painter.drawLine(QPointF(middle - 4, 12 - 4 * sign), QPointF(middle + 4, 12 + 4 * sign))


def _block(painter: QPainter, theme: Theme) -> None:
    _blocks(painter, theme)


def _cut(painter: QPainter, theme: Theme) -> None:
    _blocks(painter, theme, cut=0, dropped=2)


def _plain(painter: QPainter, theme: Theme) -> None:
    _blocks(painter, theme, arcs=False)


def _maps(painter: QPainter, theme: Theme) -> None:
    """Four maps, one of them dead."""
    for number in range(4):
        frame = QRectF(6 + number * 62, 4, 52, 52)
        _tile(painter, frame, number, 1.0)
        if number == 2:
            painter.fillRect(frame, QColor(theme.window))
            painter.setPen(_pen(theme.muted, 1))
            painter.drawRect(frame)
            painter.drawLine(frame.topLeft(), frame.bottomRight())
            painter.drawLine(frame.topRight(), frame.bottomLeft())


def _tile(painter: QPainter, frame: QRectF, seed: int, strength: float) -> None:
    """A map of 6×6 values with one hill, whose highest value is `strength` of the scale's."""
    table, count = lookup("inferno"), 6
    side = frame.width() / count
    top, left = 1 + (seed * 2) % 4, 1 + (seed * 3) % 5
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    for row in range(count):
        for column in range(count):
            value = strength / (1 + 0.45 * ((row - top) ** 2 + (column - left) ** 2))
            red, green, blue = (int(part) for part in table[int(255 * value)])
            place = QRectF(frame.left() + column * side, frame.top() + row * side, side + 1, side + 1)
            painter.fillRect(place.intersected(frame), QColor(red, green, blue))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def _curve(painter: QPainter, points: list[tuple[float, float]], pen: QPen) -> None:
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in points]))


def _norms(painter: QPainter, theme: Theme) -> None:
    """A level curve of the reference, and one that falls towards the first layers."""
    for y in (8, 30, 52):
        _curve(painter, [(6, y), (_WIDE - 6, y)], _pen(theme.grid, 1))
    level = [(8 + 11.0 * step, 11 + 2.5 * sin(step)) for step in range(22)]
    fallen = [(x, max(y, 52 - 0.28 * (x - 8))) for x, y in level]
    _curve(painter, level, _pen(theme.reference, 1.6, is_dashed=True))
    _curve(painter, fallen, _pen(theme.changed, 2))


def _loss(painter: QPainter, theme: Theme) -> None:
    """log(1 + exp(−score)): flat where the score is far above the others, so that the network is sure."""
    _curve(painter, [(8, 4), (8, 54), (_WIDE - 8, 54)], _pen(theme.muted, 1))
    scores = [-4.0 + 0.2 * step for step in range(51)]
    _curve(
        painter,
        [(8 + (score + 4) * (_WIDE - 24) / 10, 53 - 11 * log(1 + exp(-score))) for score in scores],
        _pen(theme.changed, 2),
    )
    painter.setPen(QColor(theme.muted))
    painter.drawText(QRectF(8, 26, _WIDE - 20, 18), Qt.AlignmentFlag.AlignRight, "score far ahead: no slope")


def _overlay(painter: QPainter, theme: Theme) -> None:
    """A picture with a warm place."""
    frame = QRectF(80, 3, 84, 56)
    painter.setPen(_pen(theme.muted, 1))
    painter.setBrush(QColor(theme.raised))
    painter.drawRect(frame)
    painter.setBrush(QColor(theme.reference))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.drawEllipse(QPointF(116, 34), 20, 17)
    for x in (102, 128):
        painter.drawPolygon(QPolygonF([QPointF(x - 7, 26), QPointF(x + 1, 8), QPointF(x + 7, 24)]))
    table = lookup("inferno")
    for ring in range(12, 0, -1):
        red, green, blue = (int(part) for part in table[int(250 * (1 - ring / 14))])
        painter.setBrush(QColor(red, green, blue, 40))
        painter.drawEllipse(QPointF(120, 36), 2.4 * ring, 2.0 * ring)


def _scales(painter: QPainter, theme: Theme) -> None:
    """Two maps, on one scale and each on its own."""
    for place, (left, weak) in enumerate(((6.0, 0.3), (132.0, 1.0))):
        _tile(painter, QRectF(left, 2, 44, 44), 1, 1.0)
        _tile(painter, QRectF(left + 50, 2, 44, 44), 3, weak)
        painter.setPen(QColor(theme.muted))
        painter.drawText(
            QRectF(left, 47, 110, 15), Qt.AlignmentFlag.AlignLeft, ("one scale", "each its own")[place]
        )


def _meter(painter: QPainter, theme: Theme) -> None:
    """Two shares with their intervals."""
    painter.setPen(_pen(theme.border, 1))
    painter.setBrush(QColor(theme.window))
    painter.drawRoundedRect(QRectF(8, 18, _WIDE - 16, 24), 4, 4)
    for colour, x, half in ((theme.reference, 42, 9), (theme.changed, 196, 13)):
        painter.setPen(_pen(colour, 2))
        painter.drawLine(QPointF(x - half, 30), QPointF(x + half, 30))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRect(QRectF(x - 2, 22, 4, 16))


_PAINTERS: dict[Drawing, Callable[[QPainter, Theme], None]] = {
    "": lambda _painter, _theme: None,
    "block": _block,
    "cut": _cut,
    "plain": _plain,
    "maps": _maps,
    "norms": _norms,
    "loss": _loss,
    "overlay": _overlay,
    "scales": _scales,
    "meter": _meter,
}
assert _PAINTERS.keys() == set(get_args(Drawing))
