"""Networks' logs are invented here; what is drawn of real training is looked at in the window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from resnet_viewer.ui.train.page import TrainPage
from tests.ui.windows import TRAIN, Desk, train_page


@pytest.fixture
def application_font(qapp: QApplication) -> Iterator[QApplication]:
    """The application, whose font is as before afterwards."""
    font = qapp.font()
    yield qapp
    qapp.setFont(font)


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """The whole window, its Train tab in front."""
    desk.window.show()
    desk.window.show_page(TRAIN)
    return desk


@pytest.fixture
def training(desk: Desk) -> TrainPage:
    return train_page(desk.window)
