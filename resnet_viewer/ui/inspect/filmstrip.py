"""The Grad-CAM of every block in a row, on one scale."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QToolTip, QWidget

from resnet_viewer.charts.gradcam import Frame
from resnet_viewer.charts.palette import STALE_OPACITY
from resnet_viewer.ui.widgets.pixels import Tiles, tiles_of
from resnet_viewer.ui.widgets.theme import DARK, Theme

_GAP = 4
SIDES = 24, 44
"""The smallest and the largest side of a thumbnail, in pixels."""
_BAR_HEIGHT = 6


class Frames(QWidget):
    """All thumbnails at their full width, inside the scrolling strip."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.theme = DARK
        self.shown: tuple[Frame, ...] = ()
        self.tiles: list[Tiles] = []
        """The image that each frame's map is a part of."""
        self.current = 0
        """The framed block's number; 0 for none."""
        self.is_dimmed = False
        self.side = SIDES[0]
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Grad-CAM of every block")
        self.setToolTip("")

    def sizeHint(self) -> QSize:
        return QSize(
            max(len(self.shown) * (self.side + _GAP), 1), self.side + self.fontMetrics().height() + 3
        )

    def rect_of(self, number: int) -> QRect:
        """The thumbnail of block `number` (from 1)."""
        return QRect((number - 1) * (self.side + _GAP) + 2, 2, self.side, self.side)

    def block_at(self, position: QPoint) -> int | None:
        """The block at a point, its number included; None past the last."""
        number = position.x() // (self.side + _GAP) + 1
        return number if 1 <= number <= len(self.shown) else None

    def is_numbered(self, number: int) -> bool:
        """Whether there is room for a block's number beside the current one's and the others'."""
        widest = self.fontMetrics().horizontalAdvance(str(len(self.shown))) + 3
        step = -(-widest // (self.side + _GAP))
        if abs(number - self.current) < step:
            return number == self.current
        return number % step == 0

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.theme
        with QPainter(self) as painter:
            for frame, tiles in zip(self.shown, self.tiles, strict=True):
                number = frame.number
                rect = self.rect_of(number)
                if not event.rect().intersects(rect.adjusted(-2, -2, 2, 40)):
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
                if not self.is_numbered(number):
                    continue
                if number == self.current:
                    painter.setPen(QPen(QColor(theme.accent), 2.0))
                    painter.drawRect(rect.adjusted(-1, -1, 1, 1))
                painter.setPen(QColor(theme.text if number == self.current else theme.muted))
                below = QRect(rect.left() - 4, rect.bottom() + 1, self.side + 8, self.fontMetrics().height())
                painter.drawText(below, Qt.AlignmentFlag.AlignCenter, str(number))
            if self.hasFocus():
                painter.setPen(QPen(QColor(theme.accent), 1.0, Qt.PenStyle.DotLine))
                painter.drawRect(self.visibleRegion().boundingRect().adjusted(0, 0, -1, -1))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        number = self.block_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and number is not None:
            self.chosen.emit(number)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: self.current - 1, Qt.Key.Key_Right: self.current + 1}
        steps |= {Qt.Key.Key_Home: 1, Qt.Key.Key_End: len(self.shown)}
        number = steps.get(Qt.Key(event.key()))
        if number is None:
            super().keyPressEvent(event)
        elif 1 <= number <= len(self.shown):
            self.chosen.emit(number)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self.block_at(event.pos())
            QToolTip.showText(event.globalPos(), self.shown[number - 1].words if number else "", self)
            return True
        return super().event(event)


class Filmstrip(QScrollArea):
    """Thumbnails of every block's CAM on one scale, from zero to a limit; scrolls sideways.

    `block_chosen(number)` is a wish. A blank map is a hollow frame with a stroke, its reason in the tooltip.
    """

    block_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frames = Frames()
        self.frames.chosen.connect(self.block_chosen)
        self.setWidget(self.frames)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self.frames.setAutoFillBackground(False)
        self.horizontalScrollBar().setFixedHeight(_BAR_HEIGHT)
        self._fit()

    @staticmethod
    def height_for(side: int, metrics: QFontMetrics) -> int:
        """The height of the whole strip with thumbnails of that side."""
        return side + metrics.height() + 5 + _BAR_HEIGHT

    def set_side(self, side: int) -> None:
        """Draw the thumbnails that large, within `SIDES`."""
        side = min(max(side, SIDES[0]), SIDES[1])
        if side != self.frames.side:
            self.frames.side = side
            self._fit()
            self._bring_into_view()
            self.frames.update()

    def set_frames(self, made: tuple[Frame, ...]) -> None:
        """Show these maps."""
        frames = self.frames
        count_changed = len(made) != len(frames.shown)
        images = {id(frame.maps): frame.maps for frame in made}
        tiles = {key: tiles_of(maps) for key, maps in images.items()}
        frames.shown, frames.tiles = made, [tiles[id(frame.maps)] for frame in made]
        if count_changed:
            self._fit()
            self._bring_into_view()
        frames.update()

    def set_current(self, number: int) -> None:
        """Frame a block and bring it into view."""
        frames = self.frames
        if number != frames.current:
            frames.current = number
            self._bring_into_view()
            frames.setAccessibleDescription(f"block {number}")
            frames.update()

    def set_dimmed(self, is_dimmed: bool) -> None:
        """Show them as belonging to an older wish."""
        if is_dimmed != self.frames.is_dimmed:
            self.frames.is_dimmed = is_dimmed
            self.frames.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours; the font may be another, too."""
        self.frames.theme = theme
        self.frames.update()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._bring_into_view()

    def wheelEvent(self, event: QWheelEvent) -> None:
        bar = self.horizontalScrollBar()
        delta = event.angleDelta()
        bar.setValue(bar.value() - (delta.y() or delta.x()))

    def _bring_into_view(self) -> None:
        if self.frames.current:
            rect = self.frames.rect_of(self.frames.current)
            self.ensureVisible(rect.center().x(), rect.center().y(), self.frames.side * 2, 0)

    def _fit(self) -> None:
        self.frames.resize(self.frames.sizeHint())
        self.setFixedHeight(self.height_for(self.frames.side, self.frames.fontMetrics()))
