"""Cells that are painted by hand: the one under the pointer or the keys tells what it is, a click or Enter takes it."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from resnet_viewer.ui.widgets.labels import tooltip_text
from resnet_viewer.ui.widgets.theme import Theme, theme_of

ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
TAKING = Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space
_RESTYLING = QEvent.Type.FontChange, QEvent.Type.StyleChange, QEvent.Type.PaletteChange


class Cells(QWidget):
    """Cells have numbers from 0; `current` is the one that the keys start from.

    `hovered` tells what lies under pointer or keys, `restyled` that font or colours are others.
    """

    hovered = Signal(str)
    restyled = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.current = 0
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)

    @property
    def theme(self) -> Theme:
        """The one on screen."""
        return theme_of(self)

    # What a kind of cells says of itself
    @property
    def count(self) -> int:
        """How many cells there are."""
        raise NotImplementedError

    def cell_at(self, position: QPoint) -> int | None:
        """The cell at a point; None where there is none."""
        raise NotImplementedError

    def rect_of(self, cell: int) -> QRect:
        """Where a cell lies."""
        raise NotImplementedError

    def words_of(self, cell: int) -> str:
        """What a cell tells."""
        raise NotImplementedError

    def paint_cells(self, painter: QPainter, area: QRect) -> None:
        """Paint what lies in `area`, or more."""
        raise NotImplementedError

    def words_at(self, position: QPoint) -> str:
        """What a point tells."""
        cell = self.cell_at(position)
        return "" if cell is None else self.words_of(cell)

    def beside(self, across: int, down: int) -> int | None:
        """The cell that an arrow key leads to."""
        cell = self.current + across
        return cell if not down and 0 <= cell < self.count else None

    def focus_frame(self) -> QRect:
        """What is framed while the keys go here."""
        return self.rect_of(self.current).adjusted(0, 0, -1, -1)

    def go(self, cell: int) -> None:
        """The keys come to a cell."""
        self.current = cell
        self.hovered.emit(self.words_of(cell))
        self.update()

    def take(self, cell: int, where: QPoint) -> None:
        """A cell is taken, by a click on the screen's point `where` or by a key."""
        raise NotImplementedError

    # What Qt tells
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in _RESTYLING:
            self.restyled.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint_cells(painter, event.rect())
            if self.hasFocus() and 0 <= self.current < self.count:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(QColor(self.theme.accent), 1.5, Qt.PenStyle.DotLine))
                painter.drawRect(self.focus_frame())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position().toPoint()
        is_cell = self.cell_at(position) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if is_cell else Qt.CursorShape.ArrowCursor)
        words = self.words_at(position)
        self.setToolTip(tooltip_text(words))
        self.hovered.emit(words)

    def leaveEvent(self, event: QEvent) -> None:
        self.hovered.emit("")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        cell = self.cell_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and cell is not None:
            self.take(cell, event.globalPosition().toPoint())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in ARROWS and self.count:
            if (cell := self.beside(*ARROWS[key])) is not None:
                self.go(cell)
        elif key in TAKING and 0 <= self.current < self.count:
            self.take(self.current, self.mapToGlobal(self.rect_of(self.current).center()))
        else:
            super().keyPressEvent(event)


class ScrollingCells(QScrollArea):
    """Cells in a frameless view that scrolls where they are larger than it; `fit` gives them their size."""

    def __init__(self, cells: Cells, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidget(cells)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        cells.setAutoFillBackground(False)
        cells.restyled.connect(self.fit)

    def fit(self) -> None:
        """The font is another, or the colours."""
        raise NotImplementedError
