"""What a study shows on the screen: the values that were measured, told by pointer and keys, in any room."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.study_matrix import MatrixChart
from resnet_viewer.charts.study_panel import LinesPanel, MatrixPanel
from resnet_viewer.charts.study_rows import table
from resnet_viewer.records.trained_rows import Group
from resnet_viewer.ui.widgets.study_plot import OPENS, LinesView, MatrixView, PicturesView, StudyPlot
from resnet_viewer.ui.widgets.theme import DARK, LIGHT
from tests import panels
from tests.ui.train.lab_scenes import move_pointer

EVERY = panels.every()


@pytest.fixture
def plot(qtbot: QtBot) -> StudyPlot:
    made = StudyPlot()
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    return made


def settle(plot: StudyPlot) -> None:
    """Views are laid out, and painted."""
    for _ in range(3):
        QApplication.processEvents()
    plot.grab()


def lines_view(plot: StudyPlot) -> LinesView:
    view = plot.views[0]
    assert isinstance(view, LinesView)
    return view


def told(plot: StudyPlot) -> list[str]:
    words: list[str] = []
    plot.hovered.connect(words.append)
    return words


def opened(plot: StudyPlot) -> list[object]:
    states: list[object] = []
    plot.opened.connect(states.append)
    return states


def window_point(view: LinesView, series: int, point: int) -> QPoint:
    """Where a point lies in the canvas's viewport."""
    x, y = view.pixels(series)
    scene = view.canvas.box.mapToScene(QPointF(float(x[point]), float(y[point])))
    return view.canvas.mapFromScene(scene)


@pytest.mark.parametrize("size", [(200, 150), (420, 320), (900, 620), (1400, 900)], ids=str)
@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_every_kind_of_panel_finds_a_place_in_any_room(
    plot: StudyPlot, size: tuple[int, int], theme: object
) -> None:
    assert theme in (DARK, LIGHT)
    plot.apply_theme(DARK if theme is DARK else LIGHT)
    for count in (1, 2, 4, len(EVERY)):
        plot.resize(*size)
        plot.show_panels(EVERY[:count])
        settle(plot)
        assert len(plot.views) == count
        assert plot.horizontalScrollBar().maximum() == 0, "panels stand below one another before they are cut"
        for one in plot.views:
            assert one.height() >= min(140, size[1] - 20)
            for other in plot.views:
                assert one is other or not one.geometry().intersects(other.geometry())


def test_the_plot_draws_what_was_measured(plot: StudyPlot) -> None:
    panel = panels.many_drops()
    plot.show_panels([panel])
    view = lines_view(plot)
    x, y = view.made.places[0]
    assert x == pytest.approx(panel.series[0].x)
    assert y == pytest.approx(panel.series[0].y)
    line = view.canvas.lines.lines["series 0"]
    across, down = view.pixels(0)
    assert np.asarray(line.x) == pytest.approx(across)
    assert np.asarray(line.y) == pytest.approx(down)
    assert line.band is not None


def test_a_point_under_the_pointer_says_its_numbers_and_a_click_opens_its_state(
    plot: StudyPlot, qtbot: QtBot
) -> None:
    panel = panels.bars(9)
    plot.show_panels([panel])
    settle(plot)
    words, states = told(plot), opened(plot)
    view = lines_view(plot)
    at = window_point(view, 0, 3) + QPoint(0, 8)
    move_pointer(view.canvas.viewport(), at)
    assert words[-1] == f"branch dropped · block: 4 · error (%): {panel.series[0].y[3]:.4g} · {OPENS}"
    QTest.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert states == [panel.series[0].states[3]]
    without_state = window_point(view, 1, 3) + QPoint(0, 4)
    move_pointer(view.canvas.viewport(), without_state)
    assert words[-1].startswith("shortcut cut · block: 4")
    assert OPENS not in words[-1]
    QTest.mouseClick(view.canvas.viewport(), Qt.MouseButton.LeftButton, pos=without_state)
    assert len(states) == 1


def test_keys_go_from_point_to_point_and_enter_opens(plot: StudyPlot) -> None:
    panel = panels.bars(9)
    plot.show_panels([panel])
    settle(plot)
    words, states = told(plot), opened(plot)
    view = lines_view(plot)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right):
        QTest.keyClick(view.canvas, key)
    assert view.at == (0, 2)
    assert "block: 3" in words[-1]
    QTest.keyClick(view.canvas, Qt.Key.Key_Up)
    assert view.at == (1, 2)
    QTest.keyClick(view.canvas, Qt.Key.Key_Down)
    QTest.keyClick(view.canvas, Qt.Key.Key_Return)
    assert states == [panel.series[0].states[2]]
    for _ in range(20):
        QTest.keyClick(view.canvas, Qt.Key.Key_Right)
    assert view.at == (0, 8)


def test_keys_leave_out_what_has_no_number(plot: StudyPlot) -> None:
    plot.show_panels([panels.decades()])
    view = lines_view(plot)
    for _ in range(5):
        QTest.keyClick(view.canvas, Qt.Key.Key_Right)
    assert view.at == (0, 5), "the fifth point is nan"


def test_a_matrix_tells_its_cells_and_opens_them(plot: StudyPlot) -> None:
    panel = panels.matrix()
    plot.show_panels([panel])
    settle(plot)
    view = plot.views[0]
    assert isinstance(view, MatrixView)
    words, states = told(plot), opened(plot)
    cell = view.cells.rect_of(1 * 9 + 4).center()
    move_pointer(view.cells, cell)
    said = f"{panel.values[1, 4]:.4g}".replace("-", "−")
    assert words[-1] == f"block 2 · block 5: {said} points · {OPENS}"
    QTest.mouseClick(view.cells, Qt.MouseButton.LeftButton, pos=cell)
    assert states == [panel.states[1][4]]
    QTest.keyClick(view.cells, Qt.Key.Key_Down)
    QTest.keyClick(view.cells, Qt.Key.Key_Return)
    assert states[-1] == panel.states[2][4]
    move_pointer(view.cells, view.cells.rect_of(0).center())
    assert words[-1].startswith("block 1 · block 1: no number")


def test_a_matrix_has_the_colours_of_paper(plot: StudyPlot) -> None:
    panel = panels.matrix()
    plot.show_panels([panel])
    settle(plot)
    view = plot.views[0]
    assert isinstance(view, MatrixView)
    image = view.cells.grab().toImage()
    wanted = view.cells.chart.cells.rgb()
    for row, column in ((0, 1), (3, 7), (8, 2)):
        corner = view.cells.rect_of(row * 9 + column).topLeft() + QPoint(4, 4)
        colour = image.pixelColor(corner)
        assert [colour.red(), colour.green(), colour.blue()] == wanted[row, column].tolist()


def test_numbers_of_a_matrix_are_written_when_it_is_laid_out_and_not_at_every_paint(
    plot: StudyPlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[float] = []
    fitting = MatrixChart.fitting

    def note(chart: MatrixChart, width: float, measure: Callable[[str], float]) -> list[list[str]] | None:
        written.append(width)
        return fitting(chart, width, measure)

    monkeypatch.setattr(MatrixChart, "fitting", note)
    plot.show_panels([panels.matrix()])
    settle(plot)
    assert written, "they have room in so large a plot"
    written.clear()
    plot.grab()
    assert not written
    plot.resize(1000, 700)
    settle(plot)
    assert written, "they are others where cells are larger"


def test_views_stay_while_a_study_fills_and_go_with_it(plot: StudyPlot) -> None:
    plot.show_panels([panels.bars(9), panels.matrix()])
    before = plot.views
    plot.show_panels([panels.bars(12), panels.matrix(5)])
    assert plot.views == before
    plot.show_panels([panels.matrix()])
    assert isinstance(plot.views[0], MatrixView)
    plot.show_panels([], "Press Start.")
    assert plot.views == ()
    plot.show_panels([panels.one_point()])
    assert len(plot.views) == 1


def test_a_point_that_was_told_about_may_go(plot: StudyPlot) -> None:
    plot.show_panels([panels.bars(9)])
    view = lines_view(plot)
    view.at = (1, 8)
    plot.show_panels([panels.bars(4)])
    assert view.at is None
    assert view.canvas.overlay.ring is None


def test_the_wheel_shows_a_part_and_home_all(plot: StudyPlot) -> None:
    plot.show_panels([panels.many_drops()])
    view = lines_view(plot)
    view.canvas.zoom(0.5, 0.0)
    assert not view.canvas.is_fitted
    left, right = view.canvas.x_range
    assert (view.made.chart.x.low, view.made.chart.x.high) == (left, right)
    QTest.keyClick(view.canvas, Qt.Key.Key_Home)
    assert view.canvas.is_fitted


def turn_wheel(plot: StudyPlot, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """A notch towards oneself, over the first panel; one that is sent to a widget would not go on to its parents."""
    view = lines_view(plot)
    at = view.canvas.mapTo(plot, view.canvas.rect().center())
    QTest.wheelEvent(plot.windowHandle(), QPointF(at), QPoint(0, -120), QPoint(), modifiers)
    QApplication.processEvents()


def test_the_wheel_scrolls_where_there_is_more_and_zooms_where_there_is_not(plot: StudyPlot) -> None:
    plot.resize(300, 250)
    plot.show_panels([panels.many_drops()] * 4)
    settle(plot)
    view, bar = lines_view(plot), plot.verticalScrollBar()
    view.canvas.zoom(0.5, 0.0)
    shown = view.canvas.x_range
    turn_wheel(plot)
    assert bar.value() > 0
    assert view.canvas.x_range == shown
    before = bar.value()
    turn_wheel(plot, Qt.KeyboardModifier.ControlModifier)
    assert bar.value() == before
    assert view.canvas.x_range != shown
    plot.show_panels([panels.many_drops()])
    settle(plot)
    view.canvas.zoom(0.2, 0.0)
    shown = view.canvas.x_range
    turn_wheel(plot)
    assert view.canvas.x_range != shown


def test_wide_numbers_beside_the_axis_are_not_cut(plot: StudyPlot) -> None:
    panel = panels.one_point()
    series = panel.series[0]
    x = np.array([0.0, 1.0])
    y = np.array([0.123451, 0.123458])
    wide = LinesPanel("a", panel.x, type(panel.y)("b"), (type(series)("c", x, y),))
    plot.show_panels([wide])
    view = lines_view(plot)
    widest = max(view.canvas.room.measure(tick.text) for tick in view.made.chart.y.numbers)
    assert view.canvas.frame.left_room >= widest + 8


def test_what_is_said_in_place_of_a_panel(plot: StudyPlot) -> None:
    empty = MatrixPanel(
        "Nothing", panels.matrix().x, panels.matrix().y, np.zeros((0, 0)), message="Not for this one."
    )
    plot.show_panels([panels.nothing(), empty])
    assert lines_view(plot).made.chart.message == "Nothing is measured yet."
    assert isinstance(plot.views[1], MatrixView)
    assert plot.views[1].cells.chart.message == "Not for this one."
    plot.grab()


def test_fewer_panels_than_before_fill_the_room(plot: StudyPlot) -> None:
    plot.resize(1400, 700)
    plot.show_panels(EVERY)
    settle(plot)
    for count in (2, 1):
        plot.show_panels(EVERY[:count])
        settle(plot)
        right, low = plot.viewport().width(), plot.viewport().height()
        assert max(view.geometry().right() for view in plot.views) >= right - 3
        assert max(view.geometry().bottom() for view in plot.views) >= low - 3


def pictures_view(plot: StudyPlot, number: int = 0) -> PicturesView:
    view = plot.views[number]
    assert isinstance(view, PicturesView)
    return view


def test_pictures_are_painted_as_they_are_and_tell_what_they_are(plot: StudyPlot) -> None:
    plot.show_panels([panels.pictures()])
    settle(plot)
    view, words = pictures_view(plot), told(plot)
    image = view.cells.grab().toImage()
    for number, tile in enumerate(view.cells.arranged.tiles):
        box = view.cells.rect_of(number)
        corner = image.pixelColor(box.topLeft() + QPoint(box.width() // 4, box.height() // 4))
        rest = image.pixelColor(box.center() + QPoint(box.width() // 4, box.height() // 4))
        if (tile.row, tile.place) == (1, 0):
            continue  # not made yet
        assert (corner.red(), corner.green(), corner.blue()) == (255, 0, tile.place)
        assert rest.red() == rest.green() == 20 * tile.place
    move_pointer(view.cells, view.cells.rect_of(0).center())
    assert words[-1] == "picture · strength: 0"
    QTest.keyClick(view.cells, Qt.Key.Key_Right)
    QTest.keyClick(view.cells, Qt.Key.Key_Down)
    assert words[-1] == "map at the last block · conv3_x"


def test_a_slider_goes_from_place_to_place_and_lines_over_the_same_x_follow(plot: StudyPlot) -> None:
    lines = panels.one_point()
    plot.show_panels([panels.pictures(has_slider=True), lines, panels.bars()])
    settle(plot)
    view, follower, other = pictures_view(plot), plot.views[1], plot.views[2]
    assert isinstance(follower, LinesView)
    assert isinstance(other, LinesView)
    assert (follower.followed, other.followed) == (0.0, None)
    view.slider.setValue(4)
    assert {tile.place for tile in view.cells.arranged.tiles} == {4}
    assert follower.followed == 0.5
    guide = follower.canvas.lines.lines["guide 0"]
    assert np.asarray(guide.x) == pytest.approx(follower.canvas.pixel_at(0.5))
    assert view.slider.accessibleName() == "Maps of a picture: strength"
    assert view.slider.accessibleDescription() == view.said.text() == "strength: 0.5"
    QTest.keyClick(view.cells, Qt.Key.Key_Right)
    assert (view.slider.value(), follower.followed) == (5, 0.625), "keys do what the slider does"
    QTest.keyClick(view.cells, Qt.Key.Key_End)
    assert view.slider.value() == 8
    plot.show_panels([panels.pictures(17, has_slider=True), lines])
    assert view.slider.value() == 16, "a slider stays at its x while a study goes on"
    plot.show_panels([panels.pictures(), lines])
    assert follower.followed is None


def test_sliders_over_the_same_x_move_together(plot: StudyPlot) -> None:
    plot.show_panels([panels.pictures(9, has_slider=True), panels.pictures(5, has_slider=True)])
    settle(plot)
    one, other = pictures_view(plot), pictures_view(plot, 1)
    one.slider.setValue(6)
    assert other.slider.value() == 3
    other.slider.setValue(1)
    assert one.slider.value() == 2


def test_the_wheel_over_pictures_moves_their_slider_and_scrolls_where_there_is_more(plot: StudyPlot) -> None:
    def turn(
        modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, over: QWidget | None = None
    ) -> None:
        over = over or view.cells
        at = over.mapTo(plot, over.rect().center())
        QTest.wheelEvent(plot.windowHandle(), QPointF(at), QPoint(0, -120), QPoint(), modifiers)
        QApplication.processEvents()

    plot.show_panels([panels.pictures(has_slider=True)])
    settle(plot)
    view = pictures_view(plot)
    turn()
    assert view.slider.value() == 1
    turn(over=view.slider)
    assert view.slider.value() == 2, "both go the same way"
    plot.resize(300, 250)
    plot.show_panels([panels.pictures(has_slider=True)] * 4)
    settle(plot)
    view = pictures_view(plot)
    before = view.slider.value()
    turn()
    turn(over=view.slider)
    assert view.slider.value() == before
    assert plot.verticalScrollBar().value() > 0
    plot.verticalScrollBar().setValue(0)
    turn(Qt.KeyboardModifier.ControlModifier)
    assert view.slider.value() == before + 1


def test_rows_keep_their_names_and_the_plot_scrolls(plot: StudyPlot) -> None:
    panel = panels.rows(14)
    plot.show_panels([panel])
    plot.resize(640, 200)
    settle(plot)
    view = lines_view(plot)
    assert [tick.text for tick in view.made.chart.y.numbers] == list(panel.y.names)
    assert plot.verticalScrollBar().maximum() > 0
    plot.resize(300, 200)
    settle(plot)
    cut = [tick.text for tick in view.made.chart.y.numbers]
    assert len(cut) == 14
    assert all("…" in text for text in cut if text != "none")
    assert view.canvas.size_of_plot[0] > 100, "the room of the whole names is the plot's again"


@pytest.mark.parametrize("rows", [3, 7, 14])
def test_a_table_keeps_its_numbers_in_a_small_window_and_the_plot_scrolls(
    plot: StudyPlot, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    found: list[list[list[str]] | None] = []
    fitting = MatrixChart.fitting

    def note(chart: MatrixChart, width: float, measure: Callable[[str], float]) -> list[list[str]] | None:
        found.append(fitting(chart, width, measure))
        return found[-1]

    groups = [Group((12.5 + row, 13.5 + row), (1.0, 2.0)) for row in range(rows)]
    shown = table("Errors", [f"kind {row} of its shortcuts" for row in range(rows)], groups, [6.25] * rows)
    plot.show_panels([panels.matrix()])
    plot.resize(700, 200)
    settle(plot)
    monkeypatch.setattr(MatrixChart, "fitting", note)
    plot.show_panels([shown, shown])
    settle(plot)
    assert found[-1] is not None, "each is wide and high enough"
    assert found[-1][0][0] == "13"
    assert (plot.verticalScrollBar().maximum() > 0) == (rows > 7)
