"""The table of layers: its numbers, its copies, and the layer that it shares with the window."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from resnet_viewer.core.weights.catalog import spec
from resnet_viewer.records.laying_out import blueprint
from resnet_viewer.records.requests import WriteLayers, Written
from resnet_viewer.records.story_words import thousands
from resnet_viewer.services.figures import layers_csv
from resnet_viewer.services.files import FilesService
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.inspect.layer_table import HEADER, LayerTable, total
from tests.ui.windows import Desk, inspect_page


@pytest.fixture
def table(desk: Desk) -> LayerTable:
    desk.window.commands["layers"].trigger()
    found = inspect_page(desk.window).prompts.layers
    assert found is not None
    return found


def test_it_lists_every_layer_with_the_blueprints_numbers(desk: Desk, table: LayerTable) -> None:
    plan = inspect_page(desk.window).controller.scene.blueprint
    rows = table.shown_rows()
    assert [row[0] for row in rows] == [layer.name for layer in plan.layers]
    assert sum(int(row[-1]) for row in rows) == plan.macs
    assert sum(int(row[-2]) for row in rows) == sum(layer.parameters for layer in plan.layers)
    assert f"{thousands(plan.parameters)} parameters" in table.total.text() == total(plan)


def test_it_sorts_and_searches(table: LayerTable) -> None:
    table.table.sortByColumn(HEADER.index("MACs"), Qt.SortOrder.AscendingOrder)
    found = [int(row[-1]) for row in table.shown_rows()]
    assert found == sorted(found)
    table.search.setText("layer2 conv2")
    assert {row[0].split(".")[0] for row in table.shown_rows()} == {"layer2"}


def test_a_row_and_the_window_select_the_same_layer(desk: Desk, table: LayerTable) -> None:
    table.table.selectRow(3)
    name = table.shown_rows()[3][0]
    assert desk.store.session.view.layer == name
    inspect_page(desk.window).editor.select_layer("layer2.0.conv1")
    assert table.shown_rows()[table.table.currentIndex().row()][0] == "layer2.0.conv1"
    rows = table.rows.rowCount()
    table.table.selectRow(rows - 1)
    assert desk.store.session.view.layer == "layer2.0.conv1", "a classifier has no maps to show"


def test_it_follows_another_network(desk: Desk, table: LayerTable) -> None:
    inspect_page(desk.window).loader.choose_network("cifar-resnet-8")
    desk.qtbot.waitUntil(lambda: table.rows.rowCount() == 8)
    assert table.windowTitle() == "Layers of ResNet-8"


def test_copies_are_text_and_csv(table: LayerTable, qapp: QApplication) -> None:
    table.copy_csv()
    rows = list(csv.reader(io.StringIO(qapp.clipboard().text())))
    assert tuple(rows[0]) == HEADER
    assert [tuple(row) for row in rows[1:]] == table.shown_rows()
    table.copy_text()
    lines = qapp.clipboard().text().splitlines()
    assert len(lines) == 1 + table.rows.rowCount() + 1
    assert lines[0].index("Output") == lines[1].index(table.shown_rows()[0][4])


def test_saving_asks_the_files_worker(
    desk: Desk, table: LayerTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda *_: tmp_path / "layers.csv")
    table.save()
    wanted = WriteLayers(inspect_page(desk.window).controller.scene.blueprint, tmp_path / "layers.csv")
    desk.qtbot.waitUntil(lambda: wanted in desk.files.asked)
    monkeypatch.setattr(dialogs.SaveAs, "ask", lambda *_: None)
    table.save()
    assert desk.files.asked.count(wanted) == 1


def test_the_file_tells_whose_layers_they_are(tmp_path: Path) -> None:
    plan = blueprint(spec("cifar-resnet-8"))
    path = tmp_path / "a.csv"
    assert list(FilesService().answer(WriteLayers(plan, path))) == [Written(path)]
    assert path.read_bytes() == layers_csv(plan)
    lines = path.read_text().splitlines()
    assert any("cifar-resnet-8: input 3×32×32" in line for line in lines if line.startswith("#"))
    assert sum(not line.startswith("#") for line in lines) == 1 + len(plan.layers)
