"""Where training writes: chosen, remembered, and refused before a start where nothing can be written."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QFileDialog
from pytestqt.qtbot import QtBot

from resnet_viewer.ui.train import run_folders
from resnet_viewer.ui.train.run_folders import Folders, FoldersDialog
from tests.ui.windows import Desk, train_page

USUAL = Folders()
OK = QDialogButtonBox.StandardButton.Ok


def dialog(qtbot: QtBot, tmp_path: Path, folders: Folders = USUAL) -> FoldersDialog:
    made = FoldersDialog(folders, tmp_path / "usual", tmp_path / "board", "runs")
    qtbot.addWidget(made)
    return made


def test_runs_and_event_files_go_where_the_user_says(
    desk: Desk, qtbot: QtBot, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(form: FoldersDialog) -> Folders:
        form.show()
        asked.append("runs" if form.focusWidget() is form.runs.field else "logs")
        assert form.focusWidget() in (form.runs.field, form.has_logs)
        return Folders(str(tmp_path / "mine"), str(tmp_path / "board"), has_logs=True)

    monkeypatch.setattr(run_folders.FoldersDialog, "asked", ask)
    desk.window.commands["train_runs_folder"].trigger()
    desk.window.commands["train_logs"].trigger()
    assert asked == ["runs", "logs"]
    train_page(desk.window).start()
    folder = desk.lab.order.folder
    assert folder.parent == tmp_path / "mine"
    assert desk.lab.order.log_dir == tmp_path / "board" / folder.name
    assert str(tmp_path / "board") in desk.window.status.texts()[2]
    desk.lab.end()
    train_page(desk.window).open_runs(tmp_path / "runs-1")
    qtbot.waitUntil(lambda: len(desk.lab.orders) == 2)
    assert desk.lab.order.log_dir == tmp_path / "board" / "runs-1"
    again = Desk(qtbot, qapp, tmp_path)
    try:
        assert train_page(again.window).folders.runs_dir == tmp_path / "mine"
    finally:
        again.close()


def test_nothing_is_logged_unasked(desk: Desk, tmp_path: Path) -> None:
    train_page(desk.window).start()
    assert desk.lab.order.log_dir is None
    assert desk.lab.order.folder.parent == tmp_path / "runs"


def test_a_folder_that_cannot_be_written_names_the_entry_that_changes_it(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    train_page(desk.window).start()
    sentence = desk.window.messages.sentence
    assert "cannot be written" in sentence
    assert "Runs folder… in the Train menu" in sentence
    assert "Runs folder…" in desk.window.commands["train_runs_folder"].text().replace("&", "")
    assert not desk.lab.orders
    (tmp_path / "runs").unlink()
    train_page(desk.window).start()
    assert desk.lab.orders
    assert not desk.window.messages.sentence


def test_damaged_settings_are_the_usual_folders(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk.settings.set_training("folders", '{"runs": 5}')
    found = run_folders.RunFolders(desk.window, desk.settings, lambda: tmp_path / "runs")
    assert found.runs_dir == tmp_path / "runs"
    assert "training/folders" in caplog.text


def test_the_form_says_what_it_was_given(qtbot: QtBot, tmp_path: Path) -> None:
    given = Folders(str(tmp_path / "a"), str(tmp_path / "b"), has_logs=True)
    assert dialog(qtbot, tmp_path, given).answer == given
    assert dialog(qtbot, tmp_path).answer == Folders(), "the usual folders are not chosen ones"


def test_the_form_takes_no_folder_that_cannot_be_written(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    form = dialog(qtbot, tmp_path)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "file"))
    form.runs.choose.click()
    form.buttons.button(OK).click()
    assert "not a folder" in form.sentence
    assert form.result() == 0
    form.runs.reset.click()
    form.has_logs.setChecked(True)
    assert f"tensorboard --logdir {tmp_path / 'board'}" in form._command.text()
    form.buttons.button(OK).click()
    assert form.result() == 1
    assert form.answer == Folders(has_logs=True)
