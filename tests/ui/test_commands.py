"""The table of commands: complete, without doubles, and the same for sheet, palette and keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.commands import MENUS, Command, Commands
from resnet_viewer.ui.dialogs import shortcut_sheet
from resnet_viewer.ui.picker import Picker
from resnet_viewer.ui.theme import DARK
from tests.ui.windows import Desk

EXPECTED_KEYS = {
    "open_picture": "Ctrl+O", "open_weights": "Ctrl+Shift+O", "paste": "Ctrl+V", "undo": "Ctrl+Z",
    "redo": "Ctrl+Shift+Z", "all_shortcuts": "Space", "all_branches": "B", "export": "Ctrl+E",
    "copy_figure": "Ctrl+Shift+C", "next_picture": "PgDown", "previous_picture": "PgUp", "next_layer": "Down",
    "previous_layer": "Up", "set_reference": "R", "fit": "Home", "shortcuts": "F1", "full_screen": "F11",
    "palette": "Ctrl+Shift+P",
}  # fmt: skip


def test_every_expected_key_is_there_and_every_menu_has_commands(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path
) -> None:
    desk = Desk(qtbot, qapp, tmp_path)
    try:
        table = desk.window.commands.table
        assert EXPECTED_KEYS.items() <= {command.id: command.keys for command in table}.items()
        assert all(desk.window.commands.of_menu(menu) for menu in MENUS)
        sheet = shortcut_sheet(table)
        assert all(f"<b>{keys}</b>" in sheet for keys in EXPECTED_KEYS.values())
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
    picker = Picker("Run", [("Open image", "Ctrl+O"), ("Open weights", ""), ("Undo", "")], DARK)
    qtbot.addWidget(picker)
    picker._field.setText("wei op")
    QTest.keyClick(picker._field, Qt.Key.Key_Return)
    assert picker.chosen == 1
    picker._field.setText("")
    QTest.keyClick(picker._field, Qt.Key.Key_Down)
    QTest.keyClick(picker._field, Qt.Key.Key_Down)
    QTest.keyClick(picker._field, Qt.Key.Key_Return)
    assert picker.chosen == 2
