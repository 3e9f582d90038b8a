"""The gradient record: for each run a picture of layers over time, all on one colour scale."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSizePolicy, QStackedLayout, QWidget

from resnet_viewer.charts.chart import SAMPLE, Stroke, inside
from resnet_viewer.charts.curves import epoch_ticks, length_of, time_words
from resnet_viewer.charts.gradient_record import (
    CHOICES,
    CLEAR,
    SYMBOLS,
    Record,
    RecordQuantity,
    RecordScale,
    Spreads,
    colours_of,
    every_words,
    reading_words,
    scale_for,
)
from resnet_viewer.records.run_log import LabScene, RunLog
from resnet_viewer.ui.widgets.card import FigureCard
from resnet_viewer.ui.widgets.colour_bar import ColourBar
from resnet_viewer.ui.widgets.fitting import choice_box
from resnet_viewer.ui.widgets.labels import muted, plain_label
from resnet_viewer.ui.widgets.pixels import image_of_rgba
from resnet_viewer.ui.widgets.plot_items import paint_sample, strokes_of
from resnet_viewer.ui.widgets.theme import DARK, Theme, theme_of

LEAST_HEIGHT, LEAST_LINES = 40, 2
"""Pixels, and lines of text, of a picture under which layers cannot be told apart; then the panel scrolls."""
_GAP = 3.0
_MARK = 4.0
_MOST_TICKS = 9
"""Under the colour bar, which is some seventy pixels wide."""


def least_height(metrics: QFontMetricsF, *, has_axis: bool) -> int:
    """The lowest that a run's picture may be with what stands above and below it."""
    line = math.ceil(metrics.height())
    return round((1 + has_axis) * (line + _GAP)) + max(LEAST_HEIGHT, LEAST_LINES * line)


@dataclass(frozen=True)
class Spot:
    """A place in a run's picture: a time in epochs, and the number of a layer or block, from 0, where one is there."""

    log: RunLog
    time: float
    row: int | None


@dataclass(frozen=True)
class Look:
    """How a run's records are shown."""

    quantity: RecordQuantity = "norms"
    scale: RecordScale = field(default_factory=RecordScale)
    span: tuple[float, float] = (0.0, 1.0)
    """In epochs."""
    theme: Theme = DARK
    stroke: Stroke = field(default_factory=partial(Stroke, DARK.text))
    """Before the run's name."""
    is_selected: bool = False
    has_axis: bool = False
    """The epochs stand below."""
    time: float | None = None
    """Where a line stands."""


class RunPicture(QWidget):
    """Paints an image that is made anew only where the records, the scale, the width or the time shown changed."""

    pointed = Signal(object)
    """Spot, or None when the pointer left."""
    chosen = Signal(str)
    """The run's key: a click on its name, or Return."""

    def __init__(self, log: RunLog, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.log = log
        self.look = Look()
        self.record = Record.of_log(log, "norms")
        self._row: int | None = None
        self._image: QImage | None = None
        self._made: tuple[object, ...] = ()
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_records(self, log: RunLog, look: Look) -> None:
        """Show this run's records in this way."""
        before, self.log, self.look = self.look, log, look
        self.record = Record.of_log(log, look.quantity)
        self.setAccessibleName(f"Gradient record of {log.title}")
        self._make()
        if look.has_axis != before.has_axis:
            self.updateGeometry()
        if look != before:
            self.update()

    @property
    def picture_rect(self) -> QRectF:
        """Where the image lies."""
        line = math.ceil(QFontMetricsF(self.font()).height())
        foot = line + _GAP if self.look.has_axis else 0.0
        return QRectF(0, line + _GAP, self.width(), max(self.height() - line - _GAP - foot, 1.0))

    @property
    def image(self) -> QImage | None:
        """The records as they are painted."""
        return self._image

    def sizeHint(self) -> QSize:
        return QSize(200, self.minimumSizeHint().height() + 60)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, least_height(QFontMetricsF(self.font()), has_axis=self.look.has_axis))

    def _make(self) -> None:
        record, columns = self.record, max(round(self.picture_rect.width() * self.devicePixelRatioF()), 1)
        look, colours = self.look, (self.look.theme.reference, self.look.theme.changed)
        newest = (len(record.times), record.times[-1:].tolist(), record.until)
        wished = (self.log, newest, look.quantity, look.scale, look.span, columns, colours)
        if wished != self._made:
            self._made = wished
            cells = record.cells(look.scale, look.span, columns)
            self._image = (
                image_of_rgba(np.take(colours_of(*colours), cells, axis=0)) if np.any(cells < CLEAR) else None
            )
            self.update()

    def resizeEvent(self, event: QEvent) -> None:
        self._make()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()

    # Pointer and keyboard

    def _time_at(self, x: float) -> float:
        left, right = self.look.span
        return min(max(left + x * (right - left) / max(self.width(), 1), left), right)

    def _row_at(self, y: float) -> int | None:
        area, rows = self.picture_rect, int(self.record.values.shape[1])
        if not rows or not area.top() <= y < area.bottom():
            return None
        return min(int((y - area.top()) * rows / area.height()), rows - 1)

    def _is_title(self, position: QPointF) -> bool:
        metrics = QFontMetricsF(self.font())
        wide = SAMPLE + metrics.horizontalAdvance(self.log.title)
        return position.y() < self.picture_rect.top() and position.x() <= wide + 8

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        position = event.position()
        shape = Qt.CursorShape.PointingHandCursor if self._is_title(position) else Qt.CursorShape.ArrowCursor
        self.setCursor(shape)
        if self.picture_rect.contains(position):
            self._row = self._row_at(position.y())
            self.pointed.emit(Spot(self.log, self._time_at(position.x()), self._row))
        else:
            self.pointed.emit(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._is_title(event.position()):
            self.chosen.emit(self.log.key)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.pointed.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        left, right = self.look.span
        time = right if self.look.time is None else self.look.time
        rows = self.record.values.shape[1]
        step = (right - left) / 100
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.chosen.emit(self.log.key)
                return
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                time += step if event.key() == Qt.Key.Key_Right else -step
            case Qt.Key.Key_Up | Qt.Key.Key_Down if rows:
                down = 1 if event.key() == Qt.Key.Key_Down else -1
                self._row = min(max((self._row or 0) + down, 0), rows - 1)
            case _:
                event.ignore()
                return
        self.pointed.emit(Spot(self.log, min(max(time, left), right), self._row or 0))

    def focusOutEvent(self, event: QEvent) -> None:
        self.update()
        self.pointed.emit(None)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, area = self.look.theme, self.picture_rect
        metrics = QFontMetricsF(self.font())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_title(painter, metrics)
            if self._image is not None:
                painter.drawImage(area, self._image)
            else:
                is_missing = self.look.quantity == "dead" and len(self.record.times) > 0
                words = "dead channels were not recorded" if is_missing else "no record yet"
                painter.setPen(QColor(theme.muted))
                painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words if self.log.is_read else "")
            painter.setPen(QPen(QColor(theme.accent if self.hasFocus() else theme.border), 1.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
            for time in self.log.shortcut_times:
                self._paint_line(painter, time, is_mark=True)
            if self.look.time is not None:
                self._paint_line(painter, self.look.time)
            if self.look.has_axis:
                self._paint_axis(painter, metrics)

    def _paint_title(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        theme, high = self.look.theme, metrics.height()
        paint_sample(painter, self.look.stroke, QPointF(0, high / 2), SAMPLE - 5)
        painter.setPen(QColor(theme.text))
        font = self.font()
        font.setUnderline(self.look.is_selected)
        painter.setFont(font)
        room = max(self.width() - SAMPLE, 0.0)
        text = metrics.elidedText(self.log.title, Qt.TextElideMode.ElideRight, room)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
        painter.drawText(QRectF(SAMPLE, 0, room, high), left, text)
        painter.setFont(self.font())

    def _paint_line(self, painter: QPainter, time: float, *, is_mark: bool = False) -> None:
        """An intervention is a line with a head; the time pointed at is dashes on a ground of their own, over any
        colour.
        """
        (left, right), theme, area = self.look.span, self.look.theme, self.picture_rect
        share = (time - left) / (right - left)
        if not -1e-6 <= share <= 1 + 1e-6:
            return
        x = share * self.width() if is_mark else min(round(share * self.width()) + 0.5, self.width() - 0.5)
        line = QLineF(x, area.top(), x, area.bottom())
        if is_mark:
            painter.setPen(QPen(QColor(theme.changed), 1.4, Qt.PenStyle.DashDotLine))
            painter.drawLine(line)
            painter.setPen(QPen(QColor(theme.panel), 1.0))
            painter.setBrush(QColor(theme.changed))
            corners = ((x - _MARK, 0.0), (x + _MARK, 0.0), (x, 1.5 * _MARK))
            painter.drawPolygon(QPolygonF([QPointF(at, area.top() + down) for at, down in corners]))
            return
        painter.setPen(QPen(QColor(theme.panel), 1.0))
        painter.drawLine(line)
        pen = QPen(QColor(theme.text), 1.0)
        pen.setDashPattern([3.0, 3.0])
        painter.setPen(pen)
        painter.drawLine(line)

    def _paint_axis(self, painter: QPainter, metrics: QFontMetricsF) -> None:
        left, right = self.look.span
        painter.setPen(QColor(self.look.theme.muted))
        top = self.picture_rect.bottom() + _GAP
        width = float(self.width())
        for time, words in epoch_ticks((left, right), width, metrics.horizontalAdvance):
            half = metrics.horizontalAdvance(words) / 2
            x = inside((time - left) / (right - left) * width, half, width, 0.0)
            painter.drawText(QPointF(x - half, top + metrics.ascent()), words)


TITLE = "Gradient record"
EMPTY = "Press Start: the gradients of every layer are recorded here while the networks learn."
_LEAST_WIDTH = 170
"""Pixels of a picture under which there are fewer columns of them."""


def columns_for(count: int, width: int) -> int:
    """How many pictures stand side by side: two, three from five runs on, four from nine on, where they have room."""
    wished = 1 if count < 2 else 2 if count <= 4 else 3 if count <= 6 else 4
    return max(1, min(wished, width // _LEAST_WIDTH))


class GradientMaps(FigureCard):
    """Signals are wishes. Only pictures whose records grew, or whose scale or width is another, are made anew."""

    figure, figure_words = "gradients", "the gradient record"
    time_pointed = Signal(object)
    """Epochs, or None when the pointer left."""
    run_selected = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(TITLE, parent)
        self.scene = LabScene()
        self.quantity: RecordQuantity = "norms"
        self.scale = RecordScale()
        self.pictures: dict[str, RunPicture] = {}
        self._spreads = Spreads()
        self._span: tuple[float, float] | None = None
        self._spot: Spot | None = None
        self._columns = 0
        self.bar = ColourBar()
        self.choice = choice_box("What the pictures show", CHOICES.items())
        self.choice.activated.connect(self._choose)
        self.add_control(self.bar)
        self.add_control(self.choice)
        self._sheet = QWidget()
        self._grid = QGridLayout(self._sheet)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(DARK.padding)
        self._grid.setVerticalSpacing(6)
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.viewport().setAutoFillBackground(False)
        self.area.setWidget(self._sheet)
        self._sheet.setAutoFillBackground(False)  # a scroll area switches it on
        self._empty = muted(plain_label(EMPTY))
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._stack = QStackedLayout()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.area)
        self.body.addLayout(self._stack, 1)
        self.show_quantity("norms")
        self.apply_theme(DARK)

    def render_lab(self, scene: LabScene) -> None:
        """Show the runs as they are now."""
        old, self.scene = self.scene, scene
        if scene.version != old.version or scene.logs != old.logs or scene.selected != old.selected:
            self._show_runs()
        elif scene.time != old.time:
            for picture in self.pictures.values():
                picture.show_records(picture.log, replace(picture.look, time=scene.time))
        if self._spot is not None and scene.version != old.version:
            self._tell(self._spot)

    def show_quantity(self, quantity: RecordQuantity) -> None:
        """Show gradient norms, updates or dead channels."""
        self.quantity = quantity
        self.choice.setCurrentIndex(self.choice.findData(quantity))
        self._show_runs()

    @Slot(float, float)
    def show_span(self, left: float, right: float) -> None:
        """Show the epochs between these, as the error plot does; the whole time stays whole, however long it gets."""
        length = length_of(self.scene.logs)
        span = None if left <= 0.0 and right >= length else (left, right)
        if span != self._span:
            self._span = span
            self._show_runs()

    def apply_theme(self, theme: Theme) -> None:
        self._show_runs()

    def _show_runs(self) -> None:
        logs = self.scene.logs
        self._stack.setCurrentIndex(1 if logs else 0)
        self.has_figure = bool(logs)
        self.scale = scale_for(self._spreads.take(logs, self.quantity), self.quantity)
        self.bar.show_scale(self.scale.bar(_MOST_TICKS))
        self._fit()
        self._say()
        self._place(columns_for(len(logs), self.area.width()))
        rows = -(-len(logs) // max(self._columns, 1))
        strokes = strokes_of(self.scene, theme_of(self))
        span = self._span or (0.0, length_of(logs))
        look = Look(self.quantity, self.scale, span, theme_of(self), time=self.scene.time)
        for place, log in enumerate(logs):
            own = replace(
                look,
                stroke=strokes[log.key],
                is_selected=log.key == self.scene.selected,
                has_axis=place // self._columns == rows - 1 or place + self._columns >= len(logs),
            )
            self.pictures[log.key].show_records(log, own)

    def _say(self) -> None:
        """The scale's ends stand beside the colour bar; in the tooltip they are told too."""
        at = every_words(log.run for log in self.scene.logs)
        scale = "one colour scale, {} to {}".format(*self.scale.ends)
        what = f"{SYMBOLS[self.quantity]} of every layer {at} · top: first layer"
        if self.quantity == "dead":
            what = f"share of dead channels of every block {at} · top: first block"
        has_runs = bool(self.scene.logs)
        self.set_subtitle(what if has_runs else "", whole=f"{what} · {scale}" if has_runs else "")

    def _place(self, columns: int) -> None:
        """Put a picture for each run into the grid."""
        keys = [log.key for log in self.scene.logs]
        if keys == list(self.pictures) and columns == self._columns:
            return
        for gone in self.pictures.keys() - set(keys):
            picture = self.pictures.pop(gone)
            self._grid.removeWidget(picture)
            picture.hide()  # it is deleted only when the event loop is back where this was called from
            picture.deleteLater()
        for old in range(self._grid.columnCount()):
            self._grid.setColumnStretch(old, 0)
        self._columns = columns
        self.pictures = {log.key: self.pictures.get(log.key) or self._picture(log) for log in self.scene.logs}
        for place, picture in enumerate(self.pictures.values()):
            self._grid.addWidget(picture, *divmod(place, columns))
        for column in range(columns):
            self._grid.setColumnStretch(column, 1)
        for before, after in pairwise((self.choice, *self.pictures.values())):
            QWidget.setTabOrder(before, after)  # else they come after all that was made before the runs

    def _picture(self, log: RunLog) -> RunPicture:
        picture = RunPicture(log)
        picture.pointed.connect(self._follow_pointer)
        picture.chosen.connect(self.run_selected)
        return picture

    def minimumSizeHint(self) -> QSize:
        """The colour bar gives way: its ends stand in the subtitle's tooltip, too."""
        bar = 0 if self.bar.isHidden() else self.bar.sizeHint().width() + self.header.spacing()
        hint = super().minimumSizeHint()
        return QSize(hint.width() - bar, hint.height())

    def _fit(self) -> None:
        """Show the colour bar where it has room beside the whole title, and never less than a row of pictures."""
        parts = (self._title, self.bar, self.choice)
        needed = sum(part.sizeHint().width() + self.header.spacing() for part in parts)
        has_room = self.width() - 2 * DARK.padding - self.corner_width >= needed
        self.bar.setVisible(bool(self.scene.logs) and has_room)
        self.area.setMinimumHeight(
            least_height(QFontMetricsF(self.font()), has_axis=True) if self.scene.logs else 0
        )

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_empty"):
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()
        if columns_for(len(self.pictures), self.area.width()) != self._columns:
            self._show_runs()

    # Time

    @Slot(object)
    def _follow_pointer(self, spot: Spot | None) -> None:
        if spot is None and self._spot is None:
            return
        self._spot = spot
        self.time_pointed.emit(None if spot is None else spot.time)
        if spot is None:
            self.hovered.emit("")
        else:
            self._tell(spot)

    def _tell(self, spot: Spot) -> None:
        log = spot.log
        if log.key not in self.pictures:
            return
        values = self.pictures[log.key].record.at(spot.time)
        if values is None or spot.row is None or spot.row >= len(values):
            self.hovered.emit(" · ".join((log.title, time_words(spot.time), "nothing recorded then")))
        else:
            self.hovered.emit(reading_words(log, self.quantity, spot.row, spot.time, values))

    @Slot(int)
    def _choose(self, index: int) -> None:
        self.show_quantity(self.choice.itemData(index))
