"""A run's weights reach Inspect: as they are now, of a kept epoch, and with the twin pinned as the reference."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from resnet_viewer.records.lab import (
    Advanced,
    Began,
    Order,
    Publish,
    Published,
    RunEnded,
    RunState,
    StateChanged,
    StateKept,
)
from resnet_viewer.records.recipe import RECIPES, ShortcutSchedule
from resnet_viewer.records.requests import OpenNetwork
from resnet_viewer.records.run_plan import RunPlan
from resnet_viewer.records.test_set import CROPS, TestSet
from resnet_viewer.records.training import RunReport, StepReport
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.services.run_plans import runs_of
from resnet_viewer.ui.train.open_in_inspect import twin_of
from resnet_viewer.ui.train.story import OpenRun
from tests.ui.train.laboratory import STEPS
from tests.ui.windows import TRAIN, Desk, inspect_page, train_page

RUNS = dict(runs_of(RunPlan()))
PLAIN, RESIDUAL = "cifar-plain-20", "cifar-resnet-20"


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(qtbot, qapp, tmp_path)
    made.window.show_page(TRAIN)
    train_page(made.window).controller.begin(Order(tuple(RUNS.items()), "digits", tmp_path), "Digits")
    made.lab.begin()
    yield made
    made.close()


def open_run(desk: Desk, key: str, epoch: int | None = None, *, with_twin: bool = False) -> None:
    log = next(log for log in train_page(desk.window).controller.scene.logs if log.key == key)
    train_page(desk.window).open_in_inspect.open(log, epoch, with_twin=with_twin)


def asked(desk: Desk) -> list[Path]:
    return [request.wished for request in desk.files.asked if isinstance(request, OpenNetwork)]


def shown(desk: Desk) -> WeightsRef:
    return desk.store.session.setup.state.network.weights


def test_weights_of_now_are_published_first(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    open_run(desk, RESIDUAL)
    assert desk.lab.told == [Publish(RESIDUAL)]
    assert asked(desk) == []
    desk.lab.say(Published(RESIDUAL, 5, tmp_path / "cifar-resnet-20.safetensors"))
    qtbot.waitUntil(lambda: desk.window.place == 0)
    assert shown(desk).name == str(tmp_path / "cifar-resnet-20.safetensors")


def test_a_run_is_opened_on_a_test_picture_of_its_own_data(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    desk.lab.train(RESIDUAL, RUNS[RESIDUAL], 3, folder=tmp_path)
    training = train_page(desk.window)
    training.controller.select(RESIDUAL)
    menu = training.panels.runs.run_button.menu()
    training.panels.pictures.render_lab(training.controller.scene)  # the window is not shown
    training.panels.pictures.grid.go(7)
    menu.aboutToShow.emit()
    epochs = next(part for part in menu.findChildren(QMenu) if part.title() == "Open in Inspect, after epoch")
    epochs.actions()[0].trigger()
    qtbot.waitUntil(lambda: desk.window.place == 0)
    picture, data = desk.store.session.setup.picture, training.controller.scene.data
    assert picture is not None
    assert data is not None
    index = int(training.panels.pictures.grid.chart.order[7])
    true = int(data.test_labels[index])
    assert picture.name == f"Digits, test picture {index}, true class {true}"
    assert (picture.pixels == data.test_pictures[index][0][..., None]).all()
    assert desk.store.session.test_set == TestSet("run", tmp_path / RESIDUAL)
    desk.store.undo()
    assert desk.store.session.test_set == CROPS


def test_who_measures_nothing_measures_nothing_of_a_run(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    inspect_page(desk.window).test_sets.choose(None)
    desk.lab.train(RESIDUAL, RUNS[RESIDUAL], 3, folder=tmp_path)
    open_run(desk, RESIDUAL, 1)
    qtbot.waitUntil(lambda: desk.window.place == 0)
    assert desk.store.session.test_set is None


def test_a_test_picture_is_opened_with_the_run_that_is_shown(
    desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    for key in (PLAIN, RESIDUAL):
        desk.lab.train(key, RUNS[key], 2, folder=tmp_path)
    desk.lab.end()
    training = train_page(desk.window)
    training.controller.select(PLAIN)
    training.panels.pictures.picture_wished.emit(5)
    qtbot.waitUntil(lambda: desk.window.place == 0)
    assert Path(shown(desk).name) == tmp_path / PLAIN / "epoch-2.safetensors"
    inspect_page(desk.window).editor.set_branch_strength(1, 0.0)
    inspect_page(desk.window).editor.set_reference()
    wired = desk.store.session
    desk.window.show_page(TRAIN)
    training.panels.pictures.picture_wished.emit(6)
    assert desk.window.place == 0
    now = desk.store.session
    assert now.setup.picture is not None
    assert now.setup.picture.name == "Digits, test picture 6, true class 6"
    assert (now.setup.state, now.pinned) == (wired.setup.state, wired.pinned), "only the picture is another"


def test_without_its_twin_a_run_is_compared_with_no_other_network(
    desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    for key in (PLAIN, RESIDUAL):
        desk.lab.train(key, RUNS[key], 2, folder=tmp_path)
    said: list[str] = []
    train_page(desk.window).said.connect(said.append)
    for with_twin, words in (
        (True, "The reference is ResNet-20, epoch-1.safetensors; "),
        (False, "The reference is no longer ResNet-20, epoch-1.safetensors; "),
        (False, ""),
    ):
        desk.window.show_page(TRAIN)
        open_run(desk, PLAIN, 1, with_twin=with_twin)
        qtbot.waitUntil(lambda: desk.window.place == 0)
        assert said[-1] == f"{words}Plain-20, epoch-1.safetensors is open."
        assert desk.window.status.texts()[2] == said[-1], "and stays on the page that it is said of"
        assert (desk.store.session.pinned is not None) is with_twin


def test_the_text_opens_a_run_beside_its_twin(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in (PLAIN, RESIDUAL):
        desk.lab.train(key, RUNS[key], 2, folder=tmp_path)
    page, asked = train_page(desk.window), []
    monkeypatch.setattr(page.open_in_inspect, "open", lambda log, **how: asked.append((log.key, how)))
    page.panels.story.chosen.emit(OpenRun(PLAIN, with_twin=True))
    page.panels.story.chosen.emit(OpenRun("gone"))
    assert asked == [(PLAIN, {"with_twin": True})]


def test_what_is_refused_is_not_opened_later(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(inspect_page(desk.window).loader, "open_weights", opened.append)
    open_run(desk, RESIDUAL)
    desk.lab.say(StateChanged(RESIDUAL, "running", "ResNet-20 holds weights that are not finite numbers."))
    assert "not finite" in desk.window.messages.sentence
    desk.lab.say(Published(RESIDUAL, 5, tmp_path / "cifar-resnet-20.safetensors"))
    assert opened == []


def test_a_lab_that_ends_before_it_publishes_leaves_what_it_kept(
    desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    desk.lab.train(RESIDUAL, RUNS[RESIDUAL], 2, folder=tmp_path)
    open_run(desk, RESIDUAL)
    desk.lab.states("done", RESIDUAL)
    desk.lab.end()
    qtbot.waitUntil(lambda: desk.window.place == 0)
    assert Path(shown(desk).name).name == "epoch-2.safetensors"


def test_of_a_run_that_diverged_its_last_finite_weights_are_opened(
    desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    run = RUNS[RESIDUAL]
    desk.lab.train(RESIDUAL, run, 2, folder=tmp_path)
    desk.lab.say(Advanced(RESIDUAL, (StepReport(2, 0, STEPS, 2.0, 9.0),), (), 1000.0))
    (tmp_path / RESIDUAL).mkdir()
    (tmp_path / RESIDUAL / "weights.safetensors").touch()
    desk.lab.say(RunEnded(RESIDUAL, RunReport(run, (), math.nan, math.nan, (), state="diverged")))
    open_run(desk, RESIDUAL)
    qtbot.waitUntil(lambda: desk.window.place == 0)
    assert Path(shown(desk).name) == tmp_path / RESIDUAL / "weights.safetensors"


def test_a_kept_epoch_is_opened_as_it_is(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    desk.lab.train(RESIDUAL, RUNS[RESIDUAL], 3, folder=tmp_path)
    open_run(desk, RESIDUAL, 2)
    qtbot.waitUntil(lambda: desk.window.place == 0)
    assert desk.lab.told == []
    assert Path(shown(desk).name).name == "epoch-2.safetensors"


def test_the_twin_becomes_the_reference(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    for key in (PLAIN, RESIDUAL):
        desk.lab.train(key, RUNS[key], 2, folder=tmp_path)
    desk.lab.end()
    open_run(desk, PLAIN, with_twin=True)
    qtbot.waitUntil(lambda: desk.window.place == 0)
    pinned = desk.store.session.pinned
    assert pinned is not None
    assert (pinned.network.name, shown(desk).name) == (
        RESIDUAL,
        str(tmp_path / PLAIN / "epoch-2.safetensors"),
    )


def with_state_before(desk: Desk, folder: Path, key: str) -> None:
    """The run begins again, with the state before training kept."""
    path = folder / key / "epoch-0.safetensors"
    desk.lab.say(Began(key, RUNS[key], STEPS, states=((0, path),)), StateChanged(key, "running"))


def test_the_state_before_training_is_opened(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    for key in (PLAIN, RESIDUAL):
        with_state_before(desk, tmp_path, key)
    train_page(desk.window).controller.select(RESIDUAL)
    menu = train_page(desk.window).panels.runs.run_button.menu()
    menu.aboutToShow.emit()
    lists = {part.title(): part for part in menu.findChildren(QMenu)}
    alone = lists["Open in Inspect, after epoch"].actions()
    assert [action.text() for action in alone] == ["0, before training"]
    beside = lists["Open in Inspect, with Plain-20 as reference, after epoch"].actions()
    beside[0].trigger()
    qtbot.waitUntil(lambda: desk.window.place == 0)
    assert Path(shown(desk).name) == tmp_path / RESIDUAL / "epoch-0.safetensors"
    pinned = desk.store.session.pinned
    assert pinned is not None
    assert Path(pinned.network.weights.name) == tmp_path / PLAIN / "epoch-0.safetensors"


def test_a_kept_epoch_is_opened_beside_the_same_epoch_of_its_twin(
    desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    for key in (PLAIN, RESIDUAL):
        desk.lab.train(key, RUNS[key], 3, folder=tmp_path)
    open_run(desk, RESIDUAL, 2, with_twin=True)
    qtbot.waitUntil(lambda: desk.window.place == 0)
    pinned = desk.store.session.pinned
    assert pinned is not None
    names = Path(shown(desk).name).name, Path(pinned.network.weights.name).name
    assert names == ("epoch-2.safetensors",) * 2


def test_of_many_epochs_even_ones_are_listed_with_the_first_and_the_last(desk: Desk, tmp_path: Path) -> None:
    with_state_before(desk, tmp_path, PLAIN)
    states = tuple((epoch, tmp_path / f"{epoch}.safetensors") for epoch in range(51))
    desk.lab.say(Began(PLAIN, RUNS[PLAIN], STEPS, states=states))
    train_page(desk.window).controller.select(PLAIN)
    menu = train_page(desk.window).panels.runs.run_button.menu()
    menu.aboutToShow.emit()
    part = next(part for part in menu.findChildren(QMenu) if part.title().endswith("Inspect, after epoch"))
    listed = [action.text() for action in part.actions()]
    assert listed[:2] == ["0, before training", "2"]
    assert (listed[-1], len(listed)) == ("50", 18)


@pytest.mark.parametrize(
    ("state", "can"),
    [
        ("waiting", ["Pause", "Stop", "Extend…"]),
        ("running", ["Pause", "Stop", "Extend…"]),
        ("paused", ["Continue", "Stop", "Extend…"]),
        ("done", ["Extend…"]),
        ("stopped", ["Continue", "Extend…"]),
        ("diverged", []),
        ("failed", ["Continue"]),
    ],
)
def test_what_a_run_can_do_follows_its_state(desk: Desk, state: RunState, can: list[str]) -> None:
    desk.lab.states(state, PLAIN)
    train_page(desk.window).controller.select(PLAIN)
    menu = train_page(desk.window).panels.runs.run_button.menu()
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()[:3] if action.isEnabled()] == can


def test_a_menu_that_was_opened_often_keeps_one_list_of_epochs(desk: Desk, qtbot: QtBot) -> None:
    train_page(desk.window).controller.select(PLAIN)
    menu = train_page(desk.window).panels.runs.run_button.menu()
    for _ in range(5):
        menu.aboutToShow.emit()
    qtbot.waitUntil(lambda: len(menu.findChildren(QMenu)) == 2)


def test_a_folder_that_is_not_there_yet_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda *_: pytest.fail("there is none to show"))
    train_page(desk.window).controller.select(PLAIN)
    train_page(desk.window).run_menu.show_folder()
    assert desk.window.messages.sentence == "Plain-20 has no folder yet; wait until it has begun."


def test_before_the_first_epoch_there_is_nothing_to_open(desk: Desk) -> None:
    desk.lab.end()
    open_run(desk, PLAIN)
    assert "no weights of Plain-20 yet" in desk.window.messages.sentence
    assert desk.window.place == 1


def test_a_twin_differs_by_its_shortcuts_alone(desk: Desk) -> None:
    scene = train_page(desk.window).controller.scene
    plain, residual, deeper, _ = scene.logs
    assert twin_of(scene, plain) is residual
    assert twin_of(scene, residual) is plain
    recipe = residual.run.recipe
    for wished in ({"survival": 0.5}, {"shortcuts": ShortcutSchedule(1, 2)}):
        residual.run = replace(residual.run, recipe=replace(recipe, **wished).named)
        assert twin_of(scene, plain) is residual, "a plain network has none of that"
    residual.run = replace(residual.run, recipe=recipe, network=replace(residual.run.network, seed=1))
    assert twin_of(scene, plain) is None
    assert twin_of(scene, deeper) is scene.logs[3]
    deeper.run = replace(deeper.run, recipe=RECIPES["adam"])
    assert twin_of(scene, deeper) is None, "they differ by their recipes, too"


def test_shortcuts_are_open_as_far_as_the_weights_tell(desk: Desk, tmp_path: Path, qtbot: QtBot) -> None:
    for key in (PLAIN, RESIDUAL):
        desk.lab.train(key, RUNS[key], 2, folder=tmp_path)
    desk.files.shortcut_strength = 0.5
    open_run(desk, RESIDUAL, 1)
    qtbot.waitUntil(lambda: desk.window.place == 0)
    assert set(desk.store.session.setup.state.wiring.shortcuts) == {0.5}
    desk.store.undo()  # the test set
    desk.store.undo()  # the picture
    assert desk.store.undo_label == "network: ResNet-20", "the network comes with its wiring"
    desk.window.show_page(TRAIN)
    open_run(desk, PLAIN, 1, with_twin=True)
    qtbot.waitUntil(lambda: desk.window.place == 0)
    pinned = desk.store.session.pinned
    assert pinned is not None
    assert set(pinned.wiring.shortcuts) == {0.5}
    assert desk.store.session.setup.state.wiring.is_open


def test_what_cannot_be_opened_is_not_offered(desk: Desk, tmp_path: Path) -> None:
    desk.lab.train(RESIDUAL, RUNS[RESIDUAL], 1, folder=tmp_path)
    desk.lab.states("diverged", PLAIN)
    training = train_page(desk.window)
    offered = []
    for key in (PLAIN, RESIDUAL):
        training.controller.select(key)
        menu = training.panels.runs.run_button.menu()
        menu.aboutToShow.emit()
        offered.append([a.isEnabled() for a in menu.actions() if a.text().startswith("Open in Inspect")])
    assert offered == [[False, False, False, False], [True, False, True, False]]
    open_run(desk, PLAIN)
    assert "it ended before it had any" in desk.window.messages.sentence


def test_a_run_that_diverged_in_its_first_epoch_is_opened_as_it_began(
    desk: Desk, tmp_path: Path, qtbot: QtBot
) -> None:
    desk.lab.say(StateKept(RESIDUAL, 0, tmp_path / RESIDUAL / "epoch-0000.safetensors"))
    desk.lab.states("diverged", RESIDUAL)
    training = train_page(desk.window)
    training.controller.select(RESIDUAL)
    menu = training.panels.runs.run_button.menu()
    menu.aboutToShow.emit()
    (epochs,) = (m for m in menu.findChildren(QMenu) if m.title() == "Open in Inspect, after epoch")
    (before,) = epochs.actions()
    assert before.text() == "0, before training"
    for action in (before, next(a for a in menu.actions() if a.text() == "Open in Inspect")):
        desk.window.show_page(TRAIN)
        action.trigger()
        qtbot.waitUntil(lambda: desk.window.place == 0)
        assert Path(shown(desk).name).name == "epoch-0000.safetensors"
