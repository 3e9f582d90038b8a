"""Which test sets are offered, remembered and fetched, in a whole window around invented readings."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu

from resnet_viewer.records.requests import FetchData, OpenSetPicture
from resnet_viewer.records.test_set import CROPS, TestSet
from resnet_viewer.records.weights import WeightsRef
from resnet_viewer.ui.settings import Settings
from tests.ui.windows import Desk, inspect_page


def wait_measured(desk: Desk) -> None:
    measuring = inspect_page(desk.window).measuring
    desk.qtbot.waitUntil(
        lambda: measuring.reading is not None and measuring.reading.is_complete and not measuring.is_stale
    )


def offered(desk: Desk) -> dict[str, bool]:
    """What the menu at the meter offers, and whether it is chosen."""
    menu = QMenu()
    inspect_page(desk.window).test_sets.fill(menu)
    return {action.text(): action.isChecked() for action in menu.actions() if action.text()}


def choose(desk: Desk, text: str) -> None:
    menu = QMenu()
    inspect_page(desk.window).test_sets.fill(menu)
    next(action for action in menu.actions() if action.text() == text).trigger()


def test_at_the_first_start_crops_are_measured_and_the_menu_offers_more(desk: Desk) -> None:
    wait_measured(desk)
    [first, *_] = desk.prober.measured
    assert first.test_set == CROPS
    menu = offered(desk)
    assert menu["Crops of the bundled pictures"]
    assert menu["300 pictures, drawn at random"]
    for text in ("Test digits (bundled)", "CIFAR-10's test pictures", "A folder of pictures…", "No test set"):
        assert not menu[text]


def test_a_choice_is_measured_undone_and_remembered(desk: Desk, tmp_path: Path) -> None:
    wait_measured(desk)
    choose(desk, "Test digits (bundled)")
    choose(desk, "100 pictures, drawn at random")
    choose(desk, "Draw again (seed 1)")
    wait_measured(desk)
    wanted = TestSet("digits", None, 100, 1)
    assert desk.prober.measured[-1].test_set == wanted
    assert desk.settings.test_set() == wanted
    choose(desk, "No test set")
    assert inspect_page(desk.window).measuring.words == "No test set"
    assert desk.settings.test_set() is None
    desk.store.undo()
    assert desk.store.session.test_set == wanted
    wait_measured(desk)


def test_a_folder_is_asked_for_and_offered_again(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "mine"))
    choose(desk, "A folder of pictures…")
    wait_measured(desk)
    assert desk.store.session.test_set == TestSet("folder", tmp_path / "mine")
    choose(desk, "Crops of the bundled pictures")
    assert offered(desk)["Crops of the bundled pictures"]
    assert "Folder mine" not in offered(desk), "only the last choice is remembered"
    desk.store.undo()
    assert offered(desk)["Folder mine"]
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    choose(desk, "A folder of pictures…")
    assert desk.store.session.test_set == TestSet("folder", tmp_path / "mine"), "nothing was chosen"


def test_the_test_pictures_of_the_run_on_the_screen_are_offered(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "cifar-resnet-20"
    (folder / "states").mkdir(parents=True)
    (folder / "run.json").write_text("{}")
    setup = desk.store.session.setup
    ref = WeightsRef("file", str(folder / "states" / "epoch-3.safetensors"), "ab" * 32)
    state = replace(setup.state, network=replace(setup.state.network, weights=ref))
    desk.store.edit(desk.store.session.with_setup(replace(setup, state=state)), "a run")
    choose(desk, "Test pictures of run cifar-resnet-20")
    assert desk.store.session.test_set == TestSet("run", folder)


def test_cifar10_is_fetched_with_progress_and_cancelled(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    page = inspect_page(desk.window)
    monkeypatch.setattr(page.test_sets, "_cost", lambda _name: "download 170 MB")
    assert "CIFAR-10's test pictures" not in offered(desk)
    choose(desk, "Get CIFAR-10's test pictures (170 MB)")
    progress = desk.window.progress
    desk.qtbot.waitUntil(lambda: "MB" in progress._label.text())
    assert not progress.isHidden()
    progress.cancelled.emit()
    desk.qtbot.waitUntil(lambda: desk.downloads.closed == 1)
    desk.qtbot.waitUntil(progress.isHidden)
    assert desk.store.session.test_set == CROPS
    page.test_sets._take_fetched(FetchData("cifar10"))
    assert desk.store.session.test_set == TestSet("cifar10")


def test_a_set_that_is_gone_is_a_sentence_that_ends_with_another_one(desk: Desk) -> None:
    wait_measured(desk)
    desk.prober.no_set = "There is no folder /gone any more: choose another test set."
    inspect_page(desk.window).test_sets.take_folder(Path("/gone"))
    desk.qtbot.waitUntil(lambda: desk.window.messages.sentence == desk.prober.no_set)
    desk.prober.no_set = ""
    choose(desk, "Test digits (bundled)")
    desk.qtbot.waitUntil(lambda: desk.window.messages.isHidden())


def test_a_click_on_the_meter_opens_the_table_and_its_pictures_open_in_inspect(desk: Desk) -> None:
    wait_measured(desk)
    page = inspect_page(desk.window)
    desk.window.show()
    desk.qtbot.mouseClick(page.bar.meter.face, Qt.MouseButton.LeftButton)
    table = page.prompts.test_set
    assert table is not None
    assert table.isVisible()
    assert table.model.rowCount() == 12
    table.table.setCurrentIndex(table.model.index(4, 0))
    table.table.clicked.emit(table.table.currentIndex())
    desk.qtbot.waitUntil(lambda: desk.store.session.setup.picture.name == "0004.png")  # type: ignore[union-attr]
    page.commands["next_picture"].trigger()
    desk.qtbot.waitUntil(lambda: desk.store.session.setup.picture.name == "0005.png")  # type: ignore[union-attr]
    assert len(desk.prober.measured) == 1, "pictures measure nothing again"
    assert not any(isinstance(asked, OpenSetPicture) for asked in desk.files.asked), "these have files"
    table.close()


def test_what_is_remembered_is_checked(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(tmp_path)
    assert settings.test_set() == CROPS
    for wanted in (None, TestSet("digits", None, None, 7), TestSet("folder", Path("/a folder"), 100)):
        settings.set_test_set(wanted)
        assert settings.test_set() == wanted
    for text in (
        '{"kind": "folder"}',
        '{"kind": "other"}',
        "[]",
        json.dumps({"kind": "digits", "sample": -3}),
    ):
        fresh = Settings(None)
        fresh._store.setValue("inspect/test_set", text)
        assert fresh.test_set() == CROPS
    assert len(caplog.records) == 4, "the log says each"


def test_a_folder_that_is_dropped_with_shift_is_the_test_set(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, mime = inspect_page(desk.window), QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    page.take_mime(mime)
    assert desk.store.session.test_set == CROPS, "without Shift its pictures are opened"
    shift = Qt.KeyboardModifier.ShiftModifier
    monkeypatch.setattr(QGuiApplication, "queryKeyboardModifiers", lambda: shift)
    page.take_mime(mime)
    assert desk.store.session.test_set == TestSet("folder", tmp_path)
    desk.wait_fresh()
