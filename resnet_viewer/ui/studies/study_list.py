"""The studies there are, each with the one question that it answers."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from resnet_viewer.records.study import StudyInfo
from resnet_viewer.ui.studies.scene import StudyScene
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.labels import tooltip_text
from resnet_viewer.ui.widgets.theme import DARK, theme_of

_BESIDE, _ABOVE = 8, 5
"""Pixels around an entry's words."""
_WRAPPED = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
_QUESTION = Qt.ItemDataRole.UserRole
_LEAST_LETTERS, _LEAST_ENTRIES = 26, 2.6
_Index = QModelIndex | QPersistentModelIndex


class _Entry(QStyledItemDelegate):
    """The title in bold, the question under it, as many lines as it needs."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        view = self.parent()
        assert isinstance(view, QListWidget)
        width = view.viewport().width()
        return QSize(width, self._question(index, view, width).height() + _title_height(view) + 2 * _ABOVE)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        view = self.parent()
        assert isinstance(view, QListWidget)
        self.initStyleOption(option, index)
        title, option.text = option.text, ""
        view.style().drawControl(QStyle.ControlElement.CE_ItemViewItem, option, painter, view)
        theme, frame = theme_of(view), option.rect
        painter.save()
        painter.setFont(_bold(view.font()))
        painter.setPen(QColor(theme.text))
        head = frame.adjusted(_BESIDE, _ABOVE, -_BESIDE, 0)
        words = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, head.width())
        painter.drawText(head, _WRAPPED & ~int(Qt.TextFlag.TextWordWrap), words)
        painter.setFont(view.font())
        painter.setPen(QColor(theme.text if index.row() == view.currentRow() else theme.muted))
        place = self._question(index, view, frame.width()).translated(frame.topLeft())
        painter.drawText(place.translated(0, _ABOVE + _title_height(view)), _WRAPPED, index.data(_QUESTION))
        painter.restore()

    def _question(self, index: _Index, view: QWidget, width: int) -> QRect:
        """The room of the question in an entry so wide, from the top of its own lines."""
        room = QRect(_BESIDE, 0, width - 2 * _BESIDE, 10_000)
        return view.fontMetrics().boundingRect(room, _WRAPPED, index.data(_QUESTION))


def _bold(font: QFont) -> QFont:
    found = QFont(font)
    found.setBold(True)
    return found


def _title_height(view: QWidget) -> int:
    return QFontMetrics(_bold(view.font())).height() + 1


class StudyList(QListWidget):
    """Entries as wide as there is room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plain_list")
        self.setAccessibleName("Studies")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setItemDelegate(_Entry(self))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size() != event.oldSize():
            self.doItemsLayout()
            if (chosen := self.currentItem()) is not None:
                self.scrollToItem(chosen)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.scheduleDelayedItemsLayout()


class StudyListCard(Card):
    """One of them is chosen, always."""

    chosen = Signal(object)
    """A StudyInfo."""

    def __init__(self, studies: Sequence[StudyInfo], parent: QWidget | None = None) -> None:
        super().__init__("Studies", parent)
        self._studies = tuple(studies)
        self.list = StudyList()
        for info in self._studies:
            item = QListWidgetItem(info.title)
            item.setData(_QUESTION, info.question)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{info.title}: {info.question}")
            item.setToolTip(tooltip_text("; ".join(paper.cited for paper in info.papers) or "Ours"))
            self.list.addItem(item)
        self.list.currentRowChanged.connect(self._choose)
        self.body.addWidget(self.list, 1)

    def render_studies(self, scene: StudyScene) -> None:
        """Mark the chosen one, and say which is at work."""
        if scene.info in self._studies:
            blocked = self.list.blockSignals(True)
            self.list.setCurrentRow(self._studies.index(scene.info))
            self.list.blockSignals(blocked)
            self.list.viewport().update()
        working = scene.working
        titles = [info.title for info in self._studies if working and info.name == working.order.study]
        self.set_subtitle(f"{titles[0]} is at work" if titles else "")

    def minimumSizeHint(self) -> QSize:
        letters = self.fontMetrics()
        width = max(200, _LEAST_LETTERS * letters.averageCharWidth() + 2 * DARK.padding)
        return QSize(width, round((2 * _LEAST_ENTRIES + 2) * letters.height()) + 2 * DARK.padding)

    @Slot(int)
    def _choose(self, row: int) -> None:
        if 0 <= row < len(self._studies):
            self.chosen.emit(self._studies[row])
