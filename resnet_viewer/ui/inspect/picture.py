"""Panes that one looks into: the wheel zooms at the pointer, dragging moves, Home shows everything again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import TypeVar

from PySide6.QtCore import (
    QEvent,
    QLineF,
    QPoint,
    QPointF,
    QRect,
    QRectF,
    QSize,
    QSizeF,
    Qt,
    Signal,
    SignalInstance,
)
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

HALVES = "now", "reference"
"""What a wiper parts."""
_NEAREST, _FURTHEST = 64.0, 1.0
_ROUNDING = 4.0
_PLATE = QColor(0, 0, 0, 165)
"""Under words on a picture, in every theme."""
_LEAST_WORDS, _LEAST_PICTURE = 110, 3
"""Pixels of width for a side's words, else they may reach beyond the picture; a picture less high than so many lines of
them has them below it."""
CONTOUR_MARGIN = 3.0
"""Pixels by which contours reach beyond what the network saw."""
_MOST_INKED = 4_000_000
"""Pixels of an image of contours."""
_HANDLE, _GRIP, _MARK = 11.0, 8.0, 6.0
"""Pixels: the radius of the wiper's handle, how near to its line it is grasped, the radius of a marked point's ring."""
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


Strokes = tuple[tuple[QColor, QColor, float, list[QLineF]], ...]
"""Lines over a picture: colour, that of their edges, width, and strokes in fractions of what the network saw."""


@dataclass(frozen=True, eq=False)
class Layers:
    """What lies over each other on one side of a picture pane; made once, and painted as often as one likes."""

    underlay: QImage
    box: QRectF
    """What the network saw, in fractions of the underlay."""
    heat: QImage | None = None
    """Over the box, at the pane's opacity."""
    contours: Strokes = ()
    wordings: tuple[str, ...] = ()
    """Written over the lower edge, in ever fewer words."""

    def placed(self, frame: QRectF) -> QRectF:
        """Where the box lies in the frame of the underlay."""
        return _part(frame, self.box)


class PicturePane(LookingPane):
    """One picture with its map, or now at the left and the reference at the right of a wiper.

    The wiper is dragged by its line, or goes by the arrow keys (in small steps with Shift); a double click on it has it
    in the middle again. `point_told(x, y)` and `point_taken(x, y)` are fractions of the picture: under the pointer, and
    clicked.
    """

    point_told = Signal(float, float)
    point_taken = Signal(float, float)
    point_given_back = Signal()
    """The click that was told last began a double one, which means something else."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.sides: tuple[Layers, ...] = ()
        """What is shown, now and the reference where there are two."""
        self.opacity = 1.0
        self.wiper = 0.5
        """Of the width in view, from the left."""
        self.is_peeking = False
        """The underlay alone is shown."""
        self.dimmed_sides: tuple[bool, ...] = ()
        """Which of `sides` belong to an older wish."""
        self.marks: tuple[tuple[QPointF, QRectF | None], ...] = ()
        """For each side a point and a rectangle that are drawn, in fractions of the picture; empty for none."""
        self._is_wiping = False
        self._inked: dict[Layers, tuple[QSizeF, QImage]] = {}
        """The contours as they were drawn last, with the size of their box."""

    def set_sides(self, *sides: Layers) -> None:
        """Replace what is shown. The view stays where it was if the picture has the same proportions, up to the
        rounding of its size in pixels."""
        before, self.sides = self.content_size(), sides
        self._inked = {side: known for side, known in self._inked.items() if side in sides}
        after = self.content_size()
        if abs(after.width() - before.width()) > 2 or abs(after.height() - before.height()) > 2:
            self.look_at_all()
        said = " · ".join(side.wordings[0] for side in sides if side.wordings)
        self.setAccessibleDescription(self.message or said)
        self.setToolTip(tooltip_text(said))
        self.update()

    def set_opacity(self, opacity: float) -> None:
        """Of the maps over the picture, 0 to 1."""
        if opacity != self.opacity:
            self.opacity = opacity
            self.update()

    def set_wiper(self, place: float) -> None:
        """Where it stands, from 0 at the left edge of what is in view to 1."""
        self.wiper = min(max(place, 0.0), 1.0)
        self.update()

    def set_peeking(self, is_peeking: bool) -> None:
        """Show the underlay alone, or no longer."""
        if is_peeking != self.is_peeking:
            self.is_peeking = is_peeking
            self.update()

    def set_marks(self, *marks: tuple[QPointF, QRectF | None]) -> None:
        """Mark these points, one for each side."""
        if marks != self.marks:
            self.marks = marks
            self.update()

    def set_dimmed_sides(self, *dimmed: bool) -> None:
        """Show these sides as belonging to an older wish."""
        if dimmed != self.dimmed_sides:
            self.dimmed_sides = dimmed
            self.update()

    @property
    def has_wiper(self) -> bool:
        """Whether two sides are shown."""
        return len(self.sides) > 1 and not self.message

    def content_size(self) -> QSizeF:
        if not self.sides:
            return QSizeF()
        size = QSizeF(self.sides[-1].underlay.size())
        return QSizeF(size.scaled(QSizeF(self.size()), Qt.AspectRatioMode.KeepAspectRatio))

    def seen(self) -> QRectF:
        """The part of the pane that the picture fills."""
        return self.frame().intersected(QRectF(self.rect()))

    def side_at(self, position: QPointF) -> int:
        """Which side lies under a point of the pane."""
        return int(self.has_wiper and position.x() >= self._line())

    def _line(self) -> float:
        seen = self.seen()
        return float(round(seen.left() + self.wiper * seen.width()))

    # Painting
    def paint_content(self, painter: QPainter, frame: QRectF) -> None:
        seen = self.seen()
        parts = [seen] * len(self.sides)
        if self.has_wiper:
            line = self._line()
            parts = [
                QRectF(seen.left(), seen.top(), line - seen.left(), seen.height()),
                QRectF(line, seen.top(), seen.right() - line, seen.height()),
            ]
        for place, (side, part) in enumerate(zip(self.sides, parts, strict=True)):
            painter.setClipRect(part)
            is_dimmed = place < len(self.dimmed_sides) and self.dimmed_sides[place]
            painter.setOpacity(STALE_OPACITY if is_dimmed else 1.0)
            self._paint_layers(painter, side, frame)
            if place < len(self.marks) and not self.is_peeking:
                self._paint_mark(painter, frame, *self.marks[place])
        painter.setOpacity(1.0)
        painter.setClipping(False)
        if not self.is_peeking:
            self._paint_words(painter, parts)
        if self.has_wiper:
            self._paint_wiper(painter)
            for plate, words in () if self.is_peeking else self.halves():
                _write(painter, plate, words)

    def _paint_layers(self, painter: QPainter, side: Layers, frame: QRectF) -> None:
        scale = self.devicePixelRatioF()
        painter.setRenderHint(
            QPainter.RenderHint.SmoothPixmapTransform, frame.width() * scale < side.underlay.width()
        )
        painter.drawImage(frame, side.underlay, QRectF(side.underlay.rect()))
        if self.is_peeking:
            return
        before, box = painter.opacity(), side.placed(frame)
        painter.setOpacity(before * self.opacity)
        if side.heat is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(box, side.heat, QRectF(side.heat.rect()))
        if side.contours:
            self._paint_contours(painter, side, box)
        painter.setOpacity(before)

    def _paint_contours(self, painter: QPainter, side: Layers, box: QRectF) -> None:
        """Kept as an image for as long as they lie in a box of that size: strokes take several times as long."""
        scale = self.devicePixelRatioF()
        if box.width() * box.height() * scale**2 > _MOST_INKED:
            _ink(painter, side.contours, box)
            return
        margin = 2.0 * CONTOUR_MARGIN
        known = self._inked.get(side)
        if known is None or known[0] != box.size():
            size = QSizeF(box.width() + margin, box.height() + margin) * scale
            image = QImage(size.toSize(), QImage.Format.Format_ARGB32_Premultiplied)
            image.setDevicePixelRatio(scale)
            image.fill(Qt.GlobalColor.transparent)
            with QPainter(image) as inking:
                _ink(inking, side.contours, QRectF(QPointF(CONTOUR_MARGIN, CONTOUR_MARGIN), box.size()))
            known = self._inked[side] = box.size(), image
        painter.drawImage(box.topLeft() - QPointF(CONTOUR_MARGIN, CONTOUR_MARGIN), known[1])

    def _paint_mark(self, painter: QPainter, frame: QRectF, point: QPointF, field: QRectF | None) -> None:
        """A ring with a cross, and the rectangle around it; white on black, seen on every picture."""
        at = QPointF(frame.left() + point.x() * frame.width(), frame.top() + point.y() * frame.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for ink, wide in ((QColor("black"), 3.0), (QColor("white"), 1.2)):
            painter.setPen(QPen(ink, wide))
            if field is not None:
                painter.drawRect(_part(frame, field))
            painter.drawEllipse(at, _MARK, _MARK)
            for x, y in ((_MARK, 0.0), (-_MARK, 0.0), (0.0, _MARK), (0.0, -_MARK)):
                arm = QPointF(x, y)
                painter.drawLine(at + arm * 0.5, at + arm * 2.0)

    def _paint_words(self, painter: QPainter, parts: list[QRectF]) -> None:
        """Now's at the left, the reference's at the right; each is wiped away with its side."""
        seen, metrics = self.seen(), self.fontMetrics()
        high = metrics.height() + 4
        area = QRectF(self.rect()) if seen.width() < _LEAST_WORDS * len(self.sides) else seen
        has_room_below = self.height() - seen.bottom() >= high + 2
        is_thin = seen.height() < _LEAST_PICTURE * high and has_room_below
        bottom = seen.bottom() + high + 2 if is_thin else min(seen.bottom(), self.height()) - 6
        width = area.width() / len(self.sides) - 12
        for place, (side, part) in enumerate(zip(self.sides, parts, strict=True)):
            if not side.wordings or part.width() <= 0:
                continue
            words = fitting(side.wordings, width - 12, self)
            words = metrics.elidedText(words, Qt.TextElideMode.ElideRight, ceil(width) - 12)
            plate = QRectF(0, bottom - high, metrics.horizontalAdvance(words) + 12, high)
            plate.moveLeft(area.right() - 6 - plate.width() if place else area.left() + 6)
            painter.save()
            if self.has_wiper and not is_thin:
                left, right = (part.left(), self.width()) if place else (0.0, part.right())
                painter.setClipRect(QRectF(left, 0, right - left, self.height()))
            _write(painter, plate, words)
            painter.restore()

    def halves(self) -> tuple[tuple[QRectF, str], ...]:
        """Whose the halves are, in plates on both sides of the wiper's upper end wherever it stands: they are not one
        picture. None where the picture has no room: its words stand below it."""
        seen, x, metrics = self.seen(), self._line(), self.fontMetrics()
        high = metrics.height() + 2
        if not self.has_wiper or seen.height() < _LEAST_PICTURE * high + 2 * _HANDLE:
            return ()
        top = max(seen.top(), 0.0) + 5
        now, reference = (metrics.horizontalAdvance(words) + 10 for words in HALVES)
        left = min(max(x - 4 - now, 0.0), max(self.width() - now - reference - 8.0, 0.0))
        places = QRectF(left, top, now, high), QRectF(left + now + 8, top, reference, high)
        return tuple(zip(places, HALVES, strict=True))

    def _paint_wiper(self, painter: QPainter) -> None:
        seen, x = self.seen(), self._line()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top, bottom = QPointF(x, seen.top()), QPointF(x, seen.bottom())
        for ink, wide in ((QColor(0, 0, 0, 150), 4.0), (QColor("white"), 2.0)):
            painter.setPen(QPen(ink, wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
            painter.drawLine(top, bottom)
        handle = QPointF(x, seen.center().y())
        radius = min(_HANDLE, seen.height() / 2)
        painter.setPen(QPen(QColor(0, 0, 0, 150), 1.0))
        painter.setBrush(QColor("white"))
        painter.drawEllipse(handle, radius, radius)
        painter.setPen(QPen(QColor(theme_of(self).accent if self.hasFocus() else "#191c24"), 1.6))
        for way in (-1, 1):
            tip = handle + QPointF(way * radius * 0.62, 0)
            for up in (-1, 1):
                painter.drawLine(tip, tip + QPointF(-way * radius * 0.34, up * radius * 0.34))
        painter.drawLine(handle - QPointF(radius * 0.55, 0), handle + QPointF(radius * 0.55, 0))

    # What Qt tells
    def _is_on_wiper(self, position: QPointF) -> bool:
        return self.has_wiper and abs(position.x() - self._line()) <= _GRIP

    def _wipe_to(self, x: float) -> None:
        seen = self.seen()
        if seen.width() > 0:
            self.set_wiper((x - seen.left()) / seen.width())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._is_on_wiper(event.position()):
            self._is_wiping = True
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._is_wiping:
            self._wipe_to(event.position().x())
            return
        is_on_wiper = self._is_on_wiper(event.position())
        self.setCursor(Qt.CursorShape.SplitHCursor if is_on_wiper else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._is_wiping and event.button() == Qt.MouseButton.LeftButton:
            self._is_wiping = False
        else:
            super().mouseReleaseEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._is_on_wiper(event.position()):
            self.set_wiper(0.5)
        else:
            self.point_given_back.emit()
            event.ignore()  # it is the panel's

    def keyPressEvent(self, event: QKeyEvent) -> None:
        ways = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if self.has_wiper and (key := Qt.Key(event.key())) in ways:
            is_fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.set_wiper(self.wiper + ways[key] * (0.01 if is_fine else 0.05))
        else:
            super().keyPressEvent(event)

    def point_at(self, position: QPointF) -> QPointF | None:
        """Where a point of the pane lies in the picture, in fractions; None outside."""
        frame = self.frame()
        if not self.sides or not frame.contains(position):
            return None
        return QPointF(
            (position.x() - frame.left()) / frame.width(), (position.y() - frame.top()) / frame.height()
        )

    def point_hovered(self, position: QPointF) -> None:
        if (point := self.point_at(position)) is None:
            self.left.emit()
        else:
            self.point_told.emit(point.x(), point.y())

    def point_clicked(self, position: QPointF) -> None:
        if (point := self.point_at(position)) is not None:
            self.point_taken.emit(point.x(), point.y())


def _write(painter: QPainter, plate: QRectF, words: str) -> None:
    """White on dark, which is read on every picture."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_PLATE)
    painter.drawRoundedRect(plate, 3, 3)
    painter.setPen(QColor("white"))
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, words)


def _ink(painter: QPainter, contours: Strokes, box: QRectF) -> None:
    """Draw contours, whose strokes are fractions of the box."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.save()
    painter.translate(box.topLeft())
    painter.scale(box.width(), box.height())
    for colour, edge, width, strokes in contours:
        for ink, wide in ((edge, width + 1.6), (colour, width)):
            pen = QPen(ink, wide, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawLines(strokes)
    painter.restore()


def _part(frame: QRectF, share: QRectF) -> QRectF:
    """A rectangle in fractions of another, in its place."""
    return QRectF(
        frame.left() + share.left() * frame.width(),
        frame.top() + share.top() * frame.height(),
        share.width() * frame.width(),
        share.height() * frame.height(),
    )


Pane = TypeVar("Pane", bound=LookingPane)


def beside(kind: type[Pane], name: str, left: SignalInstance) -> tuple[Pane, Pane]:
    """Panes for now and the reference that look at one place; `left` is told "" when the pointer leaves them."""
    panes = kind(), kind()
    for pane, other, whose in zip(panes, panes[::-1], ("now", "reference"), strict=True):
        pane.setAccessibleName(f"{name}, {whose}")
        pane.moved.connect(other.look)
        pane.left.connect(partial(left.emit, ""))
    return panes
