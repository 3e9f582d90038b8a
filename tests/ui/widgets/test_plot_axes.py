"""What stands around a plot: numbers inside it, a message in an empty one."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.chart import Axis
from resnet_viewer.charts.log_axis import log_axis, scale_of
from resnet_viewer.ui.widgets.plot_axes import Ground, Marks, marks_of
from resnet_viewer.ui.widgets.theme import DARK


def painted(marks: Marks) -> QImage:
    box = pg.ViewBox()
    ground = Ground(box, DARK, QFont(), "epoch")
    ground.show_marks(marks, 200.0, 100.0)
    image = QImage(280, 140, QImage.Format.Format_RGB32)
    image.fill(QColor(DARK.panel))
    with QPainter(image) as painter:
        painter.translate(62, 10)
        ground.paint(painter, QStyleOptionGraphicsItem())
    return image


def test_a_logarithms_numbers_lie_inside_and_its_lanes_outside_of_them() -> None:
    scale = scale_of((-3.0, 0.0), {"zero", "nan"}, 200.0)
    marks = marks_of(Axis(0.0, 1.0), log_axis(scale, 200.0, 14.0), (300.0, 200.0), len)
    assert [text for _, text in marks.lanes] == ["0", "nan"]
    assert all(0 < y < 200 for y, _ in (*marks.numbers, *marks.lanes))
    top, bottom = marks.edges[1], marks.edges[0]
    assert all(top <= y <= bottom for y, _ in marks.numbers)


def test_numbers_and_the_corners_word_have_room_in_a_large_font(qtbot: QtBot) -> None:
    font = QFont()
    for points in (9, 16, 24):
        font.setPointSize(points)
        box, wide = pg.ViewBox(), QFontMetricsF(font).horizontalAdvance
        ground = Ground(box, DARK, QFont(), "layer")
        ground.set_font(font)
        assert ground.left_room - 8 >= max(map(wide, ("1e-14", "∞ nan", "layer")))
        assert ground.boundingRect().left() == -ground.left_room


def test_without_numbers_there_is_no_axis_but_a_message(qtbot: QtBot) -> None:
    empty = painted(Marks())
    assert empty.pixelColor(100, 109) == QColor(DARK.panel)
    assert painted(Marks(message="Press Start")) != empty
    assert painted(Marks(((50.0, "1"),))).pixelColor(100, 109) == QColor(DARK.border)


def test_the_word_in_the_corner_keeps_off_the_first_number(qtbot: QtBot) -> None:
    zero = ((0.0, "0"),)
    both = painted(Marks(((50.0, "1"),), below=zero, corner="epoch"))
    number = painted(Marks(((50.0, "1"),), below=zero))
    word = painted(Marks(((50.0, "1"),), corner="epoch"))
    ground = QColor(DARK.panel)
    for x in range(280):
        for y in range(112, 138):
            inked = [picture.pixelColor(x, y) != ground for picture in (number, word)]
            assert inked != [True, True], "they lie on each other"
    assert both != number
