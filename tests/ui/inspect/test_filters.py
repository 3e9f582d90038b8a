"""Filters beside the maps: asked for only while they are shown, drawn, turned over, and told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.filters import WeightsOf, weights_question
from resnet_viewer.records.scene import Finding, Scene
from resnet_viewer.records.session import View
from resnet_viewer.ui.inspect.feature_maps import FeatureMapsPanel
from tests import fabricated


def scene(layer: str, *, name: str = "cifar-resnet-20", is_found: bool = True, **view: object) -> Scene:
    base = fabricated.scene(spec(name))
    question = weights_question(base.blueprint, layer)
    findings: Mapping[WeightsOf, Finding] = {question: fabricated.weights(question)} if is_found else {}
    looked = View(layer, map_shows="filters", **view)  # type: ignore[arg-type]
    return replace(base, session=base.session.with_view(looked), findings=findings)


@pytest.fixture
def panel(qtbot: QtBot) -> FeatureMapsPanel:
    made = FeatureMapsPanel()
    qtbot.addWidget(made)
    made.resize(700, 400)
    made.show()
    return made


def test_weights_are_asked_for_only_while_filters_are_shown(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    wishes: list[object] = []
    panel.weights_wished.connect(wishes.append)
    waiting = scene("layer3.2", is_found=False)
    maps = replace(waiting, session=waiting.session.with_view(View("layer3.2")))
    panel.render_scene(maps)
    assert (wishes, panel.are_filters_shown, panel.figure) == ([], False, "feature_maps")
    with qtbot.waitSignal(panel.view_changed) as wished:
        panel.shows.buttons["filters"].click()
    assert wished.args == [View("layer3.2", map_shows="filters")]
    panel.render_scene(waiting)
    panel.render_scene(waiting)
    question = weights_question(waiting.blueprint, "layer3.2")
    assert wishes == [question], "once"
    assert (panel.filters_view.pane.message, panel.figure) == ("computing…", "filters")
    panel.render_scene(scene("layer3.2"))
    assert panel.filters_view.pane.message == ""
    assert (panel.title, panel.subtitle) == ("Filters", "block 9 · conv4_x 3 · conv2 · 64 × 64 × 3×3")
    setup = waiting.session.setup
    toggled = waiting.session.with_setup(setup.with_wiring(setup.wiring.toggled_shortcut(2)))
    panel.render_scene(replace(waiting, session=toggled))
    assert wishes == [question] * 2, "what is found is let go with the session's question"
    assert panel.filters_view.pane.message == "", "and stays in view meanwhile"


def test_first_layers_are_painted_in_colour(panel: FeatureMapsPanel) -> None:
    shown = scene("conv1")
    panel.render_scene(shown)
    pane = panel.filters_view.pane
    (found,) = shown.findings.values()
    values = found.values  # type: ignore[attr-defined]
    image = pane.grab().toImage()
    limit = float(np.abs(values).max())
    for number in (0, 7, 15):
        colour = image.pixelColor(pane.rect_of(number).center())
        wanted = 127.5 + values[number, :, 1, 1] / limit * 127.5
        assert [colour.red(), colour.green(), colour.blue()] == pytest.approx(wanted, abs=1)


def test_a_click_shows_the_kernels_of_a_filter_and_escape_goes_back(
    panel: FeatureMapsPanel, qtbot: QtBot
) -> None:
    panel.render_scene(scene("layer1.0.conv1"))
    view = panel.filters_view
    assert view.pane.grid.columns == 16
    told: list[str] = []
    panel.hovered.connect(told.append)
    with qtbot.waitSignal(panel.channel_chosen) as wished:
        qtbot.mouseClick(view.pane, Qt.MouseButton.LeftButton, pos=view.pane.rect_of(16 * 5 + 3).center())
    assert wished.args == [5]
    view.pane.point_hovered(view.pane.rect_of(16 * 7 + 4).center().toPointF())
    assert told[-1].startswith("filter 7 · input 4 · y 1, x 1 · weight ")
    assert panel.channel_view.back.isHidden()
    panel.render_scene(scene("layer1.0.conv1", channel=5))
    assert (panel.title, view.words.text()) == ("Filter 5", "filter 5: all 16 inputs")
    assert not panel.channel_view.back.isHidden()
    with qtbot.waitSignal(panel.view_changed) as back:
        qtbot.keyClick(view.pane, Qt.Key.Key_Escape)
    assert back.args is not None
    assert (back.args[0].channel, back.args[0].map_shows) == (None, "filters")


def test_pages_and_scales_are_wishes(panel: FeatureMapsPanel, qtbot: QtBot) -> None:
    panel.render_scene(scene("layer3.2"))
    view = panel.filters_view
    assert view.page.isVisibleTo(panel)
    assert view.page.text() == "page 1 of 2"
    with qtbot.waitSignal(panel.view_changed) as wished:
        view.page.stepUp()
    assert wished.args is not None
    assert wished.args[0].filters_page == 1
    with qtbot.waitSignal(panel.view_changed) as wished:
        qtbot.keyClick(view.scale, Qt.Key.Key_Down)
    assert wished.args[0].filters_scale == "each"
    changes: list[object] = []
    panel.view_changed.connect(changes.append)
    panel.render_scene(scene("layer3.2", filters_page=1, filters_scale="each"))
    panel.render_scene(scene("layer1.0", filters_page=1))
    assert not view.page.isVisibleTo(panel), "all of sixteen are in view"
    assert changes == []


@pytest.mark.parametrize(
    ("name", "layer"), [("resnet50", "layer4.2"), ("vgg16", "features.29"), ("teaching-mnist", "stem")]
)
def test_filters_of_any_network_are_drawn(panel: FeatureMapsPanel, name: str, layer: str) -> None:
    panel.render_scene(scene(layer, name=name))
    QApplication.sendPostedEvents()
    pane = panel.filters_view.pane
    assert pane.mosaic is not None
    assert pane.grid.size[0] <= pane.width()
    assert pane.grid.size[1] <= pane.height()
    assert not pane.grab().isNull()
