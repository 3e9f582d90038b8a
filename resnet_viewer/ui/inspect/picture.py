"""Panes that one looks into: the wheel zooms at the pointer, dragging moves, Home shows everything again."""

from __future__ import annotations

from functools import partial
from typing import TypeVar

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt, Signal, SignalInstance
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from resnet_viewer.charts.palette import STALE_OPACITY
from resnet_viewer.ui.widgets.fitting import fitting
from resnet_viewer.ui.widgets.labels import tooltip_text
from resnet_viewer.ui.widgets.theme import Theme, theme_of

_NEAREST, _FURTHEST = 64.0, 1.0
_ROUNDING = 4.0
_ZOOM_KEYS = {Qt.Key.Key_Plus: 1, Qt.Key.Key_Equal: 1, Qt.Key.Key_Minus: -1}


class LookingPane(QWidget):
    """A pane over some content that is fitted, centred, at zoom 1.

    `moved(zoom, centre)` tells that the user zoomed or moved; `centre` is the point of the content in the
    middle of the pane, in fractions of the content's size, so that panes of any size can follow each other by
    `look`. `resting` is the share of spare height above content that is lower than the pane.
    """

    moved = Signal(float, QPointF)
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.message = ""
        self._notes: tuple[str, ...] = ("",)
        self.is_dimmed = False
        self.resting = 0.5
        self._zoom = 1.0
        self._centre = QPointF(0.5, 0.5)
        self._pressed: QPointF | None = None
        self._dragged: QPointF | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(48, 48)

    # What a kind of pane says of itself
    def content_size(self) -> QSizeF:
        """Size of the content at zoom 1, in the pane's pixels; empty where there is none."""
        return QSizeF()

    def paint_content(self, painter: QPainter, frame: QRectF) -> None:
        """Paint the content into `frame`, which may be larger than the pane."""

    def point_hovered(self, position: QPointF) -> None:
        """The pointer moved, without dragging, to `position` in the pane."""

    def point_clicked(self, position: QPointF) -> None:
        """The left button was pressed and released at `position` without dragging."""

    # Looking
    @property
    def zoom(self) -> float:
        """1 where everything fits."""
        return self._zoom

    def frame(self) -> QRectF:
        """Where the content lies, in the pane's pixels."""
        size = self.content_size() * self._zoom
        middle = QRectF(self.rect()).center()
        corner = QPointF(
            middle.x() - self._centre.x() * size.width(), middle.y() - self._centre.y() * size.height()
        )
        if size.height() < self.height():
            corner.setY((self.height() - size.height()) * self.resting)
        if self._zoom == 1.0:
            corner = QPointF(corner.toPoint())
        return QRectF(corner, size)

    def look(self, zoom: float, centre: QPointF) -> None:
        """Show `centre` in the middle at `zoom`, as far as the content reaches; emits nothing."""
        self._zoom = min(max(zoom, _FURTHEST), _NEAREST)
        size = self.content_size() * self._zoom
        self._centre = QPointF(
            _held(centre.x(), size.width(), self.width()), _held(centre.y(), size.height(), self.height())
        )
        self.update()

    def look_at_all(self) -> None:
        """Back to zoom 1; emits nothing."""
        self.look(1.0, QPointF(0.5, 0.5))

    def set_message(self, message: str) -> None:
        """Words in place of the content; empty words show the content."""
        if message != self.message:
            self.message = message
            self.setAccessibleDescription(message)
            self.update()

    @property
    def note(self) -> str:
        """The whole of what is said over the lower edge; the tooltip, too."""
        return self._notes[0]

    @property
    def shown_note(self) -> str:
        """The wording that fits into the pane, the last one cut with "…" if need be."""
        room = self.width() - 8
        words = fitting(self._notes, room, self)
        metrics = self.fontMetrics()
        if metrics.horizontalAdvance(words) <= room:
            return words
        return metrics.elidedText(words, Qt.TextElideMode.ElideRight, room)

    def set_note(self, *wordings: str) -> None:
        """Words over the lower edge of the content, the longest first, on one line; empty for none."""
        wordings = wordings or ("",)
        if wordings != self._notes:
            self._notes = wordings
            self.setAccessibleDescription(wordings[0])
            self.setToolTip(tooltip_text(wordings[0]))
            self.update()

    def set_dimmed(self, is_dimmed: bool) -> None:
        """Show the content as belonging to an older wish."""
        if is_dimmed != self.is_dimmed:
            self.is_dimmed = is_dimmed
            self.update()

    @property
    def theme(self) -> Theme:
        """The one on screen."""
        return theme_of(self)

    # What Qt tells
    def sizeHint(self) -> QSize:
        return QSize(160, 160)

    def resizeEvent(self, event: QEvent) -> None:
        self.look(self._zoom, self._centre)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.message or self.content_size().isEmpty():
            event.ignore()
            return
        self._zoom_at(event.position(), event.angleDelta().y() / 120)
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not self.message:
            self._pressed, self._dragged = event.position(), None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        if self._pressed is not None:
            far = (position - self._pressed).manhattanLength() >= QApplication.startDragDistance()
            if self._dragged is None and far:
                self._dragged = self._pressed
            if self._dragged is not None:
                frame, by = self.frame(), position - self._dragged
                self._dragged = position
                self._move(
                    self._zoom,
                    self._centre - QPointF(by.x() / frame.width(), by.y() / frame.height()),
                )
                return
        if not self.message:
            self.point_hovered(position)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            was_click = self._pressed is not None and self._dragged is None
            self._pressed = self._dragged = None
            if was_click:
                self.point_clicked(event.position())

    def leaveEvent(self, event: QEvent) -> None:
        self.left.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Home:
            self._move(1.0, QPointF(0.5, 0.5))
        elif event.key() in _ZOOM_KEYS and not self.content_size().isEmpty():
            self._zoom_at(QRectF(self.rect()).center(), _ZOOM_KEYS[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            if self.message:
                painter.setPen(QColor(self.theme.muted))
                area = self.rect().adjusted(8, 8, -8, -8)
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.message)
            elif not self.content_size().isEmpty():
                painter.save()
                painter.setOpacity(STALE_OPACITY if self.is_dimmed else 1.0)
                self.paint_content(painter, self.frame())
                painter.restore()
                if self.note:
                    self._paint_note(painter)
            if self.hasFocus():
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(QColor(self.theme.accent), 1.5))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), _ROUNDING, _ROUNDING)

    def _paint_note(self, painter: QPainter) -> None:
        metrics, words = self.fontMetrics(), self.shown_note
        area = self.frame().intersected(QRectF(self.rect())).toRect()
        if min(area.width(), area.height()) < 2 * metrics.height():  # too thin to write over
            area = self.rect()
        width = min(max(area.width(), metrics.horizontalAdvance(words) + 8), self.width())
        line = QRect(0, 0, width, metrics.height() + 4)
        line.moveCenter(area.center())
        line.moveBottom(area.bottom())
        line.moveLeft(max(0, min(line.left(), self.width() - width)))
        ground = QColor(self.theme.panel)
        ground.setAlphaF(0.85)
        painter.fillRect(line, ground)
        painter.setPen(QColor(self.theme.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, words)

    def _zoom_at(self, point: QPointF, notches: float) -> None:
        """Zoom so that what lies under `point` stays there."""
        old = self.frame()
        zoom = min(max(self._zoom * 1.2**notches, _FURTHEST), _NEAREST)
        grown = zoom / self._zoom
        middle = QRectF(self.rect()).center()
        corner = point - (point - old.topLeft()) * grown
        size = old.size() * grown
        centre = QPointF((middle.x() - corner.x()) / size.width(), (middle.y() - corner.y()) / size.height())
        self._move(zoom, centre)

    def _move(self, zoom: float, centre: QPointF) -> None:
        self.look(zoom, centre)
        self.moved.emit(self._zoom, self._centre)


def _held(centre: float, content: float, pane: float) -> float:
    """The nearest centre, in fractions, that leaves no margin where the content is larger than the pane."""
    if content <= pane or content <= 0:
        return 0.5
    margin = pane / content / 2
    return min(max(centre, margin), 1 - margin)


class ImagePane(LookingPane):
    """One image with its proportions kept; enlarged pixels stay square and sharp, shrunken ones are averaged.

    `pixel_hovered(x, y)` names the image's pixel under the pointer.
    """

    pixel_hovered = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.image: QImage | None = None

    def set_image(self, image: QImage | None) -> None:
        """Replace the image. The view stays where it was if the new image has the same proportions, up to the
        rounding of its size in pixels."""
        if image is not self.image:
            before, self.image = self.content_size(), image
            after = self.content_size()
            if abs(after.width() - before.width()) > 2 or abs(after.height() - before.height()) > 2:
                self.look_at_all()
            self.update()

    def pixel_at(self, position: QPointF) -> QPoint | None:
        """The image's pixel at a point of the pane, or None outside."""
        frame = self.frame()
        if self.image is None or not frame.contains(position):
            return None
        x = int((position.x() - frame.left()) / frame.width() * self.image.width())
        y = int((position.y() - frame.top()) / frame.height() * self.image.height())
        return QPoint(min(x, self.image.width() - 1), min(y, self.image.height() - 1))

    def content_size(self) -> QSizeF:
        if self.image is None:
            return QSizeF()
        return QSizeF(
            QSizeF(self.image.size()).scaled(QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio)
        )

    def paint_content(self, painter: QPainter, frame: QRectF) -> None:
        if self.image is None:
            return
        is_smaller = frame.width() * self.devicePixelRatioF() < self.image.width()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, is_smaller)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rounded = QPainterPath()
        rounded.addRoundedRect(frame.intersected(QRectF(self.rect())), _ROUNDING, _ROUNDING)
        painter.setClipPath(rounded)
        painter.drawImage(frame, self.image, QRectF(QRect(QPoint(), self.image.size())))

    def point_hovered(self, position: QPointF) -> None:
        if (point := self.pixel_at(position)) is None:
            self.left.emit()
        else:
            self.pixel_hovered.emit(point.x(), point.y())


Pane = TypeVar("Pane", bound=LookingPane)


def beside(kind: type[Pane], name: str, left: SignalInstance) -> tuple[Pane, Pane]:
    """Panes for now and the reference that look at one place; `left` is told "" when the pointer leaves them."""
    panes = kind(), kind()
    for pane, other, whose in zip(panes, panes[::-1], ("now", "reference"), strict=True):
        pane.setAccessibleName(f"{name}, {whose}")
        pane.moved.connect(other.look)
        pane.left.connect(partial(left.emit, ""))
    return panes
