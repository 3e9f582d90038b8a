"""The gradient-norm plot, now against reference over the wiring strip's x axis, and the bar of choices above.

The y range always holds both curves whole; only x can be zoomed.
"""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGraphicsItem, QHBoxLayout, QWidget

from resnet_viewer.charts.chart import Axis, Chart, Floats
from resnet_viewer.charts.gradient_values import TITLES, GradientCurves, formula, gradient_chart
from resnet_viewer.charts.log_axis import Scale, Series, heights, scale_for
from resnet_viewer.records.probe import GradientOf, ProbeResult
from resnet_viewer.records.session import GradientQuantity
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.widgets.fitting import ShorteningLabel, choice_box, part_wordings, readout_wordings
from resnet_viewer.ui.widgets.labels import TitleLabel, muted, tooltip_text
from resnet_viewer.ui.widgets.plot_items import Drawing
from resnet_viewer.ui.widgets.theme import Theme

QUANTITIES: dict[GradientQuantity, str] = {
    "weight": "weight gradient",
    "relative": "relative weight gradient",
    "output": "gradient at block outputs",
}
SOURCES: dict[GradientOf, str] = {"score": "of the score", "loss": "of the loss"}
STALE_OPACITY = 0.35
CORNER = "layer"
"""The word before the numbers under the plot."""


class GradientPlot:
    """Draws two curves into a view box whose x axis somebody else steers.

    `surround` is the view box's parent: the numbers beside the axes stand in it. Call `prepare` after the view
    box's size or its x range changed.
    """

    def __init__(self, view: pg.ViewBox, surround: QGraphicsItem, font: QFont) -> None:
        self.view = view
        self.scale = Scale(-1, 1, -1, 1)
        self.chart = Chart(Axis(0.0, 1.0), Axis(-1.0, 1.0))
        self.shown = GradientCurves()
        """What is drawn."""
        self._layers = 1
        self._message = ""
        self.drawing = Drawing(view, surround, font, CORNER)
        self.frame = self.drawing.frame

    def set_curves(self, curves: GradientCurves, *, layers: int, message: str) -> None:
        """Show these; `layers` is the highest number on the x axis; `message` stands in an empty plot."""
        self.shown, self._layers = curves, layers
        self._message = "" if curves.there else message
        self.prepare()

    def set_stale(self, *, now: bool, reference: bool) -> None:
        """Show the curves as belonging to an older wish, or no more."""
        wished: dict[Hashable, bool] = {"now": now, "reference": reference}
        opacities = {role: STALE_OPACITY if is_stale else 1.0 for role, is_stale in wished.items()}
        if opacities != self.drawing.opacities:
            self.drawing.dim(opacities)

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        self.drawing.apply_theme(theme)
        self.prepare()

    def set_font(self, font: QFont) -> None:
        """Write in another font."""
        self.drawing.set_font(font)
        self.prepare()

    def prepare(self) -> None:
        """Fit the y range to the curves and the height, and lay everything out for the present x range."""
        room = self.drawing.room
        self.scale = scale_for(self.shown.there, room.height)
        span, message = tuple(self.view.viewRange()[0]), self._message
        chart = self.chart = gradient_chart(
            self.shown, self.scale, span, self._layers, room, has_names=True, message=message
        )
        if self.view.viewRange()[1] != [chart.y.low, chart.y.high]:
            self.view.setYRange(chart.y.low, chart.y.high, padding=0)
            self.view.updateMatrix()  # else only the first paint event does, and everything is painted twice
        self.drawing.draw(chart)

    def _pixels(self, points: Series) -> tuple[Floats, Floats]:
        """x and y of every point in the view box's pixels."""
        return self.chart.place(self.drawing.size, points.x, heights(points, self.scale))

    def pixel_of(self, points: Series, index: int) -> QPointF:
        """Where a point of a curve lies in the view box's pixels."""
        x, y = self._pixels(points)
        return QPointF(float(x[index]), float(y[index]))

    def nearest(self, x: float, y: float) -> str | None:
        """The layer or block whose point lies nearest to x; of two at one x the one nearer to y (pixels)."""
        points = self.shown.now or self.shown.reference
        if points is None or len(points.x) == 0:
            return None
        distances = np.abs(points.x - x)
        near = np.flatnonzero(distances <= distances.min() + 1e-9)
        index = min(near, key=lambda i: abs(self.pixel_of(points, int(i)).y() - y))
        return points.names[int(index)]


class GradientBar(QWidget):
    """Title, readout and choices between the strip and the plot."""

    quantity_chosen = Signal(str)
    gradient_of_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rest = ""
        self._title = TitleLabel()
        self._readout = muted(ShorteningLabel(self._wordings))
        self.quantity = choice_box("Quantity in the gradient plot", QUANTITIES.items())
        self.source = choice_box("Whose gradient is taken", SOURCES.items())
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._title)
        row.addWidget(self._readout, 1)
        row.addWidget(self.quantity)
        row.addWidget(self.source)
        self.quantity.activated.connect(self._choose_quantity)
        self.source.activated.connect(self._choose_source)

    @property
    def word_spans(self) -> tuple[tuple[int, int], ...]:
        """From where to where words stand, in its pixels."""
        return tuple(
            (label.x(), label.x() + min(label.fontMetrics().horizontalAdvance(label.shown), label.width()))
            for label in (self._title, self._readout)
        )

    @property
    def readout(self) -> str:
        """The muted text: what is plotted, or what lies under the pointer."""
        return self._readout.text()

    def show_choice(self, quantity: GradientQuantity, source: GradientOf) -> None:
        """What is wished for; emits nothing."""
        self._title.setText(TITLES[quantity])
        self.quantity.setCurrentIndex(self.quantity.findData(quantity))
        self.source.setCurrentIndex(self.source.findData(source))

    def show_reading(self, now: ProbeResult | None, quantity: GradientQuantity, class_name: str) -> None:
        """What is plotted, in symbols."""
        self._rest = "log scale"
        if now is not None:
            is_mean = isinstance(now.target, BlockTarget)
            self.source.setItemText(0, "of the mean" if is_mean else SOURCES["score"])
            self.source.setEnabled(not is_mean)
            self.source.setToolTip("Only a class has a loss" if is_mean else self.source.accessibleName())
            whose = f"target {class_name} · {now.picture.name}"
            if now.batch_size > 1:
                together = "mean loss" if now.request.gradient_of == "loss" else "summed score"
                whose = f"{now.batch_size} pictures: {together}"
            self._rest = f"{formula(quantity, now)} · log scale · {whose}"
        self.show_readout("")

    def show_readout(self, text: str) -> None:
        """What lies under the pointer; empty for what is plotted."""
        text = text or self._rest
        if text != self._readout.text():
            self._readout.setText(text)
            self._readout.setToolTip(tooltip_text(text))

    def _wordings(self, text: str) -> tuple[str, ...]:
        """What is plotted loses its parts from the end; what lies under the pointer keeps its numbers."""
        return part_wordings(text) if text == self._rest else readout_wordings(text)

    def _choose_quantity(self, index: int) -> None:
        self.quantity_chosen.emit(self.quantity.itemData(index))

    def _choose_source(self, index: int) -> None:
        self.gradient_of_chosen.emit(self.source.itemData(index))
