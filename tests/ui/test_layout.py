"""How small the window may be made."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.layout import LEAST_SIZE, SharedPlace, least_size
from tests.ui.windows import Desk


def test_the_smallest_window_grows_with_the_font(desk: Desk) -> None:
    usual = desk.window.minimumSize()
    try:
        desk.appearance.set_font_size(16)
        large, room = desk.window.minimumSize(), desk.window.screen().availableSize()
        assert large.width() > usual.width() or usual.width() == room.width()
        assert large == large.boundedTo(room)
    finally:
        desk.appearance.set_font_size(0)
    assert desk.window.minimumSize() == usual


def test_the_smallest_window_fits_the_screen() -> None:
    assert least_size(15, QSize(1440, 900)) == LEAST_SIZE
    assert least_size(24, QSize(1440, 900)).height() > 700
    assert least_size(40, QSize(1024, 700)) == QSize(1024, 700)


def test_two_panels_stand_one_above_the_other_or_share_their_place(qtbot: QtBot) -> None:
    first, second = QWidget(), QWidget()
    for panel in (first, second):
        panel.setMinimumSize(100, 120)
    place = SharedPlace(("One", "Two"), first, second, shares=(0.5, 0.5))
    qtbot.addWidget(place)
    place.resize(300, 700)
    place.show()
    assert place.shows_both
    assert first.isVisible()
    assert second.isVisible()
    place.resize(300, 200)
    assert not place.shows_both
    assert first.isVisible()
    assert not second.isVisible()
    place.tabs.setCurrentIndex(1)
    assert not first.isVisible()
    assert second.isVisible()
    assert second.height() >= 120
    place.resize(300, 700)
    assert place.shows_both
    assert first.isVisible()


def test_a_shared_place_asks_for_the_room_of_one_panel(qtbot: QtBot) -> None:
    first, second = QWidget(), QWidget()
    first.setMinimumSize(100, 120)
    second.setMinimumSize(180, 60)
    place = SharedPlace(("One", "Two"), first, second, shares=(0.5, 0.5))
    qtbot.addWidget(place)
    assert place.minimumSizeHint().width() == 180
    assert 120 < place.minimumSizeHint().height() < 120 + 60
