"""What you see, beside the predictions: told of full readings, and its next steps are edits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from resnet_viewer.records.insight import CompareWith, GetWeights, LookAt, Rewire, ShowTrain, TakeScore
from resnet_viewer.records.requests import OpenNetwork
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.session import Session
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect.story import InsightPanel
from tests import fabricated
from tests.ui.windows import INSPECT, TRAIN, Desk, inspect_page


@pytest.fixture
def panel(qtbot: QtBot) -> InsightPanel:
    made = InsightPanel()
    qtbot.addWidget(made)
    made.resize(300, 400)
    return made


def test_before_anything_is_read_it_says_what_will_stand_there(panel: InsightPanel) -> None:
    panel.render_scene(Scene(Session(replace(fabricated.setup(), picture=None))))
    assert panel.paragraphs == ("Open a picture: what the network sees in it is said here in words.",)


def test_it_tells_of_a_full_reading_and_keeps_that_until_the_next(panel: InsightPanel) -> None:
    scene = fabricated.scene(fabricated.trained(), cut=(3,))
    panel.render_scene(scene)
    told = panel.paragraphs
    assert told[0].startswith("One of 9 shortcuts is cut, in block 3.")
    assert not panel.is_updating
    panel.render_scene(replace(scene, is_stale=True))
    assert panel.paragraphs == told
    assert panel.is_updating
    other = fabricated.setup(fabricated.trained("cifar-resnet-32"))
    panel.render_scene(Scene(Session(other)))
    assert panel.paragraphs == ("What the numbers of the first reading show is said here in a moment.",)
    assert not panel.is_updating


def test_another_reading_is_told_from_its_beginning_and_the_same_one_where_one_reads(
    panel: InsightPanel, qtbot: QtBot
) -> None:
    panel.resize(200, 120)
    with qtbot.waitExposed(panel):
        panel.show()
    scene = fabricated.scene(fabricated.trained(), cut=(3,))
    panel.render_scene(scene)
    bar = panel.text.verticalScrollBar()
    bar.setValue(bar.maximum())
    place = bar.value()
    assert place > 0
    panel.render_scene(
        replace(scene, session=scene.session.with_view(replace(scene.session.view, cam_block=2)))
    )
    assert bar.value() == place
    panel.render_scene(fabricated.scene(fabricated.trained(), cut=(4,)))
    assert bar.value() == 0


def test_another_block_of_the_grad_cam_is_told_at_once(panel: InsightPanel) -> None:
    scene = fabricated.scene(fabricated.trained(), cut=(3,))
    assert scene.now is not None
    blank = replace(scene.now.blocks[3], cam_states=("all negative",))
    now = replace(scene.now, blocks=(*scene.now.blocks[:3], blank, *scene.now.blocks[4:]))
    scene = replace(scene, now=now)
    panel.render_scene(scene)
    assert not any("blank" in words for words in panel.paragraphs)
    view = replace(scene.session.view, cam_block=4)
    panel.render_scene(replace(scene, session=scene.session.with_view(view)))
    assert any("Grad-CAM of block 4 is blank" in words for words in panel.paragraphs)


def test_a_step_is_an_edit_that_can_be_undone(desk: Desk) -> None:
    page = inspect_page(desk.window)
    before = desk.store.session.setup.wiring
    wanted = before.with_branches([2], 0.0)
    page.panels.story.chosen.emit(Rewire(wanted, "drop the branch of block 2 instead"))
    assert desk.store.session.setup.wiring == wanted
    assert desk.store.undo_label == "drop the branch of block 2 instead"
    desk.store.undo()
    assert desk.store.session.setup.wiring == before
    page.take_step(Rewire(Wiring.all_open(99).with_branches([2], 0.0), "of another network"))
    assert desk.store.session.setup.wiring == before


def test_the_other_steps_do_what_they_say(desk: Desk, qtbot: QtBot) -> None:
    page = inspect_page(desk.window)
    page.editor.set_gradient_of("loss")
    page.take_step(TakeScore())
    assert desk.store.session.setup.gradient_of == "score"
    page.take_step(LookAt(3))
    assert desk.store.session.view.cam_block == 3
    page.take_step(ShowTrain())
    assert desk.window.place == TRAIN
    desk.window.show_page(INSPECT)
    page.take_step(CompareWith("cifar-resnet-20"))
    asked = desk.files.asked
    qtbot.waitUntil(lambda: any(isinstance(request, OpenNetwork) for request in asked))
    (opened,) = [request for request in asked if isinstance(request, OpenNetwork)]
    assert not isinstance(opened.wished, Path)
    assert (opened.wished.name, opened.wished.weights.source) == ("cifar-resnet-20", "bundled")


def test_weights_are_fetched_as_the_menu_fetches_them(desk: Desk, qtbot: QtBot) -> None:
    page = inspect_page(desk.window)
    with qtbot.waitSignal(page.loader.download_began) as began:
        page.take_step(GetWeights("resnet18"))
    assert began.args == ["Downloading weights for resnet18"]
