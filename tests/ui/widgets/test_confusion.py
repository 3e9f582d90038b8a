"""Counts, colours and words of the confusion matrix, and what a click on a cell wishes."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.picture_grid import NO_PICTURES, PictureChart
from resnet_viewer.ui.widgets.confusion import ConfusionMatrix
from resnet_viewer.ui.widgets.theme import DARK, LIGHT, Theme
from tests.ui.pixel import pixel, wear
from tests.ui.train.lab_scenes import LABELS, PREDICTED, move_pointer


@pytest.fixture
def matrix(qtbot: QtBot) -> ConfusionMatrix:
    matrix = ConfusionMatrix()
    qtbot.addWidget(matrix)
    matrix.resize(300, 200)
    matrix.show_predictions(PictureChart(LABELS, PREDICTED, ("0", "1", "2")))
    with qtbot.waitExposed(matrix):
        matrix.show()
    return matrix


def test_rows_are_true_and_columns_predicted(matrix: ConfusionMatrix) -> None:
    assert matrix.cells.chart.counts.tolist() == [[4, 0, 0], [0, 1, 2], [1, 0, 2]]
    assert matrix.cells.chart.describe(1, 2) == "true 1, predicted 2: 2 of 3 (67 %)"
    assert matrix.cells.chart.describe(1, -1) == "true 1: 2 of 3 wrong (67 %)"
    assert matrix.cells.rect_of(5).left() > matrix.cells.rect_of(4).left()
    assert matrix.cells.rect_of(7).top() > matrix.cells.rect_of(4).top()


@pytest.mark.parametrize("theme", [DARK, LIGHT])
def test_colours_are_shares_of_rows(matrix: ConfusionMatrix, theme: Theme) -> None:
    wear(matrix, theme)
    painted = matrix.cells.grab().toImage()

    def colour(true: int, given: int) -> tuple[int, int, int]:
        corner = matrix.cells.rect_of(3 * true + given).topLeft() + QPoint(3, 3)
        return pixel(painted, corner.x(), corner.y())

    def distance(true: int, given: int, name: str) -> int:
        wished = QColor(name).getRgb()[:3]
        return sum(abs(a - b) for a, b in zip(colour(true, given), wished, strict=True))

    assert colour(0, 1) == QColor(theme.panel).getRgb()[:3]
    assert distance(0, 0, theme.branch) < distance(1, 1, theme.branch)  # 4 of 4, 1 of 3
    assert distance(1, 2, theme.changed) < distance(2, 0, theme.changed)  # 2 of 3, 1 of 3
    assert distance(1, 2, theme.changed) < distance(1, 2, theme.branch)


def test_a_click_on_a_cell_and_the_keys_wish_a_pair(qtbot: QtBot, matrix: ConfusionMatrix) -> None:
    pairs: list[tuple[int, int]] = []
    matrix.cells.chosen.connect(pairs.append)
    qtbot.mouseClick(matrix.cells, Qt.MouseButton.LeftButton, pos=matrix.cells.rect_of(5).center())
    assert pairs == [(1, 2)]
    qtbot.keyClick(matrix.cells, Qt.Key.Key_Down)
    qtbot.keyClick(matrix.cells, Qt.Key.Key_Left)
    qtbot.keyClick(matrix.cells, Qt.Key.Key_Return)
    assert pairs[1:] == [(2, 1)]
    qtbot.mouseClick(matrix.cells, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert len(pairs) == 2


def test_hovering_tells_cells_and_rows(matrix: ConfusionMatrix) -> None:
    said: list[str] = []
    matrix.cells.hovered.connect(said.append)
    move_pointer(matrix.cells, matrix.cells.rect_of(0).center())
    move_pointer(matrix.cells, matrix.cells.rect_of(6).center())
    assert said[-1] == "true 2, predicted 0: 1 of 3 (33 %)"
    move_pointer(matrix.cells, QPoint(1, matrix.cells.rect_of(6).center().y()))
    assert said[-1] == "true 2: 1 of 3 wrong (33 %)"
    move_pointer(
        matrix.cells, QPoint(matrix.cells.rect_of(8).right() + 8, matrix.cells.rect_of(3).center().y())
    )
    assert said[-1] == "true 1: 2 of 3 wrong (67 %)"


def test_a_class_without_pictures_has_no_share(matrix: ConfusionMatrix) -> None:
    matrix.show_predictions(PictureChart(LABELS, PREDICTED, ("0", "1", "2", "3")))
    assert matrix.cells.chart.describe(3, 0) == "true 3, predicted 0: 0 of 0"
    matrix.cells.grab()


def test_a_hundred_classes_scroll_and_ten_fit(qtbot: QtBot, matrix: ConfusionMatrix) -> None:
    assert matrix.cells.height() <= matrix.height()
    everything = np.arange(100)
    matrix.show_predictions(PictureChart(everything, everything[::-1].copy(), tuple(map(str, everything))))
    assert matrix.cells.height() > matrix.height()
    assert matrix.cells.rect_of(9_999).bottom() <= matrix.cells.height()
    assert matrix.cells.chart.counts.trace() == 0
    matrix.cells.grab()


def test_scrolling_down_brings_no_bar_to_the_side(qtbot: QtBot, matrix: ConfusionMatrix) -> None:
    everything = np.arange(12)
    matrix.show_predictions(PictureChart(everything, everything.copy(), tuple(map(str, everything))))
    matrix.resize(300, 60)
    QApplication.processEvents()
    assert matrix.verticalScrollBar().isVisible()
    assert not matrix.horizontalScrollBar().isVisible()


def test_nothing_is_counted_without_predictions(matrix: ConfusionMatrix) -> None:
    matrix.show_predictions(NO_PICTURES)
    assert matrix.cells.chart.counts.shape == (0, 0)
    matrix.cells.grab()


def test_rows_columns_and_errors_have_headings_that_overlap_nothing(matrix: ConfusionMatrix) -> None:
    matrix.resize(420, 300)
    cells = matrix.cells
    metrics = QFontMetrics(cells.letters)
    found = {words: place for place, words in cells.headings(metrics)}
    assert set(found) == {"true", "predicted", "error"}
    grid = matrix.cells.rect_of(0).united(matrix.cells.rect_of(8))
    for place in found.values():
        assert not place.intersects(grid)
        assert cells.rect().contains(place)
    assert found["error"].left() > grid.right()
    assert found["predicted"].bottom() <= matrix.cells.rect_of(0).top() - metrics.height(), (
        "the columns' names"
    )
    matrix.resize(200, 80)
    assert {words for _, words in cells.headings(QFontMetrics(cells.letters))} == {"true", "error"}


def test_in_little_room_every_class_is_named_and_its_error_has_a_heading(matrix: ConfusionMatrix) -> None:
    labels = np.arange(10).repeat(3)
    matrix.show_predictions(PictureChart(labels, labels, tuple(map(str, range(10)))))
    cells, sizes = matrix.cells, []
    for height in range(240, 80, -5):
        matrix.resize(300, height)
        metrics = QFontMetrics(cells.letters)
        sizes.append(cells.letters.pointSizeF())
        assert cells.rect_of(0).height() >= metrics.ascent(), "names of every row, none left out"
        assert {"true", "error"} <= {words for _, words in cells.headings(metrics)}
        is_whole = cells.height() <= matrix.viewport().height()
        assert is_whole or sizes[-1] <= 7, "it scrolls where the letters are small and do not fit"
    assert sizes == sorted(sizes, reverse=True)


def test_the_rows_of_a_hundred_classes_have_headings_too(matrix: ConfusionMatrix) -> None:
    everything = np.arange(100)
    matrix.show_predictions(PictureChart(everything, everything[::-1].copy(), tuple(map(str, everything))))
    cells = matrix.cells
    metrics = QFontMetrics(cells.letters)
    found = {words: place for place, words in cells.headings(metrics)}
    assert {"true", "error"} <= set(found)
    first = cells.rect_of(0).center().y() - metrics.height() // 2
    assert found["error"].bottom() < first + 1, "a heading lies on the first row's error"


def test_letters_grow_with_the_cells(matrix: ConfusionMatrix) -> None:
    matrix.resize(800, 700)
    assert matrix.cells.letters.pointSizeF() > matrix.font().pointSizeF()
    matrix.resize(150, 80)
    assert matrix.cells.letters.pointSizeF() == max(matrix.font().pointSizeF() - 2, 6.0)


def test_long_names_that_begin_alike_stay_apart(matrix: ConfusionMatrix) -> None:
    images = []
    for ends in ("abc", "xyz"):
        names = tuple(f"class_of_own_pictures_{end}" for end in ends)
        matrix.show_predictions(PictureChart(LABELS.copy(), PREDICTED, names))
        images.append(matrix.cells.grab().toImage())
    assert images[0] != images[1], "what tells the classes apart is cut off"
