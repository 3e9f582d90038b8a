"""The table of runs: what its cells say, which columns give way, and that a selection is one everywhere."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from resnet_viewer.records.lab import Order, RunEnded, StateChanged
from resnet_viewer.records.pace import duration
from resnet_viewer.records.run_log import LabScene
from resnet_viewer.records.run_plan import RunPlan
from resnet_viewer.records.training import RunReport
from resnet_viewer.services.run_plans import runs_of
from resnet_viewer.ui.train.controller import TrainController
from resnet_viewer.ui.train.runs_table import RunsModel, RunsTable, doing, fitting, shortest, told
from resnet_viewer.ui.widgets.theme import DARK, LIGHT
from tests.ui.train.invented import begun, grow, run
from tests.ui.train.laboratory import Laboratory

RUNS = runs_of(RunPlan())
DISPLAY = Qt.ItemDataRole.DisplayRole


@pytest.fixture
def lab(qapp: QApplication) -> Laboratory:
    return Laboratory()


@pytest.fixture
def controller(lab: Laboratory, tmp_path: Path) -> TrainController:
    now = [0.0]
    made = TrainController(lab, clock=lambda: now[0])
    made.begin(Order(RUNS, "digits", tmp_path), "Digits")
    lab.begin()
    lab.states("waiting", *(key for key, _ in RUNS[1:]))
    lab.train(RUNS[0][0], RUNS[0][1], 3)
    now[0] = 60.0
    return made


@pytest.fixture
def table(qtbot: QtBot, controller: TrainController) -> RunsTable:
    made = RunsTable()
    qtbot.addWidget(made)
    made.resize(900, 300)
    made.show()
    made.apply_theme(DARK)
    made.render_lab(controller.scene)
    return made


def row(table: RunsTable, number: int) -> list[str]:
    model = table.model()
    return [str(model.index(number, column).data()) for column in range(model.columnCount())]


def titles(table: RunsTable) -> list[str]:
    model = table.model()
    return [
        str(model.headerData(column, Qt.Orientation.Horizontal, DISPLAY))
        for column in range(model.columnCount())
        if not table.isColumnHidden(column)
    ]


def test_rows_say_how_far_each_run_has_come(table: RunsTable) -> None:
    assert row(table, 0) == ["Plain-20", "17 s left", "3 / 12", "30.0", "15.0", "1\u00a0000", "quick"]
    assert row(table, 3) == ["ResNet-56", "waiting", "0 / 12", "", "", "", "quick"]


def test_what_ended_says_its_last_errors_and_no_time(
    table: RunsTable, lab: Laboratory, controller: TrainController
) -> None:
    key, run = RUNS[0]
    lab.say(RunEnded(key, RunReport(run, (), 0.25, 1.5, ())))
    table.render_lab(controller.scene)
    assert row(table, 0)[1:6] == ["done", "3 / 12", "0.2", "1.5", "1\u00a0000"]


def test_what_a_run_does_is_told_while_data_are_read_and_while_it_is_measured(
    lab: Laboratory, controller: TrainController, tmp_path: Path
) -> None:
    controller.begin(Order(RUNS[:1], "digits", tmp_path, is_resumed=True), "Digits")

    def told_now() -> str:
        return doing(controller.scene, controller.scene.logs[0])

    assert told_now() == "reading"
    key, run = RUNS[0]
    lab.begin()
    lab.states("waiting", key)
    assert told_now() == "waiting"
    lab.states("running", key)
    lab.train(key, run, 11)
    assert told_now() == "running"
    lab.train(key, run, 12)
    assert told_now() == "measuring", "its last weights are tried on both sets"
    lab.say(RunEnded(key, RunReport(run, (), 0.25, 1.5, ())))
    assert told_now() == "done"


def test_columns_give_way_and_the_tooltip_says_everything(table: RunsTable, qtbot: QtBot) -> None:
    assert len(titles(table)) == 7
    table.resize(330, 300)
    qtbot.waitUntil(lambda: len(titles(table)) < 6)
    assert titles(table)[0] == "network"
    assert titles(table)[-2:] == ["train %", "test %"]
    widths = sum(table.columnWidth(column) for column in range(7) if not table.isColumnHidden(column))
    assert widths <= table.viewport().width()
    tip = str(table.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole))
    assert "state: 17 s left" in tip
    assert "recipe: quick" in tip


def test_columns_go_in_an_order_and_a_long_title_pushes_none_out(
    table: RunsTable, controller: TrainController
) -> None:
    shown = [tuple(titles(table))]
    for width in range(900, 140, -10):
        table.resize(width, 300)
        if (now := tuple(titles(table))) != shown[-1]:
            shown.append(now)
    wished = [
        ("network", "state", "epoch", "train %", "test %", "pictures/s", "recipe"),
        ("network", "state", "epoch", "train %", "test %", "recipe"),
        ("network", "state", "epoch", "train %", "test %"),
        ("network", "state", "train %", "test %"),
        ("network", "state", "train %"),
        ("network", "train %", "test %"),
        ("network", "train %"),
    ]
    found = iter(shown)  # what is narrow may fit where what is wide does not: that depends on the letters
    assert all(columns in found for columns in wished), shown
    controller.scene.logs[0].variant = "a recipe with a very long name, rate 0.001"
    table.resize(420, 300)
    table.render_lab(LabScene())
    table.render_lab(controller.scene)
    assert {"network", "state", "train %", "test %"} <= set(titles(table))


def test_a_narrow_column_is_not_shown_in_place_of_those_before_it(
    table: RunsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ "quick" is a pixel narrower than an error, and says less."""
    monkeypatch.setattr(RunsTable, "_needed", lambda _table: (103, 92, 70, 57, 58, 72, 51, 103))
    table.resize(400, 300)
    beside = 400 - table.viewport().width()
    table.resize(103 + 57 + 52 + beside, 300)
    assert titles(table) == ["network", "train %"]
    table.resize(103 + 57 + 60 + beside, 300)
    assert titles(table) == ["network", "train %", "test %"]


def test_many_runs_stand_closer_together(table: RunsTable, controller: TrainController) -> None:
    room = 4 * (table.fontMetrics().height() + 14) + 5
    assert table.fit_rows(room) == 0
    wide = table.verticalHeader().defaultSectionSize()
    controller.add(runs_of(RunPlan(depths="8", is_plain=False)))
    table.render_lab(controller.scene)
    assert table.fit_rows(room) == 0
    row = table.verticalHeader().defaultSectionSize()
    assert row < wide
    assert 5 * row <= room, "all rows are seen"
    left_over = table.fit_rows(70)
    row = table.verticalHeader().defaultSectionSize()
    assert 0 < row < wide
    assert left_over == 70 % row, "where they are not, the last one that is seen is whole"


def test_the_selected_row_is_in_view(table: RunsTable, controller: TrainController, qtbot: QtBot) -> None:
    controller.select(RUNS[-1][0])
    table.render_lab(controller.scene)
    table.resize(500, 80)
    last = table.model().index(3, 0)
    qtbot.waitUntil(lambda: table.viewport().rect().contains(table.visualRect(last)))
    controller.add(runs_of(RunPlan(depths="110")))
    controller.select("cifar-resnet-110")
    table.render_lab(controller.scene)
    last = table.model().index(5, 0)
    assert table.viewport().rect().contains(table.visualRect(last)), "also where it has only just come"


def test_names_keep_their_kind_depth_and_seed() -> None:
    metrics = QFontMetrics(QFont())
    log = begun(run("cifar-resnet-20"))
    assert fitting(log, metrics, 0) == "ResNet-20"
    log.has_siblings = True
    assert fitting(log, metrics, metrics.horizontalAdvance(log.title)) == log.title
    assert fitting(log, metrics, metrics.horizontalAdvance(log.title) - 1) == "ResNet-20 s0"
    log.variant = "rate 0.001"
    assert (
        fitting(log, metrics, metrics.horizontalAdvance("ResNet-20 rate 0.001 s0"))
        == "ResNet-20 rate 0.001 s0"
    )
    cut = fitting(log, metrics, metrics.horizontalAdvance("ResNet-20 rate… s0") + 3)
    assert cut.startswith("ResNet-20 r")
    assert cut.endswith("… s0")
    assert fitting(log, metrics, 0) == shortest(log) == "ResNet-20… s0"


def test_a_name_is_drawn_as_its_column_has_room(table: RunsTable, controller: TrainController) -> None:
    for log in controller.scene.logs:
        log.has_siblings = True
    table.resize(table.fontMetrics().horizontalAdvance("ResNet-20 s0") + 60, 300)
    table.render_lab(LabScene())
    table.render_lab(controller.scene)
    option = QStyleOptionViewItem()
    table.initViewItemOption(option)
    option.rect = table.visualRect(table.model().index(1, 0))
    table.itemDelegateForColumn(0).initStyleOption(option, table.model().index(1, 0))
    assert option.text == "ResNet-20 s0"
    assert table.model().index(1, 0).data() == "ResNet-20 seed 0", "the screen reader's word is whole"


def test_columns_grow_with_what_they_hold(table: RunsTable, controller: TrainController) -> None:
    before = table.columnWidth(2)
    log = controller.scene.logs[0]
    log.run = log.run.extended(log.steps, 9000)
    table.render_lab(controller.scene)
    assert table.columnWidth(2) > before
    index = table.model().index(0, 2)
    assert table.sizeHintForIndex(index).width() <= table.visualRect(index).width()


@pytest.mark.parametrize(("seconds", "words"), [(41.6, "42 s"), (200, "3 min"), (7500, "2 h 05 min")])
def test_durations_fit_a_cell(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_no_number_is_cut(table: RunsTable) -> None:
    model = table.model()
    for column in range(model.columnCount()):
        words = str(model.index(0, column).data())
        room = table.visualRect(model.index(0, column)).width()
        assert table.sizeHintForIndex(model.index(0, column)).width() <= room, words


def test_a_row_selects_its_run_and_follows_the_scene(
    table: RunsTable, controller: TrainController, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(table.selected) as heard:
        table.selectRow(3)
    assert heard.args == ["cifar-resnet-56"]
    chosen: list[str] = []
    table.selected.connect(chosen.append)
    table.render_lab(replace(controller.scene, selected="cifar-resnet-20"))
    assert table.currentIndex().row() == 1
    table.render_lab(replace(controller.scene, selected=""))
    assert not table.selectionModel().hasSelection()
    assert chosen == [], "showing a selection is no wish"


def test_the_selected_row_is_marked_as_a_whole_also_where_its_cell_is_current_already(
    table: RunsTable, controller: TrainController
) -> None:
    selection = table.selectionModel()
    selection.setCurrentIndex(table.model().index(2, 0), QItemSelectionModel.SelectionFlag.Clear)
    assert not selection.hasSelection()
    table.render_lab(controller.scene)
    assert selection.isRowSelected(2)


def test_a_failed_run_is_red_and_says_why(
    table: RunsTable, lab: Laboratory, controller: TrainController
) -> None:
    lab.say(StateChanged(RUNS[0][0], "failed", "There is not enough memory."))
    table.render_lab(controller.scene)
    index = table.model().index(0, 1)
    assert index.data() == "failed"
    assert index.data(Qt.ItemDataRole.ForegroundRole).name() == DARK.changed
    name = index.siblingAtColumn(0)
    assert name.data(Qt.ItemDataRole.ForegroundRole).name() == DARK.changed, "the state may be left out"
    assert "not enough memory" in str(index.data(Qt.ItemDataRole.ToolTipRole))


def test_samples_are_dashed_for_plain_networks_in_the_depths_colour(table: RunsTable) -> None:
    table.apply_theme(LIGHT)

    def colours(number: int) -> set[str]:
        icon = table.model().index(number, 0).data(Qt.ItemDataRole.DecorationRole)
        image = icon.pixmap(26, 12).toImage()
        return {image.pixelColor(x, 6).name() if image.pixelColor(x, 6).alpha() else "" for x in range(26)}

    assert colours(0) >= {"", LIGHT.depths[0]}
    assert colours(1) == {LIGHT.depths[0]}
    assert colours(3) == {LIGHT.depths[1]}


def test_a_tooltip_says_which_errors_these_are_and_since_when_shortcuts_are_cut() -> None:
    cut = run("cifar-resnet-20").intervened(20, 0.0)
    log = begun(cut)
    grow(log, 25)
    scene = LabScene((log,))
    assert "train: over the newest whole epoch, while the weights moved; test: after it" in told(scene, log)
    assert "since epoch 2.0 its shortcuts are open by 0" in told(scene, log)
    moving = next(line for line in told(scene, log).splitlines() if line.startswith("train %"))
    assert moving == f"train %: {log.epochs[-1].train_error:.1f}", "as the text beside the plots has it"

    log.take(RunEnded(log.key, RunReport(cut, tuple(log.epochs), math.nan, math.nan, (), state="stopped")))
    assert "its last weights" not in told(scene, log), "nobody measured them"
    assert moving in told(scene, log)

    log.take(RunEnded(log.key, RunReport(cut, tuple(log.epochs), 12.5, 25.0, ())))
    assert "errors of its last weights" in told(scene, log)
    assert "train %: 12.5" in told(scene, log)


def test_the_columns_of_errors_say_which_errors_these_are() -> None:
    model, across = RunsModel(), Qt.Orientation.Horizontal
    words = {
        str(model.headerData(column, across)): str(
            model.headerData(column, across, Qt.ItemDataRole.ToolTipRole)
        )
        for column in range(model.columnCount())
    }
    assert "over the newest whole epoch while the weights moved" in words["train %"]
    assert "after the newest whole epoch" in words["test %"]


def test_a_row_is_painted_with_the_sample_that_was_made_for_it(table: RunsTable) -> None:
    """Colours are shared out among all runs: to do that for every row of every paint event costs the square of them."""

    def samples() -> list[int]:
        model = table.model()
        rows = range(model.rowCount())
        return [model.index(row, 0).data(Qt.ItemDataRole.DecorationRole).cacheKey() for row in rows]

    before = samples()
    assert len(set(before)) == len(RUNS)
    assert samples() == before
    table.apply_theme(LIGHT)
    assert not set(samples()) & set(before)
