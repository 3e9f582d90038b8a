"""What stands around a plot: numbers inside it, a message in an empty one."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.chart import Axis, Chart, Tick
from resnet_viewer.charts.log_axis import log_axis, scale_of
from resnet_viewer.ui.widgets.plot_items import PlotFrame
from resnet_viewer.ui.widgets.theme import DARK


def chart(*numbers: Tick, below: tuple[Tick, ...] = (), message: str = "") -> Chart:
    return Chart(Axis(0.0, 200.0, below), Axis(0.0, 100.0, numbers), message=message)


def painted(chart: Chart, corner: str = "epoch") -> QImage:
    box = pg.ViewBox()
    frame = PlotFrame(box, QFont(), corner)
    frame.show_chart(chart, (200.0, 100.0))
    image = QImage(280, 140, QImage.Format.Format_RGB32)
    image.fill(QColor(DARK.panel))
    with QPainter(image) as painter:
        painter.translate(62, 10)
        frame.paint(painter, QStyleOptionGraphicsItem())
    return image


def test_a_logarithms_numbers_lie_inside_and_its_lanes_outside_of_them() -> None:
    y = log_axis(scale_of((-3.0, 0.0), {"zero", "nan"}, 200.0), 200.0, 14.0)
    assert [tick.text for tick in y.lanes] == ["0", "nan"]
    assert all(0 < y.share(tick.place) < 1 for tick in (*y.numbers, *y.lanes))
    assert all(y.edges[0] <= tick.place <= y.edges[1] for tick in y.numbers)


def test_numbers_and_the_corners_word_have_room_in_a_large_font(qtbot: QtBot) -> None:
    font = QFont()
    for points in (9, 16, 24):
        font.setPointSize(points)
        box, wide = pg.ViewBox(), QFontMetricsF(font).horizontalAdvance
        frame = PlotFrame(box, QFont(), "layer")
        frame.set_font(font)
        assert frame.left_room - 8 >= max(map(wide, ("1e-14", "∞ nan", "layer")))
        assert frame.boundingRect().left() == -frame.left_room


def test_without_numbers_there_is_no_axis_but_a_message(qtbot: QtBot) -> None:
    empty = painted(chart())
    assert empty.pixelColor(100, 109) == QColor(DARK.panel)
    assert painted(chart(message="Press Start")) != empty
    assert painted(chart(Tick(50.0, "1"))).pixelColor(100, 109) == QColor(DARK.border)


def test_the_word_in_the_corner_keeps_off_the_first_number(qtbot: QtBot) -> None:
    with_number = chart(Tick(50.0, "1"), below=(Tick(0.0, "0"),))
    both, number = painted(with_number), painted(with_number, corner="")
    assert both != number
    for x in range(280):
        for y in range(112, 138):
            is_word = both.pixelColor(x, y) != number.pixelColor(x, y)
            assert not (is_word and number.pixelColor(x, y) != QColor(DARK.panel)), "they lie on each other"
