"""The layers of the network on the screen as a table, to read, sort, copy and save."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QModelIndex, QSignalBlocker, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from resnet_viewer.records.blueprint import Blueprint
from resnet_viewer.records.csv_text import csv_text
from resnet_viewer.records.requests import WriteLayers
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.story_words import thousands
from resnet_viewer.ui import dialogs
from resnet_viewer.ui.widgets.labels import plain_label
from resnet_viewer.ui.widgets.table_model import (
    Cell,
    RowFilter,
    Table,
    TableModel,
    fit_columns,
    search_field,
    sorted_by_header,
)

HEADER = ("Layer", "Kind", "Block", "Weight", "Output", "Parameters", "MACs")


class LayerTable(QDialog):
    """Stays beside the window and follows its network. A selected row selects that layer there."""

    layer_selected = Signal(str)
    save_wished = Signal(object)
    """A Blueprint and the path of the CSV."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Layers")
        self.resize(820, 560)
        self.plan: Blueprint | None = None
        self._model = TableModel(HEADER)
        self.rows = RowFilter(self._model)
        self.search = search_field("Search layers", "Search: layer2, projection, 3×3 …")
        self.table = sorted_by_header(Table(self.rows, "Layers"))
        self.total = plain_label()
        self.total.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self._add(buttons, "Copy as text", self.copy_text)
        self._add(buttons, "Copy as CSV", self.copy_csv)
        self._add(buttons, "Save CSV…", self.save)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.total)
        layout.addWidget(buttons)
        self.search.textChanged.connect(self.rows.search)
        self.table.selectionModel().currentRowChanged.connect(self._select)

    def _add(self, buttons: QDialogButtonBox, text: str, act: Callable[[], None]) -> None:
        button = buttons.addButton(text, QDialogButtonBox.ButtonRole.ActionRole)
        button.setAutoDefault(False)
        button.clicked.connect(act)

    @Slot(object)
    def render_scene(self, scene: Scene) -> None:
        """Show the scene's network, and its selected layer as the selected row."""
        if self.plan is not scene.blueprint:
            self._show(scene.blueprint)
        names = [layer.name for layer in scene.blueprint.layers]
        layer = scene.session.view.layer
        with QSignalBlocker(self.table.selectionModel()):
            if layer in names:
                index = self.rows.mapFromSource(self._model.index(names.index(layer), 0))
                if index.row() != self.table.currentIndex().row():
                    self.table.setCurrentIndex(index)
            elif self.table.currentIndex().isValid() and self._selected() in scene.blueprint.map_names():
                self.table.setCurrentIndex(QModelIndex())
        self.table.viewport().update()

    def _show(self, plan: Blueprint) -> None:
        self.plan = plan
        self.setWindowTitle(f"Layers of {plan.spec.title}")
        with QSignalBlocker(self.table.selectionModel()):
            self._model.set_rows(
                [
                    (
                        Cell(layer.name),
                        Cell(layer.kind),
                        Cell(str(layer.block or "–"), layer.block or 0),
                        Cell(_sized(layer.weight_shape)),
                        Cell(_sized(layer.output_shape)),
                        Cell(thousands(layer.parameters), layer.parameters),
                        Cell(thousands(layer.macs), layer.macs),
                    )
                    for layer in plan.layers
                ]
            )
        fit_columns(self.table, stretched=0)
        self.total.setText(total(plan))

    @Slot()
    def _select(self) -> None:
        name = self._selected()
        if self.plan is not None and name in self.plan.map_names():
            self.layer_selected.emit(name)

    def _selected(self) -> str:
        index = self.rows.mapToSource(self.table.currentIndex())
        return self._model.rows[index.row()][0].text if index.isValid() else ""

    def shown_rows(self) -> list[tuple[str, ...]]:
        """What is on the screen, as it is sorted and filtered; numbers without separators."""
        places = [self.rows.mapToSource(self.rows.index(n, 0)).row() for n in range(self.rows.rowCount())]
        return [
            tuple(
                cell.text if cell.number is None or cell.text == "–" else f"{cell.number:.0f}"
                for cell in self._model.rows[place]
            )
            for place in places
        ]

    @Slot()
    def copy_text(self) -> None:
        """Columns aligned with spaces, with the line of totals."""
        rows = [HEADER, *self.shown_rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEADER))]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        QGuiApplication.clipboard().setText("\n".join([*lines, self.total.text()]))

    @Slot()
    def copy_csv(self) -> None:
        """Header and rows."""
        QGuiApplication.clipboard().setText(csv_text(HEADER, self.shown_rows()))

    @Slot()
    def save(self) -> None:
        """Ask where to, and wish for the whole table there."""
        if self.plan is None:
            return
        suggestion = Path.home() / f"{self.plan.spec.name}_layers.csv"
        path = dialogs.SaveAs.ask("Save the table of layers", suggestion, self)
        if path is not None:
            self.save_wished.emit(WriteLayers(self.plan, path if path.suffix else path.with_suffix(".csv")))


def total(plan: Blueprint) -> str:
    """The line under the table."""
    norms = plan.parameters - sum(layer.parameters for layer in plan.layers)
    return (
        f"{len(plan.layers)} layers with {thousands(plan.parameters)} parameters, {thousands(norms)} of them in batch "
        f"normalisations; {thousands(plan.macs)} multiply-accumulates for a picture of {_sized(plan.input_shape)}."
    )


def _sized(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
