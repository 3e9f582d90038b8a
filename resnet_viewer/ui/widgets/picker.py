"""A list with a search field: the command palette, and the choice among many classes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QEvent, QModelIndex, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHeaderView, QLineEdit, QVBoxLayout, QWidget

from resnet_viewer.ui.widgets.table_model import Cell, RowFilter, Table, TableModel
from resnet_viewer.ui.widgets.theme import theme_of

_WALKING = Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown, Qt.Key.Key_PageUp


class Picker(QDialog):
    """Type to filter (every word must occur), arrows to walk, Enter to take, Esc to leave."""

    def __init__(self, title: str, entries: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumSize(420, 360)
        self.chosen: int | None = None
        self._field = QLineEdit(placeholderText=title)
        self._field.setAccessibleName(title)
        self._field.installEventFilter(self)
        rows = [
            (Cell(text), Cell(hint, colour=theme_of(self).muted, is_right=True)) for text, hint in entries
        ]
        self._rows = RowFilter(TableModel(("", ""), rows))
        self._list = Table(self._rows, title)
        header = self._list.horizontalHeader()
        header.hide()
        self._list.resizeColumnToContents(1)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        layout = QVBoxLayout(self)
        layout.addWidget(self._field)
        layout.addWidget(self._list, 1)
        margins = layout.contentsMargins()
        self._fit_widest(margins.left() + margins.right())
        self._field.textChanged.connect(self._filter)
        self._list.clicked.connect(self._take)
        self._list.activated.connect(self._take)
        self._filter("")

    @classmethod
    def ask(cls, title: str, entries: Sequence[tuple[str, str]], parent: QWidget | None) -> int | None:
        """The place of the chosen entry, or None. Entries are a text and a hint at the right."""
        picker = cls(title, entries, parent)
        picker.exec()
        picker.deleteLater()
        return picker.chosen

    def _fit_widest(self, margins: int) -> None:
        """Wide enough for the widest entry, where the screen is."""
        around = margins + 2 * self._list.frameWidth() + self._list.verticalScrollBar().sizeHint().width()
        width = self._list.sizeHintForColumn(0) + self._list.columnWidth(1) + around
        self.resize(min(width, self.screen().availableSize().width()), self.minimumHeight())

    @Slot(str)
    def _filter(self, text: str) -> None:
        self._rows.search(text)
        self._list.setCurrentIndex(self._rows.index(0, 0))

    @Slot(QModelIndex)
    def _take(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen = self._rows.mapToSource(index).row()
            self.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _WALKING:
                return QCoreApplication.sendEvent(self._list, event)
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take(self._list.currentIndex())
                return True
        return super().eventFilter(watched, event)
