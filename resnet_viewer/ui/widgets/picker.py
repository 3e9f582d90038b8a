"""A list with a search field: the command palette, and the choice among many classes."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.ui.widgets.card import colour_text
from resnet_viewer.ui.widgets.labels import plain_label
from resnet_viewer.ui.widgets.theme import Theme

_PLACE = Qt.ItemDataRole.UserRole


class Picker(QDialog):
    """Type to filter (every word must occur), arrows to walk, Enter to take, Esc to leave."""

    def __init__(
        self, title: str, entries: Sequence[tuple[str, str]], theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumSize(420, 360)
        self.chosen: int | None = None
        self._field = QLineEdit()
        self._field.setPlaceholderText(title)
        self._field.setAccessibleName(title)
        self._field.installEventFilter(self)
        self._list = QListWidget()
        self._list.setUniformItemSizes(True)
        self._list.setAccessibleName(title)
        layout = QVBoxLayout(self)
        layout.addWidget(self._field)
        layout.addWidget(self._list, 1)
        for place, (text, hint) in enumerate(entries):
            item = QListWidgetItem(self._list)
            item.setData(_PLACE, place)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, text)
            item.setData(_PLACE + 1, f"{text} {hint}".casefold())
            row = _Row(text, hint, theme)
            item.setSizeHint(row.sizeHint())
            self._list.setItemWidget(item, row)
        margins = layout.contentsMargins()
        self._fit_widest(margins.left() + margins.right())
        self._list.setCurrentRow(0)
        self._field.textChanged.connect(self._filter)
        self._list.itemActivated.connect(self._take)
        self._list.itemClicked.connect(self._take)

    @classmethod
    def ask(
        cls, title: str, entries: Sequence[tuple[str, str]], theme: Theme, parent: QWidget | None
    ) -> int | None:
        """The place of the chosen entry, or None. Entries are a text and a hint at the right."""
        picker = cls(title, entries, theme, parent)
        picker.exec()
        picker.deleteLater()
        return picker.chosen

    def _fit_widest(self, margins: int) -> None:
        """Wide enough for the widest entry, where the screen is."""
        around = margins + 2 * self._list.frameWidth() + self._list.verticalScrollBar().sizeHint().width()
        width = max(self._list.sizeHintForColumn(0) + around, self.minimumWidth())
        self.resize(min(width, self.screen().availableSize().width()), self.minimumHeight())

    @Slot(str)
    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        first = -1
        for row in range(self._list.count()):
            item = self._list.item(row)
            fits = all(word in item.data(_PLACE + 1) for word in words)
            item.setHidden(not fits)
            if fits and first < 0:
                first = row
        self._list.setCurrentRow(first)

    @Slot(QListWidgetItem)
    def _take(self, item: QListWidgetItem) -> None:
        self.chosen = item.data(_PLACE)
        self.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            if (step := steps.get(Qt.Key(event.key()))) is not None:
                self._walk(step)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                if (item := self._list.currentItem()) is not None and not item.isHidden():
                    self._take(item)
                return True
        return super().eventFilter(watched, event)

    def _walk(self, step: int) -> None:
        shown = [row for row in range(self._list.count()) if not self._list.item(row).isHidden()]
        if shown:
            present = self._list.currentRow()
            place = shown.index(present) + step if present in shown else 0
            self._list.setCurrentRow(shown[min(max(place, 0), len(shown) - 1)])


class _Row(QWidget):
    """An entry: its text, and a muted hint at the right."""

    def __init__(self, text: str, hint: str, theme: Theme) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.addWidget(plain_label(text), 1)
        muted = plain_label(hint)
        colour_text(muted, theme.muted)
        layout.addWidget(muted)
