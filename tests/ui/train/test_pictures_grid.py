"""Which test pictures are on a page, how they look, and what a click, the wheel and the keys do."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from resnet_viewer.charts import palette
from resnet_viewer.figures import picture_grid
from resnet_viewer.records.confusion import picture_order
from resnet_viewer.ui.train.pictures import PicturesGrid
from resnet_viewer.ui.widgets.theme import LIGHT
from tests.figures.runs import report
from tests.ui.pixel import pixel, wear
from tests.ui.train.lab_scenes import LABELS, PREDICTED, data_of, move_pointer

SHORT = ("0", "1", "2")


@pytest.fixture
def grid(qtbot: QtBot) -> PicturesGrid:
    grid = PicturesGrid()
    qtbot.addWidget(grid)
    grid.resize(150, 130)
    grid.show_pictures(data_of(names=SHORT), PREDICTED, "a")
    with qtbot.waitExposed(grid):
        grid.show()
    return grid


def wheel(grid: PicturesGrid, delta: int) -> None:
    event = QWheelEvent(
        QPointF(20, 20),
        QPointF(grid.mapToGlobal(QPoint(20, 20))),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(grid, event)


def test_wrong_ones_come_first_and_pages_follow(grid: PicturesGrid) -> None:
    order = picture_order(LABELS, PREDICTED).tolist()
    assert sorted(order[:3]) == [1, 5, 7]
    assert grid.chart.order.tolist() == order, "as in the figure"
    assert grid.shown == tuple(order[:6])
    assert grid.words == "1–6 of 10, 3 wrong"
    assert grid.has_page == (False, True)
    grid.turn(1)
    assert (grid.shown, grid.words) == (tuple(order[6:]), "7–10 of 10, 3 wrong")
    assert grid.has_page == (True, False)
    grid.turn(5)
    assert grid.shown == tuple(order[6:])


def test_choices(grid: PicturesGrid) -> None:
    grid.turn(1)
    grid.choose("wrong")
    assert (set(grid.shown), grid.words) == ({1, 5, 7}, "1–3 of 3")
    grid.choose((1, 2))
    assert set(grid.shown) == {1, 7}
    grid.choose((0, 2))
    assert (grid.shown, grid.words, grid.has_page) == ((), "none of these", (False, False))


def test_the_surest_mistakes_come_first_where_it_is_known_how_sure_the_network_was(
    grid: PicturesGrid,
) -> None:
    grid.choose("surest")
    assert grid.chart.rule_words.startswith("a sample over the classes (seed 0); how sure the network was")
    sure = np.array([0.9, 0.3, 0.9, 0.9, 0.9, 0.6, 0.9, 0.8, 0.9, 0.9], np.float32)
    grid.show_pictures(data_of(names=SHORT), PREDICTED, "a", sure)
    assert grid.shown == (7, 5, 1)
    assert (grid.chart.rule, grid.chart.rule_words) == ("surest", "the surest mistakes first")
    assert grid.chart.describe(7) == "test picture 7 · true 1, predicted 2 with 80 % · wrong"
    grid.choose("all")
    assert grid.chart.rule == "sample"


def test_small_pictures_are_enlarged_by_whole_numbers_without_smoothing(grid: PicturesGrid) -> None:
    place = grid.frames[0].place
    assert place.width() % 8 == 0
    assert place.width() > 8
    assert grid.frames[0].image.width() == 8
    painted = grid.grab().toImage()
    times = place.width() // 8
    # the second column from the left of the picture is of one value over `times` pixels
    middle = place.center().y()
    values = {pixel(painted, place.left() + times + i, middle) for i in range(times)}
    value = (10 * grid.shown[0],) * 3
    assert values == {value}
    assert pixel(painted, place.right() - 2, place.bottom() - 2) == value


def test_large_pictures_are_made_smaller(qtbot: QtBot) -> None:
    grid = PicturesGrid()
    qtbot.addWidget(grid)
    grid.resize(300, 130)
    grid.show_pictures(data_of(224, 3, names=SHORT), PREDICTED, "a")
    side = grid.frames[0].place.width()
    assert side <= 80
    assert grid.frames[0].image.width() == round(side * grid.devicePixelRatioF())


def test_wrong_ones_have_a_red_frame_and_a_cross(grid: PicturesGrid) -> None:
    wear(grid, LIGHT)
    painted = grid.grab().toImage()
    red = QColor(LIGHT.changed)
    for place, is_wrong in ((0, True), (3, False)):
        rect = grid.frames[place].place
        assert (painted.pixelColor(rect.left() - 1, rect.center().y()) == red) is is_wrong
        corner = rect.adjusted(rect.width() - 8, 0, 1, -rect.height() + 8)
        found = {
            painted.pixelColor(x, y).name()
            for x in range(corner.left(), corner.right())
            for y in range(corner.top(), corner.bottom())
        }
        assert (LIGHT.panel in found and LIGHT.changed in found) is is_wrong


def test_a_new_epoch_keeps_the_page_and_another_run_does_not(grid: PicturesGrid) -> None:
    grid.turn(1)
    grid.show_pictures(data_of(names=SHORT), PREDICTED, "a")
    assert grid.has_page[0] is False  # other data
    data = data_of(names=SHORT)
    grid.show_pictures(data, PREDICTED, "a")
    grid.turn(1)
    grid.show_pictures(data, PREDICTED.copy(), "a")
    assert grid.has_page[0]
    grid.show_pictures(data, PREDICTED, "b")
    assert not grid.has_page[0]


def test_the_same_predictions_are_not_drawn_again(grid: PicturesGrid) -> None:
    data = data_of(names=SHORT)
    grid.show_pictures(data, PREDICTED, "a")
    image = grid.frames[0].image
    grid.show_pictures(data, PREDICTED, "a")
    assert grid.frames[0].image is image
    grid.grab()
    assert grid.frames[0].image is image


def test_the_wheel_turns_pages_a_notch_at_a_time(grid: PicturesGrid) -> None:
    wheel(grid, -60)
    assert not grid.has_page[0]
    wheel(grid, -60)
    assert grid.has_page[0]
    wheel(grid, 120)
    assert not grid.has_page[0]


def test_keys_go_from_picture_to_picture_and_over_the_page(qtbot: QtBot, grid: PicturesGrid) -> None:
    said: list[str] = []
    grid.hovered.connect(said.append)
    for _ in range(6):
        qtbot.keyClick(grid, Qt.Key.Key_Right)
    order = grid.chart.order.tolist()
    assert grid.shown == tuple(order[6:])
    assert said[-1].startswith(f"test picture {order[6]} ")
    qtbot.keyClick(grid, Qt.Key.Key_Left)
    assert grid.shown[0] == order[0]
    qtbot.keyClick(grid, Qt.Key.Key_End)
    assert grid.has_page == (True, False)
    qtbot.keyClick(grid, Qt.Key.Key_PageUp)
    assert grid.has_page == (False, True)


def test_hovering_tells_full_names(grid: PicturesGrid) -> None:
    grid.show_pictures(data_of(), PREDICTED, "a")
    said: list[str] = []
    grid.hovered.connect(said.append)
    move_pointer(grid, QPoint(1, grid.height() - 1))
    move_pointer(grid, grid.frames[0].place.center())
    assert said[-1] == grid.chart.describe(grid.shown[0])
    assert grid.chart.describe(1) == "test picture 1 · true <b>bird</b>, predicted frog · wrong"


def test_a_click_offers_to_open_the_picture_in_inspect(qtbot: QtBot, grid: PicturesGrid) -> None:
    grid.show_pictures(data_of(channels=3), PREDICTED, "a")
    assert grid.chosen == grid.chart.order[0]
    wished: list[int] = []
    pairs: list[tuple[int, int]] = []
    grid.picture_wished.connect(wished.append)
    grid.pair_wished.connect(pairs.append)
    qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.frames[1].place.center())
    menu = grid.findChild(QMenu)
    assert menu is not None
    assert menu.isVisible()
    words = [action.text() for action in menu.actions()]
    assert words[0] == "test picture 5 · true frog, predicted cat && dog · wrong"
    menu.actions()[1].trigger()
    menu.actions()[2].trigger()
    menu.close()
    assert wished == [5]
    assert grid.chosen == 5
    assert pairs == [(2, 0)]


def test_long_names_are_cut_within_their_cell(qtbot: QtBot) -> None:
    grid = PicturesGrid()
    qtbot.addWidget(grid)
    grid.resize(300, 200)
    names = ("a very long class name indeed",) * 2 + ("frog",)
    grid.show_pictures(data_of(names=names), PREDICTED, "a")
    lefts = [grid.frames[i].place.center().x() for i in range(2)]
    assert lefts[1] - lefts[0] >= 96
    assert len(LABELS) > len(grid.shown) >= 3


def test_the_screen_and_the_page_show_the_same_pictures_in_the_same_order(grid: PicturesGrid) -> None:
    grid.resize(400, 300)
    data = data_of(names=SHORT)
    grid.show_pictures(data, PREDICTED, "a")
    figure = picture_grid.figure(data.test_pictures, grid.chart, report())
    axes = next(axes for axes in figure.axes if axes.get_label() == "pictures")
    values = [int(np.asarray(image.get_array())[-1, 0, 0]) for image in axes.images]
    assert values == [10 * frame.index for frame in grid.frames]
    said = [
        text.get_text() for text in figure.texts if " / " in text.get_text() and "·" not in text.get_text()
    ]
    assert said == [f"{picture_grid.MARK * frame.is_wrong}{frame.title}" for frame in grid.frames]
    reds = [to_hex(patch.get_edgecolor()) == palette.NOW for patch in axes.patches]
    assert reds == [frame.is_wrong for frame in grid.frames]


def test_nothing_is_shown_without_predictions(qtbot: QtBot) -> None:
    grid = PicturesGrid()
    qtbot.addWidget(grid)
    grid.show_pictures(data_of(), None, "a")
    grid.turn(1)
    qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert grid.shown == ()
