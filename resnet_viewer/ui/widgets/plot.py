"""A plot with hands: one view box in its frame. The wheel zooms x at the pointer (with Ctrl where it stands in a place
that scrolls), a drag pans, a double click fits.

The y range is the owner's: it follows what is visible.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Protocol

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from resnet_viewer.charts.chart import Chart, Room
from resnet_viewer.ui.widgets.plot_items import BOTTOM_ROOM, RIGHT_ROOM, TOP_ROOM, Drawing
from resnet_viewer.ui.widgets.theme import DARK, Theme

CLICK = 4.0
"""Pixels that a click may wander."""
NEARER, FARTHER = 0.8, 1.25
"""What a key makes of the span."""


class Zoomed(Protocol):
    """What a plot does along x."""

    def zoom(self, factor: float, pixel: float, /) -> None:
        """Show `factor` times as much, keeping what lies at `pixel` in its place."""
        ...

    def pan(self, pixels: float, /) -> None:
        """Move everything by that many pixels to the right."""
        ...


def turn_wheel(plot: Zoomed, event: QWheelEvent, pixel: float) -> None:
    """Zoom at the pointer, which is over `pixel` of the plot; sideways, or with Shift, move."""
    delta = event.angleDelta()
    if abs(delta.x()) > abs(delta.y()):
        plot.pan(delta.x() / 2)
    elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        plot.pan(delta.y() / 2)
    else:
        plot.zoom(0.998 ** delta.y(), pixel)
    event.accept()


def takes_key(event: QEvent, keys: Collection[Qt.Key], *, takes_all: bool = False) -> bool:
    """Whether a shortcut of the window gives way: the event asks that of one of the plot's own `keys`, or of any key
    without Ctrl, Shift and Alt, and is then accepted.
    """
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    plain = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier
    if event.modifiers() not in plain or not (takes_all or event.key() in keys):
        return False
    event.accept()
    return True


_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)
_RETURNING = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
"""The focus comes back as it was."""
_LEAST_NUMBERS, _LEAST_LINES = 3, 4
"""The smallest plot is as wide as so many numbers, and as high as so many lines of text."""


class PlotCanvas(pg.GraphicsLayoutWidget):
    """Keeps the x range and the pointer; its owner lays out whenever `rearranged` says so."""

    rearranged = Signal()
    """Size, font or x range changed."""
    pointed = Signal(object)
    """QPointF in the plot's pixels, or None when the pointer left."""
    clicked = Signal(QPointF)
    double_clicked = Signal()
    """After the click that its first half was; all of x is shown then."""
    key_pressed = Signal(object)
    """A Qt.Key of `keys`."""

    keys: frozenset[Qt.Key] = frozenset()
    """What the owner wants to hear of beside the zoom's own keys."""

    def __init__(
        self,
        name: str,
        parent: QWidget | None = None,
        *,
        corner: str = "",
        has_title: bool = True,
        has_x_title: bool = False,
    ) -> None:
        """`corner` is the word before the numbers under the plot; `has_title` keeps room for the y axis's above it,
        `has_x_title` for the x axis's below the numbers.
        """
        super().__init__(parent)
        self._limits = (0.0, 1.0)
        self._least = 0.05
        self._range = (0.0, 1.0)
        self._press: QPointF | None = None
        self._last = QPointF()
        self._is_panning = False
        self._has_keys = self._is_by_keys = False
        self._is_empty = True
        self._has_title = has_title
        self.is_in_scroll = False
        """The wheel alone scrolls what it stands in; with Ctrl it zooms."""
        self.setFrameShape(self.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.viewport().setMouseTracking(True)
        self.ci.layout.setSpacing(0)
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False)
        self.box.disableAutoRange()
        self.box.setDefaultPadding(0)
        self.addItem(self.box, 0, 0)
        self._drawing = Drawing(self.box, self.ci, self.font(), corner, has_x_title=has_x_title)
        self.frame, self.lines = self._drawing.frame, self._drawing.lines
        self.dots, self.overlay = self._drawing.dots, self._drawing.overlay
        self._make_room()
        self.box.sigResized.connect(self._resized)
        PlotCanvas.apply_theme(self, DARK)

    @property
    def size_of_plot(self) -> tuple[float, float]:
        """Width and height in pixels, at least one."""
        return self._drawing.size

    @property
    def x_range(self) -> tuple[float, float]:
        """What the left and the right edge stand for."""
        return self._range

    @property
    def is_fitted(self) -> bool:
        """Whether all of x is shown."""
        return self._range == self._limits

    def x_at(self, pixel: float) -> float:
        """From the plot's pixels to x."""
        left, right = self._range
        return left + pixel * (right - left) / self.size_of_plot[0]

    def pixel_at(self, x: float) -> float:
        """From x to the plot's pixels."""
        left, right = self._range
        return (x - left) * self.size_of_plot[0] / (right - left)

    def set_limits(self, left: float, right: float, least: float) -> None:
        """All there is of x, and the span of the nearest zoom. A plot that showed all shows all again."""
        was_fitted = self.is_fitted
        if (left, right) == self._limits and least == self._least:
            return
        self._limits, self._least = (left, right), min(least, right - left)
        self._show((left, right) if was_fitted else self._range)

    def fit(self) -> None:
        """Show all of x."""
        self._show(self._limits)

    def zoom(self, factor: float, pixel: float) -> None:
        """Show `factor` times as much, keeping what lies at `pixel` in its place."""
        share = min(max(pixel / self.size_of_plot[0], 0.0), 1.0)
        left, right = self._range
        x = left + share * (right - left)
        low, high = self._limits
        span = min(max((right - left) * factor, self._least), high - low)
        self._show((x - share * span, x + (1 - share) * span))

    def pan(self, pixels: float) -> None:
        """Move everything by that many pixels to the right."""
        left, right = self._range
        by = pixels * (right - left) / self.size_of_plot[0]
        self._show((left - by, right - by))

    def _show(self, wished: tuple[float, float]) -> None:
        low, high = self._limits
        span = min(max(wished[1] - wished[0], self._least), high - low)
        left = min(max(wished[0], low), high - span)
        shown = (low, high) if span >= high - low else (left, left + span)
        if shown != self._range:
            self._range = shown
            self.rearranged.emit()

    @property
    def room(self) -> Room:
        """What a chart of this plot is made for."""
        return self._drawing.room

    def draw(self, chart: Chart) -> None:
        """Draw this one."""
        self._drawing.draw(chart)
        self._is_empty = bool(chart.message)
        self._show_focus()

    @property
    def opacities(self) -> Mapping[Hashable, float]:
        """By the keys of what is not wholly opaque."""
        return self._drawing.opacities

    def dim(self, opacities: Mapping[Hashable, float]) -> None:
        """Draw what belongs to these keys so opaque, all else wholly."""
        if opacities != self._drawing.opacities:
            self._drawing.dim(opacities)

    def apply_theme(self, theme: Theme) -> None:
        """pyqtgraph does not follow the palette: every colour is handed on by hand."""
        self.setBackground(theme.panel)
        self._drawing.apply_theme(theme)

    def _make_room(self) -> None:
        metrics = QFontMetricsF(self.font())
        left = self.frame.left_room
        bottom = self.frame.bottom_room
        top = TOP_ROOM + metrics.height() if self._has_title else BOTTOM_ROOM
        self.ci.layout.setContentsMargins(left, top, RIGHT_ROOM, bottom)
        wide = left + _LEAST_NUMBERS * metrics.horizontalAdvance("00.0") + RIGHT_ROOM
        self.setMinimumSize(round(wide), round(top + _LEAST_LINES * metrics.height() + bottom))

    def reserve(self, pixels: float) -> None:
        """Leave at least so much free for the numbers at the left."""
        if pixels != self.frame.reserved:
            self.frame.reserved = pixels
            self._make_room()

    def _resized(self) -> None:
        self.rearranged.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "frame"):
            self._drawing.set_font(self.font())
            self._make_room()
            self.rearranged.emit()

    # Pointer

    def _plot_point(self, position: QPointF) -> QPointF:
        return QPointF(self.box.mapFromScene(self.mapToScene(position.toPoint())))

    def _is_inside(self, point: QPointF) -> bool:
        width, height = self.size_of_plot
        return -1 <= point.x() <= width + 1 and -8 <= point.y() <= height + 8

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._press = self._last = event.position()
            self._is_panning = False
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._press is not None and event.buttons() & Qt.MouseButton.LeftButton:
            if not self._is_panning and (position - self._press).manhattanLength() > CLICK:
                self._is_panning = True
                self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
            if self._is_panning:
                self.pan((position - self._last).x())
                self._last = position
        self._point(position)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            was_click = self._press is not None and not self._is_panning
            self._press, self._is_panning = None, False
            self.viewport().unsetCursor()
            point = self._plot_point(event.position())
            if was_click and self._is_inside(point):
                self.clicked.emit(point)
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._press = None
        if event.button() == Qt.MouseButton.LeftButton:
            self.fit()
            self.double_clicked.emit()
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        is_sideways = abs(event.angleDelta().x()) > abs(event.angleDelta().y())
        if self.is_in_scroll and not is_sideways and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            event.ignore()
            return
        turn_wheel(self, event, self._plot_point(event.position()).x())
        self._point(event.position())

    def _point(self, position: QPointF) -> None:
        point = self._plot_point(position)
        self.pointed.emit(point if self._is_inside(point) else None)

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.ignore()  # the card that it stands in has a menu

    # Keyboard

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() not in _RETURNING:
            self._is_by_keys = event.reason() in _KEYBOARD
        self._has_keys = True
        self._show_focus()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._has_keys = False
        self._show_focus()

    def _show_focus(self) -> None:
        """A frame, for who steers by keys, around what there is to steer."""
        self.frame.show_focus(self._has_keys and self._is_by_keys and not self._is_empty)

    def event(self, event: QEvent) -> bool:
        """While it has the focus, the plot's keys come before the window's shortcuts of the same name."""
        return takes_key(event, self.keys | {Qt.Key.Key_Home}) or bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        middle = self.size_of_plot[0] / 2
        match event.key():
            case Qt.Key.Key_Home:
                self.fit()
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(NEARER, middle)
            case Qt.Key.Key_Minus:
                self.zoom(FARTHER, middle)
            case key if key in self.keys:
                self.key_pressed.emit(Qt.Key(key))
            case _:
                event.ignore()
                return
        self._is_by_keys = True
        self._show_focus()
        event.accept()
