"""The real main(): one press of Start trains in a process of its own, and what it learned is opened in Inspect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viewer import paths
from resnet_viewer.ui.window import MainWindow
from resnet_viewer.ui.work.process_worker import ProcessWorker
from tests.started import Session
from tests.ui.windows import TRAIN, inspect_page, train_page

SMALL = ["--network", "cifar-resnet-20", "--weights", "none", "--device", "cpu"]


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESNET_VIEWER_HOME", str(tmp_path / "home"))


@pytest.mark.heavy
def test_start_trains_and_a_run_is_opened_beside_its_twin(qtbot: QtBot, qapp: QApplication) -> None:
    session = Session(qtbot, qapp)
    processes: list[int | None] = []

    def deeds(window: MainWindow) -> None:
        session.wait_fresh(window)
        training, controller = train_page(window), train_page(window).controller
        window.show_page(TRAIN)
        plan = training.plan.present
        training.plan.choose(replace(plan, depths="8", course=replace(plan.course, epochs=1)))
        qtbot.mouseClick(training.bar.start_button, Qt.MouseButton.LeftButton)
        worker = controller._worker
        assert isinstance(worker, ProcessWorker)
        qtbot.waitUntil(lambda: controller.is_busy and any(log.steps for log in controller.scene.logs))
        processes.append(worker.pid)
        qtbot.waitUntil(lambda: not controller.is_busy)
        plain, residual = controller.scene.logs
        assert (plain.state, residual.state) == ("done", "done"), (plain.sentence, residual.sentence)
        assert residual.test_error < 90
        assert residual.norms.shape[1] == 8
        training.open_in_inspect.open(residual, with_twin=True)
        qtbot.waitUntil(lambda: window.place == 0)
        session.wait_fresh(window)
        pinned = inspect_page(window).store.session.pinned
        assert pinned is not None
        assert pinned.network.title == "Plain-8"
        assert inspect_page(window).store.session.setup.state.network.title == "ResNet-8"

    assert session.run(SMALL, deeds) == 0
    (process,) = processes
    assert process is not None
    left = Path(f"/proc/{process}/status")
    assert not left.exists(), f"closing the window left the process that trains:\n{left.read_text()}"
    (folder,) = paths.runs_dir().iterdir()
    assert {"order.json", "cifar-plain-8", "cifar-resnet-8"} <= {part.name for part in folder.iterdir()}
