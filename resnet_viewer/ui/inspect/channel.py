"""One channel alone: its maps large, now beside reference, their histogram and their numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_viewer.charts.colour_scale import coloured
from resnet_viewer.records.probe import Array
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.inspect.picture import ImagePane
from resnet_viewer.ui.inspect.readings import not_finite_wordings
from resnet_viewer.ui.widgets.card import Card, colour_text
from resnet_viewer.ui.widgets.fitting import FittingLabel, ShorteningLabel, part_wordings
from resnet_viewer.ui.widgets.pixels import tiles_of
from resnet_viewer.ui.widgets.theme import DARK, Theme

BINS = 40
_LINES_WITH_AXES, _LINES_WITH_NAMES, _LINES_WITH_NUMBERS = 8.0, 6.5, 5.0
"""A histogram as high as so many lines of text has them."""
_LEAST_LINES = 3.5
HISTOGRAM_AXES = {"bottom": "value (zeros left out)", "left": "positions"}
STATISTICS = ("mean", "standard deviation", "share of zeros", "minimum", "maximum")


@dataclass(frozen=True, eq=False)
class ChannelMaps:
    """One channel (H, W) of two readings; None, with a reason in words, where there is none."""

    title: str
    """The layer in words."""
    channel: int
    order: tuple[int, ...]
    """All channels as the mosaic shows them; the arrow keys follow it."""
    now: Array | None
    reference: Array | None
    now_message: str
    reference_message: str
    colours: str
    signed_colours: str
    is_stale: bool
    reference_title: str = "reference"
    """The word, with network and layer in words where they are others."""
    target: BlockTarget | None = None
    """What this channel is as a target; None within a block, where only the output can be one."""
    is_target: bool = False


def channel_words(channel: int, count: int) -> str:
    """A channel by its index in torch, which counts from 0: "channel 5 (of 0 to 15)"."""
    return f"channel {channel} (of 0 to {count - 1})"


def statistics(values: Array) -> tuple[str, ...]:
    """The numbers of `STATISTICS` as text; mean and standard deviation in float64."""
    zeros = float((values == 0).mean())
    with np.errstate(invalid="ignore", over="ignore"):
        mean, deviation = float(values.mean(dtype=np.float64)), float(values.std(dtype=np.float64))
    return (
        f"{mean:.4g}",
        f"{deviation:.4g}",
        f"{zeros * 100:.1f} %",
        f"{float(values.min()):.4g}",
        f"{float(values.max()):.4g}",
    )


def shared_limits(*maps: Array | None) -> tuple[tuple[float, float], bool]:
    """Limits for all maps, and whether they are signed: then symmetric about zero, else from zero up."""
    finite = [found[np.isfinite(found)] for found in maps if found is not None]
    lowest = min((float(found.min(initial=0.0)) for found in finite), default=0.0)
    highest = max((float(found.max(initial=0.0)) for found in finite), default=0.0)
    if lowest < 0:
        reach = max(-lowest, highest)
        return (-reach, reach), True
    return (0.0, highest), False


class ChannelView(Card):
    """All signals are wishes: `closed` to go back to the mosaic, `channel_chosen` for another channel,
    `target_wished` (a BlockTarget) to ask about this one."""

    closed = Signal()
    channel_chosen = Signal(int)
    target_wished = Signal(object)
    hovered = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Channel", parent)
        self._maps: ChannelMaps | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.back = QToolButton()
        self.back.setText("‹ All channels")
        self.back.setToolTip("Back to all channels (Esc)")
        self.back.setAccessibleName("Back to all channels")
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
        self.now_pane, self.reference_pane = ImagePane(), ImagePane()
        self._scale = ShorteningLabel(partial(part_wordings, separator=", "))
        self._names = FittingLabel(), FittingLabel()
        self._histogram = _histogram()
        self._curves = (
            self._histogram.plot(stepMode="center", fillLevel=0),
            self._histogram.plot(stepMode="center"),
        )
        self._cells: list[tuple[QLabel, QLabel]] = []
        self._heads: list[QLabel] = []
        row = QHBoxLayout()
        row.setSpacing(DARK.gap)
        for pane, label, name in zip(
            (self.now_pane, self.reference_pane), self._names, ("now", "reference"), strict=True
        ):
            label.set_wordings(name)
            pane.setAccessibleName(f"Channel map, {name}")
            pane.resting = 0.0
            pane.left.connect(self._tell_nothing)
            column = QVBoxLayout()
            column.setSpacing(2)
            column.addWidget(label)
            column.addWidget(pane, 1)
            row.addLayout(column, 3)
        self.now_pane.pixel_hovered.connect(self._tell_pixel_now)
        self.reference_pane.pixel_hovered.connect(self._tell_pixel_of_reference)
        self.now_pane.moved.connect(self.reference_pane.look)
        self.reference_pane.moved.connect(self.now_pane.look)
        side = QVBoxLayout()
        side.addWidget(self._histogram, 1)
        side.addLayout(self._table())
        side.addWidget(self._scale)
        row.addLayout(side, 3)
        self.body.addLayout(row, 1)
        self.apply_theme(DARK)

    @property
    def channel(self) -> int | None:
        """What is shown."""
        return None if self._maps is None else self._maps.channel

    @property
    def numbers(self) -> dict[str, tuple[str, str]]:
        """Each statistic's text, now and reference."""
        return {
            name: (now.text(), reference.text())
            for name, (now, reference) in zip(STATISTICS, self._cells, strict=True)
        }

    @property
    def scale_words(self) -> str:
        """Which values take the colours."""
        return self._scale.text()

    def show_channel(self, maps: ChannelMaps) -> None:
        """Show a channel; emits nothing."""
        self._maps = maps
        self.set_title(f"Channel {maps.channel}")
        self.set_subtitle(f"(of 0 to {len(maps.order) - 1}) · {maps.title}")
        with QSignalBlocker(self.number):
            self.number.setRange(0, len(maps.order) - 1)
            self.number.setValue(maps.channel)
        limits, is_signed = shared_limits(maps.now, maps.reference)
        colours = maps.signed_colours if is_signed else maps.colours
        for pane, values, message in (
            (self.now_pane, maps.now, maps.now_message),
            (self.reference_pane, maps.reference, maps.reference_message),
        ):
            pane.set_image(
                None if values is None else tiles_of(coloured(values[None], colours, *limits)).image
            )
            pane.set_message(message)
            odd = 0 if values is None else int(np.count_nonzero(~np.isfinite(values)))
            pane.set_note(*() if values is None else not_finite_wordings(odd, values.size, "positions"))
        self._names[1].set_wordings(maps.reference_title, "reference", tip=maps.reference_title)
        self.now_pane.set_dimmed(maps.is_stale)
        self.set_updating(maps.is_stale)
        shown = [values for values in (maps.now, maps.reference) if values is not None]
        has_scale = not shown or any(np.isfinite(values).any() for values in shown)
        scale = f"{colours} from {limits[0]:.4g} to {limits[1]:.4g}, now and reference alike"
        self._scale.setText(scale if has_scale else "No value is finite, and none has a colour")
        self._show_numbers(maps)
        self._show_histogram(maps)
        self._show_target(maps)

    def apply_theme(self, theme: Theme) -> None:
        super().apply_theme(theme)
        for pane in (self.now_pane, self.reference_pane):
            pane.apply_theme(theme)
        for label in (*self._names, self._scale, *self._heads):
            colour_text(label, theme.muted)
        for now, reference in self._cells:
            colour_text(now, theme.changed)
            colour_text(reference, theme.reference)
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
        elif self._maps is not None and event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            order = self._maps.order
            place = order.index(self._maps.channel) + (1 if event.key() == Qt.Key.Key_Right else -1)
            if 0 <= place < len(order):
                self.channel_chosen.emit(order[place])
        else:
            super().keyPressEvent(event)

    def _table(self) -> QGridLayout:
        table = QGridLayout()
        table.setHorizontalSpacing(12)
        table.setVerticalSpacing(1)
        table.setColumnStretch(0, 1)
        for column, name in enumerate(("now", "reference"), 1):
            self._heads.append(QLabel(name))
            table.addWidget(self._heads[-1], 0, column, Qt.AlignmentFlag.AlignRight)
        for row, name in enumerate(STATISTICS, 1):
            self._heads.append(QLabel(name))
            table.addWidget(self._heads[-1], row, 0)
            cells = QLabel(), QLabel()
            for column, cell in enumerate(cells, 1):
                cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                table.addWidget(cell, row, column, Qt.AlignmentFlag.AlignRight)
            self._cells.append(cells)
        return table

    def _show_target(self, maps: ChannelMaps) -> None:
        self.target.setEnabled(maps.target is not None and not maps.is_target)
        if maps.target is None:
            words = "Only a channel of a block's output can be the target; click a block's ground in the strip for it"
        elif maps.is_target:
            words = f"The target is {maps.target.words}"
        else:
            words = f"Ask about {maps.target.words}, in place of a class's score"
        self.target.setToolTip(words)
        self.target.setAccessibleName(f"Use as target. {words}")

    def _wish_target(self) -> None:
        if self._maps is not None and self._maps.target is not None:
            self.target_wished.emit(self._maps.target)

    def _show_numbers(self, maps: ChannelMaps) -> None:
        for column, values in enumerate((maps.now, maps.reference)):
            texts = ("–",) * len(STATISTICS) if values is None else statistics(values)
            for cells, text in zip(self._cells, texts, strict=True):
                cells[column].setText(text)

    def _show_histogram(self, maps: ChannelMaps) -> None:
        chosen = [
            None if values is None else values[np.isfinite(values) & (values != 0)].astype(np.float64)
            for values in (maps.now, maps.reference)
        ]
        filled = [values for values in chosen if values is not None and len(values)]
        if not filled:
            for curve in self._curves:
                curve.clear()
            return
        low, high = min(v.min() for v in filled), max(v.max() for v in filled)
        edges = np.linspace(low, high if high > low else low + 1e-12 + abs(low) * 1e-6, BINS + 1)
        for curve, values in zip(self._curves, chosen, strict=True):
            counts = np.histogram(values if values is not None else [], edges)[0]
            curve.setData(edges, counts)

    def _tell_pixel_now(self, x: int, y: int) -> None:
        self._tell_pixel("now", x, y)

    def _tell_pixel_of_reference(self, x: int, y: int) -> None:
        self._tell_pixel("reference", x, y)

    def _tell_pixel(self, under: str, x: int, y: int) -> None:
        """The value under the pointer, and that at the same place beside it where the maps are of one size."""
        if self._maps is None:
            return
        shown = {"now": self._maps.now, "reference": self._maps.reference}
        pointed = shown[under]
        if pointed is None:
            return
        words = [f"{channel_words(self._maps.channel, len(self._maps.order))} · y {y}, x {x}"]
        for name, values in shown.items():
            if values is not None and values.shape == pointed.shape:
                words.append(f"{name} {float(values[y, x]):.4g}")
        self.hovered.emit(" · ".join(words))

    def _tell_nothing(self) -> None:
        self.hovered.emit("")


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
