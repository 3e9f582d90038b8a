"""The wiring strip and the gradient plot with hands: pointer and keyboard become wishes.

A left click acts, a left drag that begins on or inside an arc sweeps, any other drag pans, the wheel zooms at the
pointer, Home and a double click on empty ground fit everything.
"""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from resnet_viewer.charts.wiring_layout import Part, StripLayout, layer_part
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect import wiring_words
from resnet_viewer.ui.panels.circuit_canvas import CircuitCanvas
from resnet_viewer.ui.panels.plot_hands import CLICK, FARTHER, NEARER, takes_key, turn_wheel

_OWN_KEYS = (
    Qt.Key.Key_Left,
    Qt.Key.Key_Right,
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Home,
)

Drag = Literal["none", "pending", "sweep", "pan"]


class CircuitView(CircuitCanvas):
    """Keeps pointer, focus and zoom, and emits what the user wants; it changes no number."""

    activated = Signal(object)
    """Part: a left click, or Return on the part with the focus."""
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
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName("Wiring strip and gradient norms")
        self._press = QPointF()
        self._last = QPointF()
        self._sweep_from: int | None = None

    def show_wiring(self, layout: StripLayout, wiring: Wiring, selected: str) -> None:
        """Show a network's wiring; a sweep over another network ends without a wish.

        A focus goes where the selection went: no key acts on anything else than what is selected.
        """
        before = self.strip.state
        if before is None or before.layout is not layout:
            self._drag = "none"
        super().show_wiring(layout, wiring, selected)
        focused = None if before is None or before.layout is not layout else before.focused
        if before is not None and focused is not None and selected not in (before.selected, focused.name):
            self._focus(layout.parts[self._first_focus()])

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
            if event.button() == Qt.MouseButton.RightButton:
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

    def leaveEvent(self, event: QEvent) -> None:
        self._rest = None
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

    def _followed(self) -> None:
        super()._followed()
        if self._drag == "none" and self._rest is not None:  # another layer lies under the pointer now
            self._hover(self._rest)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turn_wheel(self, event, self.strip_point(event.position()).x())
        self._rest = event.position()
        self.tell_again()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            state, part = self.strip.state, self.part_under(QPointF(event.pos()))
            if state is None or part is None:
                QToolTip.hideText()
            else:
                text = wiring_words.tooltip(
                    state.layout.blueprint,
                    state.wiring,
                    part,
                    self.plot.now,
                    self.plot.reference,
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
