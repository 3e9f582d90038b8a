"""Folders of their own for the tests of the window, and the window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.ui.windows import Desk


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, logs and caches of a test go to its own folder."""
    monkeypatch.setenv("RESNET_VIEWER_HOME", str(tmp_path / "home"))


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Desk]:
    """The whole window, not shown, the Inspect page in front."""
    made = Desk(qtbot, qapp, tmp_path)
    yield made
    made.close()


@pytest.fixture
def on_screen(desk: Desk) -> Iterator[None]:
    """The window is shown; its font is of the usual size again afterwards."""
    with desk.qtbot.waitExposed(desk.window):
        desk.window.show()
    yield
    desk.appearance.set_font_size(0)
