"""What the network takes the picture for: the reference's highest classes, now against reference."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from math import isfinite

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QPolygonF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viewer.charts.palette import STALE_OPACITY
from resnet_viewer.charts.predictions import PredictionChart, PredictionRow, prediction_chart, words_of
from resnet_viewer.records.predictions import NO_CLASSIFIER, percent
from resnet_viewer.records.scene import Scene
from resnet_viewer.ui.inspect.readings import placeholder
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.fitting import FittingParagraph
from resnet_viewer.ui.widgets.labels import OneLineLabel, muted, tooltip_text
from resnet_viewer.ui.widgets.theme import Theme, theme_of

ROWS = 7
"""Five of the reference and, where they are others, now's highest and the target."""
_MARK, _GAP = 13, 8
"""Pixels of a mark before a name, and between columns."""
_LEGEND_TIP = (
    "Red bar above and first number: now. Grey bar below and second number: the reference. Hollow bars are those of "
    "untrained weights, which are drawn at random: they mean nothing."
)


_LEAST_BAR, _LEAST_LETTERS = 34, 6
"""Pixels of the longest bar, and letters of a name, that a line has at least."""
_WIDE_NUMBER = "< 0.1 %"
_SMALL = 0.85
"""Letters of the axis beside those of the names."""
_USUAL_LINE, _MOST_LINES = 17, 3
"""Pixels of a line of text for which the bars are made, and how many lines of text a row is high at most."""


@dataclass(frozen=True)
class Columns:
    """What a panel's lines share: the pixels that the longest name and the longest number take, and the
    probability whose bar takes the whole width."""

    name: int = 0
    number: int = 0
    end: float = 1.0

    @classmethod
    def of(cls, chart: PredictionChart, metrics: QFontMetrics) -> Columns:
        """The columns that its rows need, in bold letters."""
        told = (*chart.rows, *((chart.rest,) if chart.rest else ()))
        numbers = [words_of(value) for row in told for value in (row.now, row.reference)]
        return cls(
            max((metrics.horizontalAdvance(row.name) for row in chart.rows), default=0) + 2 * _MARK,
            max((metrics.horizontalAdvance(number) for number in numbers), default=0),
            chart.end,
        )

    def bars(self, width: int) -> tuple[int, int]:
        """From where to where the bars reach in a line that wide; a long name is cut before they get short."""
        right = width - 2 * (self.number + _GAP)
        return min(self.name + _GAP, max(width * 36 // 100, 84), max(right - _LEAST_BAR, 0)), right


class PredictionLine(QWidget):
    """Paints one row: the name, a red bar for now above a thinner grey one for the reference, and both
    numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row: PredictionRow | None = None
        self._is_dimmed = False
        self._columns = Columns()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    @property
    def row(self) -> PredictionRow | None:
        """What is shown."""
        return self._row

    def set_row(self, row: PredictionRow | None, *, is_dimmed: bool, columns: Columns) -> None:
        """Show a row, or nothing."""
        if (row, is_dimmed, columns) != (self._row, self._is_dimmed, self._columns):
            self._row, self._is_dimmed, self._columns = row, is_dimmed, columns
            words = "" if row is None else row.words
            self.setToolTip(tooltip_text(words))
            self.setAccessibleName(words)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(220, self.fontMetrics().height() + 9)

    def minimumSizeHint(self) -> QSize:
        """Both numbers, a bar, and enough of a name to tell it."""
        metrics = self.fontMetrics()
        numbers = 2 * (metrics.horizontalAdvance(_WIDE_NUMBER) + _GAP)
        name = _MARK + _LEAST_LETTERS * metrics.averageCharWidth()
        return QSize(numbers + _LEAST_BAR + name + _GAP, metrics.height() + 2)

    def paintEvent(self, event: QPaintEvent) -> None:
        row, theme = self._row, theme_of(self)
        if row is None:
            return
        names, end = self._columns.bars(self.width())
        number = self._columns.number + _GAP
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setOpacity(STALE_OPACITY if self._is_dimmed else 1.0)
            self._paint_name(painter, row, names - _GAP)
            bars = QRectF(names, 0, end - names, self.height())
            _rule(painter, bars, theme)
            if not row.others:
                self._paint_bars(painter, row, bars)
            painter.setPen(QColor(theme.muted if row.others else theme.text))
            painter.setFont(emphasised(self.font(), is_bold=row.is_highest[0]))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            column = QRectF(end, 0, number, self.height())
            painter.drawText(column, right, words_of(row.now))
            painter.setPen(QColor(theme.muted))
            painter.setFont(emphasised(self.font(), is_bold=row.is_highest[1]))
            painter.drawText(column.translated(number, 0), right, words_of(row.reference))

    def _paint_name(self, painter: QPainter, row: PredictionRow, width: int) -> None:
        theme, middle = theme_of(self), self.height() / 2
        mark = 0
        if row.is_target:
            mark = _MARK
            painter.setPen(QPen(QColor(theme.accent), 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QRectF(1, middle - 4, 8, 8))
            painter.setBrush(QColor(theme.accent))
            painter.drawEllipse(QRectF(3.5, middle - 1.5, 3, 3))
        if row.is_new:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.changed))
            painter.drawConvexPolygon(_triangle(mark + 5, middle))
            mark += _MARK
        painter.setPen(QColor(theme.muted if row.others else theme.text))
        font = emphasised(self.font(), is_bold=row.is_highest[0])
        painter.setFont(font)
        metrics = QFontMetrics(font)
        name = metrics.elidedText(row.name, Qt.TextElideMode.ElideRight, width - mark)
        area = QRectF(mark, 0, width - mark, self.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_bars(self, painter: QPainter, row: PredictionRow, area: QRectF) -> None:
        theme, middle = theme_of(self), area.center().y()
        scale = max(1.0, self.fontMetrics().height() / _USUAL_LINE)
        for value, colour, top, height, is_hollow in (
            (row.now, theme.changed, -6, 7, row.untrained[0]),
            (row.reference, theme.reference, 2, 4, row.untrained[1]),
        ):
            if value is not None and isfinite(value) and value > 0:
                width = max(value / self._columns.end * area.width(), 1.5)
                bar = QRectF(area.left(), middle + scale * top, width, scale * height)
                painter.setPen(QPen(QColor(colour), 1.0) if is_hollow else Qt.PenStyle.NoPen)
                painter.setBrush(Qt.BrushStyle.NoBrush if is_hollow else QColor(colour))
                painter.drawRoundedRect(bar.adjusted(0.5, 0.5, -0.5, -0.5) if is_hollow else bar, 2, 2)


class PredictionAxis(QWidget):
    """The scale of the bars above it: its ends in numbers, and its middle where that has room. It is the first to give
    way."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns = Columns()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)

    @property
    def words(self) -> tuple[str, ...]:
        """What stands at the beginning, the middle and the end of the bars."""
        end = self._columns.end
        return "0", percent(end / 2), percent(end)

    def set_columns(self, columns: Columns) -> None:
        """Those of the lines above."""
        if columns != self._columns:
            self._columns = columns
            self.update()

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(_SMALL * font.pointSizeF())
        return font

    def sizeHint(self) -> QSize:
        return QSize(0, QFontMetrics(self._font()).height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        font = self._font()
        metrics = QFontMetrics(font)
        if self.height() < metrics.ascent():
            return
        left, right = self._columns.bars(self.width())
        taken = float("-inf")
        widths = [metrics.horizontalAdvance(words) for words in self.words]
        places = [left, (left + right) / 2, right]
        with QPainter(self) as painter:
            painter.setFont(font)
            painter.setPen(QColor(theme_of(self).muted))
            for number in (0, 2, 1):
                wide, middle = widths[number], places[number]
                area = QRectF(middle - wide / 2, 0, wide + 1, self.height())
                is_free = number != 1 or (area.left() > taken and area.right() < right - widths[2] / 2 - _GAP)
                if is_free:
                    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.words[number])
                if number == 0:
                    taken = area.right() + _GAP


def _rule(painter: QPainter, area: QRectF, theme: Theme) -> None:
    """Where the bars begin, their middle and their end: one line through all rows."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QPen(QColor(theme.border), 1.0))
    for x in (area.left() - 1, area.center().x(), area.right()):
        painter.drawLine(QPointF(round(x), area.top()), QPointF(round(x), area.bottom()))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)


def emphasised(font: QFont, *, is_bold: bool) -> QFont:
    """The same font, bold or not."""
    made = QFont(font)
    made.setBold(is_bold)
    return made


def _triangle(x: float, middle: float) -> QPolygonF:
    return QPolygonF([QPointF(x, middle - 4), QPointF(x + 4.5, middle + 4), QPointF(x - 4.5, middle + 4)])


class _Legend(OneLineLabel):
    """What bars and numbers are. Its `beginning` stays where there is little room: that they are untrained."""

    beginning = ""

    @property
    def shown(self) -> str:
        elided = super().shown
        if elided.startswith(self.beginning):
            return elided
        return self.fontMetrics().elidedText(self.beginning, Qt.TextElideMode.ElideRight, self.width())

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.beginning), super().minimumSizeHint().height())


class PredictionsPanel(Card):
    """Up to seven rows in a card."""

    grows_letters = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Prediction", parent)
        self._message = muted(FittingParagraph(0))
        self._message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lines = tuple(PredictionLine(self) for _ in range(ROWS))
        self._scene: Scene | None = None
        self._legend = muted(_Legend(PredictionChart().legend))
        self._legend.setToolTip(_LEGEND_TIP)
        self.body.setSpacing(0)
        self.body.addWidget(self._message, 1)
        for line in self._lines:
            self.body.addWidget(line, 1)
        self._rest = PredictionLine(self)
        self._rest.setMinimumHeight(1)  # it goes before the rows would be lower
        self.body.addWidget(self._rest, 1)
        self._axis = PredictionAxis(self)
        self.body.addWidget(self._axis)
        self.body.addStretch(0)
        self.add_control(self._legend)
        self._fit()

    @property
    def rows(self) -> tuple[PredictionRow, ...]:
        """What is shown, from the top."""
        return tuple(line.row for line in self._lines if line.row is not None)

    @property
    def rest(self) -> PredictionRow | None:
        """The classes without a row, where the panel has room for their line."""
        return None if self._rest.isHidden() else self._rest.row

    @property
    def legend(self) -> str:
        """What bars and numbers are, and where the bars end if not at 100 %."""
        return self._legend.text()

    @property
    def message(self) -> str:
        """The words in place of rows, in their longest wording; empty while there are rows."""
        return "" if self._message.isHidden() else self._message.whole

    def render_scene(self, scene: Scene) -> None:
        """Show the scene's predictions; readings that hold the logits alone are enough."""
        self._scene = scene
        setup, reference = scene.session.setup, scene.reference
        if reference is not None and not reference.request.state.has_classes_of(setup.state):
            reference = None
        chart = prediction_chart(scene.now, reference, setup.class_names)
        rows = chart.rows
        columns = Columns.of(chart, QFontMetrics(emphasised(self.font(), is_bold=True)))
        scale = "" if chart.end == 1 else f"bars end at {percent(chart.end)} · "
        self._legend.beginning = scale + chart.legend.partition(":")[0].partition(" · ")[0]
        self._legend.setText(f"{scale}{chart.legend}")
        for line, row in zip_longest(self._lines, rows):
            line.set_row(row, is_dimmed=scene.is_stale, columns=columns)
            line.setVisible(row is not None)
        self._rest.set_row(chart.rest, is_dimmed=scene.is_stale, columns=columns)
        self._fit_rest()
        self._axis.set_columns(columns)
        self._axis.setVisible(bool(rows))
        self._message.setVisible(not rows)
        if not rows:
            is_coming = setup.state.network.has_classifier or scene.is_starting
            words = placeholder(scene) if is_coming else NO_CLASSIFIER
            self._message.set_wordings(chart.message or (words,))
        self._legend.setVisible(bool(rows))
        self.set_updating(scene.is_stale and bool(rows))

    def apply_theme(self, theme: Theme) -> None:
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_legend"):
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_rest()

    def _fit_rest(self) -> None:
        """The sum of the others has a line where no row gets low by it."""
        line = self._lines[0].minimumSizeHint().height()
        needed = (len(self.rows) + 1) * line + self._axis.sizeHint().height()
        self._rest.setVisible(self._rest.row is not None and self.body.geometry().height() >= needed)

    def _fit(self) -> None:
        """The font may be another: rows stand no farther apart than they are read well, and columns are as wide."""
        for line in (*self._lines, self._rest):
            line.setMaximumHeight(_MOST_LINES * self.fontMetrics().height())
        if self._scene is not None:
            self.render_scene(self._scene)
