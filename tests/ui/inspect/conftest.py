"""The panel that the tests of the wiring act on."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.inspect.wiring_panel import WiringPanel
from tests import fabricated


@pytest.fixture
def panel(qtbot: QtBot) -> WiringPanel:
    panel = WiringPanel()
    qtbot.addWidget(panel)
    panel.resize(1200, 340)
    panel.render_scene(fabricated.scene(cut=(3,)))
    with qtbot.waitExposed(panel):
        panel.show()
    return panel
