"""The Grad-CAM of every block in a row, on one scale."""

from __future__ import annotations

from math import ceil, floor

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viewer.charts.gradcam import Frame
from resnet_viewer.charts.palette import STALE_OPACITY
from resnet_viewer.ui.widgets.cells import Cells, ScrollingCells
from resnet_viewer.ui.widgets.pixels import Tiles, tiles_of

SIDES = 24, 44
"""The usual and the largest side of a thumbnail, in pixels."""
_LEAST = 7
"""A thumbnail's side, in pixels, as long as that shows every block at once; where it does not, they scroll."""
_BAR_HEIGHT = 6
_LETTERS = 0.82
"""Of the font: a block's number beside the others'."""


class Frames(Cells):
    """All thumbnails at their full width, inside the scrolling strip; `current` is the framed block's place."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__("Grad-CAM of every block")
        self.current = -1
        self.shown: tuple[Frame, ...] = ()
        self.tiles: list[Tiles] = []
        """The image that each frame's map is a part of."""
        self.is_dimmed = False
        self.side = SIDES[0]
        self.room = 0
        """Pixels of width that are in view."""

    @property
    def count(self) -> int:
        return len(self.shown)

    @property
    def pitch(self) -> float:
        """Pixels from one thumbnail to the next; where all are in view they share the whole width."""
        least = self.side + gap_of(self.side)
        return max(least, min(self.room / self.count, least + 2)) if self.count else least

    def sizeHint(self) -> QSize:
        return QSize(max(ceil(self.count * self.pitch), 1), self.side + number_height(self.font()) + 3)

    def rect_of(self, cell: int) -> QRect:
        left = round(cell * self.pitch + (self.pitch - self.side) / 2)
        return QRect(left, 2, self.side, self.side)

    def cell_at(self, position: QPoint) -> int | None:
        place = floor(position.x() / self.pitch)
        return place if 0 <= place < self.count else None

    def words_of(self, cell: int) -> str:
        return self.shown[cell].words

    def focus_frame(self) -> QRect:
        return self.visibleRegion().boundingRect().adjusted(0, 0, -1, -1)

    def go(self, cell: int) -> None:
        self.chosen.emit(cell)  # a wish: the frame follows where it is granted

    def take(self, cell: int, where: QPoint) -> None:
        self.go(cell)

    def is_numbered(self, cell: int) -> bool:
        """Whether there is room for a block's number beside the current one's and the others'."""
        widest = QFontMetrics(_small(self.font())).horizontalAdvance(str(self.count)) + 3
        step = ceil(widest / self.pitch)
        if abs(cell - self.current) < step:
            return cell == self.current
        return (cell + 1) % step == 0

    def paint_cells(self, painter: QPainter, area: QRect) -> None:
        theme = self.theme
        painter.setFont(_small(self.font()))
        for cell, (frame, tiles) in enumerate(zip(self.shown, self.tiles, strict=True)):
            rect = self.rect_of(cell)
            if not area.intersects(rect.adjusted(-2, -2, 2, 40)):
                continue
            painter.setOpacity(STALE_OPACITY if self.is_dimmed else 1.0)
            if not frame.is_blank:
                painter.drawImage(rect, tiles.image, tiles.source(frame.place))
            else:
                painter.setPen(QPen(QColor(theme.faint), 1.0))
                inner = rect.adjusted(0, 0, -1, -1)
                painter.drawRect(inner)
                painter.drawLine(inner.bottomLeft(), inner.topRight())
            painter.setOpacity(1.0)
            if not self.is_numbered(cell):
                continue
            if cell == self.current:
                painter.setPen(QPen(QColor(theme.accent), 2.0))
                painter.drawRect(rect.adjusted(-1, -1, 1, 1))
            painter.setPen(QColor(theme.text if cell == self.current else theme.muted))
            below = QRect(rect.left() - 20, rect.bottom() + 1, self.side + 40, number_height(self.font()))
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, str(frame.number))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ends = {Qt.Key.Key_Home: 0, Qt.Key.Key_End: self.count - 1}
        if (key := Qt.Key(event.key())) in ends and self.count:
            self.go(ends[key])
        else:
            super().keyPressEvent(event)


class Filmstrip(ScrollingCells):
    """Thumbnails of every block's CAM on one scale, from zero to a limit; scrolls sideways.

    `block_chosen(number)` is a wish. A blank map is a hollow frame with a stroke, its reason in the tooltip.
    """

    block_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.frames = Frames()
        self._most = SIDES[0]
        super().__init__(self.frames, parent)
        self.frames.chosen.connect(lambda place: self.block_chosen.emit(place + 1))
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.horizontalScrollBar().setFixedHeight(_BAR_HEIGHT)
        self.horizontalScrollBar().valueChanged.connect(self._keep_whole)
        self.fit()

    def height_for(self, side: int) -> int:
        """The height of the whole strip with thumbnails of that side."""
        bar = 0 if self._fits(side) else _BAR_HEIGHT
        return side + number_height(self.font()) + 5 + bar

    def side_for(self, most: int) -> int:
        """The largest side, up to `most` and within `SIDES`, with which all blocks are in view; the usual one where
        none is large enough to be seen.
        """
        sides = range(min(max(most, SIDES[0]), SIDES[1]), _LEAST - 1, -1)
        return next((side for side in sides if self._fits(side)), SIDES[0])

    def _fits(self, side: int) -> bool:
        return self.frames.count * (side + gap_of(side)) <= self.width()

    def set_most(self, most: int) -> None:
        """Draw the thumbnails up to that large, see `side_for`."""
        self._most = most
        self.fit()

    def set_frames(self, made: tuple[Frame, ...]) -> None:
        """Show these maps."""
        frames = self.frames
        count_changed = len(made) != len(frames.shown)
        images = {id(frame.maps): frame.maps for frame in made}
        tiles = {key: tiles_of(maps) for key, maps in images.items()}
        frames.shown, frames.tiles = made, [tiles[id(frame.maps)] for frame in made]
        if count_changed:
            self.fit()
        frames.update()

    def set_current(self, number: int) -> None:
        """Frame a block and bring it into view."""
        frames = self.frames
        if number - 1 != frames.current:
            frames.current = number - 1
            self._bring_into_view()
            frames.setAccessibleDescription(f"block {number}")
            frames.update()

    def set_dimmed(self, is_dimmed: bool) -> None:
        """Show them as belonging to an older wish."""
        if is_dimmed != self.frames.is_dimmed:
            self.frames.is_dimmed = is_dimmed
            self.frames.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        bar = self.horizontalScrollBar()
        delta = event.angleDelta()
        bar.setValue(bar.value() - (delta.y() or delta.x()))

    def _bring_into_view(self) -> None:
        if self.frames.current >= 0:
            rect = self.frames.rect_of(self.frames.current)
            self.ensureVisible(rect.center().x(), rect.center().y(), self.frames.side * 2, 0)

    @Slot(int)
    def _keep_whole(self, value: int) -> None:
        """No thumbnail is cut at the left: the strip stands still between two only at its end."""
        bar, pitch = self.horizontalScrollBar(), round(self.frames.pitch)
        if value < bar.maximum() and value % pitch:
            bar.setValue(min(-(-value // pitch) * pitch, bar.maximum()))

    def fit(self) -> None:
        frames = self.frames
        frames.room, frames.side = self.width(), self.side_for(self._most)
        hint, pitch = frames.sizeHint(), round(frames.pitch)
        # As wide as lets the last step end with a whole thumbnail at the left, too.
        over = hint.width() - self.width()
        spare = -over % pitch if over > 0 else 0
        frames.resize(hint.width() + spare, hint.height())
        self.horizontalScrollBar().setSingleStep(pitch)
        self.setFixedHeight(self.height_for(frames.side))
        self._bring_into_view()
        frames.update()


def gap_of(side: int) -> int:
    """Pixels between two thumbnails."""
    return 4 if side >= SIDES[0] else 2 if side > 2 * _LEAST else 1


def number_height(font: QFont) -> int:
    """Pixels of a line of blocks' numbers."""
    return QFontMetrics(_small(font)).height()


def _small(font: QFont) -> QFont:
    small = QFont(font)
    if font.pixelSize() > 0:
        small.setPixelSize(max(round(font.pixelSize() * _LETTERS), 9))
    else:
        small.setPointSizeF(font.pointSizeF() * _LETTERS)
    return small
