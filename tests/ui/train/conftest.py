"""Networks' logs are invented here; what is drawn of real training is looked at in the window."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication


@pytest.fixture
def application_font(qapp: QApplication) -> Iterator[QApplication]:
    """The application, whose font is as before afterwards."""
    font = qapp.font()
    yield qapp
    qapp.setFont(font)
