"""The results there are of the chosen study: of which network, on which pictures, how far; ticked ones are shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import (
    QEvent,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QMenu, QToolButton, QWidget

from resnet_viewer.records.captions import plain, weights_words
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.study import TRAINED, StudyResult
from resnet_viewer.ui.studies.scene import (
    StudyScene,
    done_words,
    gates_words,
    network_words,
    options_words,
    set_words,
)
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.labels import muted, plain_label, tool_button, tooltip_text
from resnet_viewer.ui.widgets.table_model import Cell, Table, TableModel
from resnet_viewer.ui.widgets.theme import DARK

_Index = QModelIndex | QPersistentModelIndex
_NETWORK = 0
_BESIDE = 24
"""Pixels of a cell beside its words."""
_WIDEST, _LEAST_CELL = 200, 80
FIRST_WORDS = "No result yet. Every study that is made stays here, also after the window was closed."


@dataclass(frozen=True)
class _Column:
    title: str
    words: Callable[[StudyScene, StudyResult], str]
    goes: int
    """Columns get room in this order, those that say the same of all results after the others; those that have none are
    left out. 0 stays, and 1 comes next whatever it says.
    """


_COLUMNS = (
    _Column("network", lambda scene, result: _network(scene, result), 0),
    _Column("weights", lambda scene, result: _weights(scene, result), 2),
    _Column("wiring", lambda scene, result: "" if _trains(scene) else gates_words(result.order.state), 6),
    _Column("test set", lambda _, result: set_words(result.order.test_set), 4),
    _Column("options", lambda _, result: options_words(result.order.options) or "as usual", 3),
    _Column("done", done_words, 1),
    _Column("made", lambda _, result: when(result), 5),
)


def _trains(scene: StudyScene) -> bool:
    return scene.info is not None and scene.info.trains


def _network(scene: StudyScene, result: StudyResult) -> str:
    return "its own" if _trains(scene) else result.order.state.network.title


def _weights(scene: StudyScene, result: StudyResult) -> str:
    return "trained here" if _trains(scene) else weights_words(result.order.state.network)


def when(result: StudyResult) -> str:
    """When it was begun, as its folder tells: "30 Nov, 08:15"."""
    try:
        return f"{datetime.strptime(result.order.folder.name[:17], '%Y-%m-%d-%H%M%S'):%d %b, %H:%M}"
    except ValueError:  # made on the command line, or renamed
        return plain(result.order.folder.name)


def told(scene: StudyScene, result: StudyResult) -> str:
    """Everything about a result, a line each."""
    order, basis = result.order, result.basis
    of = TRAINED if _trains(scene) else f"{network_words(order.state)}; {gates_words(order.state)}"
    lines = [
        of[:1].upper() + of[1:],
        f"test set: {set_words(order.test_set)}" if order.test_set is not None else "",
        f"counted: {basis.measure}" if order.test_set is not None and result.points else "",
        f"options: {options_words(order.options) or 'as usual'}",
        f"done: {done_words(scene, result)}",
        f"passes of the whole network: {thousands(round(result.passes))}, and {thousands(round(result.saved))} saved"
        if result.passes
        else "",
        plain(basis.remark),
        f"kept in {plain(str(order.folder))}",
    ]
    return "\n".join(filter(None, lines))


class ResultsModel(TableModel):
    """Rows are the scene's results of its study, in order; the first cell has a box to tick."""

    def __init__(self) -> None:
        super().__init__([column.title for column in _COLUMNS])
        self.folders: tuple[Path, ...] = ()
        self._scene = StudyScene()

    def show_scene(self, scene: StudyScene) -> bool:
        """Take the scene; True where rows came or went."""
        results = scene.of_study
        folders = tuple(result.order.folder for result in results)
        is_other = folders != self.folders
        self._scene, self.folders = scene, folders
        rows = [[Cell(column.words(scene, result)) for column in _COLUMNS] for result in results]
        self.set_rows(rows, are_others=is_other)
        return is_other

    def is_ticked(self, row: int) -> bool:
        """Whether the result is among those that are shown."""
        return self.folders[row] in self._scene.ticked

    def flags(self, index: _Index) -> Qt.ItemFlag:
        found = super().flags(index)
        return found | Qt.ItemFlag.ItemIsUserCheckable if index.column() == _NETWORK else found

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text(told(self._scene, self._scene.of_study[index.row()]))
        if role == Qt.ItemDataRole.CheckStateRole and index.column() == _NETWORK:
            is_ticked = self.is_ticked(index.row())
            # WORKAROUND: the enumeration itself draws no box (seen with PySide6 6.10)
            return (Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked).value
        if role == Qt.ItemDataRole.AccessibleTextRole and index.column() == _NETWORK:
            shown = "shown" if self.is_ticked(index.row()) else "not shown"
            return f"{self.rows[index.row()][_NETWORK].text}, {shown}"
        return super().data(index, role)


class ResultsTable(Table):
    """Ticks lay results over one another; the selected row is what the menu is about."""

    ticked = Signal(object, bool)
    """A result's folder, and whether it is to be shown."""
    selected = Signal(object)
    menu_wished = Signal(QPoint)
    removal_wished = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self.results = ResultsModel()
        super().__init__(self.results, "Results", parent)
        self.setObjectName("runs")  # the style sheet knows it
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._wish_menu)
        self.horizontalHeader().setMinimumSectionSize(30)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.horizontalHeader().setSectionResizeMode(_NETWORK, QHeaderView.ResizeMode.Stretch)
        self.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        self._is_rendering = False
        self.clicked.connect(self._toggle)
        self.selectionModel().currentRowChanged.connect(self._note_row)

    def render_studies(self, scene: StudyScene) -> None:
        """Show the results; the widths change only where their words do."""
        self._is_rendering = True
        self.results.show_scene(scene)
        chosen = scene.selected
        row = self.results.folders.index(chosen) if chosen in self.results.folders else -1
        if row != self.currentIndex().row():
            index = self.results.index(row, _NETWORK) if row >= 0 else QModelIndex()
            flag = QItemSelectionModel.SelectionFlag
            self.selectionModel().setCurrentIndex(index, flag.ClearAndSelect | flag.Rows)
        self._is_rendering = False
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_is_rendering"):
            self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
            QTimer.singleShot(0, self, self._fit)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space ticks, Delete wishes the result away."""
        row = self.currentIndex().row()
        if row >= 0 and event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Select):
            self._toggle(self.results.index(row, _NETWORK))
        elif row >= 0 and event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.removal_wished.emit()
        else:
            super().keyPressEvent(event)

    @Slot(QModelIndex)
    def _toggle(self, index: QModelIndex) -> None:
        """A click on the first cell, box or name; elsewhere it only selects."""
        if index.isValid() and index.column() == _NETWORK:
            self.ticked.emit(self.results.folders[index.row()], not self.results.is_ticked(index.row()))

    def _goes(self, place: int) -> tuple[bool, int]:
        """A column's turn to get room."""
        rows, goes = self.results.rows, _COLUMNS[place].goes
        return goes > 1 and len(rows) > 1 and len({row[place].text for row in rows}) == 1, goes

    @Slot()
    def _fit(self) -> None:
        """As many columns as have room beside the network's name, each as wide as its words."""
        if not self.results.rows:
            return
        letters, room = self.fontMetrics(), self.viewport().width()
        widths = []
        for place, column in enumerate(_COLUMNS):
            words = [column.title, *(row[place].text for row in self.results.rows)]
            wide = max(map(letters.horizontalAdvance, words)) + _BESIDE
            widths.append(min(wide, _WIDEST))
        taken, shown = (
            widths[_NETWORK] + self.style().pixelMetric(self.style().PixelMetric.PM_IndicatorWidth),
            {_NETWORK},
        )
        for place in sorted(range(1, len(_COLUMNS)), key=self._goes):
            if taken + widths[place] > room:
                if room - taken < _LEAST_CELL:
                    break  # nothing of less weight in the room of what had none
                widths[place] = room - taken
            shown.add(place)
            taken += widths[place]
        for place in range(1, len(_COLUMNS)):
            self.setColumnHidden(place, place not in shown)
            self.setColumnWidth(place, widths[place])

    @Slot(QModelIndex, QModelIndex)
    def _note_row(self, now: QModelIndex, _before: QModelIndex) -> None:
        if not self._is_rendering:
            self.selected.emit(self.results.folders[now.row()] if now.isValid() else None)

    @Slot(QPoint)
    def _wish_menu(self, place: QPoint) -> None:
        if self.indexAt(place).isValid():
            self.menu_wished.emit(self.viewport().mapToGlobal(place))


class ResultsCard(Card):
    """The table with what can be done with a result."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Results", parent)
        self.table = ResultsTable()
        self.result_button = tool_button(
            "Result ▾", "The selected result", "What can be done with the selected result"
        )
        self.result_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.result_button.setMenu(QMenu(self.result_button))
        self.add_control(self.result_button)
        self._hint = muted(plain_label(FIRST_WORDS))
        self._hint.setWordWrap(True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.body.addWidget(self._hint, 1)
        self.body.addWidget(self.table, 1)
        self._show_table(has_results=False)

    def render_studies(self, scene: StudyScene) -> None:
        """Show the results of the scene's study."""
        results = scene.of_study
        self._show_table(has_results=bool(results))
        self.table.render_studies(scene)
        self.result_button.setEnabled(scene.chosen is not None)
        shown = len(scene.shown)
        told = f"{shown} of {len(results)} shown · tick several to lay them over one another"
        self.set_subtitle(told if len(results) > 1 else "")

    def _show_table(self, *, has_results: bool) -> None:
        for part in (self.table, self.result_button):
            part.setVisible(has_results)
        self._hint.setVisible(not has_results)

    def minimumSizeHint(self) -> QSize:
        letters = self.fontMetrics()
        width = max(220, 24 * letters.averageCharWidth() + 2 * DARK.padding)
        return QSize(width, 6 * (letters.height() + 8) + 2 * DARK.padding)
