"""The gradient-norm plot, now against reference over the wiring strip's x axis, and the bar of choices above.

The y range always holds both curves whole; only x can be zoomed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGraphicsItem, QHBoxLayout, QWidget

from resnet_viewer.charts.chart import Floats, Stroke
from resnet_viewer.charts.log_axis import Scale, Series, heights, scale_for
from resnet_viewer.records.probe import GradientOf, ProbeResult
from resnet_viewer.records.session import GradientQuantity
from resnet_viewer.records.target import BlockTarget
from resnet_viewer.ui.widgets.card import colour_text
from resnet_viewer.ui.widgets.fitting import ShorteningLabel, choice_box, part_wordings, readout_wordings
from resnet_viewer.ui.widgets.labels import TitleLabel, tooltip_text
from resnet_viewer.ui.widgets.plot_axes import CORNER, CurveNames, PlotGround, Track
from resnet_viewer.ui.widgets.plot_lines import CurveDots, Line, Lines
from resnet_viewer.ui.widgets.theme import DARK, Theme

QUANTITIES: dict[GradientQuantity, str] = {
    "weight": "weight gradient",
    "relative": "relative weight gradient",
    "output": "gradient at block outputs",
}
TITLES: dict[GradientQuantity, str] = {
    "weight": "Gradient norm per layer",
    "relative": "Relative gradient norm per layer",
    "output": "Gradient norm per block",
}
FORMULAS: dict[GradientQuantity, str] = {
    "weight": "‖∂{of}/∂W‖₂",
    "relative": "‖∂{of}/∂W‖₂ / ‖W‖₂",
    "output": "‖∂{of}/∂y‖₂",
}
SOURCES: dict[GradientOf, str] = {"score": "of the score", "loss": "of the loss"}
STALE_OPACITY = 0.35
_WIDTHS = {"now": 2.0, "reference": 1.4}
"""Pixels."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A series to draw, the name written beside it, and whether it belongs to an older wish."""

    points: Series
    name: str
    is_stale: bool = False


def _opacity(curve: Curve | None) -> float:
    return STALE_OPACITY if curve is not None and curve.is_stale else 1.0


class GradientPlot:
    """Draws two curves into a view box whose x axis somebody else steers.

    `surround` is the view box's parent: the numbers beside the axes stand in it. Call `prepare` after the view
    box's size changed, `follow` after its x range did.
    """

    def __init__(self, view: pg.ViewBox, surround: QGraphicsItem, font: QFont) -> None:
        self.view = view
        self.scale = Scale(-1, 1, -1, 1)
        self._curves: dict[str, Curve | None] = {"reference": None, "now": None}
        self._layers = 1
        self._message = ""
        self._theme = DARK
        self.lines = {role: Lines(view) for role in self._curves}
        self.dots = {role: CurveDots(view, is_around=role == "reference") for role in self._curves}
        for z, role in enumerate(self._curves):
            self.lines[role].setZValue(z)
            self.dots[role].setZValue(10 + z)
        # A view box clips its children, and the numbers stand outside it.
        self.ground = PlotGround(surround, DARK, font, CORNER)
        self.names = CurveNames(view, DARK, font)

    @property
    def curves(self) -> tuple[Series, ...]:
        """What is drawn, reference first."""
        return tuple(curve.points for curve in self._curves.values() if curve is not None)

    @property
    def now(self) -> Series | None:
        """The red curve."""
        curve = self._curves["now"]
        return None if curve is None else curve.points

    @property
    def reference(self) -> Series | None:
        """The grey curve."""
        curve = self._curves["reference"]
        return None if curve is None else curve.points

    @property
    def opacity(self) -> float:
        """Of the now-curve: 1, or less while it is stale."""
        return float(self.lines["now"].opacity())

    def set_curves(self, now: Curve | None, reference: Curve | None, *, layers: int, message: str) -> None:
        """Show these; `layers` is the highest number on the x axis; `message` stands in an empty plot."""
        self._curves = {"reference": reference, "now": now}
        self._layers = layers
        self._message = message if now is None and reference is None else ""
        self._dim()
        self.prepare()

    def set_stale(self, *, now: bool, reference: bool) -> None:
        """Show the same curves as belonging to an older wish, or no more."""
        wished = {"now": now, "reference": reference}
        if all(curve is None or curve.is_stale == wished[role] for role, curve in self._curves.items()):
            return
        for role, is_stale in wished.items():
            curve = self._curves[role]
            self._curves[role] = None if curve is None else replace(curve, is_stale=is_stale)
        self._dim()
        self.names.set_opacities({role: _opacity(curve) for role, curve in self._curves.items()})

    def _dim(self) -> None:
        for role, curve in self._curves.items():
            self.lines[role].setOpacity(_opacity(curve))
            self.dots[role].setOpacity(_opacity(curve))

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        self._theme = theme
        self.ground.apply_theme(theme)
        self.names.apply_theme(theme)
        self.prepare()

    def set_font(self, font: QFont) -> None:
        """Write in another font."""
        self.ground.set_font(font)
        self.names.set_font(font)
        self.prepare()

    def prepare(self) -> None:
        """Fit the y range to the curves and the height, and lay everything out for the present x range."""
        height = max(float(self.view.height()), 1.0)
        scale = scale_for(self.curves, height)
        if scale != self.scale or self.view.viewRange()[1] != [scale.bottom, scale.top]:
            self.scale = scale
            self.view.setYRange(scale.bottom, scale.top, padding=0)
            self.view.updateMatrix()  # else only the first paint event does, and everything is painted twice
        self.follow()

    def follow(self) -> None:
        """Lay out again after the x range changed."""
        left, right = self.view.viewRange()[0]
        width, height = max(float(self.view.width()), 1.0), max(float(self.view.height()), 1.0)
        self.ground.setPos(self.view.pos())
        self.ground.prepare(self.scale, width, height, (left, right), self._layers, self._message)
        tracks, opacities = [], []
        for role in ("now", "reference"):
            curve = self._curves[role]
            colour = self._theme.changed if role == "now" else self._theme.reference
            points = None if curve is None else curve.points
            x, y = (np.zeros(0), np.zeros(0)) if points is None else self._pixels(points)
            has_dot = np.zeros(0, dtype=bool)
            if curve is not None:
                joined = curve.points.is_joined
                on_line = np.where(np.isnan(curve.points.logs), np.nan, y)[joined]
                stroke = Stroke(colour, is_dashed=role == "reference")
                self.lines[role].set_line(role, Line(x[joined], on_line, stroke, _WIDTHS[role]))
                has_dot = np.full(len(x), True) if role == "now" else _is_alone(curve.points)
                tracks.append(Track(curve.name, role, x[joined], y[joined], np.stack((x, y), axis=1)))
                opacities.append(_opacity(curve))
            self.lines[role].set_size((width, height))
            self.lines[role].set_order([role] if curve is not None else [])
            self.dots[role].prepare(points, (x, y), has_dot, (colour, self._theme.panel), (width, height))
        self.names.prepare(tracks, opacities, (width, height))

    def _pixels(self, points: Series) -> tuple[Floats, Floats]:
        """x and y of every point in the view box's pixels."""
        left, right = self.view.viewRange()[0]
        x = (points.x - left) * (self.view.width() / (right - left))
        down = self.scale.top - heights(points, self.scale)
        return x, down * (self.view.height() / (self.scale.top - self.scale.bottom))

    def pixel_of(self, points: Series, index: int) -> QPointF:
        """Where a point of a curve lies in the view box's pixels."""
        x, y = self._pixels(points)
        return QPointF(float(x[index]), float(y[index]))

    def nearest(self, x: float, y: float) -> str | None:
        """The layer or block whose point lies nearest to x; of two at one x the one nearer to y (pixels)."""
        points = self.now or self.reference
        if points is None or len(points.x) == 0:
            return None
        distances = np.abs(points.x - x)
        near = np.flatnonzero(distances <= distances.min() + 1e-9)
        index = min(near, key=lambda i: abs(self.pixel_of(points, int(i)).y() - y))
        return points.names[int(index)]


def _is_followed(points: Series) -> NDArray[np.bool_]:
    """Whether a line leads from a joined point to the next joined one: both have a logarithm."""
    joined = np.flatnonzero(points.is_joined)
    has_log = ~np.isnan(points.logs)
    follows = np.zeros(len(points.x), dtype=bool)
    follows[joined[:-1]] = has_log[joined[:-1]] & has_log[joined[1:]]
    return follows


def _is_alone(points: Series) -> NDArray[np.bool_]:
    """Points that no line reaches: without a dot they would not be seen."""
    joined = np.flatnonzero(points.is_joined)
    follows = _is_followed(points)
    is_reached = follows.copy()
    is_reached[joined[1:]] |= follows[joined[:-1]]
    return ~is_reached


class GradientBar(QWidget):
    """Title, readout and choices between the strip and the plot."""

    quantity_chosen = Signal(str)
    gradient_of_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rest = ""
        self._title = TitleLabel()
        self._readout = ShorteningLabel(self._wordings)
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
            formula = FORMULAS[quantity].format(of="mean" if is_mean else now.request.gradient_of)
            self.source.setItemText(0, "of the mean" if is_mean else SOURCES["score"])
            self.source.setEnabled(not is_mean)
            self.source.setToolTip("Only a class has a loss" if is_mean else self.source.accessibleName())
            self._rest = f"{formula} · log scale · target {class_name} · {now.request.picture.name}"
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

    def apply_theme(self, theme: Theme) -> None:
        """Other colours."""
        colour_text(self._title, theme.text)
        colour_text(self._readout, theme.muted)

    def _choose_quantity(self, index: int) -> None:
        self.quantity_chosen.emit(self.quantity.itemData(index))

    def _choose_source(self, index: int) -> None:
        self.gradient_of_chosen.emit(self.source.itemData(index))
