"""Wheel, drag, double click and keys move the x range; the pointer is told in the plot's own pixels."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.chart import Axis, Chart, Tick
from resnet_viewer.ui.widgets.plot import PlotCanvas
from tests.ui.train.hands import move


@pytest.fixture
def canvas(qtbot: QtBot) -> PlotCanvas:
    made = PlotCanvas("a plot")
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.set_limits(0.0, 12.0, 0.1)
    with qtbot.waitExposed(made):
        made.show()
    return made


def wheel(canvas: PlotCanvas, delta: int, modifier: Qt.KeyboardModifier) -> None:
    middle = QPointF(canvas.viewport().rect().center())
    event = QWheelEvent(
        middle,
        canvas.mapToGlobal(middle),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(canvas.viewport(), event)


def test_all_of_x_is_shown_and_maps_to_the_plots_pixels(canvas: PlotCanvas) -> None:
    assert canvas.is_fitted
    width = canvas.size_of_plot[0]
    assert canvas.x_at(width) == pytest.approx(12.0)
    assert canvas.pixel_at(3.0) == pytest.approx(width / 4)


def test_the_plot_that_has_the_keys_is_framed(canvas: PlotCanvas, qtbot: QtBot) -> None:
    canvas.clearFocus()
    canvas.draw(Chart(Axis(0.0, 1.0), Axis(0.0, 1.0)))
    assert not canvas.frame.is_focused
    without = canvas.grab().toImage()
    QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusIn, Qt.FocusReason.TabFocusReason))
    assert canvas.frame.is_focused
    assert canvas.grab().toImage() != without
    QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.TabFocusReason))
    assert canvas.grab().toImage() == without


def test_no_frame_stands_around_an_empty_plot_or_one_that_was_clicked(
    canvas: PlotCanvas, qtbot: QtBot
) -> None:
    def focus(reason: Qt.FocusReason) -> bool:
        QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusOut, reason))
        QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusIn, reason))
        return canvas.frame.is_focused

    canvas.draw(Chart(Axis(0.0, 1.0), Axis(0.0, 1.0), message="nothing yet"))
    assert not focus(Qt.FocusReason.TabFocusReason)
    canvas.draw(Chart(Axis(0.0, 1.0), Axis(0.0, 1.0)))
    assert canvas.frame.is_focused
    assert focus(Qt.FocusReason.ActiveWindowFocusReason)  # back from another window, as it was
    assert not focus(Qt.FocusReason.MouseFocusReason)
    assert not focus(Qt.FocusReason.OtherFocusReason)
    qtbot.keyClick(canvas, Qt.Key.Key_Plus)
    assert canvas.frame.is_focused
    QApplication.sendEvent(canvas, QFocusEvent(QEvent.Type.FocusOut, Qt.FocusReason.MouseFocusReason))
    assert not canvas.frame.is_focused


def test_the_wheel_zooms_at_the_pointer_and_with_shift_it_pans(canvas: PlotCanvas) -> None:
    before = canvas.x_range
    wheel(canvas, 240, Qt.KeyboardModifier.NoModifier)
    left, right = canvas.x_range
    assert before[0] < left < right < before[1]
    wheel(canvas, 120, Qt.KeyboardModifier.ShiftModifier)
    moved = canvas.x_range
    assert moved[1] - moved[0] == pytest.approx(right - left)
    assert moved[0] < left


def test_zoom_ends_at_the_limits(canvas: PlotCanvas) -> None:
    for _ in range(60):
        canvas.zoom(0.5, 100.0)
    assert canvas.x_range[1] - canvas.x_range[0] == pytest.approx(0.1)
    canvas.pan(-1e9)
    assert canvas.x_range[1] == pytest.approx(12.0)
    canvas.zoom(1e9, 0.0)
    assert canvas.x_range == (0.0, 12.0)


def test_a_plot_that_showed_all_grows_with_its_limits_and_a_zoomed_one_stays(canvas: PlotCanvas) -> None:
    canvas.set_limits(0.0, 20.0, 0.1)
    assert canvas.x_range == (0.0, 20.0)
    canvas.zoom(0.5, 0.0)
    zoomed = canvas.x_range
    canvas.set_limits(0.0, 40.0, 0.1)
    assert canvas.x_range == zoomed


def test_a_double_click_and_home_show_everything(canvas: PlotCanvas, qtbot: QtBot) -> None:
    canvas.zoom(0.5, 0.0)
    qtbot.mouseDClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=canvas.viewport().rect().center())
    assert canvas.is_fitted
    canvas.zoom(0.5, 0.0)
    qtbot.keyClick(canvas, Qt.Key.Key_Home)
    assert canvas.is_fitted


def test_a_drag_pans_and_is_no_click(canvas: PlotCanvas, qtbot: QtBot) -> None:
    clicks: list[QPointF] = []
    canvas.clicked.connect(clicks.append)
    canvas.zoom(0.5, 200.0)
    before = canvas.x_range
    view, start = canvas.viewport(), QPoint(300, 150)
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    move(view, QPointF(start) - QPointF(60, 0), Qt.MouseButton.LeftButton)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start - QPoint(60, 0))
    assert canvas.pixel_at(before[0]) == pytest.approx(-60.0)
    assert canvas.x_range[0] > before[0]
    assert clicks == []
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=start)
    assert len(clicks) == 1


def test_the_pointer_is_told_and_leaves(canvas: PlotCanvas) -> None:
    told: list[QPointF | None] = []
    canvas.pointed.connect(told.append)
    move(canvas.viewport(), QPointF(300, 150))
    assert told[-1] is not None
    assert 0.0 < canvas.x_at(told[-1].x()) < 12.0
    QApplication.sendEvent(canvas, QEvent(QEvent.Type.Leave))
    assert told[-1] is None


def test_keys_are_told_only_where_somebody_wants_them(canvas: PlotCanvas, qtbot: QtBot) -> None:
    told: list[Qt.Key] = []
    canvas.key_pressed.connect(told.append)
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert told == []
    canvas.keys = frozenset({Qt.Key.Key_Right})
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert told == [Qt.Key.Key_Right]


def test_a_larger_font_makes_room_for_its_numbers(canvas: PlotCanvas) -> None:
    canvas.draw(Chart(Axis(0.0, 1.0), Axis(0.0, 1.0, (Tick(0.5, "1e-14"),))))
    before = canvas.size_of_plot
    font = canvas.font()
    font.setPointSizeF(2 * font.pointSizeF())
    canvas.setFont(font)
    canvas.ci.layout.activate()
    assert canvas.size_of_plot[0] < before[0]
    assert canvas.size_of_plot[1] < before[1]
