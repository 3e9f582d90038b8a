"""The wiring strip above the gradient plot on one x axis: what is drawn where, zoom and pan.

Two linked view boxes share the x range; the strip, the grid and the lines across both are items in pixels.
"""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from resnet_viewer.charts.wiring_layout import Part, StripLayout
from resnet_viewer.records.wiring import Wiring
from resnet_viewer.ui.inspect.gradients import GradientPlot
from resnet_viewer.ui.inspect.wiring_geometry import arc_around, part_at
from resnet_viewer.ui.inspect.wiring_strip import StripItem, StripState
from resnet_viewer.ui.panels.circuit_lines import CircuitLines
from resnet_viewer.ui.widgets.plot_axes import BOTTOM_ROOM, RIGHT_ROOM
from resnet_viewer.ui.widgets.theme import DARK, Theme

BAR_HEIGHT = 30
"""Pixels between strip and plot, where the gradient bar stands."""
STRIP_HEIGHT = 64.0
"""Of the arcs and boxes; two lines of text come on top."""
LOW_STRIP_HEIGHT = 44.0
PLAIN_STRIP_HEIGHT = 32.0
LEAST_PLOT_LINES = 3.0
"""The lowest plot is as high as so many lines of text: three numbers beside its axis, the names between its curves."""
HIGHEST_MINIMUM = 180.0
"""So much height is left in the smallest window: there the plot gives way to the largest fonts."""
LEAST_UNITS = 4.0
"""The nearest zoom shows that many layers."""


class CircuitCanvas(pg.GraphicsLayoutWidget):
    """Strip and plot, without hands: `CircuitView` adds the pointer and the keyboard."""

    pointed = Signal(str)
    """Name of the layer or block whose reading is under the pointer; empty for none."""
    rearranged = Signal()
    """The place of strip, bar and plot in the view changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(self.Shape.NoFrame)
        self.ci.layout.setSpacing(0)
        self.strip_box = _box()
        self.plot_box = _box()
        self.addItem(self.strip_box, 0, 0)
        self.addItem(self.plot_box, 1, 0)
        self.ci.layout.setRowSpacing(0, BAR_HEIGHT)
        self.plot_box.setXLink(self.strip_box)
        self.strip = StripItem(self.strip_box, DARK, self.font())
        self.plot = GradientPlot(self.plot_box, self.ci, self.font())
        self.lines = CircuitLines(self.ci, DARK)
        self._pointed_at: str | None = None
        self._strip_height = 0.0
        self._make_room()
        for box in (self.strip_box, self.plot_box):
            box.sigResized.connect(self._resized)
        self.strip_box.sigXRangeChanged.connect(self._followed)
        self.plot_box.sigXRangeChanged.connect(self._followed)
        CircuitCanvas.apply_theme(self, DARK)

    @property
    def layout_shown(self) -> StripLayout | None:
        """The strip's layout."""
        return self.strip.state.layout if self.strip.state is not None else None

    def show_wiring(self, layout: StripLayout, wiring: Wiring, selected: str) -> None:
        """Show a network's wiring; another network is shown whole."""
        state = self.strip.state
        if state is None or state.layout is not layout:
            self.strip.set_state(StripState(layout, wiring, selected))
            left, right = layout.limits
            for box in (self.strip_box, self.plot_box):
                box.setLimits(xMin=left, xMax=right, minXRange=min(LEAST_UNITS, right - left))
            self._size_strip()
            self.fit()
        elif state.wiring != wiring or state.selected != selected:
            self.strip.adjust(wiring=wiring, selected=selected)
        self._place_lines()

    def fit(self) -> None:
        """Show the whole network."""
        if self.layout_shown is not None:
            self.strip_box.setXRange(*self.layout_shown.limits, padding=0)

    def apply_theme(self, theme: Theme) -> None:
        """pyqtgraph does not follow the palette: every colour is handed on by hand."""
        self.setBackground(theme.panel)
        self.strip.apply_theme(theme)
        self.plot.apply_theme(theme)
        self.lines.apply_theme(theme)

    def bar_rect(self) -> QRectF:
        """The ground between strip and plot, in the view's pixels."""
        strip, plot = self.strip_box.geometry(), self.plot_box.geometry()
        return QRectF(0, strip.bottom(), self.viewport().width(), plot.top() - strip.bottom())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if event is not None:  # pyqtgraph calls it with None while it is being made
            self._size_strip()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.strip.set_font(self.font())
            self.plot.set_font(self.font())
            self._make_room()
            self._size_strip()
            self._resized()

    @property
    def is_cramped(self) -> bool:
        """Whether the font is too large for the smallest window."""
        return bool(self.minimumHeight() >= HIGHEST_MINIMUM)

    def _make_room(self) -> None:
        """For the numbers beside the axes, and for a plot in the lowest panel."""
        text = self.fontMetrics().height()
        bottom = BOTTOM_ROOM + text
        self.ci.layout.setContentsMargins(self.plot.ground.left_room, 0, RIGHT_ROOM, bottom)
        least = LOW_STRIP_HEIGHT + 2 * text + BAR_HEIGHT + LEAST_PLOT_LINES * text + bottom
        self.setMinimumHeight(round(min(least, HIGHEST_MINIMUM)))

    def _size_strip(self) -> None:
        layout = self.layout_shown
        if layout is not None and not layout.spans[0].has_shortcut:
            height = PLAIN_STRIP_HEIGHT
        else:
            height = STRIP_HEIGHT if self.height() >= 230 else LOW_STRIP_HEIGHT
        height += 2 * self.strip.frame.text_height
        if height != self._strip_height:
            self._strip_height = height
            self.ci.layout.setRowFixedHeight(0, height)

    def _resized(self) -> None:
        self._follow_strip()
        self.plot.prepare()
        self._place_lines()
        self.rearranged.emit()

    def _followed(self) -> None:
        self._follow_strip()
        self.plot.follow()
        self._place_lines()

    def _follow_strip(self) -> None:
        left, right = self.strip_box.viewRange()[0]
        self.strip.set_frame(left, right, self.strip_box.width(), self.strip_box.height())

    def _place_lines(self) -> None:
        strip, plot = self.strip_box.geometry(), self.plot_box.geometry()
        state = self.strip.state
        frame = self.strip.frame
        selected = None
        if state is not None and state.selected in state.layout.x_by_name:
            selected = frame.px(state.layout.x_by_name[state.selected])
        bounds = QRectF(self.ci.rect())
        self.lines.place(
            bounds, (plot.left(), plot.right()), (strip.bottom(), plot.top(), plot.bottom()), selected
        )
        self.place_pointer()

    def zoom(self, factor: float, px: float) -> None:
        """Show `factor` times as many layers, keeping what lies at `px` pixels of the strip in its place."""
        layout, frame = self.layout_shown, self.strip.frame
        if layout is None:
            return
        low, high = layout.limits
        span = min(max((frame.right - frame.left) * factor, LEAST_UNITS), high - low)
        share = min(max(px / max(frame.width, 1.0), 0.0), 1.0)
        left = min(max(frame.x(px) - share * span, low), high - span)
        self.strip_box.setXRange(left, left + span, padding=0)

    def pan(self, px: float) -> None:
        """Move everything by that many pixels to the right, within the limits."""
        layout, frame = self.layout_shown, self.strip.frame
        if layout is None:
            return
        low, high = layout.limits
        span = frame.right - frame.left
        left = min(max(frame.left - px / frame.scale, low), high - span)
        self.strip_box.setXRange(left, left + span, padding=0)

    def strip_point(self, position: QPointF) -> QPointF:
        """From the view's pixels to the strip's."""
        return QPointF(self.strip.mapFromScene(self.mapToScene(position.toPoint())))

    def view_point(self, part: Part) -> QPoint:
        """The middle of a part in the view's pixels."""
        return QPoint(self.mapFromScene(self.strip.mapToScene(self.strip.centre_of(part))))

    def part_under(self, position: QPointF) -> Part | None:
        """What lies under a point of the view."""
        state, point = self.strip.state, self.strip_point(position)
        if state is None or not self.strip.boundingRect().contains(point):
            return None
        return part_at(state.layout, self.strip.frame, point.x(), point.y())

    def arc_around(self, position: QPointF) -> int | None:
        """The block in the band of whose arc a point of the view lies."""
        state, point = self.strip.state, self.strip_point(position)
        if state is None or not self.strip.boundingRect().contains(point):
            return None
        return arc_around(state.layout, self.strip.frame, point.x(), point.y())

    def plot_name(self, position: QPointF) -> str | None:
        """The layer or block whose point is the nearest, where the pointer is over the plot."""
        point = self.plot_box.mapFromScene(self.mapToScene(position.toPoint()))
        if not self.plot_box.rect().contains(point):
            return None
        return self.plot.nearest(self.strip.frame.x(point.x()), point.y())

    def point_at(self, name: str | None) -> None:
        """Draw the line across both, ring the points, and tell."""
        self._pointed_at = name
        self.place_pointer()
        is_known = name is not None and any(name in points.names for points in self.plot.curves)
        self.pointed.emit(name if name is not None and is_known else "")

    def place_pointer(self) -> None:
        """The line and the rings where the points are now; of a point out of view there are none."""
        name, x, rings = self._pointed_at, None, []
        for points in self.plot.curves:
            if name is not None and name in points.names:
                spot = self.plot.pixel_of(points, points.names.index(name))
                if 0 <= spot.x() <= self.plot_box.width():
                    rings.append(self.plot_box.mapToItem(self.ci, spot))
                    x = spot.x()
        self.lines.point_at(x, rings)


def _box() -> pg.ViewBox:
    """A view box that only maps: no menu, no mouse of its own, no automatic range."""
    box = pg.ViewBox(enableMenu=False, enableMouse=False)
    box.disableAutoRange()
    box.setDefaultPadding(0)
    return box
