"""Zoom at the pointer, dragging, and which pixel lies under the pointer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.inspect.picture import ImagePane, Layers, PicturePane
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


@pytest.fixture
def wiper(qtbot: QtBot) -> PicturePane:
    """A red now and a blue reference of 4 × 2 pixels in a pane of 200 × 200: 200 × 100 in the middle."""
    made = PicturePane()
    qtbot.addWidget(made)
    made.resize(200, 200)
    made.set_sides(*(side(colour) for colour in ((255, 0, 0), (0, 0, 255))))
    made.show()
    return made


def side(colour: tuple[int, int, int]) -> Layers:
    return Layers(image_of_rgb(np.tile(np.array(colour, np.uint8), (2, 4, 1))), QRectF(0, 0, 1, 1))


def colours(pane: PicturePane, *places: int) -> list[str]:
    shown = pane.grab().toImage()
    return [{"#ff0000": "now", "#0000ff": "reference"}[shown.pixelColor(x, 130).name()] for x in places]


def test_the_wiper_shows_now_at_its_left_and_the_reference_at_its_right(
    wiper: PicturePane, qtbot: QtBot
) -> None:
    assert colours(wiper, 10, 94, 106, 190) == ["now", "now", "reference", "reference"]
    before = wiper.frame()
    qtbot.mousePress(wiper, Qt.MouseButton.LeftButton, pos=QPoint(103, 80))
    qtbot.mouseMove(wiper, QPoint(50, 80))
    qtbot.mouseRelease(wiper, Qt.MouseButton.LeftButton, pos=QPoint(50, 80))
    assert colours(wiper, 44, 56) == ["now", "reference"]
    assert wiper.frame() == before, "the picture was not moved"
    assert [wiper.side_at(QPointF(x, 100)) for x in (20, 80)] == [0, 1]
    qtbot.mouseDClick(wiper, Qt.MouseButton.LeftButton, pos=QPoint(50, 80))
    assert wiper.wiper == 0.5


def test_the_arrow_keys_wipe(wiper: PicturePane, qtbot: QtBot) -> None:
    for _ in range(3):
        qtbot.keyClick(wiper, Qt.Key.Key_Left)
    qtbot.keyClick(wiper, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert wiper.wiper == pytest.approx(0.36)
    for _ in range(30):
        qtbot.keyClick(wiper, Qt.Key.Key_Right)
    assert wiper.wiper == 1.0
    assert colours(wiper, 10, 190) == ["now", "now"]


def test_zoomed_in_the_wiper_stays_in_view(wiper: PicturePane) -> None:
    wiper.look(8.0, QPointF(0.9, 0.5))
    assert colours(wiper, 94, 106) == ["now", "reference"]
    wiper.set_sides(side((255, 0, 0)))
    assert wiper.zoom == 8.0, "a picture of the same proportions leaves the view as it is"
    assert not wiper.has_wiper
    assert colours(wiper, 94, 106) == ["now", "now"]


def test_a_click_tells_where_in_the_picture(wiper: PicturePane, qtbot: QtBot) -> None:
    taken: list[tuple[float, float]] = []
    wiper.point_taken.connect(lambda x, y: taken.append((x, y)))
    qtbot.mouseClick(wiper, Qt.MouseButton.LeftButton, pos=QPoint(50, 75))
    qtbot.mouseClick(wiper, Qt.MouseButton.LeftButton, pos=QPoint(100, 75))
    qtbot.mouseClick(wiper, Qt.MouseButton.LeftButton, pos=QPoint(50, 10))
    assert taken == [(0.25, 0.25)], "neither the wiper's line nor what lies outside"


def test_words_stand_on_the_picture_and_go_with_their_side(wiper: PicturePane) -> None:
    bare = wiper.grab().toImage()
    now, reference = side((255, 0, 0)), side((0, 0, 255))
    wiper.set_sides(
        replace(now, wordings=("now ≤ 1", "≤ 1")), replace(reference, wordings=("reference ≤ 2", "≤ 2"))
    )
    assert wiper.accessibleDescription() == "now ≤ 1 · reference ≤ 2"
    said = wiper.grab().toImage()

    def is_changed(left: int, right: int) -> bool:
        return any(said.pixel(x, y) != bare.pixel(x, y) for x in range(left, right) for y in range(125, 150))

    assert is_changed(5, 40)
    assert is_changed(160, 195)
    wiper.set_wiper(0.0)
    bare, said = said, wiper.grab().toImage()
    assert is_changed(5, 40), "now's words are wiped away with it"


@pytest.mark.parametrize("place", [0.0, 0.2, 0.5, 1.0])
def test_the_halves_are_named_wherever_the_wiper_stands(wiper: PicturePane, place: float) -> None:
    wiper.set_wiper(place)
    plates = wiper.halves()
    assert [words for _, words in plates] == ["now", "reference"]
    shown = wiper.grab().toImage()
    for plate, _ in plates:
        area = plate.toAlignedRect()
        assert wiper.rect().contains(area)
        inside = {
            shown.pixelColor(x, y).name()
            for x in range(area.left() + 1, area.right())
            for y in range(area.top() + 1, area.bottom())
        }
        assert "#ffffff" in inside, "written in white"
    assert plates[0][0].right() < plates[1][0].left()


def test_one_picture_names_no_halves(wiper: PicturePane) -> None:
    wiper.set_sides(wiper.sides[0])
    assert wiper.halves() == ()
