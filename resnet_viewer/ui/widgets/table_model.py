"""Rows of words and numbers for a sortable table that can be searched."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
)
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLineEdit, QTableView, QWidget

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
        self._kept: Container[int] | None = None
        self.setSourceModel(source)
        self.setSortRole(Qt.ItemDataRole.UserRole)

    def search(self, text: str, kept: Container[int] | None = None) -> None:
        """Only rows in which every word occurs, and which are among the kept ones of the source; None keeps all."""
        self._words, self._kept = text.casefold().split(), kept
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, _parent: _Index) -> bool:
        text = " ".join(cell.text for cell in self._source.rows[source_row]).casefold()
        return (self._kept is None or source_row in self._kept) and all(word in text for word in self._words)


class Table(QTableView):
    """A view of whole rows, one selected at a time."""

    def __init__(self, model: QAbstractItemModel, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, showGrid=False, wordWrap=False)
        self.setAccessibleName(name)
        self.setModel(model)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.horizontalHeader().setHighlightSections(False)


def sorted_by_header(view: Table) -> Table:
    """The same, sorted by the column whose title is clicked; at first as the rows come."""
    view.setSortingEnabled(True)
    view.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
    return view


def search_field(name: str, hint: str) -> QLineEdit:
    """For the words that rows are searched by."""
    field = QLineEdit(placeholderText=hint, clearButtonEnabled=True)
    field.setAccessibleName(name)
    return field


def fit_columns(view: QTableView, *, stretched: int) -> None:
    """Every column as wide as its words up to a limit, `stretched` as wide as is left."""
    view.resizeColumnsToContents()
    header = view.horizontalHeader()
    header.setMinimumSectionSize(40)
    for column in range(header.count()):
        view.setColumnWidth(column, min(view.columnWidth(column), _WIDEST))
    header.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)
