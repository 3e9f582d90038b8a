"""The table of commands: complete, without doubles, and the same for sheet, palette and keys."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.records.requests import ReadPicture
from resnet_viewer.ui.commands import Command, Commands, menus_of
from resnet_viewer.ui.dialogs import ShortcutSheet, shortcut_sheet
from resnet_viewer.ui.widgets.picker import Picker
from tests.ui.windows import Desk

EXPECTED_KEYS = {
    "open_picture": "Ctrl+O", "open_weights": "Ctrl+Shift+O", "paste": "Ctrl+V", "undo": "Ctrl+Z",
    "redo": "Ctrl+Shift+Z", "all_shortcuts": "Space", "all_branches": "B", "export": "Ctrl+E",
    "copy_figure": "Ctrl+Shift+C", "next_picture": "PgDown", "previous_picture": "PgUp", "next_layer": "Down",
    "previous_layer": "Up", "set_reference": "R", "fit": "Home", "shortcuts": "F1", "full_screen": "F11",
    "palette": "Ctrl+Shift+P", "peek": "O",
}  # fmt: skip


def test_every_expected_key_is_there_and_every_menu_has_commands(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    desk = Desk(qtbot, qapp, tmp_path)
    try:
        table = desk.window.commands.table
        assert EXPECTED_KEYS.items() <= {command.id: command.keys for command in table}.items()
        assert menus_of(desk.window.commands.offered) == (
            "File",
            "Edit",
            "View",
            "Network",
            "Train",
            "Studies",
            "Help",
        )
        assert all(desk.window.commands.of_menu(menu) for menu in menus_of(table))
        sheet = shortcut_sheet(table)
        assert all(f"<b><nobr>{keys}</nobr></b>" in sheet for keys in EXPECTED_KEYS.values())
    finally:
        desk.close()


@pytest.mark.parametrize("double", [{"id": "a", "keys": "F2"}, {"id": "b", "keys": "F1"}])
def test_doubles_are_refused(qtbot: QtBot, double: dict[str, str]) -> None:
    table = (
        Command("a", "A", "File", print, "F1"),
        Command(double["id"], "B", "File", print, double["keys"]),
    )
    with pytest.raises(ValueError, match="two commands have the same"):
        Commands(table, QObject())


def test_the_picker_filters_by_every_word_and_takes_with_enter(qtbot: QtBot) -> None:
    picker = Picker("Run", [("Open image", "Ctrl+O"), ("Open weights", ""), ("Undo", "")])
    qtbot.addWidget(picker)
    picker._field.setText("wei op")
    QTest.keyClick(picker._field, Qt.Key.Key_Return)
    assert picker.chosen == 1
    assert picker.width() < 600
    long = Picker("Run", [("Download " * 12, "Ctrl+D")])
    qtbot.addWidget(long)
    long.show()
    qtbot.waitExposed(long)
    for column in range(2):
        assert long._list.columnWidth(column) >= long._list.sizeHintForColumn(column), (
            "long entries are whole"
        )
    picker._field.setText("")
    QTest.keyClick(picker._field, Qt.Key.Key_Down)
    QTest.keyClick(picker._field, Qt.Key.Key_Down)
    QTest.keyClick(picker._field, Qt.Key.Key_Return)
    assert picker.chosen == 2
    picker.chosen = None
    picker._field.setText("nothing is called so")
    QTest.keyClick(picker._field, Qt.Key.Key_Down)
    QTest.keyClick(picker._field, Qt.Key.Key_Return)
    assert picker.chosen is None


def test_the_palette_finds_whatever_a_menu_offers(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(qtbot, qapp, tmp_path)
    (tmp_path / "a & b.png").write_bytes(b"")
    desk.settings.add_recent("pictures", tmp_path / "a & b.png")
    offered: list[str] = []
    wanted = ""

    def choose(_title: str, entries: Sequence[tuple[str, str]], *_: object) -> int:
        offered[:] = [text for text, _keys in entries]
        return offered.index(wanted)

    monkeypatch.setattr(Picker, "ask", choose)
    try:
        wanted = "View: Appearance: Light"
        desk.window.show_palette()
        assert desk.settings.theme() == "light"
        assert {
            "File: Open picture", "View: Font size: 12 pt", "Network: Open network: ImageNet: ResNet-18 · ImageNet",
            "File: Recent pictures: a & b.png", "Network: Target: horse",
            "Network: Open network: Download torchvision's weights: ResNet-18 · ImageNet (45 MB)",
            "Export: Grad-CAM: Grad-CAM as PNG",
        } <= set(offered)  # fmt: skip
        assert len(offered) == len(set(offered)), "each comes once"
        assert not any("Run a command" in text or "Bundled, trained" in text for text in offered)
        wanted = "File: Recent pictures: a & b.png"
        desk.window.show_palette()
        qtbot.waitUntil(lambda: ReadPicture((tmp_path / "a & b.png",)) in desk.files.asked)
    finally:
        desk.close()


@pytest.mark.parametrize("points", [0, 16])
def test_the_shortcut_sheet_shows_every_word_within_the_screen(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, points: int
) -> None:
    desk = Desk(qtbot, qapp, tmp_path)
    try:
        desk.appearance.set_font_size(points)
        sheet = ShortcutSheet(desk.window.commands.table)
        qtbot.addWidget(sheet)
        sheet.show()
        qtbot.waitExposed(sheet)
        screen = sheet.screen().availableSize()
        assert sheet.width() <= screen.width()
        assert sheet.height() <= screen.height()
        assert sheet._area.horizontalScrollBar().maximum() == 0
        assert sheet._label.width() >= sheet._label.minimumSizeHint().width()
        height = sheet._label.heightForWidth(sheet._label.width())
        sheet._label.setWordWrap(False)
        assert height == sheet._label.sizeHint().height(), "no line has to be broken here"
    finally:
        desk.appearance.set_font_size(0)
        desk.close()
