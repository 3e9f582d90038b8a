"""One channel alone: its maps large, now beside reference, their histogram and their numbers."""

from __future__ import annotations

from functools import partial

import pyqtgraph as pg
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QToolButton, QVBoxLayout, QWidget

from resnet_viewer.charts.feature_maps import STATISTICS, ChannelChart, Whose, statistics, value_words
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.inspect.picture import ImagePane, beside
from resnet_viewer.ui.inspect.readings import not_finite_wordings
from resnet_viewer.ui.widgets.card import Card
from resnet_viewer.ui.widgets.fitting import FittingLabel, ShorteningLabel, part_wordings
from resnet_viewer.ui.widgets.labels import muted, tool_button
from resnet_viewer.ui.widgets.pixels import tiles_of
from resnet_viewer.ui.widgets.theme import DARK, Theme, theme_of

_LINES_WITH_AXES, _LINES_WITH_NAMES, _LINES_WITH_NUMBERS = 8.0, 6.5, 5.0
"""A histogram as high as so many lines of text has them."""
_LEAST_LINES = 3.5
HISTOGRAM_AXES = {"bottom": "value (zeros left out)", "left": "positions"}


class ChannelView(Card):
    """All signals are wishes: `closed` to go back to the mosaic, `channel_chosen` for another channel,
    `target_wished` (a BlockTarget) to ask about this one."""

    closed = Signal()
    channel_chosen = Signal(int)
    target_wished = Signal(object)
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Channel", parent)
        self._chart: ChannelChart | None = None
        self._order: tuple[int, ...] = ()
        self._target: BlockTarget | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.back = tool_button("‹ All channels", "Back to all channels", "Back to all channels (Esc)")
        self.back.clicked.connect(self.closed)
        self.header.insertWidget(0, self.back)
        self.number = QSpinBox()
        self.number.setAccessibleName("Channel")
        self.number.setToolTip(
            "Channel, counted from 0 as in torch; ← and → go through them in the mosaic's order"
        )
        self.number.setKeyboardTracking(False)
        self.number.valueChanged.connect(self.channel_chosen)
        self.target = QToolButton()
        self.target.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.target.setText("Use as target")
        self.target.clicked.connect(self._wish_target)
        self.add_control(self.target)
        self.add_control(self.number)
        self._panes = self.now_pane, self.reference_pane = beside(ImagePane, "Channel map", self.hovered)
        self._scale = muted(ShorteningLabel(partial(part_wordings, separator="; ")))
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
        row = QHBoxLayout()
        row.setSpacing(DARK.gap)
        for pane, label, name in zip(self._panes, self._names, ("now", "reference"), strict=True):
            label.set_wordings(name)
            pane.resting = 0.0
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(label)
            column.addWidget(pane, 1)
            row.addLayout(column, 3)
        self.now_pane.pixel_hovered.connect(partial(self._tell_pixel, "now"))
        self.reference_pane.pixel_hovered.connect(partial(self._tell_pixel, "reference"))
        side = QVBoxLayout()
        side.addWidget(self._histogram, 1)
        side.addWidget(self._table)
        side.addWidget(self._scale)
        row.addLayout(side, 3)
        self.body.addLayout(row, 1)
        self.apply_theme(DARK)

    def show_channel(
        self,
        chart: ChannelChart,
        *,
        order: tuple[int, ...],
        messages: tuple[str, ...],
        is_stale: bool,
        target: BlockTarget | None = None,
        is_target: bool = False,
    ) -> None:
        """Show a channel; emits nothing.

        The arrow keys go through the channels in `order`. `messages` say why a side has no map. `target` is what this
        channel is as a target, None within a block, where only the output can be one.
        """
        self._chart, self._order, self._target = chart, order, target
        self.set_title(f"Channel {chart.channel}")
        self.set_subtitle(f"(of 0 to {chart.count - 1}) · {chart.sides[0].side.words}")
        with QSignalBlocker(self.number):
            self.number.setRange(0, chart.count - 1)
            self.number.setValue(chart.channel)
        for pane, found, message in zip(self._panes, chart.sides, messages, strict=True):
            pane.set_image(None if found.colours is None else tiles_of(found.colours).image)
            pane.set_message(message)
            size = 0 if found.values is None else found.values.size
            pane.set_note(*not_finite_wordings(found.odd, size, "positions"))
        title = chart.sides[1].side.title
        self._names[1].set_wordings(title, "reference", "ref.", tip=title)
        self.now_pane.set_dimmed(is_stale)
        self.set_updating(is_stale)
        self._scale.setText(chart.scale.words)
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

    def apply_theme(self, theme: Theme) -> None:
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

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
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
            self.hovered.emit(value_words(sides, whose, self._chart.channel, y, x))


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
