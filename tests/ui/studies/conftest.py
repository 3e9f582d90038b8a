"""The Studies page in view, with invented studies and the charts of them."""

from __future__ import annotations

import sys

import pytest

from resnet_viewer.ui.studies.page import StudiesPage
from tests.ui.studies import workshop
from tests.ui.windows import STUDIES, Desk, studies_page


@pytest.fixture(autouse=True)
def charts(monkeypatch: pytest.MonkeyPatch) -> None:
    """What draws the invented studies."""
    for info in workshop.STUDIES:
        name = f"resnet_viewer.charts.studies.{info.name}"
        monkeypatch.setitem(sys.modules, name, workshop.charts(name))


@pytest.fixture
def page(desk: Desk) -> StudiesPage:
    """Shown, with the first study chosen."""
    with desk.qtbot.waitExposed(desk.window):
        desk.window.show()
    desk.window.show_page(STUDIES)
    return studies_page(desk.window)
