"""Studies behind the window: stopped within a second at any time, and a killed process loses no point."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Slot
from pytestqt.qtbot import QtBot

from resnet_viewer.core.studies.files import read_study
from resnet_viewer.records.errors import Failure
from resnet_viewer.records.study import Estimate, EstimateStudy, StudyResult
from resnet_viewer.ui.work.process_worker import ProcessWorker
from tests.core.studies.study_apart import long_order, service
from tests.core.studies.trial import order_in

pytestmark = pytest.mark.usefixtures("trial_study")


class Ear(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.heard: list[object] = []
        self.failures: list[Failure] = []

    @Slot(int, object)
    def hear(self, ticket: int, found: object) -> None:
        self.heard.append(found)

    @Slot(int, object)
    def fail(self, ticket: int, failure: Failure) -> None:
        self.failures.append(failure)

    @property
    def rows(self) -> int:
        return max((len(found.rows) for found in self.heard if isinstance(found, StudyResult)), default=-1)


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def worker(qtbot: QtBot, ear: Ear) -> Iterator[ProcessWorker]:
    made = ProcessWorker(service, name="studies")
    made.replied.connect(ear.hear)
    made.failed.connect(ear.fail)
    yield made
    made.close()


def test_it_is_estimated_measured_and_stopped(
    worker: ProcessWorker, ear: Ear, qtbot: QtBot, tmp_path: Path
) -> None:
    order = long_order(tmp_path / "out")
    worker.ask(0, EstimateStudy(order))
    qtbot.waitUntil(lambda: not worker.is_busy)
    assert isinstance(ear.heard[-1], Estimate)
    pid = worker.pid
    worker.ask(1, order)
    qtbot.waitUntil(lambda: ear.rows >= 2)
    worker.cancel(1)
    qtbot.waitUntil(lambda: not worker.is_busy)
    assert worker.pid == pid, "it came to its next yield, and was not killed"
    assert ear.failures == []
    kept = read_study(order.folder)
    assert 2 <= len(kept.rows) < kept.points
    short = order_in(tmp_path / "short", which="every second")
    worker.ask(2, short)
    qtbot.waitUntil(lambda: not worker.is_busy)
    last = ear.heard[-1]
    assert isinstance(last, StudyResult)
    assert last.is_complete


def test_a_refusal_is_its_own_sentence(worker: ProcessWorker, ear: Ear, qtbot: QtBot, tmp_path: Path) -> None:
    worker.ask(0, replace(order_in(tmp_path / "out"), test_set=None))
    qtbot.waitUntil(lambda: not worker.is_busy)
    assert [failure.sentence for failure in ear.failures] == [
        "The study trial needs pictures: choose a test set."
    ]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows ends a process otherwise")
def test_a_killed_process_loses_at_most_the_point_at_hand(
    worker: ProcessWorker, ear: Ear, qtbot: QtBot, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    order = long_order(tmp_path / "out")
    worker.ask(0, order)
    qtbot.waitUntil(lambda: ear.rows >= 3)
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    qtbot.waitUntil(lambda: not worker.is_busy)
    assert "was killed" in ear.failures[0].sentence
    caplog.clear()
    kept = len(read_study(order.folder).rows)
    assert kept >= ear.rows
    ear.heard.clear()
    worker.ask(1, order)
    qtbot.waitUntil(lambda: ear.rows > kept)
