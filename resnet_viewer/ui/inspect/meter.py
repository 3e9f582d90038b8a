"""The error meter in the toolbar: how many pictures of the test set are wrong now and in the reference.

The order of events: the session changes; what it measures is asked for, with low priority, unless that is the same or
known; until the first of it comes the meter shows what it showed, dimmed; partial answers are hatched.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QWidget

from resnet_viewer.charts.error_meter import WHAT_WORDS, Mark, MeterChart
from resnet_viewer.records.errors import Failure, Progress
from resnet_viewer.records.scene import Scene
from resnet_viewer.records.story_words import thousands
from resnet_viewer.records.test_set import MeasureSet, SetReading
from resnet_viewer.ui.inspect.controller import Controller
from resnet_viewer.ui.inspect.store import Store
from resnet_viewer.ui.widgets.fitting import fitting
from resnet_viewer.ui.widgets.labels import tool_button, tooltip_text
from resnet_viewer.ui.widgets.theme import Theme, theme_of

OFF = "No test set"
_MANY = 10_000
"""Pictures of a whole test set, before they are counted."""
_STALE = 0.45
"""Opacity of what belongs to an older wish."""
_SPACE, _PAD = 8, 10


class MeterShape(NamedTuple):
    """How much the meter shows beside now's share: how many pictures, a bar of so many pixels, the reference's."""

    has_count: bool
    bar: int
    has_reference: bool = True


SHAPES = (
    MeterShape(True, 96),
    MeterShape(True, 72),
    MeterShape(False, 48),
    MeterShape(False, 0),
    MeterShape(False, 0, has_reference=False),
)
"""From the widest."""


class Measuring(QObject):
    """Asks what the session measures, again whenever that is something else, and knows what there is to show of it."""

    changed = Signal()
    failed = Signal(object)
    """There is no such test set, or it cannot be read: in one sentence."""
    measured = Signal()
    """Something was found; what was said about a failure is over."""

    def __init__(
        self,
        store: Store,
        controller: Controller,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`store` tells the controller of its changes before it tells this."""
        super().__init__(parent)
        self._store, self._controller, self._clock = store, controller, clock
        self._question: MeasureSet | None = None
        self._first: tuple[float, int] | None = None
        """When the first part of the answer came, and how many pictures it was of, now and reference together."""
        self.reading: SetReading | None = None
        """The newest; of an older wish where it `is_stale`."""
        self.problem = ""
        self.progress: Progress | None = None
        """Of the pictures that are being read."""
        store.changed.connect(self.ask)
        controller.scene_changed.connect(self._render_scene)

    @property
    def question(self) -> MeasureSet | None:
        """What is wanted."""
        return self._question

    @property
    def is_stale(self) -> bool:
        """What is shown is not what is wanted."""
        return self.reading is not None and self.reading.request != self._question

    @property
    def chart(self) -> MeterChart | None:
        """What is shown."""
        return None if self.reading is None else MeterChart(self.reading, self._seconds_left())

    @property
    def words(self) -> str:
        """In place of numbers while there are none; empty where there are."""
        if self._question is None:
            return OFF if self._store.session.test_set is None else "No classes to measure"
        if self.problem:
            return "Not measured"
        if self.reading is not None:
            return ""
        if self.progress is not None and self.progress.total:
            return f"Reading {thousands(self.progress.done)} of {thousands(self.progress.total)}…"
        return "Measuring…"

    @property
    def expected(self) -> int:
        """So many pictures there will be, as far as that is known; 0 where nothing is measured."""
        if self._question is None or self.problem:
            return 0
        if self.progress is not None and self.progress.total:
            return self.progress.total
        return self._question.test_set.sample or _MANY

    @Slot()
    def ask(self) -> None:
        """Ask what the session measures now, unless that is asked already."""
        session = self._store.session
        question = None if self._controller.scene.is_starting else session.measure_question()
        if question == self._question:
            return
        is_other_set = (
            question is None or self._question is None or question.test_set != self._question.test_set
        )
        self._question, self._first = question, None
        if is_other_set:
            self.reading = None
        self.problem, self.progress = "", None
        if question is not None:
            self._controller.find(question, self._fail, self._note_progress)
        self.changed.emit()

    @Slot(object)
    def _render_scene(self, scene: Scene) -> None:
        found = None if self._question is None else scene.findings.get(self._question)
        if isinstance(found, SetReading) and found is not self.reading:
            if self._first is None:
                self._first = self._clock(), found.now.seen + found.reference.seen
            self.reading, self.problem = found, ""
            self.measured.emit()
            self.changed.emit()

    @Slot(object)
    def _note_progress(self, progress: Progress) -> None:
        self.progress = progress
        self.changed.emit()

    @Slot(object)
    def _fail(self, failure: Failure) -> None:
        self.reading, self.problem = None, failure.sentence
        self.changed.emit()
        self.failed.emit(failure)

    def _seconds_left(self) -> float | None:
        """As long as the pictures that are missing take at the pace so far."""
        reading = self.reading
        if reading is None or reading.is_complete or self.is_stale or self._first is None:
            return None
        began, first = self._first
        seen = reading.now.seen + reading.reference.seen
        seconds = self._clock() - began
        missing = 2 * len(reading.pictures) - seen
        return missing * seconds / (seen - first) if seen > first else None


class ErrorMeter(QFrame):
    """A click opens the table of the pictures; the button at its end offers other test sets."""

    opened = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("meter")
        self.face = MeterFace()
        self.face.clicked.connect(self.opened)
        self.menu_button = tool_button("▾", "Test set", "Which pictures the error is measured on")
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu_button.setMenu(QMenu(self.menu_button))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        layout.addWidget(self.face)
        layout.addWidget(self.menu_button)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def show_measured(self, measuring: Measuring) -> bool:
        """What there is to show; says whether that wants another width."""
        is_other = self.face.show_meter(
            None if measuring.words else measuring.chart,
            measuring.words,
            is_stale=measuring.is_stale,
            problem=measuring.problem,
            expected=measuring.expected,
        )
        if is_other:
            self.updateGeometry()  # at once, not when the event loop comes round
        return is_other

    def set_shape(self, place: int) -> None:
        """One of the shapes."""
        if self.face.set_shape(place):
            self.updateGeometry()

    @property
    def menu(self) -> QMenu:
        """Of the test sets."""
        return self.menu_button.menu()


class MeterFace(QAbstractButton):
    """Paints the meter. Its width depends on its shape and on how many pictures there are, never on what was found."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chart: MeterChart | None = None
        self.words = OFF
        self.is_stale = False
        self._expected = 0
        self._shape = SHAPES[0]
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_meter(
        self,
        chart: MeterChart | None,
        words: str,
        *,
        is_stale: bool,
        problem: str = "",
        expected: int = 0,
    ) -> bool:
        """Show this, or the words where there is nothing, with room for so many pictures; says whether it wants another
        width."""
        before = self.sizeHint().width()
        self.chart, self.words, self.is_stale = chart, words, is_stale
        self._expected = expected if chart is None else len(chart.reading.pictures)
        told = words if chart is None else chart.sentence
        details = problem or (words if chart is None else chart.details)
        self.setAccessibleName(f"Error meter: {told}")
        self.setAccessibleDescription(details)
        self.setToolTip(tooltip_text(f"{details}\nClick: picture by picture."))
        self.update()
        if is_other := self.sizeHint().width() != before:
            self.updateGeometry()
        return is_other

    def set_shape(self, place: int) -> bool:
        """One of the shapes; says whether it is another."""
        if is_other := SHAPES[place] != self._shape:
            self._shape = SHAPES[place]
            self.updateGeometry()
            self.update()
        return is_other

    @property
    def shown_count(self) -> str:
        """The words for the number of pictures, as they fit."""
        if self.chart is None or not self._shape.has_count:
            return ""
        return fitting(self.chart.count_words, self._count_width(self.fontMetrics()), self)

    def _bold(self) -> QFont:
        font = QFont(self.font())
        font.setBold(True)
        return font

    def _count_width(self, metrics: QFontMetrics) -> int:
        if not self._shape.has_count:
            return 0
        count = thousands(self._expected)
        usual = f"{count} pictures" if self._shape == SHAPES[0] else count
        return max(map(metrics.horizontalAdvance, (usual, f"{count} of {count}")))

    def _parts(self) -> tuple[int, int, int, int]:
        """Widths of the count, of now's number with its word, of the bar, and of the reference's number."""
        metrics, bold = self.fontMetrics(), QFontMetrics(self._bold())
        what = max(metrics.horizontalAdvance(f" {words}") for words in WHAT_WORDS)
        now = bold.horizontalAdvance("100.0\u00a0%") + what
        number = metrics.horizontalAdvance("100.0\u00a0%")
        if not self._expected:
            return metrics.horizontalAdvance(self.words), 0, 0, 0
        if self.chart is not None and not self.chart.reading.has_labels:
            number = 0
        if not self._shape.has_reference:
            number = 0
        return self._count_width(metrics), now, self._shape.bar, number

    def sizeHint(self) -> QSize:
        widths = [width for width in self._parts() if width]
        wide = sum(widths) + _SPACE * (len(widths) - 1) + 2 * _PAD
        return QSize(wide, max(26, self.fontMetrics().height() + 8))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        theme = theme_of(self)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self.hasFocus():
                painter.setPen(QPen(QColor(theme.accent), 1.5))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
            if self.chart is None:
                painter.setPen(QColor(theme.muted))
                room = self.rect().adjusted(_PAD, 0, -_PAD, 0)
                words = self.fontMetrics().elidedText(self.words, Qt.TextElideMode.ElideRight, room.width())
                painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, words)
            else:
                self._paint(painter, theme, self.chart)

    def places(self) -> list[QRectF]:
        """Of the count, now's number, the bar and the reference's number; what is not shown has no width."""
        places, left = [], float(_PAD)
        for width in self._parts():
            places.append(QRectF(left, 0, width, self.height()))
            left += width + _SPACE if width else 0
        return places

    def _paint(self, painter: QPainter, theme: Theme, chart: MeterChart) -> None:
        count, now, bar, reference = self.places()
        middle, right = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignRight
        opacity = _STALE if self.is_stale else 1.0
        painter.setPen(QColor(theme.muted if chart.is_partial or self.is_stale else theme.text))
        if count.width():
            painter.drawText(count, middle, self.shown_count)
        painter.setOpacity(opacity)
        painter.setFont(self._bold())
        is_red = chart.is_changed and chart.now != chart.reference
        painter.setPen(QColor(theme.changed if is_red else theme.text))
        painter.drawText(now, middle, chart.now_words)
        behind = QFontMetrics(self._bold()).horizontalAdvance(chart.now_words)
        painter.setFont(self.font())
        painter.drawText(now.adjusted(behind, 0, 0, 0), middle, f" {chart.what_words}")
        painter.setOpacity(1.0)
        painter.setPen(QColor(theme.muted))
        if reference.width() and chart.is_changed:
            painter.drawText(reference, middle | right, chart.reference_words)
        if bar.width():
            self._paint_bar(painter, theme, chart, bar)

    def _paint_bar(self, painter: QPainter, theme: Theme, chart: MeterChart, place: QRectF) -> None:
        """From 0 to 100 %: the reference's interval below, now's above it, each with its share as a line."""
        high = min(16.0, place.height() - 8)
        track = QRectF(place.left(), place.center().y() - high / 2, place.width(), high)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.window))
        painter.drawRoundedRect(track, 3, 3)
        inner = track.adjusted(2, 2, -2, -2)
        above, below = QRectF(inner), QRectF(inner)
        above.setHeight(inner.height() / 2)
        below.setTop(inner.center().y())
        if not chart.is_changed:
            self._paint_mark(painter, chart.now, inner, theme.reference, is_partial=chart.is_partial)
            return
        self._paint_mark(painter, chart.reference, below, theme.reference, is_partial=chart.is_partial)
        painter.setOpacity(_STALE if self.is_stale else 1.0)
        self._paint_mark(painter, chart.now, above, theme.changed, is_partial=chart.is_partial)
        painter.setOpacity(1.0)

    def _paint_mark(
        self, painter: QPainter, mark: Mark | None, room: QRectF, colour: str, *, is_partial: bool
    ) -> None:
        if mark is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

        def at(percent: float) -> float:
            return room.left() + percent / 100 * (room.width() - 2)

        interval = QRectF(at(mark.low), room.top(), at(mark.high) - at(mark.low) + 2, room.height())
        if is_partial:
            painter.setPen(QPen(QColor(colour), 1.0))
            painter.setBrush(QBrush(QColor(colour), Qt.BrushStyle.BDiagPattern))
            painter.drawRect(interval.adjusted(0, 0, -1, -1))
        else:
            painter.fillRect(interval, QColor(colour))
            line = QRectF(at(mark.error), room.top(), 1, room.height())
            painter.fillRect(line, QColor(theme_of(self).window))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
