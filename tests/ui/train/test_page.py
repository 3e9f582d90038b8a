"""The Train tab in the window, on a lab that trains nothing: plans, starts, steering, refusals, runs of another day."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QInputDialog
from pytestqt.qtbot import QtBot

from resnet_viewer.records.errors import Progress
from resnet_viewer.records.lab import (
    Continue,
    DataRead,
    Extend,
    Intervened,
    OpenShortcuts,
    Order,
    Pause,
    Stop,
)
from resnet_viewer.records.recipe import RECIPES, Recipe
from resnet_viewer.records.requests import FindDevices, KeepOrder
from resnet_viewer.records.run_plan import Course, RunPlan, course_json, plan_json, plan_of
from resnet_viewer.records.training import Intervention
from resnet_viewer.ui.train import networks_dialog, recipe_dialog
from resnet_viewer.ui.train.page import TrainPage
from tests.ui.windows import INSPECT, TRAIN, Desk, rendered, train_page

FIRST = "cifar-plain-20"
LEFT = Qt.MouseButton.LeftButton


def test_one_press_trains_the_first_plan_in_a_new_folder(
    desk: Desk, training: TrainPage, tmp_path: Path
) -> None:
    assert training.bar.networks_button.accessibleName() == "Networks: Depths 20, 56 · plain and residual"
    assert training.bar.start_button.text() == "Start"
    desk.qtbot.mouseClick(training.bar.start_button, LEFT)
    order = desk.lab.order
    assert [key for key, _ in order.runs] == [
        "cifar-plain-20", "cifar-resnet-20", "cifar-plain-56", "cifar-resnet-56",
    ]  # fmt: skip
    assert (order.data, order.threads, order.folder.parent) == ("digits", 1, tmp_path / "runs")
    assert order.folder.name.endswith("-digits")
    assert training.controller.scene.selected == "cifar-plain-56", "the story is about it"
    desk.qtbot.waitUntil(lambda: KeepOrder(order) in desk.files.asked)


def test_the_recipe_offers_what_the_machine_has(
    desk: Desk, training: TrainPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[tuple[str, ...]] = []

    def ask(dialog: recipe_dialog.RecipeDialog) -> None:
        device = dialog.fields["device"]
        offered.append(tuple(device.itemText(place) for place in range(1, device.count())))

    monkeypatch.setattr(recipe_dialog.RecipeDialog, "asked", ask)
    training.edit_recipe()
    training._note_devices(("cuda", "cpu"))
    training.edit_recipe()
    assert offered == [("cpu",), ("cuda", "cpu")]
    assert desk.window.status.texts()[0].startswith("training: cuda")
    training.plan.choose(
        replace(training.plan.present, course=replace(training.plan.present.course, device="cpu"))
    )
    training.start()
    assert desk.window.status.texts()[0].startswith("training: cpu")
    desk.qtbot.waitUntil(lambda: FindDevices() in desk.files.asked)


def test_where_runs_train_is_told_when_it_is_known(desk: Desk, training: TrainPage) -> None:
    training.start()
    work = desk.window.status.texts()[0]
    assert work == "training: 1 thread", "the best device may be another than the processor"
    training._note_devices(("cuda", "cpu"))
    assert desk.window.status.texts()[0] == "training: cuda · 1 thread"


def test_the_status_bar_forgets_the_data_of_an_earlier_start(desk: Desk, training: TrainPage) -> None:
    training.start()
    desk.lab.begin()
    rendered(desk)
    assert "1\u00a0437 pictures" in desk.window.status.texts()[3]
    desk.lab.end()
    training.start()
    rendered(desk)
    assert desk.window.status.texts()[3] == ""


def test_what_cannot_be_trained_is_one_sentence(desk: Desk, training: TrainPage) -> None:
    training.plan.choose(replace(training.plan.present, depths="21"))
    training.start()
    assert "not 21" in desk.window.messages.sentence
    assert desk.lab.orders == []


def test_reading_shows_its_progress_and_can_be_cancelled(desk: Desk, training: TrainPage) -> None:
    training.start()
    assert not desk.window.progress.isHidden()
    desk.lab.replied.emit(desk.lab._ticket, Progress(1_000_000, 2_000_000))
    assert "1.0 of 2.0 MB" in desk.window.progress._label.text()
    QTest.keyClick(desk.window, Qt.Key.Key_Escape)
    assert desk.window.progress.isHidden()
    assert not desk.lab.is_busy
    training.start()
    desk.lab.begin()
    assert desk.window.progress.isHidden()


def test_pictures_of_a_folder_are_counted(desk: Desk, training: TrainPage, tmp_path: Path) -> None:
    training._send(Order((), str(tmp_path / "birds"), tmp_path))
    desk.lab.replied.emit(desk.lab._ticket, Progress(30, 200))
    assert desk.window.progress._label.text() == "Reading birds: 30 of 200 pictures"


def test_the_bar_steers_all_runs(desk: Desk, training: TrainPage) -> None:
    bar = training.bar
    assert not bar.pause_button.isEnabled()
    training.start()
    desk.lab.begin()
    rendered(desk)
    desk.qtbot.mouseClick(bar.pause_button, LEFT)
    keys = [log.key for log in training.controller.scene.logs]
    desk.lab.states("paused", *keys)
    rendered(desk)
    assert bar.pause_button.accessibleName() == "Continue"
    desk.qtbot.mouseClick(bar.pause_button, LEFT)
    desk.lab.states("running", *keys)
    desk.qtbot.mouseClick(bar.cut_button, LEFT)
    log = training.controller.scene.logs[1]
    cut = Intervention(3, 0.0)
    desk.lab.say(Intervened(log.key, replace(log.run, interventions=(cut,)), cut))
    rendered(desk)
    assert bar.cut_button.accessibleName() == "Restore shortcuts"
    desk.qtbot.mouseClick(bar.cut_button, LEFT)
    bar.strength.setValue(25)
    desk.qtbot.mouseClick(bar.stop_button, LEFT)
    assert desk.lab.told == [
        Pause(), Continue(), OpenShortcuts(0.0), OpenShortcuts(1.0), OpenShortcuts(0.25), Stop(),
    ]  # fmt: skip


def test_only_runs_at_work_say_whether_shortcuts_are_cut(desk: Desk, training: TrainPage) -> None:
    training.start()
    desk.lab.begin()
    for key, run in desk.lab.order.runs:
        if run.network.has_shortcuts:
            desk.lab.say(Intervened(key, run.intervened(3, 0.0), Intervention(3, 0.0)))
    desk.lab.states("done", *(key for key, _ in desk.lab.order.runs))
    rendered(desk)
    assert not training.bar.cut_button.isEnabled(), "nobody can be cut"
    training.plan.choose(replace(training.plan.present, depths="8"))
    training.start()
    rendered(desk)
    assert training.bar.cut_button.isEnabled()
    assert training.bar.cut_button.accessibleName() == "Cut shortcuts now"
    assert training.bar.strength.value() == 100
    desk.qtbot.mouseClick(training.bar.cut_button, LEFT)
    assert desk.lab.told[-1] == OpenShortcuts(0.0)


def test_the_table_of_the_window_cuts_no_number_and_its_card_says_first_how_long_it_takes(
    desk: Desk, training: TrainPage
) -> None:
    desk.window.resize(1440, 900)
    training.start()
    desk.lab.begin()
    for key, run in desk.lab.order.runs:
        desk.lab.train(key, run, 11)
    rendered(desk)
    table = training.panels.runs.table
    for column in range(1, table.model().columnCount()):
        index = table.model().index(0, column)
        room = table.visualRect(index).width()
        assert table.isColumnHidden(column) or table.sizeHintForIndex(index).width() <= room, index.data()
    assert re.match(r"\d+ s left · 4 running · [\d\u00a0]+ pictures/s", training.panels.runs.subtitle)


def test_what_was_stopped_or_failed_goes_on_with_the_bars_button(desk: Desk, training: TrainPage) -> None:
    bar = training.bar
    training.start()
    desk.lab.begin()
    desk.lab.states("done", FIRST)
    desk.lab.refuse("The process was killed.")
    rendered(desk)
    assert "was killed" in desk.window.messages.sentence
    assert (bar.pause_button.text(), bar.pause_button.isEnabled()) == ("Continue", True)
    training.controller.select("cifar-resnet-20")
    menu = training.panels.runs.run_button.menu()
    menu.aboutToShow.emit()
    assert menu.actions()[0].text() == "Continue"
    desk.qtbot.mouseClick(bar.pause_button, LEFT)
    first, again = desk.lab.orders
    assert [key for key, _ in again.runs] == [key for key, _ in first.runs if key != FIRST]
    assert again.is_resumed
    assert again.folder == first.folder
    assert desk.window.messages.sentence == ""
    desk.lab.states("done", *(key for key, _ in again.runs))
    desk.lab.end()
    rendered(desk)
    assert (bar.pause_button.text(), bar.pause_button.isEnabled()) == ("Pause", False)


def test_a_run_is_extended_from_its_menu(
    desk: Desk, training: TrainPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    training.start()
    desk.lab.begin()
    training.controller.select(FIRST)
    monkeypatch.setattr(QInputDialog, "getInt", lambda *_: (5, True))
    menu = training.panels.runs.run_button.menu()
    menu.aboutToShow.emit()
    texts = [action.text() for action in menu.actions() if action.text()]
    assert texts == [
        "Pause", "Stop", "Extend…", "Open in Inspect, as it is now",
        "Open in Inspect, with ResNet-20 as reference", "Open in Inspect, after epoch",
        "Open in Inspect, with ResNet-20 as reference, after epoch", "Export weights…", "Show the folder",
        "Remove from the list",
    ]  # fmt: skip
    next(action for action in menu.actions() if action.text() == "Extend…").trigger()
    assert desk.lab.told == [Extend(5, FIRST)]


def test_the_plan_is_remembered(desk: Desk, training: TrainPage, monkeypatch: pytest.MonkeyPatch) -> None:
    wished = RunPlan(depths="32", is_plain=False, endings=("-nobn",))
    monkeypatch.setattr(networks_dialog.NetworksDialog, "asked", lambda *_: wished)
    desk.qtbot.mouseClick(training.bar.networks_button, LEFT)
    assert training.plan.present == wished
    assert desk.settings.training("plan", plan_of, RunPlan()) == wished
    assert training.bar.networks_button.accessibleName().startswith("Networks: Depth 32 ")


def test_a_plan_that_names_a_built_in_recipe_has_it_as_it_is_now(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, desk: Desk
) -> None:
    def planned(recipe: Recipe) -> Recipe:
        desk.settings.set_training("plan", plan_json(RunPlan(course=Course(recipe))))
        desk.settings.save()
        again = Desk(qtbot, qapp, tmp_path)
        try:
            return train_page(again.window).plan.present.course.recipe
        finally:
            again.close()

    older = replace(RECIPES["quick"], rate=0.1)
    assert planned(older) == RECIPES["quick"]
    mine = replace(older, name="quick, changed")
    assert planned(mine) == mine, "what somebody changed stays"


def test_an_own_recipe_is_saved_by_its_name_and_can_be_forgotten(
    desk: Desk, training: TrainPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = Course(Recipe("mine", rate=0.02), epochs=3)
    monkeypatch.setattr(recipe_dialog.RecipeDialog, "asked", lambda *_: mine)
    training.edit_recipe()
    training.plan.choose(replace(training.plan.present, course=Course(RECIPES["adam"])))
    menu = training.bar.recipe_button.menu()
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == "mine").trigger()
    assert training.plan.present.course == mine
    training.plan.saved.forget("mine")
    menu.aboutToShow.emit()
    assert "mine" not in [action.text() for action in menu.actions()]


def test_data_are_chosen_from_the_menu_and_a_folder_without_classes_is_refused(
    desk: Desk, training: TrainPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    menu = training.bar.data_button.menu()
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == "CIFAR-10").trigger()
    assert training.plan.present.data == "cifar10"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    training.choose_folder()
    assert "no pictures" in desk.window.messages.sentence
    assert training.plan.present.data == "cifar10"


def test_a_folder_of_classes_alone_will_do_and_how_it_is_split_is_said(
    desk: Desk, training: TrainPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ant", "bee"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        (tmp_path / "pets" / name / "1.png").touch()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "pets"))
    training.choose_folder()
    assert training.plan.present.data == str(tmp_path / "pets")
    training.start()
    pictures = np.zeros((4, 3, 8, 8), np.uint8)
    said: list[str] = []
    training.said.connect(said.append)
    desk.lab.say(DataRead(16, pictures, np.arange(4) % 2, ("ant", "bee"), "A fifth is kept for testing."))
    assert said == ["A fifth is kept for testing."]
    desk.lab.end()
    assert len(said) == 1


def test_pictures_that_are_left_out_are_named_until_the_next_start(desk: Desk, training: TrainPage) -> None:
    sentence = "1 of 20 pictures cannot be read and is left out: ant/3.png."
    training.start()
    pictures = np.zeros((4, 3, 8, 8), np.uint8)
    desk.lab.say(DataRead(16, pictures, np.arange(4) % 2, ("ant", "bee"), sentence, left_out=1))
    assert desk.window.messages.sentence == sentence
    desk.lab.end()
    assert desk.window.messages.sentence == sentence
    training.start()
    assert sentence not in desk.window.messages.sentence


def test_a_saved_recipe_that_cannot_be_read_leaves_the_others(desk: Desk, training: TrainPage) -> None:
    mine = course_json(Course(Recipe("mine", rate=0.02), epochs=3))
    desk.settings.set_training("recipes", json.dumps(["{}", 5, mine.replace("0.02", "NaN"), mine]))
    assert list(training.plan.saved.all()) == ["mine"]


def test_runs_of_another_day_are_shown_and_can_be_added_to(
    desk: Desk, training: TrainPage, tmp_path: Path
) -> None:
    training.open_runs(tmp_path / "elsewhere")
    desk.qtbot.waitUntil(lambda: "holds no training runs" in desk.window.messages.sentence)
    training.plan.choose(replace(training.plan.present, data="mnist"))
    training.open_runs(tmp_path / "runs-1")
    desk.qtbot.waitUntil(lambda: bool(desk.lab.orders))
    assert desk.lab.order.is_resumed
    assert desk.lab.order.is_shown, "nothing is trained unasked"
    assert desk.lab.order.threads == 1
    assert training.plan.present.data == "digits"
    training.open_runs(tmp_path / "runs-2")
    assert "stop them before you open others" in desk.window.messages.sentence


def test_the_next_start_offers_the_last_runs(
    qtbot: QtBot, qapp: QApplication, tmp_path: Path, desk: Desk, training: TrainPage
) -> None:
    training.start()
    desk.lab.begin()
    desk.window.close()
    assert not desk.lab.told, "closing asks nothing and tells nothing; the process is ended by its worker"
    (desk.lab.order.folder / "order.json").touch()
    again = Desk(qtbot, qapp, tmp_path)
    try:
        again.window.show_page(TRAIN)
        resume = train_page(again.window).panels.runs.resume
        assert not resume.isHidden()
        resume.click()
        qtbot.waitUntil(lambda: bool(again.window.messages.sentence) or bool(again.lab.orders))
        assert all(order.is_resumed and not order.is_shown for order in again.lab.orders)
    finally:
        again.close()


def test_a_window_that_is_killed_has_said_where_its_runs_are(
    desk: Desk, training: TrainPage, tmp_path: Path
) -> None:
    training.start()
    folder = desk.lab.order.folder
    assert folder.name in (tmp_path / "settings" / "settings.ini").read_text(), (
        "on the disk, before anything else happens"
    )
    training.plan.choose(replace(training.plan.present, depths="8"))
    training.start()
    keys = {key for key, _ in desk.lab.orders[0].runs} | {"cifar-plain-8", "cifar-resnet-8"}
    desk.qtbot.waitUntil(
        lambda: any(
            isinstance(asked, KeepOrder) and {key for key, _ in asked.order.runs} == keys
            for asked in desk.files.asked
        )
    )


def test_closing_ends_the_lab(desk: Desk, training: TrainPage) -> None:
    training.start()
    desk.window.close()
    desk.workers.close()
    assert desk.lab.is_closed


def test_nothing_is_drawn_while_the_page_is_out_of_view(desk: Desk, training: TrainPage) -> None:
    desk.window.show_page(INSPECT)
    training.controller.begin(Order((), "digits", Path()), "Digits")
    training.start()
    rendered(desk)
    model = training.panels.runs.table.model()
    assert model.rowCount() == 0
    desk.window.show_page(TRAIN)
    assert model.rowCount() == 4
