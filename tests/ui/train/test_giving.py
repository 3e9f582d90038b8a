"""A run's weights leave the window: those of its end from its folder, those of a run at work once published."""

from __future__ import annotations

from pathlib import Path

import pytest

from resnet_viewer.records.lab import Publish, Published
from resnet_viewer.records.requests import WriteWeights
from resnet_viewer.ui import dialogs
from tests.ui.train.laboratory import STEPS
from tests.ui.windows import Desk, train_page

KEY = "cifar-plain-20"


@pytest.fixture
def suggested(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Path]:
    """What the dialog was opened with; it is answered with a name without an ending."""
    found: list[Path] = []

    def ask(_title: str, suggestion: Path, _parent: object) -> Path:
        found.append(suggestion)
        return tmp_path / "mine"

    monkeypatch.setattr(dialogs.SaveAs, "ask", ask)
    return found


def asked(desk: Desk) -> list[WriteWeights]:
    desk.qtbot.waitUntil(lambda: not desk.workers.files.is_busy)
    return [request for request in desk.files.asked if isinstance(request, WriteWeights)]


def start(desk: Desk) -> None:
    train_page(desk.window).start()
    desk.lab.begin()
    train_page(desk.window).controller.select(KEY)


def test_weights_of_a_run_at_work_are_published_and_then_written(
    desk: Desk, suggested: list[Path], tmp_path: Path
) -> None:
    start(desk)
    desk.lab.train(KEY, dict(desk.lab.order.runs)[KEY], 2)
    desk.window.commands["train_weights"].trigger()
    assert suggested[0].name == f"{KEY}-step-{2 * STEPS}.safetensors"
    assert desk.lab.told == [Publish(KEY)]
    assert not asked(desk)
    desk.lab.say(Published("another", 5, tmp_path / "other"))
    desk.lab.say(Published(KEY, 2 * STEPS, tmp_path / "step.safetensors"))
    (request,) = asked(desk)
    assert (request.source, request.path) == (tmp_path / "step.safetensors", tmp_path / "mine.safetensors")
    assert request.is_live
    report = request.report()
    assert len(report.steps) == 2 * STEPS
    assert report.class_names == tuple("0123456789")
    desk.lab.say(Published(KEY, 3 * STEPS, tmp_path / "later"))
    assert len(asked(desk)) == 1, "a wish is granted once"


def test_weights_of_the_end_are_copied_from_the_folder(desk: Desk, suggested: list[Path]) -> None:
    start(desk)
    desk.lab.states("done", KEY)
    menu = train_page(desk.window).panels.runs.run_button.menu()
    menu.aboutToShow.emit()
    entry = next(action for action in menu.actions() if action.text() == "Export weights…")
    assert not entry.isEnabled()
    folder = desk.lab.order.folder / KEY
    folder.mkdir(parents=True)
    (folder / "weights.safetensors").touch()
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == "Export weights…").trigger()
    (request,) = asked(desk)
    assert request.source == folder / "weights.safetensors"
    assert not request.is_live
    assert not desk.lab.told


def test_without_a_run_or_its_weights_a_sentence_says_so(desk: Desk, suggested: list[Path]) -> None:
    export = desk.window.commands["train_weights"]
    export.trigger()
    assert "No run is selected" in desk.window.messages.sentence
    start(desk)
    desk.lab.states("failed", KEY)
    export.trigger()
    assert "no weights of Plain-20" in desk.window.messages.sentence
    assert not suggested
