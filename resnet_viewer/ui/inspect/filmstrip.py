"""The Grad-CAM of every block in a row, on one scale."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QToolTip, QWidget

from resnet_viewer.charts.colour_scale import ColourScale, scale_to
from resnet_viewer.charts.gradcam import Frame
from resnet_viewer.charts.palette import COLOUR_MAPS, STALE_OPACITY
from resnet_viewer.ui.widgets.pixels import Tiles, image_of_ramp, tiles_of
from resnet_viewer.ui.widgets.theme import DARK, Theme

_GAP = 4
SIDES = 24, 44
"""The smallest and the largest side of a thumbnail, in pixels."""
_BAR_HEIGHT = 6
_RAMP_WIDTH = 7


class _Frames(QWidget):
    """All thumbnails at their full width, inside the scrolling strip."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.theme = DARK
        self.frames: tuple[Frame, ...] = ()
        self.tiles: list[Tiles] = []
        """The image that each frame's map is a part of."""
        self.current = 0
        self.is_dimmed = False
        self.side = SIDES[0]
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Grad-CAM of every block")
        self.setToolTip("")

    def sizeHint(self) -> QSize:
        return QSize(
            max(len(self.frames) * (self.side + _GAP), 1), self.side + self.fontMetrics().height() + 3
        )

    def rect_of(self, number: int) -> QRect:
        """The thumbnail of block `number` (from 1)."""
        return QRect((number - 1) * (self.side + _GAP) + 2, 2, self.side, self.side)

    def block_at(self, position: QPoint) -> int | None:
        """The block at a point, its number included; None past the last."""
        number = position.x() // (self.side + _GAP) + 1
        return number if 1 <= number <= len(self.frames) else None

    def is_numbered(self, number: int) -> bool:
        """Whether there is room for a block's number beside the current one's and the others'."""
        widest = self.fontMetrics().horizontalAdvance(str(len(self.frames))) + 3
        step = -(-widest // (self.side + _GAP))
        if abs(number - self.current) < step:
            return number == self.current
        return number % step == 0

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self.theme
        with QPainter(self) as painter:
            for frame, tiles in zip(self.frames, self.tiles, strict=True):
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
        steps |= {Qt.Key.Key_Home: 1, Qt.Key.Key_End: len(self.frames)}
        number = steps.get(Qt.Key(event.key()))
        if number is None:
            super().keyPressEvent(event)
        elif 1 <= number <= len(self.frames):
            self.chosen.emit(number)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            number = self.block_at(event.pos())
            QToolTip.showText(event.globalPos(), self.frames[number - 1].words if number else "", self)
            return True
        return super().event(event)


class Filmstrip(QScrollArea):
    """Thumbnails of every block's CAM on one scale, from zero to a limit; scrolls sideways.

    `block_chosen(number)` is a wish. A blank map is a hollow frame with a stroke, its reason in the tooltip.
    """

    block_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frames = _Frames()
        self._frames.chosen.connect(self.block_chosen)
        self.setWidget(self._frames)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self._frames.setAutoFillBackground(False)
        self.horizontalScrollBar().setFixedHeight(_BAR_HEIGHT)
        self._fit()

    @property
    def current(self) -> int:
        """Number of the framed block; 0 for none."""
        return self._frames.current

    @property
    def frames(self) -> QWidget:
        """The widget with the thumbnails, as wide as all of them."""
        return self._frames

    def rect_of(self, number: int) -> QRect:
        """Where block `number`'s thumbnail lies in `frames`."""
        return self._frames.rect_of(number)

    def words(self, number: int) -> str:
        """A thumbnail in words, as in its tooltip."""
        return self._frames.frames[number - 1].words

    @staticmethod
    def height_for(side: int, metrics: QFontMetrics) -> int:
        """The height of the whole strip with thumbnails of that side."""
        return side + metrics.height() + 5 + _BAR_HEIGHT

    def set_side(self, side: int) -> None:
        """Draw the thumbnails that large, within `SIDES`."""
        side = min(max(side, SIDES[0]), SIDES[1])
        if side != self._frames.side:
            self._frames.side = side
            self._fit()
            self._bring_into_view()
            self._frames.update()

    def set_frames(self, made: tuple[Frame, ...]) -> None:
        """Show these maps."""
        frames = self._frames
        count_changed = len(made) != len(frames.frames)
        images = {id(frame.maps): frame.maps for frame in made}
        tiles = {key: tiles_of(maps) for key, maps in images.items()}
        frames.frames, frames.tiles = made, [tiles[id(frame.maps)] for frame in made]
        if count_changed:
            self._fit()
            self._bring_into_view()
        frames.update()

    def set_current(self, number: int) -> None:
        """Frame a block and bring it into view."""
        frames = self._frames
        if number != frames.current:
            frames.current = number
            self._bring_into_view()
            frames.setAccessibleDescription(f"block {number}")
            frames.update()

    def set_dimmed(self, is_dimmed: bool) -> None:
        """Show them as belonging to an older wish."""
        if is_dimmed != self._frames.is_dimmed:
            self._frames.is_dimmed = is_dimmed
            self._frames.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours; the font may be another, too."""
        self._frames.theme = theme
        self._frames.update()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._bring_into_view()

    def wheelEvent(self, event: QWheelEvent) -> None:
        bar = self.horizontalScrollBar()
        delta = event.angleDelta()
        bar.setValue(bar.value() - (delta.y() or delta.x()))

    def _bring_into_view(self) -> None:
        if self._frames.current:
            rect = self._frames.rect_of(self._frames.current)
            self.ensureVisible(rect.center().x(), rect.center().y(), self._frames.side * 2, 0)

    def _fit(self) -> None:
        self._frames.resize(self._frames.sizeHint())
        self.setFixedHeight(self.height_for(self._frames.side, self._frames.fontMetrics()))


class StripScale(QWidget):
    """The strip's scale: its colours upright, zero at the foot and the last colour's value written at the top."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = DARK
        self._scale = scale_to(0.0, COLOUR_MAPS[0])
        self._ramp = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)

    @property
    def words(self) -> str:
        """The scale in words."""
        return f"strip: {self._scale.ends[0]} to {self._scale.ends[1]}"

    def show_scale(self, scale: ColourScale) -> None:
        """Another scale."""
        if scale != self._scale:
            self._scale = scale
            self._ramp = image_of_ramp(scale.colours).transformed(QTransform().rotate(-90))
            self.setToolTip(f"{self.words}, the highest value of all blocks, now and reference")
            self.setAccessibleName(self.words)
            self.updateGeometry()
            self.update()

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours."""
        self._theme = theme
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(_RAMP_WIDTH + 5 + self.fontMetrics().horizontalAdvance(self._scale.ends[1]), SIDES[0])

    def paintEvent(self, event: QPaintEvent) -> None:
        low, high = self._scale.ends
        if not high:
            return
        metrics = self.fontMetrics()
        area = QRect(0, 2, _RAMP_WIDTH, self.height() - 5 - metrics.height() - _BAR_HEIGHT)
        with QPainter(self) as painter:
            painter.drawImage(area, self._ramp)
            painter.setPen(QColor(self._theme.muted))
            left, ascent = area.right() + 5, metrics.capHeight()
            painter.drawText(left, area.top() + ascent, high)
            if area.height() >= 2 * ascent + 3:
                painter.drawText(left, area.bottom() + 1, low)
