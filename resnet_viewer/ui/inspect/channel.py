"""One channel alone: its maps large, now beside reference, their histogram and their numbers."""

from __future__ import annotations

from functools import partial

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.charts.feature_maps import (
    STATISTICS,
    ChannelChart,
    Whose,
    side_wordings,
    statistics,
    value_words,
)
from resnet_viewer.records.receptive_field import Mark
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.inspect.mosaic import paint_cell
from resnet_viewer.ui.inspect.picture import ImagePane, beside
from resnet_viewer.ui.inspect.readings import not_finite_wordings
from resnet_viewer.ui.widgets.fitting import FittingLabel
from resnet_viewer.ui.widgets.labels import muted, tool_button
from resnet_viewer.ui.widgets.pixels import tiles_of
from resnet_viewer.ui.widgets.theme import DARK, Theme, theme_of

_LINES_WITH_AXES, _LINES_WITH_NAMES, _LINES_WITH_NUMBERS = 8.0, 6.5, 5.0
"""A histogram as high as so many lines of text has them."""
_LEAST_LINES = 3.5
_BACK, _TARGET = ("‹ All channels", "‹"), ("Use as target", "Target")
"""Buttons' words, and the same in short."""
_LEAST_MAP, _LEAST_HISTOGRAM = 110, 90
"""Pixels across, of a map with a histogram, and of that."""
_UNBOUNDED = 2**24 - 1
"""Qt's own largest height."""
HISTOGRAM_AXES = {"bottom": "value (zeros left out)", "left": "positions"}


class MapPane(ImagePane):
    """One map. `cell_clicked(y, x)` is a wish to mark that place."""

    cell_clicked = Signal(int, int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cell: tuple[int, int] | None = None
        """Row and column of the marked point."""
        self.setCursor(Qt.CursorShape.CrossCursor)

    def show_cell(self, cell: tuple[int, int] | None) -> None:
        """Outline that place."""
        if cell != self.cell:
            self.cell = cell
            self.update()

    def paint_content(self, painter: QPainter, frame: QRectF) -> None:
        super().paint_content(painter, frame)
        if self.cell is not None and self.image is not None:
            paint_cell(painter, frame, self.cell, (self.image.height(), self.image.width()))

    def point_clicked(self, position: QPointF) -> None:
        if (point := self.pixel_at(position)) is not None:
            self.cell_clicked.emit(point.y(), point.x())


class ChannelView(QWidget):
    """All signals are wishes: `closed` to go back to the mosaic, `channel_chosen` for another channel,
    `target_wished` (a BlockTarget) to ask about this one. `controls` stand in the header of the panel around it.
    """

    closed = Signal()
    channel_chosen = Signal(int)
    target_wished = Signal(object)
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chart: ChannelChart | None = None
        self._order: tuple[int, ...] = ()
        self._target: BlockTarget | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.back = tool_button(_BACK[False], "Back to all channels", "Back to all channels (Esc)")
        self.back.clicked.connect(self.closed)
        self.number = QSpinBox()
        self.number.setAccessibleName("Channel")
        self.number.setToolTip(
            "Channel, counted from 0 as in torch; ← and → go through them in the mosaic's order"
        )
        self.number.setKeyboardTracking(False)
        self.number.valueChanged.connect(self.channel_chosen)
        self.target = QToolButton()
        self.target.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.target.setText(_TARGET[False])
        self.target.clicked.connect(self._wish_target)
        self.controls = self.target, self.number
        self.panes = self.now_pane, self.reference_pane = beside(MapPane, "Channel map", self.hovered)
        self._names = muted(FittingLabel()), muted(FittingLabel())
        self._histogram = _histogram()
        self._curves = (
            self._histogram.plot(stepMode="center", fillLevel=0),
            self._histogram.plot(stepMode="center"),
        )
        self.numbers: dict[str, tuple[str, str]] = {}
        """Each statistic's text, now and reference."""
        self._table = QLabel()
        self._table.setTextFormat(Qt.TextFormat.RichText)
        self._table.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(DARK.gap)
        self._maps = QWidget()
        row = QHBoxLayout(self._maps)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(DARK.gap)
        self._columns = QWidget(), QWidget()
        for pane, label, column in zip(self.panes, self._names, self._columns, strict=True):
            pane.resting = 0.0
            lines = QVBoxLayout(column)
            lines.setContentsMargins(0, 0, 0, 0)
            lines.setSpacing(2)
            lines.addWidget(label)
            lines.addWidget(pane, 1)
            row.addWidget(column, 3)
        self.now_pane.pixel_hovered.connect(partial(self._tell_pixel, "now"))
        self.reference_pane.pixel_hovered.connect(partial(self._tell_pixel, "reference"))
        self.side = QWidget()
        """Histogram and numbers, where there is room for them."""
        self._side_line = QBoxLayout(QBoxLayout.Direction.TopToBottom, self.side)
        self._side_line.setContentsMargins(0, 0, 0, 0)
        self._side_line.addWidget(self._histogram, 1)
        self._side_line.addWidget(self._table)
        self._line.addWidget(self._maps, 2)
        self._line.addWidget(self.side, 1)
        self.apply_theme(DARK)

    def show_channel(
        self,
        chart: ChannelChart,
        *,
        order: tuple[int, ...],
        messages: tuple[str, ...],
        is_stale: bool,
        is_pair: bool = True,
        mark: Mark | None = None,
        target: BlockTarget | None = None,
        is_target: bool = False,
    ) -> None:
        """Show a channel; emits nothing.

        The arrow keys go through the channels in `order`. `messages` say why a side has no map. Without `is_pair` now
        is the reference, and shown alone. `target` is what this channel is as a target, None within a block, where only
        the output can be one.
        """
        self._chart, self._order, self._target = chart, order, target
        self._columns[1].setVisible(is_pair)
        with QSignalBlocker(self.number):
            self.number.setRange(0, chart.count - 1)
            self.number.setValue(chart.channel)
        for pane, label, found, message in zip(self.panes, self._names, chart.sides, messages, strict=True):
            pane.set_image(None if found.colours is None else tiles_of(found.colours).image)
            pane.set_message(message)
            size = 0 if found.values is None else found.values.size
            pane.set_note(*not_finite_wordings(found.odd, size, "positions"))
            field = found.side.marked(mark) if found.values is not None else None
            pane.show_cell(None if field is None else (field.row, field.column))
            wordings = side_wordings(found.side, field, chart.channel, is_pair=is_pair)
            label.set_wordings(*wordings, tip=wordings[0])
        self.now_pane.set_dimmed(is_stale)
        self._share_width()
        columns = []
        for curve, found in zip(self._curves, chart.sides, strict=True):
            texts = ["–"] * len(STATISTICS)
            if found.values is not None:
                *values, zeros = statistics(found.values[None])[0].tolist()
                texts = [*(f"{value:.4g}" for value in values), f"{100 * zeros:.1f} %"]
            columns.append(texts)
            if len(chart.edges):
                curve.setData(chart.edges, found.counts)
            else:
                curve.clear()
        self.numbers = {name: (now, then) for name, now, then in zip(STATISTICS, *columns, strict=True)}
        self._write_numbers()
        self._show_target(is_target=is_target)

    def set_short(self, *, is_short: bool) -> None:
        """Say what stands in the header in short."""
        self.back.setText(_BACK[is_short])
        self.target.setText(_TARGET[is_short])

    def header_width(self, *, is_short: bool) -> int:
        """Pixels of what stands in the header, with the room around it."""
        advance, width = self.fontMetrics().horizontalAdvance, self.number.sizeHint().width() + 3 * DARK.gap
        for button, words in ((self.back, _BACK), (self.target, _TARGET)):
            width += button.sizeHint().width() - advance(button.text()) + advance(words[is_short])
        return width

    def apply_theme(self, theme: Theme) -> None:
        """Take the theme's colours where the palette does not reach."""
        self._write_numbers()
        self._histogram.setBackground(QColor(theme.panel))
        for name in ("left", "bottom"):
            axis = self._histogram.getAxis(name)
            axis.setPen(QColor(theme.border))
            axis.setTextPen(QColor(theme.muted))
        self._histogram.setTitle(
            f'<span style="color:{theme.changed}">■ now</span> &nbsp; '
            f'<span style="color:{theme.reference}">╌ reference</span>',
            size="9pt",
        )
        for name, words in HISTOGRAM_AXES.items():
            self._histogram.setLabel(name, words, color=theme.muted, **{"font-size": "8pt"})
        self._histogram.setMinimumHeight(round(_LEAST_LINES * self.fontMetrics().height()))
        self._histogram.share_height()
        filled = QColor(theme.changed)
        filled.setAlphaF(0.35)
        self._curves[0].setPen(QPen(QColor(theme.changed), 0))
        self._curves[0].setBrush(filled)
        dashed = QPen(QColor(theme.reference), 0, Qt.PenStyle.DashLine)
        self._curves[1].setPen(dashed)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._share_width()

    def _share_width(self) -> None:
        """The maps come first; histogram and numbers stand beside them or below, where the maps leave them room."""
        count = 1 if self._columns[1].isHidden() else 2
        table, names = self._table.sizeHint(), self._names[0].height() + 2
        height, width = self.height(), self.width()
        beside = min((width - table.width()) / count - DARK.gap, height - names)
        below = min(width / count - DARK.gap, height - names - DARK.gap - table.height())
        below = below if width >= table.width() else 0.0
        is_beside = beside >= below
        self.side.setVisible(max(beside, below) >= _LEAST_MAP)
        ways = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._histogram.setVisible(is_beside or width >= table.width() + _LEAST_HISTOGRAM)
        self._line.setDirection(ways[0] if is_beside else ways[1])
        self._side_line.setDirection(ways[1] if is_beside else ways[0])
        is_low = self.side.isVisibleTo(self) and not is_beside
        self._maps.setMaximumHeight(round(below) + names if is_low else _UNBOUNDED)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_for_mark = self.now_pane.cell is not None or self.reference_pane.cell is not None
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            super().keyPressEvent(event)  # moves the mark
        elif event.key() == Qt.Key.Key_Escape and is_for_mark:
            super().keyPressEvent(event)  # takes the mark away
        elif event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        elif self._chart is not None and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            place = self._order.index(self._chart.channel) + (1 if event.key() == Qt.Key.Key_Right else -1)
            if 0 <= place < len(self._order):
                self.channel_chosen.emit(self._order[place])
        else:
            super().keyPressEvent(event)

    def _write_numbers(self) -> None:
        theme = theme_of(self)
        lines = [("", "now", "reference", theme.muted, theme.muted)]
        lines += [(name, *pair, theme.changed, theme.reference) for name, pair in self.numbers.items()]
        rows = (
            f'<tr><td style="color:{theme.muted}">{name}</td>'
            f'<td width="1%" align="right" style="color:{red}; padding-left:12px">{now}</td>'
            f'<td width="1%" align="right" style="color:{grey}; padding-left:12px">{then}</td></tr>'
            for name, now, then, red, grey in lines
        )
        self._table.setText(f'<table width="100%" cellspacing="0">{"".join(rows)}</table>')

    def _show_target(self, *, is_target: bool) -> None:
        self.target.setEnabled(self._target is not None and not is_target)
        if self._target is None:
            words = "Only a channel of a block's output can be the target; click a block in the strip for it"
        elif is_target:
            words = f"The target is {self._target.words}"
        else:
            words = f"Ask about {self._target.words}, in place of a class's score"
        self.target.setToolTip(words)
        self.target.setAccessibleName(f"Use as target. {words}")

    def _wish_target(self) -> None:
        if self._target is not None:
            self.target_wished.emit(self._target)

    def _tell_pixel(self, whose: Whose, x: int, y: int) -> None:
        if self._chart is not None:
            sides = [found.side for found in self._chart.sides]
            words = value_words(sides, whose, self._chart.channel, y, x)
            self.hovered.emit(f"{words} · click: mark it" if words else "")


class Histogram(pg.PlotWidget):
    """Where it is low, what its axes are goes first, then the names of its curves, then the numbers at the left."""

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None:  # pyqtgraph calls it with None while it is being made
            self.share_height()

    def share_height(self) -> None:
        """Show the words that leave room for the bars."""
        lines = self.height() / max(self.fontMetrics().height(), 1)
        for name in HISTOGRAM_AXES:
            self.getAxis(name).showLabel(lines >= _LINES_WITH_AXES)
        self.plotItem.titleLabel.setVisible(lines >= _LINES_WITH_NAMES)
        self.plotItem.titleLabel.setMaximumHeight(30 if lines >= _LINES_WITH_NAMES else 0)
        self.plotItem.layout.setRowFixedHeight(0, 30 if lines >= _LINES_WITH_NAMES else 0)
        self.getAxis("left").setStyle(showValues=lines >= _LINES_WITH_NUMBERS, maxTickLevel=0)


def _histogram() -> Histogram:
    plot = Histogram()
    plot.setToolTip("How many positions have which value, zeros left out; now filled, the reference dashed")
    plot.setMenuEnabled(False)
    plot.hideButtons()
    plot.setMouseEnabled(x=False, y=False)
    plot.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
    plot.setAccessibleName("Histogram of the channel's values, now and reference")
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return plot
