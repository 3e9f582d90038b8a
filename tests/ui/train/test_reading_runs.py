"""What earlier runs show while they are read: nothing, or what is true of them; never what only seems so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from resnet_viewer.charts.plot_words import Told, interventions_in
from resnet_viewer.core.lab.lab import Lab
from resnet_viewer.core.lab.run_files import read_run
from resnet_viewer.records.lab import (
    Advanced,
    Began,
    LabReport,
    Order,
    RunEnded,
    StateChanged,
    Stop,
    in_pieces,
)
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.records.story import READING, story
from resnet_viewer.records.training import EpochReport, Intervention, RunReport, StepReport
from resnet_viewer.ui.figure_export import Outbox
from resnet_viewer.ui.settings import Settings
from resnet_viewer.ui.train.bar import strength_in
from resnet_viewer.ui.train.controller import TrainController
from resnet_viewer.ui.train.export import RunExport
from resnet_viewer.ui.train.runs_table import RunsModel, told
from resnet_viewer.ui.train.story import StoryPanel, story_run
from tests.core.lab.lab_orders import PLAIN, RESIDUAL, STEPS, order, step_done
from tests.core.lab.lab_orders import told as reports_of
from tests.ui.train.invented import PER_EPOCH, run
from tests.ui.train.laboratory import Laboratory

CUT = replace(RESIDUAL, interventions=(Intervention(6, 0.0),))


def rows(scene: LabScene) -> dict[str, dict[str, str]]:
    """What the table shows of each run, by the titles of its columns."""
    model = RunsModel()
    model.show_scene(scene)
    titles = [str(model.headerData(place, Qt.Orientation.Horizontal)) for place in range(model.columnCount())]
    return {
        key: {title: str(model.index(row, place).data()) for place, title in enumerate(titles)}
        for row, key in enumerate(model.keys)
    }


def steps_until(count: int) -> tuple[StepReport, ...]:
    return tuple(
        StepReport(at // PER_EPOCH, at % PER_EPOCH, PER_EPOCH, 2.0, 50.0, None, 2.0, 50.0, 0.1)
        for at in range(count)
    )


@pytest.fixture
def controller(qapp: QApplication) -> Iterator[TrainController]:
    made = TrainController(Laboratory())
    yield made
    made.deleteLater()


def reading(
    controller: TrainController,
    asked: Order,
    look: Callable[[], None],
    *,
    until: type[LabReport] | None = None,
) -> None:
    """Let a real lab answer, and look after each piece of what it says."""
    lab = controller._worker
    assert isinstance(lab, Laboratory)
    controller.begin(asked, "Digits")
    look()
    work = Lab().answer(asked)
    for report in work:
        for piece in in_pieces(report):
            lab.replied.emit(lab._ticket, piece)
            look()
        if until is not None and isinstance(report, until):
            work.close()  # type: ignore[attr-defined]
            break
    lab.end()
    look()


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Order, dict[str, RunReport]]:
    """Two runs that are done, the shortcuts of one cut on the way, and what they came to."""
    asked = order(tmp_path, PLAIN, CUT)
    found = list(Lab().answer(asked))
    ended = {report.key: report.report for report in found if isinstance(report, RunEnded)}
    runs = tuple((key, read_run(tmp_path / key)) for key, _ in asked.runs)
    return replace(asked, runs=runs, is_resumed=True, is_shown=True), ended


def test_runs_that_are_done_show_their_errors_or_none(
    qtbot: QtBot, controller: TrainController, trained: tuple[Order, dict[str, RunReport]]
) -> None:
    asked, ended = trained
    panel = StoryPanel()
    qtbot.addWidget(panel)
    shown: dict[str, set[tuple[str, str, str]]] = {key: set() for key in ended}
    marks: set[float] = set()
    stories: list[tuple[str, ...]] = []

    def look() -> None:
        for key, row in rows(controller.scene).items():
            shown[key].add((row["epoch"], row["train %"], row["test %"]))
        runs = [Told(log.run, log.title, log.steps_per_epoch) for log in controller.scene.logs]
        marks.update(done.time for done in interventions_in(runs))
        panel.render_lab(controller.scene)
        stories.append(panel.paragraphs)

    reading(controller, asked, look)
    for key, report in ended.items():
        running = report.epochs[-1].train_error
        assert abs(running - report.train_error) > 0.1, "they are told apart"
        last = ("2 / 2", f"{report.train_error:.1f}", f"{report.test_error:.1f}")
        assert shown[key] == {("", "", ""), ("2 / 2", "", ""), last}
    assert marks == {6 / STEPS}
    final = story([story_run(log) for log in controller.scene.logs], pictures=1438)
    assert {said for said in stories if said != final} == {(READING,)}
    assert stories[-1] == final


def test_where_reading_is_cut_short_nothing_is_made_up(
    controller: TrainController, trained: tuple[Order, dict[str, RunReport]]
) -> None:
    asked, _ = trained
    reading(controller, asked, lambda: None, until=StateChanged)
    for log in controller.scene.logs:
        assert log.state == "stopped"
        row = rows(controller.scene)[log.key]
        assert (row["train %"], row["test %"]) == ("", "")
        assert row["epoch"] in ("", "2 / 2")
    assert {log.is_read for log in controller.scene.logs} == {True, False}
    said = "\n".join(story([story_run(log) for log in controller.scene.logs]))
    assert "before the first step" not in said


def test_a_run_that_was_stopped_shows_the_errors_of_its_epochs(
    controller: TrainController, tmp_path: Path
) -> None:
    asked = order(tmp_path, PLAIN)
    found = reports_of(asked, step_done(STEPS + 1), Stop())
    (epoch,) = (report.report.epochs[0] for report in found if isinstance(report, RunEnded))
    seen: set[tuple[str, str]] = set()

    def look() -> None:
        (row,) = rows(controller.scene).values()
        seen.add((row["epoch"], row["train %"]))

    reading(controller, replace(asked, is_resumed=True, is_shown=True), look)
    assert seen == {("", ""), ("1 / 2", f"{epoch.train_error:.1f}")}


def test_a_run_whose_folder_is_refused_keeps_what_is_known_of_it() -> None:
    log = RunLog("a", run(), PER_EPOCH)
    epoch = EpochReport(0, 0.1, 2.0, 80.0, 70.0, 1.0)
    log.take(Began("a", run(), PER_EPOCH, epochs=(epoch,)))
    log.take(StateChanged("a", "stopped"))
    log.take(Began("a", run(), PER_EPOCH, is_read=False))
    log.take(StateChanged("a", "failed", "It is being trained by another process."))
    assert log.epochs == [epoch]
    assert log.train_error == 80.0
    unknown = RunLog("a", run(), is_read=False)
    unknown.take(Began("a", run(), PER_EPOCH, is_read=False))
    unknown.take(StateChanged("a", "failed", "It is being trained by another process."))
    assert rows(LabScene((unknown,)))["a"]["epoch"] == ""
    assert "before the first step" not in "\n".join(story([story_run(unknown)]))


def test_what_is_being_read_is_not_exported_or_steered(qtbot: QtBot) -> None:
    made = run("cifar-resnet-20").intervened(20, 0.0)
    log = RunLog("a", made, is_read=False)
    window, scene, files = QWidget(), LabScene((log,)), cast(Any, None)
    qtbot.addWidget(window)
    exports = RunExport(cast(Any, SimpleNamespace(scene=scene)), Outbox(files), Settings(None), window)
    assert "still being read" in exports.refusal("curves")
    log.take(Began("a", made, PER_EPOCH))
    assert log.is_being_read, "its steps are still to come"
    assert strength_in(LabScene((log,))) == 1.0
    log.take(Advanced("a", steps_until(25), (), np.nan))
    log.take(StateChanged("a", "running"))
    assert not log.is_being_read
    assert strength_in(LabScene((log,))) == 0.0


def test_what_will_be_done_to_shortcuts_is_not_done_yet() -> None:
    made = run("cifar-resnet-20").intervened(20, 0.0).intervened(30, 1.0)
    log = RunLog("a", made, PER_EPOCH)
    scene = LabScene((log,))
    strengths = []
    for steps in (10, 20, 30):
        log.take(Advanced("a", steps_until(steps), (), 1.0))
        strengths.append(strength_in(scene))
        assert ("its shortcuts are open" in told(scene, log)) is (steps >= 20)
    assert strengths == [1.0, 0.0, 1.0]
    assert "since epoch 3.0 its shortcuts are open by 1" in told(scene, log)
