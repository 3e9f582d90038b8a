"""A run's weights reach Inspect: as they are now, of a kept epoch, and with the twin pinned as the reference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from resnet_viewer.records.lab import Intervened, Order, Publish, Published, StateKept
from resnet_viewer.records.run_plan import RunPlan
from resnet_viewer.records.training import Intervention
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.run_plans import runs_of
from resnet_viewer.ui.requests import IdentifyWeights
from resnet_viewer.ui.train.handing_over import twin_of
from tests.ui.train.laboratory import STEPS
from tests.ui.windows import Desk

RUNS = dict(runs_of(RunPlan()))
PLAIN, RESIDUAL = "cifar-plain-20", "cifar-resnet-20"


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(qtbot, qapp, tmp_path)
    made.window.show_train()
    made.window.training.controller.begin(Order(tuple(RUNS.items()), "digits", tmp_path), "Digits")
    made.lab.begin()
    yield made
    made.close()


def open_run(desk: Desk, key: str, epoch: int | None = None, *, with_twin: bool = False) -> None:
    log = next(log for log in desk.window.training.controller.scene.logs if log.key == key)
    desk.window.training.handing_over.open(log, epoch, with_twin=with_twin)


def asked(desk: Desk) -> list[Path]:
    return [request.path for request in desk.files.asked if isinstance(request, IdentifyWeights)]


def shown(desk: Desk) -> WeightsRef:
    return desk.store.session.setup.state.network.weights


def test_weights_of_now_are_published_first(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    picture = desk.store.session.setup.picture
    open_run(desk, RESIDUAL)
    assert desk.lab.told == [Publish(RESIDUAL)]
    assert asked(desk) == []
    desk.lab.say(Published(RESIDUAL, 5, tmp_path / "cifar-resnet-20.safetensors"))
    qtbot.waitUntil(lambda: desk.window.pages.currentIndex() == 0)
    assert shown(desk).name == str(tmp_path / "cifar-resnet-20.safetensors")
    assert desk.store.session.setup.picture is picture


def test_a_kept_epoch_is_opened_as_it_is(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    desk.lab.train(RESIDUAL, RUNS[RESIDUAL], 3, folder=tmp_path)
    open_run(desk, RESIDUAL, 2)
    qtbot.waitUntil(lambda: desk.window.pages.currentIndex() == 0)
    assert desk.lab.told == []
    assert Path(shown(desk).name).name == "epoch-2.safetensors"


def test_the_twin_becomes_the_reference(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    for key in (PLAIN, RESIDUAL):
        desk.lab.train(key, RUNS[key], 2, folder=tmp_path)
    desk.lab.end()
    open_run(desk, PLAIN, with_twin=True)
    qtbot.waitUntil(lambda: desk.window.pages.currentIndex() == 0)
    pinned = desk.store.session.pinned
    assert pinned is not None
    assert (pinned.network.name, shown(desk).name) == (
        RESIDUAL,
        str(tmp_path / PLAIN / "epoch-2.safetensors"),
    )


def test_before_the_first_epoch_there_is_nothing_to_open(desk: Desk) -> None:
    desk.lab.end()
    open_run(desk, PLAIN)
    assert "no weights of Plain-20 yet" in desk.window.messages.sentence
    assert desk.window.pages.currentIndex() == 1


def test_a_twin_differs_by_its_shortcuts_alone(desk: Desk) -> None:
    scene = desk.window.training.controller.scene
    plain, residual, deeper, _ = scene.logs
    assert twin_of(scene, plain) is residual
    assert twin_of(scene, residual) is plain
    residual.run = replace(residual.run, network=replace(residual.run.network, seed=1))
    assert twin_of(scene, plain) is None
    assert twin_of(scene, deeper) is scene.logs[3]


def test_shortcuts_are_open_as_far_as_they_were_in_training(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    desk.lab.train(RESIDUAL, RUNS[RESIDUAL], 3, folder=tmp_path)
    cut, weak = Intervention(STEPS, 0.0), Intervention(2 * STEPS, 0.5)
    desk.lab.say(Intervened(RESIDUAL, replace(RUNS[RESIDUAL], interventions=(cut, weak)), weak))
    for epoch, strength in ((1, 1.0), (2, 0.0), (3, 0.5)):
        desk.window.show_train()
        open_run(desk, RESIDUAL, epoch)
        qtbot.waitUntil(lambda: desk.window.pages.currentIndex() == 0)
        assert set(desk.store.session.setup.state.wiring.shortcuts) == {strength}
    desk.window.show_train()
    open_run(desk, RESIDUAL)
    desk.lab.say(Published(RESIDUAL, 2 * STEPS, tmp_path / "cifar-resnet-20.safetensors"))
    qtbot.waitUntil(lambda: desk.window.pages.currentIndex() == 0)
    assert set(desk.store.session.setup.state.wiring.shortcuts) == {0.0}, "the last step before was made so"


def test_what_cannot_be_opened_is_not_offered(desk: Desk, tmp_path: Path) -> None:
    desk.lab.train(RESIDUAL, RUNS[RESIDUAL], 1, folder=tmp_path)
    desk.lab.states("diverged", PLAIN)
    training = desk.window.training
    offered = []
    for key in (PLAIN, RESIDUAL):
        training.controller.select(key)
        menu = training.page.runs.run_button.menu()
        menu.aboutToShow.emit()
        offered.append([a.isEnabled() for a in menu.actions() if a.text().startswith("Open in Inspect")])
    assert offered == [[False, False, False], [True, False, True]]
    open_run(desk, PLAIN)
    assert "it ended before it had any" in desk.window.messages.sentence


def test_a_run_that_diverged_in_its_first_epoch_is_opened_as_it_began(
    desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    run = replace(RUNS[RESIDUAL], interventions=(Intervention(0, 0.5),))
    desk.lab.say(Intervened(RESIDUAL, run, run.interventions[0]))
    desk.lab.say(StateKept(RESIDUAL, 0, tmp_path / RESIDUAL / "epoch-0000.safetensors"))
    desk.lab.states("diverged", RESIDUAL)
    training = desk.window.training
    training.controller.select(RESIDUAL)
    menu = training.page.runs.run_button.menu()
    menu.aboutToShow.emit()
    (before,) = menu.findChildren(QMenu)[-1].actions()
    assert before.text() == "0 (before training)"
    for action in (before, next(a for a in menu.actions() if a.text() == "Open in Inspect")):
        desk.window.show_train()
        action.trigger()
        qtbot.waitUntil(lambda: desk.window.pages.currentIndex() == 0)
        assert Path(shown(desk).name).name == "epoch-0000.safetensors"
        assert set(desk.store.session.setup.state.wiring.shortcuts) == {0.5}, "as its first step had it"
