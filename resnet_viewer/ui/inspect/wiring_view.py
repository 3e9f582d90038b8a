"""The wiring strip and the gradient plot with hands: pointer and keyboard become wishes.

A left click acts, a left drag that begins on or inside an arc sweeps, any other drag pans, the wheel zooms at the
pointer, Home and a double click on empty space fit everything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from math import ceil
from typing import Literal

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QGraphicsEllipseItem,
    QGraphicsItem,
    QGraphicsLineItem,
    QGraphicsSimpleTextItem,
    QToolTip,
    QWidget,
)

from resnet_viewer.charts.log_axis import LABEL_OVERHANG
from resnet_viewer.charts.wiring_drawing import (
    LOW_STRIP_HEIGHT,
    PLAIN_STRIP_HEIGHT,
    STRIP_HEIGHT,
    arc_around,
    part_at,
)
from resnet_viewer.charts.wiring_layout import UNKNOWN, Openings, Part, StripLayout, layer_part
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect import wiring_words
from resnet_viewer.ui.inspect.gradients import GradientPlot
from resnet_viewer.ui.inspect.wiring_strip import StripItem, StripState, Words
from resnet_viewer.ui.widgets.fitting import fitting
from resnet_viewer.ui.widgets.plot import CLICK, FARTHER, NEARER, takes_key, turn_wheel
from resnet_viewer.ui.widgets.plot_items import BOTTOM_ROOM, RIGHT_ROOM
from resnet_viewer.ui.widgets.theme import DARK, Theme

BAR_HEIGHT = 30
"""Pixels between strip and plot, where the gradient bar stands."""
LEAST_HEIGHT = 150.0
"""Of strip and plot together, in pixels: where the window is too low for that, its page scrolls."""
LEAST_PLOT_LINES = 3.0
"""The lowest plot is as high as so many lines of text: three numbers beside its axis, the names between its curves."""
LEAST_UNITS = 4.0
"""The nearest zoom shows that many layers."""
_HIGH = 230
"""So high a view has room for high arcs."""
_SIDES = ("now",), ("reference", "ref.")
"""What stands beside the two strips of a comparison."""


_OWN_KEYS = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Home,
)

Drag = Literal["none", "pending", "sweep", "pan"]


class WiringView(pg.GraphicsLayoutWidget):
    """Keeps pointer, focus and zoom, and emits what the user wants; it changes no number."""

    pointed = Signal(str)
    """Name of the layer or block whose reading is under the pointer; empty for none."""
    rearranged = Signal()
    """The place of strip, bar and plot in the view changed."""
    activated = Signal(object)
    """Part: a left click, or Return on the part with the focus."""
    reference_activated = Signal(object)
    """Part: a left click on the strip of a reference that is another network."""
    swept = Signal(object, float)
    """Blocks in ascending order, and the strength that their shortcuts shall have."""
    focus_moved = Signal(object)
    """Part: the keyboard went there, and the selection shall go with it."""
    menu_wanted = Signal(object, QPoint)
    """Part or None, global position."""
    announced = Signal(str)
    """What the pointer or the focus is on, in words."""

    _drag: Drag = "none"
    _rest: QPointF | None = None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(self.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName("Wiring strip and gradient norms")
        self._press = QPointF()
        self._last = QPointF()
        self._sweep_from: int | None = None
        self.ci.layout.setSpacing(0)
        self.strip_box = _box()
        self.plot_box = _box()
        self.addItem(self.strip_box, 0, 0)
        self.addItem(self.plot_box, 1, 0)
        self.ci.layout.setRowSpacing(0, BAR_HEIGHT)
        self.plot_box.setXLink(self.strip_box)
        self.strip = StripItem(self.strip_box, DARK, self.font())
        self.other = StripItem(self.strip_box, DARK, self.font())
        """Below it the reference's, where that is another network."""
        self.other.hide()
        self._side_names = QGraphicsSimpleTextItem(self.ci), QGraphicsSimpleTextItem(self.ci)
        self.plot = GradientPlot(self.plot_box, self.ci, self.font())
        self.lines = WiringLines(self.ci)
        self._pointed_at: str | None = None
        self._strip_heights = 0.0, 0.0
        self._make_room()
        for box in (self.strip_box, self.plot_box):
            box.sigResized.connect(self._resized)
        self.strip_box.sigXRangeChanged.connect(self._followed)
        self.plot_box.sigXRangeChanged.connect(self._followed)
        self.apply_theme(DARK)

    @property
    def layout_shown(self) -> StripLayout | None:
        """The strip's layout."""
        return self.strip.state.layout if self.strip.state is not None else None

    def show_wiring(self, layout: StripLayout, wiring: Wiring, selected: str) -> None:
        """Show a network's wiring; another network is shown whole, and a sweep over the one before ends without a wish.

        A focus goes where the selection went: no key acts on anything else than what is selected.
        """
        before = self.strip.state
        if before is None or before.layout is not layout:
            self._drag = "none"
            self.strip.set_state(StripState(layout, wiring, selected))
            left, right = layout.limits
            for box in (self.strip_box, self.plot_box):
                box.setLimits(xMin=left, xMax=right, minXRange=min(LEAST_UNITS, right - left))
            self._size_strip()
            self.fit()
        else:
            self.strip.adjust(wiring=wiring, selected=selected)
            focused = before.focused
            if focused is not None and selected not in (before.selected, focused.name):
                self._focus(layout.parts[self._first_focus()])
        self._place_lines()

    def show_reference(
        self, layout: StripLayout | None, wiring: Wiring, openings: Openings = UNKNOWN
    ) -> None:
        """Show another network below, over the same depth; None for none."""
        had_other = self.other.isVisible()
        if layout is not None:
            self.other.set_state(StripState(layout, wiring, openings=openings))
        self.other.setVisible(layout is not None)
        for item in self._side_names:
            item.setVisible(layout is not None)
        if had_other or layout is not None:
            self._make_room()
            self._size_strip()
            self._follow_strip()

    def fit(self) -> None:
        """Show the whole network."""
        if self.layout_shown is not None:
            self.strip_box.setXRange(*self.layout_shown.limits, padding=0)

    def apply_theme(self, theme: Theme) -> None:
        """pyqtgraph does not follow the palette: every colour is handed on by hand."""
        self.setBackground(theme.panel)
        self.strip.apply_theme(theme)
        self.other.apply_theme(theme)
        for item, role in zip(self._side_names, ("changed", "reference"), strict=True):
            item.setBrush(QColor(theme.colour(role)))
        self.plot.apply_theme(theme)
        self.lines.apply_theme(theme)

    def bar_rect(self) -> QRectF:
        """The gap between strip and plot, in the view's pixels, as far as no number beside the plot reaches into it."""
        strip, plot = self.strip_box.geometry(), self.plot_box.geometry()
        return QRectF(
            0, strip.bottom(), self.viewport().width(), plot.top() - LABEL_OVERHANG - strip.bottom()
        )

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None:  # pyqtgraph calls it with None while it is being made
            self._size_strip()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.strip.set_font(self.font())
            self.other.set_font(self.font())
            self.plot.set_font(self.font())
            self._make_room()
            self._size_strip()
            self._resized()

    def _make_room(self) -> None:
        """For the numbers beside the axes, and for a plot in the lowest panel."""
        text = self.fontMetrics().height()
        bottom = BOTTOM_ROOM + text
        self.ci.layout.setContentsMargins(self.plot.frame.left_room, 0, RIGHT_ROOM, bottom)
        other = self._other_height("none")
        least = LOW_STRIP_HEIGHT + 2 * text + BAR_HEIGHT + LEAST_PLOT_LINES * text + bottom
        self.setMinimumHeight(ceil(max(least, LEAST_HEIGHT) + other))

    def _other_height(self, words: Words) -> float:
        """Of the reference's strip."""
        state, text = self.other.state, self.strip.frame.text_height
        if state is None or not self.other.isVisible():
            return 0.0
        height = LOW_STRIP_HEIGHT if state.layout.spans[0].has_shortcut else PLAIN_STRIP_HEIGHT
        return height + {"all": 2 * text, "numbers": text, "none": 0.0}[words]

    def _size_strip(self) -> None:
        layout, text = self.layout_shown, self.strip.frame.text_height
        least, height = self.minimumHeight(), LOW_STRIP_HEIGHT
        if layout is not None and not layout.spans[0].has_shortcut:
            height = PLAIN_STRIP_HEIGHT
        elif not self.other.isVisible() and self.height() >= max(_HIGH, least + STRIP_HEIGHT - height):
            height = STRIP_HEIGHT
        words: Words = "none"
        if self.height() >= max(_HIGH, least + text):
            words = "all" if self.height() >= max(1.5 * _HIGH, least + 2 * text) else "numbers"
        self.other.set_words(words)
        heights = height + 2 * text, self._other_height(words)
        if heights != self._strip_heights:
            self._strip_heights = heights
            self.ci.layout.setRowFixedHeight(0, sum(heights))
            self._follow_strip()

    def _resized(self) -> None:
        self._follow_strip()
        self.plot.prepare()
        self._place_lines()
        self.rearranged.emit()

    def _followed(self) -> None:
        self._follow_strip()
        self.plot.prepare()
        self._place_lines()
        if self._drag == "none" and self._rest is not None:  # another layer lies under the pointer now
            self._hover(self._rest)

    def _follow_strip(self) -> None:
        left, right = self.strip_box.viewRange()[0]
        width, (height, below) = self.strip_box.width(), self._strip_heights
        self.strip.set_frame(left, right, width, height)
        if self.layout_shown is None or self.other.state is None or not self.other.isVisible():
            return
        factor, shift = self.layout_shown.beside(self.other.state.layout)
        self.other.setPos(0, height)
        self.other.set_frame((left - shift) / factor, (right - shift) / factor, width, below)
        words = zip(self._side_names, (self.strip, self.other), _SIDES, strict=True)
        for item, strip, wordings in words:
            item.setFont(self.font())
            room = self.plot.frame.left_room - 6
            item.setText(fitting(wordings, room, self))
            base = strip.mapToItem(self.ci, QPointF(0, strip.frame.base)).y()
            item.setPos(4, base - item.boundingRect().height() / 2)

    def _place_lines(self) -> None:
        strip, plot = self.strip_box.geometry(), self.plot_box.geometry()
        state = self.strip.state
        frame = self.strip.frame
        selected = None
        if state is not None and state.selected in state.layout.x_by_name:
            selected = frame.px(state.layout.x_by_name[state.selected])
        rows = strip.bottom(), plot.top(), plot.bottom()
        self.lines.place((plot.left(), plot.right()), rows, selected)
        self.place_pointer()

    def zoom(self, factor: float, px: float) -> None:
        """Show `factor` times as many layers, keeping what lies at `px` pixels of the strip in its place."""
        frame = self.strip.frame
        self.strip_box.scaleBy(x=factor, center=(frame.x(min(max(px, 0.0), frame.width)), 0.0))

    def pan(self, px: float) -> None:
        """Move everything by that many pixels to the right, within the limits."""
        self.strip_box.translateBy(x=-px / self.strip.frame.scale)

    def strip_point(self, position: QPointF) -> QPointF:
        """From the view's pixels to the strip's."""
        return QPointF(self.strip.mapFromScene(self.mapToScene(position.toPoint())))

    def view_point(self, part: Part) -> QPoint:
        """The middle of a part in the view's pixels."""
        return QPoint(self.mapFromScene(self.strip.mapToScene(self.strip.centre_of(part))))

    def part_under(self, position: QPointF) -> Part | None:
        """What lies under a point of the view."""
        state, point = self.strip.state, self.strip_point(position)
        if state is None or not self.strip.boundingRect().contains(point):
            return None
        return part_at(state.layout, self.strip.frame, point.x(), point.y())

    def reference_part_under(self, position: QPointF) -> Part | None:
        """What of the reference's strip lies under a point of the view."""
        point = QPointF(self.other.mapFromScene(self.mapToScene(position.toPoint())))
        state = self.other.state
        if state is None or not self.other.isVisible() or not self.other.boundingRect().contains(point):
            return None
        return part_at(state.layout, self.other.frame, point.x(), point.y())

    def arc_around(self, position: QPointF) -> int | None:
        """The block in the band of whose arc a point of the view lies."""
        state, point = self.strip.state, self.strip_point(position)
        if state is None or not self.strip.boundingRect().contains(point):
            return None
        return arc_around(state.layout, self.strip.frame, point.x(), point.y())

    def plot_name(self, position: QPointF) -> str | None:
        """The layer or block whose point is the nearest, where the pointer is over the plot."""
        point = self.plot_box.mapFromScene(self.mapToScene(position.toPoint()))
        if not self.plot_box.rect().contains(point):
            return None
        return self.plot.nearest(self.strip.frame.x(point.x()), point.y())

    def point_at(self, name: str | None) -> None:
        """Draw the line across both, ring the points, and tell."""
        self._pointed_at = name
        self.place_pointer()
        is_known = name is not None and any(name in points.names for points in self.plot.shown.there)
        self.pointed.emit(name if name is not None and is_known else "")

    def place_pointer(self) -> None:
        """The line and the rings where the points are now; of a point out of view there are none."""
        name, x, rings = self._pointed_at, None, []
        for points in self.plot.shown.there:
            if name is not None and name in points.names:
                spot = self.plot.pixel_of(points, points.names.index(name))
                if 0 <= spot.x() <= self.plot_box.width():
                    rings.append(self.plot_box.mapToItem(self.ci, spot))
                    x = spot.x()
        self.lines.point_at(x, rings)

    def tell_again(self) -> None:
        """Announce anew what the pointer rests on, or else the focus is on: its numbers or gates may have changed."""
        self.place_pointer()
        state = self.strip.state
        if self._drag != "none" or state is None:
            return
        if self._rest is not None:
            self._hover(self._rest)
        elif state.focused is not None:
            text = wiring_words.spoken(state.layout.blueprint, state.wiring, state.focused, state.openings)
            if text != self.accessibleDescription():
                self.setAccessibleDescription(text)
                self.announced.emit(text)

    # Pointer

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._press = self._last = event.position()
        self._drag = "pending"
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        part = self.part_under(event.position())
        if event.button() == Qt.MouseButton.LeftButton and (part is None or part.kind == "block"):
            self._drag = "none"
            self.fit()
        else:  # two quick clicks on an arc are two clicks
            self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._drag == "pending" and event.buttons():
            if (position - self._press).manhattanLength() > CLICK:
                self._begin_drag(event)
        elif self._drag in ("pending", "none"):
            self._hover(position)
        if self._drag == "pan":
            self.pan((position - self._last).x())
            self._last = position
        elif self._drag == "sweep":
            self._sweep(position)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, "none"
        self.viewport().unsetCursor()
        if drag == "sweep":
            self.announced.emit("")
        self._rest = event.position() if self.viewport().rect().contains(event.position().toPoint()) else None
        state = self.strip.state
        if drag == "sweep" and state is not None:
            blocks, strength = tuple(sorted(state.preview)), state.preview_strength
            self.strip.adjust(preview=frozenset())
            self.swept.emit(blocks, strength)
        elif drag == "pending":
            part = self.part_under(self._press) or self._plot_part(self._press)
            beside = self.reference_part_under(self._press)
            if beside is not None and event.button() == Qt.MouseButton.LeftButton:
                self.reference_activated.emit(beside)
            elif event.button() == Qt.MouseButton.RightButton:
                self.menu_wanted.emit(part, event.globalPosition().toPoint())
            elif event.button() == Qt.MouseButton.LeftButton and part is not None:
                self.activated.emit(part)
        event.accept()

    def _begin_drag(self, event: QMouseEvent) -> None:
        block, state = self.arc_around(self._press), self.strip.state
        is_left = bool(event.buttons() & Qt.MouseButton.LeftButton)
        if is_left and block is not None and state is not None:
            self._drag = "sweep"
            self._sweep_from = block
            strength = 0.0 if state.wiring.shortcuts[block - 1] > 0.0 else 1.0
            self.strip.adjust(preview=frozenset([block]), preview_strength=strength, hovered=None)
        else:
            self._drag = "pan"
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def _sweep(self, position: QPointF) -> None:
        state = self.strip.state
        if state is None or self._sweep_from is None:
            return
        spans = state.layout.spans
        x = self.strip.frame.x(self.strip_point(position).x())
        span = state.layout.span_at(min(max(x, spans[0].left), spans[-1].right))
        if span is not None:
            first, last = sorted((self._sweep_from, span.number))
            preview = frozenset(range(first, last + 1))
            if preview != state.preview:
                self.strip.adjust(preview=preview)
                verb = "restore" if state.preview_strength else "cut"
                self.announced.emit(
                    f"release to {verb} the shortcuts of blocks {first} to {last}, Esc to leave them"
                )

    def _cancel_sweep(self) -> None:
        self._drag = "none"
        self.announced.emit("")
        self.strip.adjust(preview=frozenset())

    def _plot_part(self, position: QPointF) -> Part | None:
        """The layer or block whose point in the plot is the nearest."""
        state, name = self.strip.state, self.plot_name(position)
        if state is None or name is None:
            return None
        layer, block = state.layout.blueprint.layer(name), state.layout.blueprint.block_named(name)
        if layer is not None:
            return layer_part(layer)
        return Part("block", name, block.number) if block is not None else None

    def _hover(self, position: QPointF) -> None:
        self._rest = position
        state = self.strip.state
        if state is None:
            return
        if self._hover_reference(position):
            return
        on_strip = self.part_under(position)
        part = on_strip or self._plot_part(position)
        if part != state.hovered:
            self.strip.adjust(hovered=part)
        is_hand = on_strip is not None and on_strip.kind != "block"
        self.viewport().setCursor(
            Qt.CursorShape.PointingHandCursor if is_hand else Qt.CursorShape.ArrowCursor
        )
        self.point_at(part.name if part is not None else None)
        if on_strip is not None:
            self.announced.emit(
                wiring_words.spoken(state.layout.blueprint, state.wiring, on_strip, state.openings)
            )
        elif part is None:
            self.announced.emit("")

    def _hover_reference(self, position: QPointF) -> bool:
        """Tell what of the reference's strip lies under a point; says whether anything does."""
        part, state = self.reference_part_under(position), self.other.state
        if state is not None and part != state.hovered:
            self.other.adjust(hovered=part)
        if part is None or state is None:
            return False
        self.strip.adjust(hovered=None)
        self.point_at(None)
        is_hand = part.kind == "arc"
        self.viewport().setCursor(
            Qt.CursorShape.PointingHandCursor if is_hand else Qt.CursorShape.ArrowCursor
        )
        said = wiring_words.spoken(state.layout.blueprint, state.wiring, part, state.openings)
        self.announced.emit(f"reference, {state.layout.blueprint.spec.title}: {said}")
        return True

    def leaveEvent(self, event: QEvent) -> None:
        self._rest = None
        self.other.adjust(hovered=None)
        if self._drag == "none":
            self.strip.adjust(hovered=None)
            self.point_at(None)
            self.announced.emit("")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu key. The right button opens the menu when it is let go: until then it may become a drag."""
        state = self.strip.state
        if event.reason() != QContextMenuEvent.Reason.Mouse and state is not None:
            part = state.focused
            where = self.view_point(part) if part is not None else self.viewport().rect().center()
            self.menu_wanted.emit(part, self.viewport().mapToGlobal(where))
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn_wheel(self, event, self.strip_point(event.position()).x())
        self._rest = event.position()
        self.tell_again()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            state, part = self.strip.state, self.part_under(QPointF(event.pos()))
            other, beside = self.other.state, self.reference_part_under(QPointF(event.pos()))
            if other is not None and beside is not None:
                text = wiring_words.reference_tooltip(
                    other.layout.blueprint, other.wiring, beside, self.plot.shown.reference, other.openings
                )
                QToolTip.showText(event.globalPos(), text, self.viewport())
            elif state is None or part is None:
                QToolTip.hideText()
            else:
                text = wiring_words.tooltip(
                    state.layout.blueprint,
                    state.wiring,
                    part,
                    self.plot.shown.now,
                    self.plot.shown.reference,
                    state.openings,
                )
                QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return bool(super().viewportEvent(event))

    # Keyboard

    def event(self, event: QEvent) -> bool:
        """While it has the focus, the view's keys come before the window's shortcuts of the same name."""
        is_taken = takes_key(event, _OWN_KEYS, takes_all=self._drag == "sweep")
        return is_taken or bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        state = self.strip.state
        if state is None:
            event.ignore()
            return
        focused = state.focused
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                self._move_focus(1 if event.key() == Qt.Key.Key_Right else -1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if focused is not None:
                self.activated.emit(focused)
            case Qt.Key.Key_Home:
                self.fit()
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal | Qt.Key.Key_Minus:
                factor = FARTHER if event.key() == Qt.Key.Key_Minus else NEARER
                centre = (
                    state.layout.spot(focused) if focused else self.strip.frame.x(self.strip.frame.width / 2)
                )
                self.zoom(factor, self.strip.frame.px(centre))
            case Qt.Key.Key_Escape if self._drag == "sweep":
                self._cancel_sweep()
            case _:
                event.ignore()
                return
        event.accept()

    def _move_focus(self, step: int) -> None:
        state = self.strip.state
        if state is None:
            return
        parts = state.layout.parts
        index = parts.index(state.focused) + step if state.focused in parts else self._first_focus()
        part = parts[min(max(index, 0), len(parts) - 1)]
        self._focus(part)
        self.focus_moved.emit(part)

    def _first_focus(self) -> int:
        """The selection's part; of a block without an arc its last layer's, of the stem its last one's."""
        state = self.strip.state
        assert state is not None
        block, parts = state.layout.blueprint.block_of(state.selected), state.layout.parts
        names = [part.name for part in parts]
        if state.selected in names:
            return names.index(state.selected)
        if block is None:
            return len(state.layout.stem) - 1
        return max(index for index, part in enumerate(parts) if part.block == block.number)

    def _focus(self, part: Part) -> None:
        state = self.strip.state
        assert state is not None
        self._rest = None
        self.strip.adjust(focused=part)
        frame = self.strip.frame
        px = frame.px(state.layout.spot(part))
        if px < 0.06 * frame.width or px > 0.94 * frame.width:
            self.pan(frame.width / 2 - px)
        text = wiring_words.spoken(state.layout.blueprint, state.wiring, part, state.openings)
        self.setAccessibleDescription(text)
        self.point_at(part.name if part.kind != "arc" else None)
        self.announced.emit(text)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        state = self.strip.state
        if state is not None and state.focused is None and event.reason() != Qt.FocusReason.MouseFocusReason:
            self._focus(state.layout.parts[self._first_focus()])

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.strip.adjust(focused=None)


def _box() -> pg.ViewBox:
    """A view box that only maps: no menu, no mouse of its own, no automatic range."""
    box = pg.ViewBox(enableMenu=False, enableMouse=False)
    box.disableAutoRange()
    box.setDefaultPadding(0)
    return box


_RING = 5.0
_NEAR = 3
"""Pixels between words and a line."""


class WiringLines:
    """Lies over everything, in the view's pixels: lines through strip and plot, and rings around points.

    Between strip and plot, where words stand, a line is faint, and it leaves out the words.
    """

    words: Callable[[], Sequence[tuple[int, int]]] = staticmethod(tuple)
    """From where to where words stand between strip and plot, in the parent's pixels, now."""

    def __init__(self, parent: QGraphicsItem) -> None:
        self._parts = {
            role: tuple(QGraphicsLineItem(parent) for _ in range(2)) for role in ("selected", "pointer")
        }
        self._rings = [QGraphicsEllipseItem(-_RING, -_RING, 2 * _RING, 2 * _RING, parent) for _ in range(2)]
        self._span = (0.0, 1.0)
        self._rows = (0.0, 0.5, 1.0)
        self.selected: float | None = None
        """Pixels from the strip's left edge to the selected layer's line, or None."""
        self.pointer: float | None = None
        """The same for the pointer's line."""
        for item in (*self._rings, *self._parts["selected"], *self._parts["pointer"]):
            item.setZValue(100)
            item.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    @property
    def rings(self) -> list[QPointF]:
        """The middles of the rings that are shown."""
        return [ring.pos() for ring in self._rings if ring.isVisible()]

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        for role, colour, opacity, style in (
            ("selected", theme.accent, 0.8, Qt.PenStyle.SolidLine),
            ("pointer", theme.text, 0.5, Qt.PenStyle.DashLine),
        ):
            for item, share in zip(self._parts[role], (1.0, 0.4), strict=True):
                item.setPen(QPen(QColor(colour), 1.0, style))
                item.setOpacity(share * opacity)
        for ring in self._rings:
            ring.setPen(QPen(QColor(theme.text), 1.4))

    def place(
        self, span: tuple[float, float], rows: tuple[float, float, float], selected: float | None
    ) -> None:
        """Left and right end, and the lower edge of the strip with the plot's edges, in the parent's pixels;
        then the selected layer's place, in pixels from the left end.
        """
        self._span, self._rows, self.selected = span, rows, selected
        self.redraw()

    def redraw(self) -> None:
        """The words stand elsewhere."""
        self._draw("selected", self.selected)
        self._draw("pointer", self.pointer)

    def point_at(self, x: float | None, rings: Sequence[QPointF]) -> None:
        """Move the pointer's line (pixels from the strip's left edge) and ring these points of the parent."""
        self.pointer = x
        self._draw("pointer", x)
        for item, ring in zip_longest(self._rings, rings):
            item.setVisible(ring is not None)
            if ring is not None:
                item.setPos(ring)

    def _draw(self, role: str, x: float | None) -> None:
        (left, right), (strip, top, bottom) = self._span, self._rows
        is_there = x is not None and 0 <= x <= right - left
        at = round(left + (x or 0.0)) + 0.5
        crosses = is_there and any(begin - _NEAR <= at <= end + _NEAR for begin, end in self.words())
        for item, ends, is_shown in zip(
            self._parts[role],
            ((top, bottom), (strip, top)),
            (is_there, is_there and not crosses),
            strict=True,
        ):
            item.setVisible(is_shown)
            item.setLine(at, ends[0], at, ends[1])
