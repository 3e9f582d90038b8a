"""A switch with a half state: everything, something, nothing."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from resnet_viewer.ui.widgets.theme import theme_of

SwitchState = Literal["on", "half", "off"]
_TRACK = QSize(38, 20)
_SPACE = 8


class MasterSwitch(QAbstractButton):
    """A label and a track. A click wishes everything on (off where all is on); it changes nothing itself.

    The half state differs by the knob's place and by the half-filled track, not by colour alone.
    """

    wished = Signal(bool)

    def __init__(self, text: str, colour_name: Literal["shortcut", "branch"], parent: QWidget | None = None):
        super().__init__(parent)
        self._colour_name = colour_name
        self._state: SwitchState = "on"
        self.setText(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._wish)
        self.show_state("on")

    @property
    def state(self) -> SwitchState:
        """What it shows."""
        return self._state

    def show_state(self, state: SwitchState, detail: str = "") -> None:
        """Show a state; emits nothing. `detail` is its description in words."""
        words = detail or {"on": "all on", "half": "some on", "off": "all off"}[state]
        if (state, words) != (self._state, self.toolTip()):
            self._state = state
            self.setAccessibleName(f"{self.text()}: {words}")
            self.setToolTip(words)
            self.update()

    def set_label(self, text: str) -> None:
        """Another label, for instance a shorter one."""
        if text != self.text():
            self.setText(text)
            self.updateGeometry()

    @Slot()
    def _wish(self) -> None:
        self.wished.emit(self._state != "on")

    def sizeHint(self) -> QSize:
        text = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(text + _SPACE + _TRACK.width() + 6, max(28, self.fontMetrics().height() + 8))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        colour = QColor(theme.shortcut if self._colour_name == "shortcut" else theme.branch)
        off = QColor(theme.faint)
        if not self.isEnabled():
            colour = off
        left = self.width() - _TRACK.width() - 3
        track = QRectF(left, (self.height() - _TRACK.height()) / 2, _TRACK.width(), _TRACK.height())
        shape = QPainterPath()
        shape.addRoundedRect(track, track.height() / 2, track.height() / 2)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QColor(theme.text if self.isEnabled() else theme.muted))
            painter.drawText(
                QRectF(2, 0, left - _SPACE, self.height()),
                Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
                self.text(),
            )
            painter.fillPath(shape, colour if self._state == "on" else off)
            if self._state == "half":
                painter.save()
                painter.setClipPath(shape)
                painter.fillRect(track.adjusted(track.width() / 2, 0, 0, 0), colour)
                painter.restore()
            place = {"on": 1.0, "half": 0.5, "off": 0.0}[self._state]
            radius = track.height() / 2 - 3
            x = track.left() + track.height() / 2 + place * (track.width() - track.height())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.window))
            painter.drawEllipse(QRectF(x - radius, track.center().y() - radius, 2 * radius, 2 * radius))
            if self.hasFocus():
                painter.setPen(QPen(QColor(theme.accent), 1.5))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 5, 5)
