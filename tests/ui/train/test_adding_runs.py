"""Starts beside runs that are there, at work or done, and starts anew: what is added, named and kept in reach."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu

from resnet_viewer.records.lab import AddRuns, Intervened
from resnet_viewer.records.recipe import RECIPES
from resnet_viewer.records.run_plan import Course
from resnet_viewer.records.training import Intervention
from resnet_viewer.ui.train.page import TrainPage
from tests.ui.windows import Desk, rendered

FIRST = "cifar-plain-20"
LEFT = Qt.MouseButton.LeftButton


def test_a_start_while_runs_are_at_work_adds_those_that_are_new(desk: Desk, training: TrainPage) -> None:
    training.start()
    rendered(desk)
    assert training.bar.start_button.text() == "Add"
    training.start()
    assert "are there already" in desk.window.messages.sentence
    training.plan.choose(replace(training.plan.present, depths="20, 32"))
    training.start()
    (added,) = [message for message in desk.lab.told if isinstance(message, AddRuns)]
    assert [key for key, _ in added.runs] == ["cifar-plain-32", "cifar-resnet-32"]
    assert desk.window.messages.sentence == ""
    training.plan.choose(replace(training.plan.present, data="mnist"))
    training.start()
    assert "are trained on Digits" in desk.window.messages.sentence
    desk.lab.end()
    rendered(desk)
    assert training.bar.start_button.accessibleName() == "Start again"
    training.bar.label(icons=4, letters=9)
    assert training.bar.start_button.text() == "Start", (
        "it keeps its word whole where there is no room for two"
    )
    assert training.bar.start_button.accessibleName() == "Start again"


def test_one_limit_holds_for_what_is_started_and_what_is_added(desk: Desk, training: TrainPage) -> None:
    training.plan.choose(
        replace(training.plan.present, depths="20", course=replace(training.plan.present.course, seeds=12))
    )
    training.start()
    desk.lab.begin()
    assert len(desk.lab.order.runs) == 24
    training.plan.choose(
        replace(training.plan.present, course=replace(training.plan.present.course, seed=12, seeds=1))
    )
    training.start()
    assert "26 runs; train at most 24" in desk.window.messages.sentence
    assert not desk.lab.told
    training.controller.remove("cifar-plain-20")
    training.controller.remove("cifar-plain-20-seed-1")
    training.start()
    assert isinstance(desk.lab.told[-1], AddRuns)
    assert not desk.window.messages.sentence


def test_runs_join_those_that_are_done_in_their_folder(desk: Desk, training: TrainPage) -> None:
    assert training.bar.add_button.isHidden()
    training.start()
    desk.lab.begin()
    for key, run in desk.lab.order.runs:
        desk.lab.train(key, run, 1)
    desk.lab.states("done", *(key for key, _ in desk.lab.order.runs))
    folder = desk.lab.order.folder
    desk.lab.end()
    rendered(desk)
    assert not training.bar.add_button.isHidden()
    training.plan.choose(replace(training.plan.present, depths="20, 32"))
    desk.qtbot.mouseClick(training.bar.add_button, LEFT)
    order = desk.lab.order
    assert [key for key, _ in order.runs] == ["cifar-plain-32", "cifar-resnet-32"]
    assert (order.folder, order.is_resumed) == (folder, True)
    assert len(training.controller.scene.logs) == 6
    desk.lab.end()
    training.plan.choose(replace(training.plan.present, data="mnist"))
    training.add()
    assert "press Start again for others on MNIST" in desk.window.messages.sentence


def test_the_same_network_with_another_recipe_is_added_and_named(desk: Desk, training: TrainPage) -> None:
    training.start()
    training.plan.choose(replace(training.plan.present, depths="20", course=Course(RECIPES["adam"])))
    training.start()
    (added,) = [message for message in desk.lab.told if isinstance(message, AddRuns)]
    assert [key for key, _ in added.runs] == ["cifar-plain-20-adam", "cifar-resnet-20-adam"]
    titles = [log.title for log in training.controller.scene.logs]
    assert titles[:4] == ["Plain-20 adam", "Plain-20 quick", "ResNet-20 adam", "ResNet-20 quick"]


def test_what_is_added_while_shortcuts_are_cut_begins_whole(desk: Desk, training: TrainPage) -> None:
    said: list[str] = []
    training.said.connect(said.append)
    training.start()
    desk.lab.begin()
    for log in training.controller.scene.logs:
        if log.run.network.has_shortcuts:
            cut = Intervention(3, 0.0)
            desk.lab.say(Intervened(log.key, log.run.intervened(cut.step, cut.strength), cut))
    training.plan.choose(replace(training.plan.present, depths="32"))
    training.start()
    assert said == ["The added runs begin with their shortcuts whole; those of the others stay as they are."]


def test_a_new_start_says_where_the_earlier_runs_are(desk: Desk, training: TrainPage) -> None:
    training.start()
    assert desk.window.messages.sentence == ""
    first = desk.lab.order.folder
    assert first.is_dir()
    desk.lab.end()
    training.start()
    assert desk.window.messages.sentence == "The earlier runs are in Train > Earlier runs."
    menu = QMenu()
    desk.qtbot.addWidget(menu)
    training.fill_earlier(menu)
    assert desk.lab.order.folder != first
    assert [action.text()[:18] for action in menu.actions()] == ["Digits · Plain-20,"]
