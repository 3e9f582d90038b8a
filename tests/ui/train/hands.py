"""Moves of the pointer as events of their own: QTest's move with no button, and only where the pointer is elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget


def move(widget: QWidget, to: QPointF, held: Qt.MouseButton = Qt.MouseButton.NoButton) -> None:
    """Move the pointer to a place in a widget, with a button down or none."""
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        to,
        widget.mapToGlobal(to),
        Qt.MouseButton.NoButton,
        held,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)
