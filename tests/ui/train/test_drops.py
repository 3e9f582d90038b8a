"""What is dropped or pasted on the Train tab: data, earlier runs, recipes, and what is none of these."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from resnet_viewer.records.recipe import Recipe
from resnet_viewer.records.requests import ReadPicture
from resnet_viewer.records.run_plan import Course, RunPlan, course_json, plan_json
from tests.ui.test_window import drop
from tests.ui.windows import INSPECT, Desk, train_page


def dropped(desk: Desk, *paths: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    drop(desk, mime)


def classes_in(folder: Path) -> Path:
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(folder / name / "1.png")
    return folder


def test_a_folder_of_classes_is_what_the_next_start_trains_on(desk: Desk, tmp_path: Path) -> None:
    folder = classes_in(tmp_path / "own")
    dropped(desk, folder)
    training = train_page(desk.window)
    assert training.plan.present.data == str(folder)
    assert "own" in training.bar.data_button.text()
    assert desk.window.status.texts()[2] == "The next start trains on own."
    assert desk.window.place == 1
    assert not desk.window.messages.sentence
    assert ReadPicture((folder,)) not in desk.files.asked
    training.start()
    assert desk.lab.order.data == str(folder)


@pytest.mark.parametrize("is_one", [False, True])
def test_runs_are_gone_on_with(desk: Desk, tmp_path: Path, is_one: bool) -> None:
    run = tmp_path / "runs-1" / "cifar-plain-20"
    run.mkdir(parents=True)
    (run / "run.json").touch()
    folder = run if is_one else run.parent
    if is_one:
        folder = run.rename(run.with_name("runs-cifar-plain-20"))
    dropped(desk, folder)
    desk.qtbot.waitUntil(lambda: bool(desk.lab.orders))
    assert desk.lab.order.folder == folder
    assert desk.lab.order.is_resumed


def test_recipes_and_plans_are_imported(desk: Desk, tmp_path: Path) -> None:
    training = train_page(desk.window)
    course = Course(Recipe("mine", rate=0.02), epochs=3)
    (tmp_path / "mine.json").write_text(course_json(course))
    before = training.plan.present
    dropped(desk, tmp_path / "mine.json")
    assert training.plan.present == replace(before, course=course)
    assert list(training.plan.saved.all()) == ["mine"]
    assert "mine.json" in desk.window.status.texts()[2]
    plan = RunPlan(depths="32", course=Course(epochs=5))
    (tmp_path / "plan.JSON").write_text(plan_json(plan))
    dropped(desk, tmp_path / "plan.JSON")
    assert training.plan.present == plan


def test_what_is_none_of_these_is_one_sentence(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").touch()
    (tmp_path / "weights.pth").touch()
    (tmp_path / "other.json").write_text(json.dumps({"a": 1}))
    (tmp_path / "torn.json").write_text("{")
    before = train_page(desk.window).plan.present
    for name, words in {
        "empty": "holds no pictures in subfolders",
        "notes.txt": "notes.txt is nothing to train with",
        "weights.pth": "weights are opened in Inspect",
        "other.json": "This is no recipe",
        "torn.json": "This is no JSON file",
        "gone.json": "There is no file",
    }.items():
        dropped(desk, tmp_path / name)
        sentence = desk.window.messages.sentence
        assert words in sentence, (name, sentence)
        assert "picture in" not in sentence.replace("no pictures in", "")
    assert train_page(desk.window).plan.present == before
    assert desk.window.place == 1


def test_a_refusal_ends_with_the_next_thing_that_is_taken(desk: Desk, tmp_path: Path) -> None:
    dropped(desk, tmp_path / "gone.json")
    assert desk.window.messages.sentence
    dropped(desk, classes_in(tmp_path / "own"))
    assert not desk.window.messages.sentence


def test_pasting_is_dropping(desk: Desk, qapp: QApplication, tmp_path: Path) -> None:
    folder = classes_in(tmp_path / "own")
    qapp.clipboard().setText(str(folder))
    desk.window.commands["paste"].trigger()
    assert train_page(desk.window).plan.present.data == str(folder)
    qapp.clipboard().setImage(QImage(4, 4, QImage.Format.Format_RGB32))
    desk.window.commands["paste"].trigger()
    assert "cannot be trained on" in desk.window.messages.sentence
    qapp.clipboard().clear()


def test_a_folder_on_inspect_is_still_an_album(desk: Desk, tmp_path: Path) -> None:
    desk.window.show_page(INSPECT)
    folder = classes_in(tmp_path / "own")
    dropped(desk, folder)
    desk.qtbot.waitUntil(lambda: ReadPicture((folder,)) in desk.files.asked)
    assert train_page(desk.window).plan.present.data == "digits"
