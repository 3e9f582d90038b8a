"""What hands do to every plot: the wheel zooms or moves, a click may wander a little, the plot's keys come first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent

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
