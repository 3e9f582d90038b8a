"""The panel of all blocks' activations: what it asks for, what it shows meanwhile, and what hands do to it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from resnet_viewer.records.distribution import Distributions, MeasureActivations, measured
from resnet_viewer.records.probe import ProbeResult
from resnet_viewer.records.scene import Finding, Scene
from resnet_viewer.ui.inspect.overview import OverviewPanel
from tests import fabricated


def answers(result: ProbeResult | None) -> list[Distributions]:
    assert result is not None
    return list(measured(result))


def with_findings(scene: Scene, *found: Finding) -> Scene:
    return replace(scene, findings={each.request: each for each in found})


@pytest.fixture
def panel(qtbot: QtBot) -> OverviewPanel:
    made = OverviewPanel()
    qtbot.addWidget(made)
    made.resize(700, 320)
    with qtbot.waitExposed(made):
        made.show()
    return made


def test_it_asks_for_now_and_then_for_the_reference_and_for_nothing_twice(panel: OverviewPanel) -> None:
    asked: list[MeasureActivations] = []
    panel.activations_wished.connect(asked.append)
    scene = fabricated.scene(cut=(3,))
    panel.render_scene(scene)
    panel.render_scene(replace(scene))
    assert scene.now is not None
    assert scene.reference is not None
    assert [question.result for question in asked] == [scene.now]
    partial = with_findings(scene, answers(scene.now)[2])
    panel.render_scene(partial)
    assert len(asked) == 1, "it is being answered"
    panel.render_scene(with_findings(scene, answers(scene.now)[-1]))
    assert [question.result for question in asked] == [scene.now, scene.reference]
    panel.render_scene(with_findings(scene, answers(scene.now)[-1], answers(scene.reference)[-1]))
    assert len(asked) == 2


def test_one_state_is_asked_about_once(panel: OverviewPanel) -> None:
    asked: list[MeasureActivations] = []
    panel.activations_wished.connect(asked.append)
    scene = fabricated.scene()
    panel.render_scene(scene)
    panel.render_scene(with_findings(scene, answers(scene.now)[-1]))
    assert len(asked) == 1
    assert not panel.shown.reference


def test_a_hidden_panel_asks_for_nothing_until_it_is_seen(qtbot: QtBot) -> None:
    panel = OverviewPanel()
    qtbot.addWidget(panel)
    asked: list[MeasureActivations] = []
    panel.activations_wished.connect(asked.append)
    panel.render_scene(fabricated.scene())
    assert not asked
    panel.show()
    assert len(asked) == 1


def test_numbers_of_an_older_reading_are_dimmed_until_the_new_ones_come(
    qtbot: QtBot, panel: OverviewPanel
) -> None:
    scene = fabricated.scene(cut=(3,))
    found = with_findings(scene, answers(scene.now)[-1], answers(scene.reference)[-1])
    panel.render_scene(found)
    assert not panel.is_updating
    assert panel.canvas.opacities == {}
    later = fabricated.scene(cut=(3, 4))
    panel.render_scene(later)
    assert panel.is_updating
    qtbot.waitUntil(lambda: panel.canvas.opacities != {})
    assert set(panel.canvas.opacities) == {"now"}, "the reference's are still true"
    assert panel.shown.now[1].found == answers(scene.now)[-1].of(panel.shown.now[1].name)
    panel.render_scene(with_findings(later, answers(later.now)[-1]))
    assert not panel.is_updating
    assert panel.canvas.opacities == {}
    assert panel.shown.now[1].found == answers(later.now)[-1].of(panel.shown.now[1].name)


def test_numbers_of_another_network_do_not_stay(panel: OverviewPanel) -> None:
    scene = fabricated.scene()
    panel.render_scene(with_findings(scene, answers(scene.now)[-1]))
    assert panel.shown.now
    panel.render_scene(fabricated.scene(fabricated.trained("cifar-resnet-32")))
    assert not panel.shown.now
    assert panel.shown.chart.message == "computing…"


def test_a_click_selects_the_block_and_the_pointer_tells_its_numbers(panel: OverviewPanel) -> None:
    scene = fabricated.scene(cut=(3,))
    panel.render_scene(with_findings(scene, answers(scene.now)[-1], answers(scene.reference)[-1]))
    selected: list[str] = []
    told: list[str] = []
    panel.layer_selected.connect(selected.append)
    panel.hovered.connect(told.append)
    column = panel.shown.now[5]
    at = QPointF(panel.canvas.pixel_at((column.left + column.right) / 2), 20.0)
    panel.canvas.pointed.emit(at)
    assert told[-1] == panel.shown.readout(5)
    assert "median" in panel.canvas.toolTip()
    panel.canvas.clicked.emit(at)
    assert selected == [column.name]
    panel.canvas.pointed.emit(None)
    assert told[-1] == ""


def test_the_arrow_keys_go_from_block_to_block(panel: OverviewPanel) -> None:
    scene = fabricated.scene()
    view = replace(scene.session.view, layer=scene.blueprint.blocks[3].branch_layers[0].name)
    scene = replace(scene, session=scene.session.with_view(view))
    panel.render_scene(with_findings(scene, answers(scene.now)[-1]))
    selected: list[str] = []
    panel.layer_selected.connect(selected.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left):
        QTest.keyClick(panel.canvas, key)
    names = [block.name for block in scene.blueprint.blocks]
    assert selected == [names[4], names[2]]


def test_the_choice_of_a_scale_is_a_wish(panel: OverviewPanel) -> None:
    scene = fabricated.scene()
    panel.render_scene(with_findings(scene, answers(scene.now)[-1]))
    with_log = []
    panel.view_changed.connect(with_log.append)
    panel.scale.activated.emit(panel.scale.findData("log"))
    assert [view.activation_scale for view in with_log] == ["log"]
    assert not panel.shown.scale.is_log
    panel.render_scene(
        with_findings(replace(scene, session=scene.session.with_view(with_log[0])), answers(scene.now)[-1])
    )
    assert panel.shown.scale.is_log
