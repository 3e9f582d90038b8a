"""A relief as a surface: it is turned by mouse and keys, has the matrix's colours, and where it cannot be, one sentence
says why and the contours stay.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QOpenGLContext, QPainter, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.study_matrix import MatrixChart
from resnet_viewer.charts.study_panel import MatrixPanel
from resnet_viewer.charts.study_relief import ReliefChart
from resnet_viewer.ui.dialogs import SaveAs
from resnet_viewer.ui.widgets import surface as surfaces
from resnet_viewer.ui.widgets.relief_pane import ReliefPane
from resnet_viewer.ui.widgets.study_plot import MatrixView, StudyPlot
from resnet_viewer.ui.widgets.surface import MISSING, NoSurfaceError, Surface
from resnet_viewer.ui.widgets.theme import theme_of
from tests import panels


@pytest.fixture
def plot(qtbot: QtBot) -> StudyPlot:
    made = StudyPlot()
    qtbot.addWidget(made)
    made.resize(700, 560)
    made.show()
    return made


@pytest.fixture
def opengl(qapp: QApplication) -> None:
    """Tests that need it are left out where there is none."""
    try:
        surfaces._opengl()
    except NoSurfaceError as error:
        pytest.skip(str(error))


def chart(panel: MatrixPanel) -> ReliefChart:
    return ReliefChart(MatrixChart(panel))


def pane(plot: StudyPlot, panel: MatrixPanel) -> ReliefPane:
    plot.show_panels([panel])
    QApplication.processEvents()
    (view,) = plot.views
    assert isinstance(view, MatrixView)
    assert view.relief is not None
    return view.relief


def pressed(pane: ReliefPane) -> Surface:
    pane.button.click()
    for _ in range(3):
        QApplication.processEvents()
    assert pane.surface is not None, pane.refusal
    return pane.surface


def bytes_of(image: QImage) -> np.ndarray:
    converted = image.convertToFormat(QImage.Format.Format_RGBA8888)
    return (
        np.frombuffer(converted.constBits(), np.uint8)
        .reshape(converted.height(), converted.width(), 4)
        .copy()
    )


@pytest.mark.usefixtures("opengl")
def test_the_button_makes_a_surface_of_the_contours_and_contours_of_the_surface(plot: StudyPlot) -> None:
    shown = pane(plot, panels.landscape(17, path=panels.walk()))
    words: list[str] = []
    plot.hovered.connect(words.append)
    assert shown.button.isVisible()
    assert not shown.saving.isVisible()
    surface = pressed(shown)
    assert surface.isVisible()
    assert surface.size().width() > 400
    assert not shown.cells.isVisible()
    assert shown.saving.isVisible()
    assert words[-1] == surfaces.HELP
    shown.button.click()
    assert shown.cells.isVisible()
    assert shown.surface is None
    assert not shown.saving.isVisible()


def test_only_a_relief_that_may_be_one_has_the_button(plot: StudyPlot) -> None:
    assert not pane(plot, panels.landscape(9, is_relief=False)).button.isVisible()
    plot.show_panels([panels.matrix()])
    (view,) = plot.views
    assert isinstance(view, MatrixView)
    assert view.relief is not None
    assert not view.relief.buttons.isVisible()


@pytest.mark.usefixtures("opengl")
def test_the_surface_has_the_matrixs_colours_and_the_themes_ground(qtbot: QtBot) -> None:
    panel = panels.landscape(3)
    values = np.full((3, 3), 10.0)
    values[0, 0], values[2, 2] = 1.0, 100.0
    made = Surface(chart(type(panel)(panel.title, panel.x, panel.y, values, is_log=True, has_contours=True)))
    qtbot.addWidget(made)
    made.resize(400, 400)
    made.up, made.around = 90.0, -90.0  # from above, as a map
    image = made.image()
    assert image.pixelColor(2, 2) == QColor(theme_of(made).panel)
    pixels = made.pixels(made.chart.surface.vertices)
    wanted = (made.chart.surface.colours[:, :3] * 255).round()
    seen = bytes_of(image)[..., :3].astype(int)
    side = int(np.sqrt(len(pixels)))
    inner = np.arange(len(pixels)).reshape(side, side)[4:-4:9, 4:-4:9].ravel()
    places = np.rint(pixels[inner]).astype(int)
    away = np.abs(seen[places[:, 1], places[:, 0]] - wanted[inner]).max(axis=1)
    assert np.median(away) <= 4
    assert (away <= 40).mean() > 0.9, "but for where lines run"
    left, right = made.pixels(np.array([[-0.5, 0.0, 0.0], [0.5, 0.0, 0.0]]))[:, 0]
    assert left < right, "x to the right, as in the contours"


@pytest.mark.usefixtures("opengl")
def test_mouse_keys_and_wheel_turn_it_and_home_turns_it_back(plot: StudyPlot) -> None:
    surface = pressed(pane(plot, panels.landscape(17)))
    first = bytes_of(surface.image())
    home = surface.around, surface.up, surface.distance
    middle = surface.rect().center()
    QTest.mousePress(surface, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(surface, middle + QPoint(60, 0))
    assert surface.around != home[0]
    assert surface.up == home[1]
    QTest.mouseRelease(surface, Qt.MouseButton.LeftButton, pos=middle + QPoint(60, 0))
    assert (bytes_of(surface.image()) != first).any()
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Up, Qt.Key.Key_Plus):
        before = surface.around, surface.up, surface.distance
        QTest.keyClick(surface, key)
        assert (surface.around, surface.up, surface.distance) != before
    assert surface.distance < home[2]
    for _ in range(40):
        QTest.keyClick(surface, Qt.Key.Key_Up)
        QTest.keyClick(surface, Qt.Key.Key_Minus)
    assert surface.up == 90.0
    assert surface.distance == surfaces._FARTHEST
    QTest.keyClick(surface, Qt.Key.Key_Home)
    assert (surface.around, surface.up, surface.distance) == home
    QTest.wheelEvent(plot.windowHandle(), QPointF(surface.mapTo(plot, middle)), QPoint(0, 120), QPoint())
    QApplication.processEvents()
    assert surface.distance < home[2]


@pytest.mark.usefixtures("opengl")
def test_the_picture_sharpens_under_the_same_view(plot: StudyPlot) -> None:
    shown = pane(plot, panels.landscape(5))
    surface = pressed(shown)
    surface.turn(40.0, 10.0)
    view = surface.around, surface.up
    plot.show_panels([panels.landscape(9)])
    assert shown.surface is surface
    assert surface.chart.matrix.shape == (9, 9)
    assert (surface.around, surface.up) == view
    plot.show_panels([panels.landscape(9, is_relief=False)])
    assert shown.surface is None
    assert shown.cells.isVisible()


@pytest.mark.usefixtures("opengl")
@pytest.mark.parametrize("kind", ["bowl", "rough"])
@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (2, 2), (33, 9)])
def test_any_matrix_makes_a_surface(qtbot: QtBot, kind: str, shape: tuple[int, int]) -> None:
    panel = panels.landscape(33, kind, path=panels.walk(2))
    made = Surface(chart(type(panel)("a", panel.x, panel.y, panel.values[: shape[0], : shape[1]], is_log=True,
                                     has_contours=True, path=panel.path)))  # fmt: skip
    qtbot.addWidget(made)
    made.resize(300, 300)
    made.show()
    assert not made.picture().isNull()


@pytest.mark.usefixtures("opengl")
def test_what_is_hidden_or_gone_holds_nothing_of_the_graphics_card(plot: StudyPlot) -> None:
    surface = pressed(pane(plot, panels.landscape(17)))
    surface.image()
    assert surface._items
    assert surface._buffers
    plot.hide()
    assert not surface._items
    assert not surface._buffers
    plot.show()
    assert not surface.image().isNull()
    plot.show_panels([panels.many_drops()])
    assert not surface._items
    assert not surface._buffers


@pytest.mark.usefixtures("opengl")
def test_another_theme_has_another_ground(plot: StudyPlot) -> None:
    surface = pressed(pane(plot, panels.landscape(9)))
    before = surface.image().pixelColor(2, 2)
    palette = QPalette(surface.palette())
    palette.setColor(QPalette.ColorRole.Link, QColor("#1667c7"))
    surface.setPalette(palette)
    surface.apply_theme(theme_of(surface))
    assert surface.image().pixelColor(2, 2) == QColor(theme_of(surface).panel) != before


@pytest.mark.usefixtures("opengl")
def test_the_view_is_saved_as_it_is_seen(
    plot: StudyPlot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = pane(plot, panels.landscape(9))
    surface = pressed(shown)
    words: list[str] = []
    plot.hovered.connect(words.append)
    for name in ("view.png", "missing/view.png"):
        monkeypatch.setattr(SaveAs, "ask", lambda *_, name=name: tmp_path / name)
        shown.saving.click()
    saved = QImage(str(tmp_path / "view.png"))
    assert (saved.width(), saved.height()) == (surface.width(), surface.height())
    assert words[0] == "view.png holds the view."
    assert "missing" in words[1]
    assert [path.name for path in tmp_path.iterdir()] == ["view.png"]


def test_without_pyopengl_the_button_says_so_and_the_contours_stay(
    plot: StudyPlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith(("OpenGL", "pyqtgraph.opengl"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "OpenGL", None)
    monkeypatch.setattr(surfaces, "_kept", [])
    shown = pane(plot, panels.landscape(9))
    words: list[str] = []
    plot.hovered.connect(words.append)
    shown.button.click()
    assert words == [MISSING]
    assert shown.note.text() == MISSING
    assert shown.note.isVisible()
    assert not shown.button.isChecked()
    assert shown.cells.isVisible()
    assert shown.surface is None


@pytest.mark.usefixtures("opengl")
def test_without_a_context_the_button_says_so_and_it_may_be_tried_again(
    plot: StudyPlot, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = pane(plot, panels.landscape(9, "rough", clip=(0.0, 1e4)))
    with monkeypatch.context() as patch:
        patch.setattr(surfaces, "_kept", [])
        patch.setattr(QOpenGLContext, "create", lambda _: False)
        shown.button.click()
        assert shown.surface is None
        assert shown.refusal == (
            "OpenGL (no context) does not work here, so there is no surface; the contours show the same numbers."
        )
        assert shown.note.text() == shown.refusal
    pressed(shown)
    assert shown.note.text().startswith("2") or "drawn as" in shown.note.text()


@pytest.mark.usefixtures("opengl")
def test_a_driver_that_gives_up_leaves_the_contours(plot: StudyPlot, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = pane(plot, panels.landscape(9))
    surface = pressed(shown)

    def refuse(_size: object) -> QImage:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(surface, "_drawn", refuse)
    surface.turn(5.0, 0.0)
    plot.grab()
    for _ in range(3):
        QApplication.processEvents()
    assert shown.surface is None
    assert shown.cells.isVisible()
    assert "RuntimeError: out of memory" in shown.note.text()
    assert not shown.button.isChecked()


@pytest.mark.usefixtures("opengl")
@pytest.mark.parametrize("size", [(230, 130), (330, 160), (900, 700)], ids=str)
def test_words_around_a_surface_do_not_lie_on_each_other(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    panel = panels.landscape(9, path=panels.walk())
    long = [replace(scale, title=f"{scale.title} (96.1 % of the path)") for scale in (panel.x, panel.y)]
    made = Surface(chart(replace(panel, x=long[0], y=long[1])))
    qtbot.addWidget(made)
    made.resize(*size)
    written: list[list[QRectF]] = []
    begin = surfaces._Words.__init__

    def note(words: surfaces._Words, painter: QPainter, room: QSize) -> None:
        begin(words, painter, room)
        written.append(words._taken)

    monkeypatch.setattr(surfaces._Words, "__init__", note)
    for around in range(0, 360, 45):
        made.around = float(around)
        made.grab()
    assert len(written) == 8
    for places in written:
        assert len(places) >= 4
        assert all(made.rect().toRectF().adjusted(0, 0, 3, 0).contains(place) for place in places)
        assert not any(one.intersects(other) for one, other in combinations(places, 2))
