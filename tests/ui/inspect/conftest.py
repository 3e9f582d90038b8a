"""The panel that the tests of the circuit act on."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.inspect.wiring_panel import CircuitPanel
from tests import fabricated


@pytest.fixture
def panel(qtbot: QtBot) -> CircuitPanel:
    panel = CircuitPanel()
    qtbot.addWidget(panel)
    panel.resize(1200, 340)
    panel.render_scene(fabricated.scene(cut=(3,)))
    with qtbot.waitExposed(panel):
        panel.show()
    return panel
