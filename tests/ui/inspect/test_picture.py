"""Zoom at the pointer, dragging, and which pixel lies under the pointer."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.inspect.picture import ImagePane
from resnet_viewer.ui.widgets.pixels import image_of_rgb


@pytest.fixture
def pane(qtbot: QtBot) -> ImagePane:
    """A picture of 4 × 2 pixels in a pane of 200 × 200: 200 × 100 in the middle."""
    made = ImagePane()
    qtbot.addWidget(made)
    made.resize(200, 200)
    pixels = np.zeros((2, 4, 3), np.uint8)
    pixels[0, 3] = 255, 0, 0
    made.set_image(image_of_rgb(pixels))
    made.show()
    return made


def wheel(pane: ImagePane, at: QPointF, notches: int) -> None:
    event = QWheelEvent(
        at,
        pane.mapToGlobal(at),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(pane, event)


def test_proportions_are_kept_and_pixels_are_sharp(pane: ImagePane) -> None:
    assert pane.frame().getRect() == (0, 50, 200, 100)
    shown = pane.grab().toImage()
    assert shown.pixelColor(155, 60).name() == "#ff0000"
    assert shown.pixelColor(145, 60).name() == "#000000", "the edge of an enlarged pixel is not blurred"


def test_pixel_under_the_pointer(pane: ImagePane) -> None:
    assert pane.pixel_at(QPointF(199, 51)) == QPoint(3, 0)
    assert pane.pixel_at(QPointF(1, 149)) == QPoint(0, 1)
    assert pane.pixel_at(QPointF(100, 10)) is None


def test_the_wheel_zooms_at_the_pointer_and_home_resets(pane: ImagePane, qtbot: QtBot) -> None:
    place = QPointF(160, 80)
    before = pane.pixel_at(place)
    wheel(pane, place, 8)
    assert pane.zoom == pytest.approx(1.2**8)
    assert pane.pixel_at(place) == before
    qtbot.keyClick(pane, Qt.Key.Key_Home)
    assert pane.zoom == 1
    wheel(pane, place, -8)
    assert pane.zoom == 1, "it never gets smaller than the pane"


def test_keys_zoom_at_the_middle(pane: ImagePane, qtbot: QtBot) -> None:
    qtbot.keyClick(pane, Qt.Key.Key_Plus)
    assert pane.zoom == pytest.approx(1.2)
    assert pane.frame().center() == QPointF(100, 100)
    qtbot.keyClick(pane, Qt.Key.Key_Minus)
    assert pane.zoom == 1


def test_dragging_moves_and_never_past_the_edge(
    pane: ImagePane, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    clicks: list[QPointF] = []
    monkeypatch.setattr(pane, "point_clicked", clicks.append)
    wheel(pane, QPointF(100, 100), 8)
    left = pane.frame().left()
    qtbot.mousePress(pane, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    qtbot.mouseMove(pane, QPoint(130, 100))
    assert pane.frame().left() == pytest.approx(left + 30)
    qtbot.mouseMove(pane, QPoint(900, 100))
    assert pane.frame().left() == pytest.approx(0)
    qtbot.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=QPoint(900, 100))
    assert clicks == [], "a drag is no click"
    qtbot.mouseClick(pane, Qt.MouseButton.LeftButton, pos=QPoint(100, 100))
    assert clicks == [QPointF(100, 100)]


def test_a_message_takes_the_place_of_the_picture(pane: ImagePane) -> None:
    pane.set_message("computing…")
    assert pane.grab().toImage().pixelColor(155, 60).name() != "#ff0000"
    pane.set_message("")
    assert pane.grab().toImage().pixelColor(155, 60).name() == "#ff0000"


def test_a_note_keeps_to_one_line_and_says_the_whole_in_its_tooltip(qtbot: QtBot) -> None:
    pane = ImagePane()
    qtbot.addWidget(pane)
    wordings = ("blank: all activations are zero", "blank: activations 0", "activations 0")
    pane.set_note(*wordings)
    metrics = pane.fontMetrics()
    for words in wordings:
        pane.resize(metrics.horizontalAdvance(words) + 8, 90)
        assert pane.shown_note == words
    pane.resize(metrics.horizontalAdvance("act…") + 12, 90)
    assert pane.shown_note.endswith("…")
    assert pane.note == wordings[0]
    assert wordings[0] in pane.toolTip()
    pane.set_note()
    assert pane.note == pane.toolTip() == ""
