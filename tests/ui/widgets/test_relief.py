"""A relief on the screen: cells where they were measured, words under pointer and keys, and the path."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.study_panel import MatrixPanel
from resnet_viewer.ui.widgets.relief import ReliefCells
from resnet_viewer.ui.widgets.relief_pane import ReliefPane
from resnet_viewer.ui.widgets.study_plot import MatrixView, StudyPlot
from tests import panels
from tests.ui.train.lab_scenes import move_pointer


@pytest.fixture
def plot(qtbot: QtBot) -> StudyPlot:
    made = StudyPlot()
    qtbot.addWidget(made)
    made.resize(700, 600)
    made.show()
    return made


def shown(plot: StudyPlot, panel: MatrixPanel) -> ReliefCells:
    plot.show_panels([panel])
    for _ in range(3):
        QApplication.processEvents()
    plot.grab()
    (view,) = plot.views
    assert isinstance(view, MatrixView)
    assert view.relief is not None
    assert not view.cells.isVisible()
    assert not view.bar.isVisible(), "the relief has its own beside it"
    return view.relief.cells


def pane(plot: StudyPlot) -> ReliefPane:
    (view,) = plot.views
    assert isinstance(view, MatrixView)
    assert view.relief is not None
    return view.relief


def at(relief: ReliefCells, x: float, y: float) -> QPoint:
    """Where a place in the axes' units, which go from −1 to 1, is drawn."""
    area = relief.area
    return QPointF(
        area.left() + (x + 1) / 2 * area.width(), area.top() + (1 - y) / 2 * area.height()
    ).toPoint()


def test_cells_have_their_colours_the_first_row_at_the_bottom(plot: StudyPlot) -> None:
    panel = panels.landscape(5)
    values = 10.0 ** np.arange(25.0).reshape(5, 5)
    relief = shown(plot, replace(panel, values=values))
    image = relief.grab().toImage()
    wanted = relief.chart.matrix.cells.rgb()
    for row, column in ((0, 0), (0, 4), (4, 0), (2, 1), (3, 3)):
        spot = at(
            relief,
            -1 + column / 2 + (0.05 if column == 0 else -0.05),
            -1 + row / 2 + (0.06 if row == 0 else -0.06),
        )
        colour = image.pixelColor(spot)
        assert [colour.red(), colour.green(), colour.blue()] == wanted[row, column].tolist(), (row, column)


@pytest.mark.parametrize("size", [2, 3, 65])
def test_the_pointer_says_where_it_is_and_what_was_measured_there(plot: StudyPlot, size: int) -> None:
    panel = panels.landscape(size)
    relief = shown(plot, panel)
    words: list[str] = []
    plot.hovered.connect(words.append)
    move_pointer(relief, at(relief, 0.99, -0.99))
    assert words[-1] == f"first direction: 1 · second direction: −1 · {panel.values[0, -1]:.4g} nats"
    move_pointer(relief, QPoint(1, 1))
    assert words[-1] == ""


def test_a_number_beyond_the_scale_says_how_it_is_drawn(plot: StudyPlot) -> None:
    relief = shown(plot, panels.landscape(33, "rough", clip=(0.01, 1e4)))
    assert relief.words_of(32 * 33 + 32).endswith("∞ nats (drawn as 1e4)")
    assert relief.words_of(11).endswith("no number")
    note = pane(plot).note
    assert note.text() == relief.chart.matrix.beyond_words != ""
    assert note.isVisible()
    shown(plot, panels.landscape(33))
    assert not note.isVisible()


def test_points_of_the_path_say_theirs(plot: StudyPlot) -> None:
    path = panels.walk(5)
    relief = shown(plot, panels.landscape(33, path=path))
    assert relief.words_at(at(relief, float(path.x[3]), float(path.y[3]))) == "ResNet-20 · epoch 3"
    assert relief.words_at(at(relief, 0.9, 0.9)).startswith("first direction: 0.875 ")


def test_keys_go_from_cell_to_cell_upwards_to_higher_rows(plot: StudyPlot) -> None:
    relief = shown(plot, panels.landscape(9))
    words: list[str] = []
    plot.hovered.connect(words.append)
    relief.setFocus()
    QTest.keyClick(relief, Qt.Key.Key_Up)
    assert words[-1].startswith("first direction: −1 · second direction: −0.75 · ")
    QTest.keyClick(relief, Qt.Key.Key_Right)
    assert words[-1].startswith("first direction: −0.75 · second direction: −0.75 · ")
    QTest.keyClick(relief, Qt.Key.Key_Down)
    QTest.keyClick(relief, Qt.Key.Key_Down)
    assert relief.current == 1


def test_the_cell_that_is_told_about_stays_where_it_is_when_the_picture_sharpens(plot: StudyPlot) -> None:
    relief = shown(plot, panels.landscape(5))
    relief.go(3 * 5 + 4)
    before = relief.rect_of(relief.current).center()
    assert shown(plot, panels.landscape(9)) is relief
    assert relief.current == 6 * 9 + 8
    assert (relief.rect_of(relief.current).center() - before).manhattanLength() < 25


def test_axes_stay_where_they_are_when_the_picture_sharpens(plot: StudyPlot) -> None:
    shared = {"limits": (0.05, 50.0)}
    before = shown(plot, panels.landscape(3, **shared)).area
    for size in (5, 9, 17):
        assert shown(plot, panels.landscape(size, **shared)).area == before


@pytest.mark.parametrize("size", [(180, 150), (400, 300), (1200, 500), (500, 1200)], ids=str)
def test_all_of_it_is_inside_at_any_size(plot: StudyPlot, size: tuple[int, int]) -> None:
    plot.resize(*size)
    relief = shown(plot, panels.landscape(33, "rough", clip=(0.01, 1e4), path=panels.walk()))
    assert relief.rect().toRectF().contains(relief.area)
    assert relief.area.width() == pytest.approx(relief.area.height(), abs=1)
    longest = max(relief.fontMetrics().horizontalAdvance(tick.text) for tick in relief._ticks)
    assert relief.area.right() + longest < relief.width()


def test_a_matrix_and_a_relief_may_take_turns(plot: StudyPlot) -> None:
    relief = shown(plot, panels.landscape(5))
    plot.show_panels([panels.matrix()])
    (view,) = plot.views
    assert isinstance(view, MatrixView)
    assert view.cells.isVisible()
    assert view.bar.isVisible()
    assert not relief.isVisible()
    empty = replace(panels.landscape(5), values=np.full((5, 5), np.nan))
    plot.show_panels([empty])
    assert view.cells.chart.message == "Nothing is measured yet."
    assert view.cells.isVisible()
    assert shown(plot, panels.landscape(5)) is relief
