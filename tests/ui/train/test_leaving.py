"""Closing the window while runs train is asked about, once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from resnet_viewer.ui import dialogs
from resnet_viewer.ui.dialogs import MayClose
from tests.ui.windows import Desk, inspect_page, train_page


@pytest.fixture
def desk(qtbot: QtBot, qapp: QApplication, tmp_path: Path) -> Iterator[Desk]:
    made = Desk(qtbot, qapp, tmp_path)
    made.settings.set_asks_to_close(True)
    made.window.show()
    yield made
    made.settings.set_asks_to_close(False)
    made.close()


class Asked:
    """Answers for the user."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sentences: list[str] = []
        self.answer = False, True
        monkeypatch.setattr(dialogs.MayClose, "ask", self.ask)

    def ask(self, sentence: str, _parent: object) -> tuple[bool, bool]:
        self.sentences.append(sentence)
        return self.answer


def test_nothing_is_asked_while_nothing_trains(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch)
    training = train_page(desk.window)
    training.start()
    desk.lab.begin()
    desk.lab.states("paused", *(key for key, _ in desk.lab.order.runs))
    assert training.may_close()
    desk.lab.end()
    assert training.may_close()
    assert desk.window.close()
    assert not asked.sentences


def test_runs_at_work_are_counted_and_cancelling_leaves_everything(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(monkeypatch)
    train_page(desk.window).start()
    desk.lab.begin()
    assert not desk.window.close()
    assert desk.window.isVisible()
    assert desk.store.undo_label is None
    inspect_page(desk.window).editor.toggle_shortcut(1)
    assert desk.store.undo_label is not None, "the session takes edits still"
    desk.lab.states("done", *(key for key, _ in desk.lab.order.runs[1:]))
    asked.answer = True, True
    assert desk.window.close()
    assert asked.sentences == [
        "4 runs are training. They are saved where they are, and Resume goes on with them.",
        "1 run is training. It is saved where it is, and Resume goes on with it.",
    ]
    assert desk.settings.asks_to_close()


def test_who_does_not_want_to_be_asked_is_not(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch)
    training = train_page(desk.window)
    training.start()
    desk.lab.begin()
    asked.answer = False, False
    assert not training.may_close()
    assert desk.settings.asks_to_close(), "who cancels has not chosen"
    asked.answer = True, False
    assert training.may_close()
    assert training.may_close()
    assert len(asked.sentences) == 2


@pytest.mark.parametrize(("button", "is_checked"), [("Close", True), ("Cancel", False)])
def test_the_question_has_two_answers_and_a_box(qtbot: QtBot, button: str, is_checked: bool) -> None:
    seen: list[str] = []

    def answer() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        seen.append(box.text())
        box.checkBox().setChecked(is_checked)
        next(found for found in box.buttons() if found.text() == button).click()

    QTimer.singleShot(0, answer)
    assert MayClose.ask("3 runs <b>train</b>.", None) == (button == "Close", not is_checked)
    assert seen == ["3 runs <b>train</b>."]
