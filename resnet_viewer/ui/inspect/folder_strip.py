"""The pictures of a folder in a row: one is shown by a click, several at once with Ctrl or Shift.

However many there are, only those in view are decoded. The list is Qt's own, which brings scrolling, keys, selection
and names for screen readers.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    QStringListModel,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QResizeEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.records.album import NO_ALBUM, Album
from resnet_viewer.records.batch import MOST_PICTURES
from resnet_viewer.records.captions import plain
from resnet_viewer.ui.inspect.thumbnails import Thumbnails
from resnet_viewer.ui.widgets.labels import muted, plain_label, tool_button, tooltip_text
from resnet_viewer.ui.widgets.theme import theme_of

SIDE = 44
"""Pixels of a thumbnail."""
_GAP = 4
_ROUNDING = 3.0
_AHEAD = 8
"""Thumbnails beyond each edge that are made too."""
Index = QModelIndex | QPersistentModelIndex


class AlbumModel(QStringListModel):
    """An album's pictures as rows.

    The list view asks for the number of rows with every row that it lays out, so that must not be answered in Python.
    """

    def __init__(self, thumbnails: Thumbnails) -> None:
        super().__init__()
        self.thumbnails = thumbnails
        self.album = NO_ALBUM
        self.shown: frozenset[Path] = frozenset()
        """On the screen."""

    def set_album(self, album: Album) -> None:
        """Other pictures."""
        self.album = album
        self.setStringList([""] * len(album.paths))  # what they say is told by `data`

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        path = self.album.paths[index.row()]
        name, problem = plain(path.name), self.thumbnails.problem(path)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return name
            case Qt.ItemDataRole.ToolTipRole:
                return tooltip_text(problem or f"{name} · {self.album.words_of(path)}")
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{name}, cannot be read" if problem else name
        return None


class _Painter(QStyledItemDelegate):
    """Paints a thumbnail, framed where it is on the screen; a hollow one with its name cannot be read."""

    def __init__(self, model: AlbumModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model, self._list = model, parent

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(SIDE + _GAP, SIDE + _GAP)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        path, theme = self._model.album.paths[index.row()], theme_of(self._list)
        rect: QRect = option.rect
        cell = QRectF(rect).adjusted(_GAP / 2, _GAP / 2, -_GAP / 2, -_GAP / 2)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        if (image := self._model.thumbnails.image(path)) is not None:
            side = min(image.width(), image.height())
            middle = QRectF((image.width() - side) / 2, (image.height() - side) / 2, side, side)
            painter.drawImage(cell, image, middle)
        else:
            painter.setPen(QPen(QColor(theme.faint), 1.0))
            painter.drawRoundedRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), _ROUNDING, _ROUNDING)
            if self._model.thumbnails.problem(path):
                painter.drawLine(cell.bottomLeft(), cell.topRight())
                painter.setPen(QColor(theme.muted))
                words = painter.fontMetrics().elidedText(
                    plain(path.name), Qt.TextElideMode.ElideMiddle, int(cell.width()) - 4
                )
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, words)
        if path in self._model.shown:
            painter.setPen(QPen(QColor(theme.accent), 2.0))
            painter.drawRoundedRect(cell, _ROUNDING, _ROUNDING)
        elif self._is_selected(option):
            painter.setPen(QPen(QColor(theme.accent), 1.5, Qt.PenStyle.DotLine))
            painter.drawRoundedRect(cell, _ROUNDING, _ROUNDING)
        painter.restore()

    @staticmethod
    def _is_selected(option: QStyleOptionViewItem) -> bool:
        return bool(option.state & QStyle.StateFlag.State_Selected)


class _List(QListView):
    """The row itself."""

    looked = Signal()
    """Others may be in view."""
    hovered = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(False)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.viewport().setAutoFillBackground(False)
        self.setFixedHeight(SIDE + _GAP)
        self.setAccessibleName("Pictures of the folder")
        self.horizontalScrollBar().valueChanged.connect(self.looked)

    def visible_rows(self) -> range:
        """Those in view, and some beside them."""
        count = self.model().rowCount() if self.model() is not None else 0
        first = self.horizontalScrollBar().value() // (SIDE + _GAP)
        last = first + self.viewport().width() // (SIDE + _GAP) + 1
        return range(max(first - _AHEAD, 0), min(last + _AHEAD + 1, count))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.looked.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        bar, delta = self.horizontalScrollBar(), event.angleDelta()
        bar.setValue(bar.value() - (delta.y() or delta.x()))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        self.hovered.emit(index.data() or "" if index.isValid() else "")

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit("")


class FolderStrip(QWidget):
    """Every signal is a wish. Hidden where there is but one picture, or nobody wants it."""

    picture_wished = Signal(Path)
    together_wished = Signal(object)
    """Paths of several pictures."""
    refused = Signal(int)
    """So many were chosen, which are too many."""
    closed = Signal()
    hovered = Signal(str)

    wished = Signal()
    """Whether it is to be seen is another than before."""

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self._was_wished = False
        self.list = _List()
        self.model = AlbumModel(thumbnails)
        self.list.setModel(self.model)
        self.list.setItemDelegate(_Painter(self.model, self.list))
        self.words = muted(plain_label())
        self.hide_button = tool_button("×", "Hide the pictures of the folder")
        self.hide_button.setObjectName("bare")  # the style sheet knows it
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        line.addWidget(self.list, 1)
        side = QVBoxLayout()
        side.setSpacing(2)
        side.addWidget(self.words)
        side.addWidget(self.hide_button, 0, Qt.AlignmentFlag.AlignRight)
        line.addLayout(side)
        self.hide_button.setFixedSize(22, 20)
        self._is_wanted = self._has_room = True
        self._is_following = False
        self._look = QTimer(self, singleShot=True, interval=0)
        self._look.timeout.connect(self._want_visible)
        self._choose = QTimer(self, singleShot=True, interval=0)
        self._choose.timeout.connect(self._tell_choice)
        thumbnails.made.connect(self._show_made)
        self.list.looked.connect(self._look.start)
        self.list.hovered.connect(self.hovered)
        self.list.selectionModel().selectionChanged.connect(self._note_choice)
        self.hide_button.clicked.connect(self.closed)
        self.setVisible(False)

    def set_wanted(self, is_wanted: bool) -> None:
        """Whether it is to be seen where there are several pictures."""
        self._is_wanted = is_wanted
        self._show_or_hide()

    def show_album(self, album: Album, shown: tuple[Path, ...], words: str) -> None:
        """An album with what is on the screen of it, the chosen one first; emits nothing."""
        if album is not self.model.album:
            self._thumbnails.forget_problems()
            self.model.set_album(album)
        self.model.shown = frozenset(shown)
        self.words.setText(words)
        self._follow(shown)
        self.list.viewport().update()
        self._show_or_hide()
        self._look.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look.start()

    @property
    def is_wished(self) -> bool:
        """It is to be seen, and there are several pictures."""
        return self._is_wanted and len(self.model.album.paths) > 1

    def set_has_room(self, has_room: bool) -> None:
        """Whether there is room for it now; where there is none it is hidden until there is some."""
        self._has_room = has_room
        self._show_or_hide()

    def _show_or_hide(self) -> None:
        was_wished, self._was_wished = self._was_wished, self.is_wished
        if was_wished != self.is_wished:
            self.wished.emit()
        self.setVisible(self.is_wished and self._has_room)
        if self.isHidden():
            self._thumbnails.want("strip", ())

    def _follow(self, shown: tuple[Path, ...]) -> None:
        """Select what is on the screen, and bring the chosen one into view."""
        rows = [self.model.album.places.get(path) for path in shown]
        indices = [self.model.index(row) for row in rows if row is not None]
        selection = QItemSelection()
        for index in indices:
            selection.select(index, index)
        self._is_following = True
        flags = QItemSelectionModel.SelectionFlag
        self.list.selectionModel().select(selection, flags.ClearAndSelect)
        if indices:
            self.list.selectionModel().setCurrentIndex(indices[0], flags.NoUpdate)
            self.list.scrollTo(indices[0])
        self._is_following = False

    @Slot()
    def _show_made(self) -> None:
        """Not told by the model's dataChanged: a list view lays out every row anew for it."""
        self.list.viewport().update()

    @Slot()
    def _note_choice(self) -> None:
        if not self._is_following:
            self._choose.start()  # once for all that a click or a key changes

    @Slot()
    def _tell_choice(self) -> None:
        """A selection of ever so many rows is counted, not listed."""
        ranges = self.list.selectionModel().selection()
        count = sum(part.height() for part in (ranges.at(n) for n in range(ranges.count())))
        if count > MOST_PICTURES:
            self.refused.emit(count)
            return
        rows = sorted(index.row() for index in self.list.selectionModel().selectedIndexes())
        paths = tuple(self.model.album.paths[row] for row in rows)
        if len(paths) == 1:
            self.picture_wished.emit(paths[0])
        elif paths:
            self.together_wished.emit(paths)

    @Slot()
    def _want_visible(self) -> None:
        paths = self.model.album.paths
        rows = self.list.visible_rows() if self.isVisible() else range(0)
        self._thumbnails.want("strip", [paths[row] for row in rows])
