"""What pointer and keys do to cells that are painted by hand, whatever these show."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.widgets.cells import Cells
from resnet_viewer.ui.widgets.theme import DARK, LIGHT
from tests.ui.pixel import wear
from tests.ui.train.lab_scenes import move_pointer


class Row(Cells):
    """Three squares beside each other, in the colour of what is wrong."""

    def __init__(self) -> None:
        super().__init__("Three")
        self.taken: list[int] = []

    @property
    def count(self) -> int:
        return 3

    def cell_at(self, position: QPoint) -> int | None:
        return next((cell for cell in range(3) if self.rect_of(cell).contains(position)), None)

    def rect_of(self, cell: int) -> QRect:
        return QRect(40 * cell, 0, 30, 30)

    def words_of(self, cell: int) -> str:
        return f"<{cell}>"

    def paint_cells(self, painter: QPainter, area: QRect) -> None:
        for cell in range(3):
            painter.fillRect(self.rect_of(cell), QColor(self.theme.changed))

    def take(self, cell: int, where: QPoint) -> None:
        self.taken.append(cell)


@pytest.fixture
def row(qtbot: QtBot) -> Row:
    row = Row()
    qtbot.addWidget(row)
    row.resize(120, 40)
    with qtbot.waitExposed(row):
        row.show()
    return row


def test_the_pointer_tells_a_cell_and_leaves_it(row: Row) -> None:
    said: list[str] = []
    row.hovered.connect(said.append)
    move_pointer(row, QPoint(35, 35))
    move_pointer(row, row.rect_of(1).center())
    assert said[-1] == "<1>"
    assert row.toolTip() == "<qt>&lt;1&gt;</qt>"
    assert row.cursor().shape() == Qt.CursorShape.PointingHandCursor
    move_pointer(row, QPoint(35, 35))
    assert (said[-1], row.toolTip()) == ("", "")


def test_a_click_takes_a_cell_and_only_with_the_left_button(row: Row, qtbot: QtBot) -> None:
    qtbot.mouseClick(row, Qt.MouseButton.RightButton, pos=row.rect_of(2).center())
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=QPoint(35, 35))
    assert row.taken == []
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=row.rect_of(2).center())
    assert row.taken == [2]


def test_the_keys_go_from_cell_to_cell_and_take_one(row: Row, qtbot: QtBot) -> None:
    said: list[str] = []
    row.hovered.connect(said.append)
    keys = Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left
    for key in keys:
        qtbot.keyClick(row, key)
    assert said == ["<1>", "<2>", "<1>"], "it ends at the last one, and nothing lies below"
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
        qtbot.keyClick(row, key)
    assert row.taken == [1, 1, 1]


def test_another_theme_repaints_them_and_says_so(row: Row, qtbot: QtBot) -> None:
    for theme in (LIGHT, DARK):
        with qtbot.waitSignal(row.restyled):
            wear(row, theme)
        assert row.grab().toImage().pixelColor(row.rect_of(1).center()) == QColor(theme.changed)
