"""Rows of words and numbers for a sortable table that can be searched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

SORT_ROLE = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex
_WIDEST = 160


@dataclass(frozen=True)
class Cell:
    """What a cell shows, and the number that it is sorted by where it is one."""

    text: str
    number: float | None = None
    colour: str = ""
    """Empty for the usual one."""
    is_right: bool | None = None
    """Stands at the right; None where numbers do."""


class TableModel(QAbstractTableModel):
    """Read-only."""

    def __init__(self, header: Sequence[str], rows: Sequence[Sequence[Cell]] = ()) -> None:
        super().__init__()
        self.header = tuple(header)
        self.rows: Sequence[Sequence[Cell]] = rows
        """In their own order, not as sorted."""

    def set_rows(self, rows: Sequence[Sequence[Cell]], *, are_others: bool = True) -> None:
        """Show these; what is selected stays where they are no others but say something else."""
        if are_others:
            self.beginResetModel()
        self.rows = rows
        if are_others:
            self.endResetModel()
        elif rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self.header) - 1))

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.header)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        cell = self.rows[index.row()][index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return cell.text
            case Qt.ItemDataRole.TextAlignmentRole:
                return _aligned(cell)
            case Qt.ItemDataRole.ForegroundRole if cell.colour:
                return QColor(cell.colour)
            case Qt.ItemDataRole.UserRole:
                return cell.text.casefold() if cell.number is None else cell.number
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation == Qt.Orientation.Horizontal:
            if role == Qt.ItemDataRole.DisplayRole:
                return self.header[section]
            if role == Qt.ItemDataRole.TextAlignmentRole and self.rows:
                return _aligned(self.rows[0][section])
        return None


def _aligned(cell: Cell) -> Qt.AlignmentFlag:
    is_right = cell.number is not None if cell.is_right is None else cell.is_right
    side = Qt.AlignmentFlag.AlignRight if is_right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


class RowFilter(QSortFilterProxyModel):
    """Sorts by numbers where there are some, and shows the rows that hold every word and are among the kept."""

    def __init__(self, source: TableModel) -> None:
        super().__init__()
        self._source = source
        self._words: list[str] = []
        self._kept: frozenset[int] | None = None
        self.setSourceModel(source)
        self.setSortRole(SORT_ROLE)

    def search(self, text: str) -> None:
        """Only rows in which every word occurs."""
        self._words = text.casefold().split()
        self.invalidate()

    def keep(self, rows: frozenset[int] | None) -> None:
        """Only these rows of the source; None for all."""
        self._kept = rows
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, _parent: _Index) -> bool:
        if self._kept is not None and source_row not in self._kept:
            return False
        text = " ".join(cell.text for cell in self._source.rows[source_row]).casefold()
        return all(word in text for word in self._words)


def table_view(model: RowFilter, name: str) -> QTableView:
    """A sortable view of whole rows, one selected at a time."""
    view = QTableView()
    view.setAccessibleName(name)
    view.setModel(model)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    view.setShowGrid(False)
    view.setTabKeyNavigation(False)
    view.setWordWrap(False)
    view.verticalHeader().hide()
    height = view.fontMetrics().height() + 8
    view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    view.verticalHeader().setDefaultSectionSize(height)
    view.horizontalHeader().setHighlightSections(False)
    view.setSortingEnabled(True)
    view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    return view


def fit_columns(view: QTableView, *, stretched: int) -> None:
    """Every column as wide as its words up to a limit, `stretched` as wide as is left."""
    view.resizeColumnsToContents()
    header = view.horizontalHeader()
    header.setMinimumSectionSize(40)
    for column in range(header.count()):
        view.setColumnWidth(column, min(view.columnWidth(column), _WIDEST))
    header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
