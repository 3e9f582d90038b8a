"""Every plot's wheel and keys do the same."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent

from resnet_viewer.ui.widgets.plot import takes_key, turn_wheel

NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


class Plot:
    def __init__(self) -> None:
        self.done: list[tuple[str, float]] = []

    def zoom(self, factor: float, pixel: float) -> None:
        assert pixel == 30.0
        self.done.append(("zoom", factor))

    def pan(self, pixels: float) -> None:
        self.done.append(("pan", pixels))


@pytest.mark.parametrize(
    ("x", "y", "modifiers", "what", "amount"),
    [
        (0, 120, NONE, "zoom", 0.998**120),
        (0, -120, NONE, "zoom", 0.998**-120),
        (0, 120, SHIFT, "pan", 60.0),
        (40, 10, NONE, "pan", 20.0),
    ],
)
def test_the_wheel(x: int, y: int, modifiers: Qt.KeyboardModifier, what: str, amount: float) -> None:
    plot, phase, buttons = Plot(), Qt.ScrollPhase.NoScrollPhase, Qt.MouseButton.NoButton
    event = QWheelEvent(QPointF(), QPointF(), QPoint(), QPoint(x, y), buttons, modifiers, phase, False)
    event.ignore()
    turn_wheel(plot, event, 30.0)
    assert plot.done == [(what, pytest.approx(amount))]
    assert event.isAccepted()


def test_a_plots_own_keys_come_before_the_windows_shortcuts() -> None:
    def asked(key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE, *, takes_all: bool = False) -> bool:
        event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifiers)
        event.ignore()
        is_taken = takes_key(event, (Qt.Key.Key_Home,), takes_all=takes_all)
        assert event.isAccepted() == is_taken
        return is_taken

    assert asked(Qt.Key.Key_Home)
    assert asked(Qt.Key.Key_Home, Qt.KeyboardModifier.KeypadModifier)
    assert not asked(Qt.Key.Key_Home, CTRL)
    assert not asked(Qt.Key.Key_Space)
    assert asked(Qt.Key.Key_Space, takes_all=True)
    assert not takes_key(QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Home, NONE), (Qt.Key.Key_Home,))
