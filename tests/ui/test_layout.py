"""How small the window may be made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.layout import LEAST_SIZE, least_size
from tests.ui.windows import Desk


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(qtbot, qapp, tmp_path)
    yield made
    made.close()


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
