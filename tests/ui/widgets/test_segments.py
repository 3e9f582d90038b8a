from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.widgets.segments import Segments


def test_one_is_down_and_only_the_user_wishes_for_another(qtbot: QtBot) -> None:
    entries = {"a": ("The first one", "First", "It"), "b": ("The second one", "Second", "That")}
    segments = Segments("Order", entries)
    qtbot.addWidget(segments)
    segments.show()
    wished: list[str] = []
    segments.chosen.connect(wished.append)
    segments.show_value("b")
    assert segments.value == "b"
    assert wished == []
    qtbot.mouseClick(segments.buttons["a"], Qt.MouseButton.LeftButton)
    assert wished == ["a"]
    assert not segments.buttons["b"].isChecked()
    segments.set_short(True)
    assert [button.text() for button in segments.buttons.values()] == ["First", "Second"]
    assert segments.buttons["a"].accessibleName() == "Order: The first one"
